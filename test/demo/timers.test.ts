import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readClock } from '../../src/demo/clock.js';
import { writeAtomically } from '../../src/demo/files.js';
import type { Order } from '../../src/engine/ports.js';
import { readReceipt } from '../../src/unit/receipt.js';
import { changeScripts, statusScripts } from '../../src/unit/request.js';
import { fileOf, sha256, stepOf, termsOf, UnitFolder } from '../unit/unit-folder.js';
import { DemoWorld } from './demo-world.js';

const UNIT = 'keystone/0';
const CONF = '/etc/apache2/conf-enabled/zz-juju-tune-x.conf';
const TEXT = 'SetEnv proxy-nokeepalive 1\n';

let world: DemoWorld;
let number = 0;
beforeAll(async () => {
  world = await DemoWorld.make({ speed: 1 });
});
beforeEach(() => world.scenario({}));
afterAll(() => world.dispose());

function transaction(): string {
  return `run-000${number}-keystone-0`;
}

function modelUuid(): string {
  return (JSON.parse(readFileSync(join(world.dir, 'cloud.json'), 'utf8')) as { model: { uuid: string } }).model.uuid;
}

async function send(text: string, verb: Order['verb'] | 'status'): Promise<string> {
  const said = await world.juju('exec', '--unit', UNIT, '--format', 'json', '--', text);
  const answer = JSON.parse(said.stdout) as Record<string, { results?: { stdout?: string } }>;
  const receipt = readReceipt(answer[UNIT]?.results?.stdout ?? '', verb, UNIT);
  return receipt.ok ? `${receipt.value.outcome} ${receipt.value.state} ${receipt.value.message}`.trim() : receipt.message;
}

/** A change of one file that awaits confirmation for ten minutes. */
async function applyPending(): Promise<void> {
  number++;
  const unit = new UnitFolder(world.root(UNIT));
  const machineId = unit.text('etc/machine-id').trim();
  const step = stepOf(unit, [{ path: CONF, after: fileOf(TEXT) }], {
    transaction: transaction(),
    identity: { modelUuid: modelUuid(), unit: UNIT, machineId },
  });
  const order: Order = { verb: 'apply', unit: UNIT, step, windowSeconds: 600, guard: true };
  const [script] = changeScripts(modelUuid(), [order], { [sha256(TEXT)]: TEXT }, { [UNIT]: termsOf(1, 9_999_999_999) });
  expect(await send(script?.text ?? '', 'apply')).toBe('pending PENDING');
  expect(existsSync(join(world.root(UNIT), CONF))).toBe(true);
}

function status(): Promise<string> {
  const [script] = statusScripts(modelUuid(), { [UNIT]: { transaction: transaction() } });
  return send(script?.text ?? '', 'status');
}

/** Lets virtual time go by without waiting for it. */
function pass(seconds: number): void {
  const clock = readClock(world.dir);
  writeAtomically(join(world.dir, 'clock.json'), JSON.stringify({ ...clock, epochVirtual: clock.epochVirtual + seconds * 1000 }));
}

/** The next reload of the unit's Apache takes half a minute: files are as wanted by then, and Apache was not told. */
const SLOW_RELOAD = `#!/bin/sh
case " $* " in *' reload '*)
  rm -f "$0"
  sleep 30 ;;
esac
exec "\${0%/sbin/*}/bin/systemctl" "$@"
`;

function lastEvents(count: number): string[] {
  const lines = readFileSync(join(world.root(UNIT), '.demo/events'), 'utf8')
    .trim()
    .split('\n');
  return lines.slice(-count).map((line) => line.replace(/^\d+ /, ''));
}

test('a change that nobody confirms is taken back when its time has come, and the unit tells when', async () => {
  await applyPending();
  pass(500);
  expect(await status()).toBe('pending PENDING');

  pass(4000);

  expect(await status()).toBe('reverted REVERTED taken back by the unit itself: it was not confirmed in time');
  expect(existsSync(join(world.root(UNIT), CONF))).toBe(false);
  const reloads = readFileSync(join(world.root(UNIT), '.demo/events'), 'utf8')
    .trim()
    .split('\n')
    .slice(-2);
  const [applied = 0, back = 0] = reloads.map((line) => Number(line.split(' ')[0]) / 1000);
  expect(back - applied).toBeGreaterThan(595);
  expect(back - applied).toBeLessThan(640);
});

test('looked at over ssh, a unit has lived on as well', async () => {
  await applyPending();
  pass(700);

  await world.juju('ssh', UNIT, '--', 'true');

  expect(existsSync(join(world.root(UNIT), CONF))).toBe(false);
});

test('a machine that is told to reboot comes up as it was before the unconfirmed change', async () => {
  await applyPending();
  const boot = readFileSync(join(world.root(UNIT), 'proc/sys/kernel/random/boot_id'), 'utf8');

  await world.juju('ssh', UNIT, '--', 'sudo', 'systemctl', 'reboot');

  expect(readFileSync(join(world.root(UNIT), 'proc/sys/kernel/random/boot_id'), 'utf8')).not.toBe(boot);
  expect(existsSync(join(world.root(UNIT), CONF))).toBe(false);
  expect(lastEvents(3)).toEqual(['reload', 'stop', 'start']);
  expect(await status()).toBe('reverted REVERTED taken back by the unit itself: the machine went down before it was confirmed');
});

test('a machine that goes down in the middle of a task leaves its unit as it was before', async () => {
  await applyPending();
  const [script] = changeScripts(
    modelUuid(),
    [{ verb: 'rollback', unit: UNIT, transaction: transaction(), budgetSeconds: 60 }],
    {},
    { [UNIT]: termsOf(1, 9_999_999_999) },
  );
  new UnitFolder(world.root(UNIT)).write('usr/sbin/systemctl', SLOW_RELOAD, 0o755);
  world.scenario({ reboot: [{ unit: UNIT, afterMs: 1500 }] });

  const said = await world.juju('exec', '--unit', UNIT, '--format', 'json', '--', script?.text ?? '');

  expect(said.stdout).toContain('action terminated');
  world.scenario({});
  expect(existsSync(join(world.root(UNIT), CONF))).toBe(false);
  expect(lastEvents(2)).toEqual(['stop', 'start']);
  // By the order, where the machine went down after the unit had begun to carry it out; else by the guard at the boot.
  expect(await status()).toMatch(
    /^reverted REVERTED($| taken back by the unit itself: the machine went down before it was confirmed$)/,
  );
});
