import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, expect, test, vi } from 'vitest';
import { DemoCloud } from './demo-cloud.js';
import { QUICK } from './tuning-cases.js';

const clouds: DemoCloud[] = [];
afterAll(() => clouds.forEach((cloud) => void cloud.remove()));

/** One for each test: they mostly wait, and do so side by side. */
function demoCloud(): DemoCloud {
  const cloud = new DemoCloud();
  clouds.push(cloud);
  return cloud;
}

const UNITS = ['keystone/0', 'keystone/1', 'keystone/2'];
const trees = (cloud: DemoCloud) => UNITS.map((unit) => cloud.tree(unit));
const apply = (target: string, ...more: readonly string[]): readonly string[] => [
  'apply',
  target,
  'proxy-initial-not-pooled',
  '--yes',
  'keystone',
  ...QUICK,
  '--measure',
  '0',
  ...more,
];

/** Waits until something holds that another process brings about. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  // Not expect.poll, which tells concurrent tests apart only by the expect that each is given.
  await vi.waitUntil(holds, { timeout: 90_000, interval: 50 });
}

test.concurrent('a change that is left to be confirmed ends with 7 and prints what keeps it; that command keeps it', async () => {
  const cloud = demoCloud();
  const applied = await cloud.run(apply('keystone/0', '--confirm-within', '10m'));
  const [, command = ''] = /keep it: +juju-tune (.*)/.exec(applied.stdout) ?? [];

  const kept = await cloud.run(command.split(' '));
  const again = await cloud.run(['confirm', '--yes', 'keystone']);

  expect([applied.code, applied.stdout]).toEqual([7, expect.stringMatching(/keystone\/0 awaits confirmation: until .* left\)/)]);
  expect([kept.code, kept.stdout]).toEqual([0, expect.stringContaining('done')]);
  expect([again.code, again.stderr]).toEqual([3, expect.stringContaining('no run of this model awaits confirmation')]);
}, 240_000);

test.concurrent('one that nobody confirms is taken back by its unit; a late confirm says so and ends with 6', async () => {
  const cloud = demoCloud();
  const before = trees(cloud);
  const applied = await cloud.run(apply('keystone/0', '--confirm-within', '4s'));
  expect([applied.code, JSON.stringify(trees(cloud)) === JSON.stringify(before)]).toEqual([7, false]);
  // The demo's timers go off when somebody calls juju; that the time is over is known without it.
  await until(async () => (await cloud.json<{ runs: { status: string }[] }>(['runs'])).runs[0]?.status === 'unfinished');
  const listed = await cloud.run(['runs', 'keystone-1']);
  const late = await cloud.run(['confirm', 'keystone-1', '--yes', 'keystone']);

  expect(listed.stdout).toMatch(/was to be taken back at \d\d:\d\d:\d\d UTC unless confirmed: juju-tune resume keystone-1 tells/);
  expect([late.code, late.stdout]).toEqual([6, expect.stringMatching(/taken back: keystone\/0 as before/)]);
  expect(trees(cloud)).toEqual(before);
}, 240_000);

test.concurrent('a terminal that goes away in the middle of a run is recorded; resume tells how each unit stands and goes on', async () => {
  const cloud = demoCloud();
  const started = cloud.start(apply('keystone', '--format', 'jsonl'));
  const journal = (): string => {
    const folder = `${cloud.env.XDG_STATE_HOME}/juju-tune/runs`;
    try {
      return readdirSync(folder)
        .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
        .join('');
    } catch {
      return '';
    }
  };
  await until(() => journal().includes('"unit-settled"'));
  process.kill(started.pid, 'SIGHUP');
  await started.done;

  const told = await cloud.json<{ offers: string[]; decisions: string[] }>(['resume'], 7);
  const went = await cloud.run(['resume', '--go-on', '--yes', 'keystone']);

  expect(told.decisions).toContain('interrupted: SIGHUP');
  expect(told.offers).toEqual(['go-on', 'confirm', 'extend', 'revert']);
  expect([went.code, went.stdout]).toEqual([0, expect.stringContaining('done')]);
  expect(
    new Set(
      UNITS.map((unit) =>
        Object.keys(cloud.tree(unit)).some((path) => path.endsWith('zz-juju-tune-proxy-initial-not-pooled.conf')),
      ),
    ),
  ).toEqual(new Set([true]));
}, 300_000);
