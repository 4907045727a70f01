import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { FileState } from '../../src/domain/change.js';
import type { Step } from '../../src/domain/plan.js';
import type { Receipt } from '../../src/engine/ports.js';
import type { Believed } from '../../src/unit/frame.js';
import { aUnit } from './a-unit.js';
import { NOW } from './unit-files.js';
import { fileOf, orderOf, orderText, sha256, stepOf, type UnitFolder } from './unit-folder.js';

const CONF = '# managed by juju-tune: x\nSetEnv proxy-initial-not-pooled 1\n';
const AVAILABLE = '/etc/apache2/conf-available/zz-juju-tune-x.conf';
const ENABLED = '/etc/apache2/conf-enabled/zz-juju-tune-x.conf';
const MARKER = '/var/lib/apache2/conf/enabled_by_admin/zz-juju-tune-x';
const SITE = '/etc/apache2/sites-enabled/wsgi-openstack-api.conf';
const WORKER = '/etc/apache2/mods-enabled/mpm_worker.load';
const EVENT = '/etc/apache2/mods-enabled/mpm_event.load';
const ABSENT: FileState = { kind: 'absent' };

/** Enables a conf of ours, as a2enconf would. */
function enabling(unit: UnitFolder, text = CONF, more: Partial<Step> = {}) {
  const step = stepOf(
    unit,
    [
      { path: AVAILABLE, after: fileOf(text) },
      { path: ENABLED, after: { kind: 'link', target: '../conf-available/zz-juju-tune-x.conf' } },
      { path: MARKER, after: fileOf('') },
    ],
    more,
  );
  return { step, contents: { [sha256(text)]: text, [sha256('')]: '' } };
}

function switching(unit: UnitFolder, more: Partial<Step> = {}): Step {
  const wanted = [
    { path: WORKER, after: { kind: 'link', target: '../mods-available/mpm_worker.load' } as const },
    { path: EVENT, after: ABSENT },
  ];
  return stepOf(unit, wanted, { activate: 'restart', checks: [{ kind: 'mpm', is: 'worker' }], ...more });
}

const back = (step: Step): Step => ({ ...step, verb: 'rollback' });

function summary(receipt: Believed<Receipt>): string {
  if (!receipt.ok) return `${receipt.code} ${receipt.message}`;
  return `${receipt.value.outcome} ${receipt.value.state} ${receipt.value.code}`.trim();
}

function message(receipt: Believed<Receipt>): string {
  return receipt.ok ? receipt.value.message : receipt.message;
}

/** Everything that a change may touch, with the times of change. */
function untouched(unit: UnitFolder): Record<string, string> {
  return { ...unit.tree('etc', true), ...unit.tree('var/lib/apache2', true) };
}

function files(unit: UnitFolder): Record<string, string> {
  return { ...unit.tree('etc'), ...unit.tree('var/lib/apache2') };
}

test('a change is put in place, validated, activated and read back', async () => {
  const unit = await aUnit();
  const { step, contents } = enabling(unit);

  const receipt = await unit.change(step, contents);

  expect(receipt).toEqual({
    ok: true,
    value: {
      verb: 'apply',
      transaction: step.transaction,
      outcome: 'changed',
      state: 'COMMITTED',
      code: '',
      message: '',
      paths: step.after,
      log: [],
      clock: NOW,
    },
  });
  expect(step.after.map(({ path }) => unit.state(path))).toEqual(step.after.map(({ state }) => state));
  expect(unit.calls().filter((call) => /-t$|(reload|restart) apache2$/.test(call))).toEqual([
    'apache2ctl -t',
    'apache2ctl -t',
    'apache2ctl -t',
    'systemctl reload apache2',
  ]);
});

test('the same change asked for twice is made once', async () => {
  const unit = await aUnit();
  const { step, contents } = enabling(unit);
  await unit.change(step, contents);
  const after = untouched(unit);
  unit.calls();

  const again = await unit.change(step, contents);

  expect(summary(again)).toBe('changed COMMITTED ALREADY');
  expect(untouched(unit)).toEqual(after);
  expect(unit.calls()).toEqual([]);
});

test('rolling back restores every byte, mode and link; rolling back twice changes nothing', async () => {
  const unit = await aUnit();
  unit.write(AVAILABLE, '# managed by juju-tune: x\nTimeout 5\n', 0o640);
  const before = files(unit);
  const { step, contents } = enabling(unit);
  expect(summary(await unit.change(step, contents))).toBe('changed COMMITTED');

  const receipt = await unit.change(back(step), contents);

  expect(summary(receipt)).toBe('reverted REVERTED');
  expect(files(unit)).toEqual(before);
  unit.calls();
  expect(summary(await unit.change(back(step), contents))).toBe('reverted REVERTED ALREADY');
  expect(unit.calls()).toEqual([]);
  expect(summary(await unit.change(step, contents))).toBe('reverted REVERTED ALREADY');
  expect(files(unit)).toEqual(before);
});

test('a unit whose files moved since the plan is left alone and says what is there', async () => {
  const unit = await aUnit();
  const { step, contents } = enabling(unit);
  unit.write(AVAILABLE, 'by hand\n');
  const before = untouched(unit);

  const receipt = await unit.change(step, contents);

  expect(summary(receipt)).toBe('refused NONE CHANGED_SINCE_PLAN');
  expect(message(receipt)).toContain(AVAILABLE);
  expect(receipt.ok && receipt.value.paths[0]).toEqual({ path: AVAILABLE, state: fileOf('by hand\n') });
  expect(untouched(unit)).toEqual(before);
  expect(unit.calls()).toEqual([]);
});

test.each([
  ['mode', (unit: UnitFolder) => unit.write(SITE, unit.text(SITE), 0o600)],
  ['kind', (unit: UnitFolder) => unit.replaceByLink(SITE, 'elsewhere.conf')],
])('a changed %s counts as much as a changed content', async (_, move) => {
  const unit = await aUnit();
  const step = stepOf(unit, [{ path: SITE, after: fileOf('x\n') }]);
  move(unit);
  const before = untouched(unit);

  expect(summary(await unit.change(step, { [sha256('x\n')]: 'x\n' }))).toBe('refused NONE CHANGED_SINCE_PLAN');
  expect(untouched(unit)).toEqual(before);
});

test('a step that wants what is there changes nothing and reloads nothing', async () => {
  const unit = await aUnit();
  const step = stepOf(unit, [{ path: SITE, after: unit.state(SITE) }]);
  const before = untouched(unit);

  expect(summary(await unit.change(step, {}))).toBe('unchanged NONE');
  expect(untouched(unit)).toEqual(before);
  expect(unit.calls()).toEqual([]);
});

test.each([
  [
    'a syntax error',
    'Nonsense on\n',
    /AH00526: Syntax error on line 2 of \/etc\/apache2\/conf-enabled.*Invalid command 'Nonsense'/,
  ],
  ['a value that Apache would clamp', 'MaxRequestWorkers 401\n', /would not use the values as given: AH00513/],
])('%s is refused in the words of Apache before anything is touched', async (_, text, words) => {
  const unit = await aUnit();
  const { step, contents } = enabling(unit, text);
  const before = untouched(unit);

  const receipt = await unit.change(step, contents);

  expect(summary(receipt)).toBe('refused NONE INVALID');
  expect(message(receipt)).toMatch(words);
  expect(untouched(unit)).toEqual(before);
  expect(readdirSync(unit.at('var/lib/juju-tune/tx'))).toEqual([]);
});

test('what was clamped before is not blamed on the change; a configuration that fails as it is refuses any', async () => {
  const unit = await aUnit();
  unit.write('etc/apache2/conf-available/security.conf', 'MaxRequestWorkers 401\n');
  const clamped = enabling(unit);
  expect(summary(await unit.change(clamped.step, clamped.contents))).toBe('changed COMMITTED');

  unit.write('etc/apache2/conf-available/security.conf', 'Nonsense\n');
  const { step, contents } = enabling(unit, 'Timeout 5\n', { transaction: 'run-0002-keystone-0' });
  const receipt = await unit.change(step, contents);

  expect(summary(receipt)).toBe('refused NONE INVALID');
  expect(message(receipt)).toContain('does not pass apache2ctl -t as it is');
});

test('links and includes with absolute paths lead into the stage', async () => {
  const unit = await aUnit();
  unit.write('etc/apache2/apache2.conf', 'ServerRoot "/etc/apache2"\n  include /etc/apache2/conf-enabled/*.conf\n');
  unit.link('etc/apache2/conf-enabled/absolute.conf', '/etc/apache2/conf-available/security.conf');
  const { step, contents } = enabling(unit);

  expect(summary(await unit.change(step, contents))).toBe('changed COMMITTED');
});

test('an Apache that does not start gets its files and its service back', async () => {
  const unit = await aUnit();
  const before = files(unit);
  const { step, contents } = enabling(unit, 'Listen PortIsTaken\n', { activate: 'restart' });

  const receipt = await unit.change(step, contents);

  expect(summary(receipt)).toBe('reverted REVERTED START_FAILED');
  expect(receipt.ok && receipt.value.log).toContain('AH00072: make_sock: could not bind');
  expect(files(unit)).toEqual(before);
  expect(unit.text('run/service/active')).toBe('active\n');
});

test.each([
  ['and ends over it', 'kill apache2', 'reverted REVERTED START_FAILED'],
  ['and has new processes', 'reload apache2', 'changed COMMITTED'],
])('an Apache that takes a reload seconds after systemctl said that all went well is waited for: %s', async (_, then, told) => {
  const unit = await aUnit();
  const { step, contents } = enabling(unit);
  // Once: what goes back is taken at once.
  const systemctl = `#!/bin/sh
if [ "$*" = 'reload apache2' ] && [ ! -e "$ROOT/run/late" ]; then
  read -r now <"$ROOT/run/clock"
  echo $((now + 4)) >"$ROOT/run/late"
  exit 0
fi
exec "$ROOT/usr/bin/systemctl" "$@"
`;
  const sleep = `#!/bin/sh
"$ROOT/usr/bin/sleep" "$@"
read -r now <"$ROOT/run/clock"
read -r late <"$ROOT/run/late"
if [ "$now" = "$late" ]; then "$ROOT/usr/bin/systemctl" ${then}; fi
`;
  unit.write('usr/sbin/systemctl', systemctl, 0o755);
  unit.write('usr/sbin/sleep', sleep, 0o755);

  expect(summary(await unit.change(step, contents))).toBe(told);
  expect(unit.text('run/service/active')).toBe('active\n');
});

test('an Apache whose processes cannot be seen is taken for what systemctl says', async () => {
  const unit = await aUnit();
  const { step, contents } = enabling(unit);
  unit.write('usr/sbin/ps', '#!/bin/sh\nexit 1\n', 0o755);
  const before = unit.text('run/clock');

  expect(summary(await unit.change(step, contents))).toBe('changed COMMITTED');
  expect(Number(unit.text('run/clock')) - Number(before)).toBeLessThan(3);
});

test('a line of a log that is cut leaves no half of a secret', async () => {
  const unit = await aUnit();
  const { step, contents } = enabling(unit, 'Listen PortIsTaken\n', { activate: 'restart' });
  const secret = `mysql://keystone:${'hunter2'.repeat(600)}@10.0.0.1/keystone`;
  unit.write('var/log/apache2/error.log', `cannot connect to ${secret}\n${secret}\n`);

  const receipt = await unit.change(step, contents);

  const log = receipt.ok ? receipt.value.log : [];
  expect(log.filter((line) => /hunter2/.test(line))).toEqual([]);
  expect(log).toContain('cannot connect to');
});

test('an Apache that starts neither with the change nor without is reported as broken, with what to type', async () => {
  const unit = await aUnit();
  const { step, contents } = enabling(unit, 'Listen PortIsTaken\n', { activate: 'restart' });
  unit.write('etc/apache2/sites-enabled/later.conf', 'PortIsTaken\n');

  const receipt = await unit.change(step, contents);

  expect(summary(receipt)).toBe('broken BROKEN START_FAILED');
  expect(message(receipt)).toMatch(/apache2 does not run.*systemctl status apache2/);
  const other = enabling(unit, CONF, { transaction: 'run-0002-keystone-0' });
  expect(summary(await unit.change(other.step, other.contents))).toBe('refused NONE PENDING');

  unit.write('etc/apache2/sites-enabled/later.conf', '\n');
  expect(summary(await unit.change(back(step), contents))).toBe('reverted REVERTED');
  expect(unit.text('run/service/active')).toBe('active\n');
});

test('the start limit of systemd does not stop a restart', async () => {
  const unit = await aUnit();
  unit.write('run/service/starts', 'start\nstart\nstart\nstart\n');

  expect(summary(await unit.change(switching(unit), {}))).toBe('changed COMMITTED');
  const calls = unit.calls();
  expect(calls.indexOf('systemctl reset-failed apache2')).toBeLessThan(calls.indexOf('systemctl restart apache2'));
});

test('the MPM is switched by a restart; worker is stopped with TERM on the way back, event is not', async () => {
  const unit = await aUnit();
  const before = files(unit);
  const step = switching(unit);

  expect(summary(await unit.change(step, {}))).toBe('changed COMMITTED');
  expect(unit.text('run/service/mpm')).toBe('worker\n');
  expect(unit.calls().filter((call) => call.includes('TERM'))).toEqual([]);

  expect(summary(await unit.change(back(step), {}))).toBe('reverted REVERTED');
  expect(unit.text('run/service/mpm')).toBe('event\n');
  expect(unit.calls().filter((call) => call.includes('TERM'))).toEqual(['systemctl kill --kill-who=main -s TERM apache2']);
  expect(files(unit)).toEqual(before);
});

test('a reload is refused while the MPM on disk is not the running one, and for a change of the MPM', async () => {
  const unit = await aUnit();
  expect(summary(await unit.change(switching(unit, { activate: 'reload' }), {}))).toBe('refused NONE BAD_REQUEST');

  unit.write('run/service/mpm', 'event\n');
  unit.write('proc/4242/maps', '7f00 r-xp /usr/lib/apache2/modules/mod_mpm_worker.so\n');
  const { step, contents } = enabling(unit);
  expect(summary(await unit.change(step, contents))).toBe('refused NONE MPM_MISMATCH');
});

test('a check that is not met in 30 s of the unit clock takes the change back', async () => {
  const unit = await aUnit();
  const before = files(unit);
  const { step, contents } = enabling(unit, CONF, { checks: [{ kind: 'daemon-group', group: 'keystone-public', processes: 5 }] });

  const receipt = await unit.change(step, contents);

  expect(summary(receipt)).toBe('reverted REVERTED CHECK_FAILED');
  expect(message(receipt)).toBe('daemon group keystone-public has 4 running processes, not 5');
  expect(files(unit)).toEqual(before);
  expect(Number(unit.text('run/clock')) - NOW).toBeGreaterThanOrEqual(30);
});

test('more daemons are counted by their group', async () => {
  const unit = await aUnit();
  const text = unit.text(SITE).replace('processes=4', 'processes=7');
  const checks = [{ kind: 'daemon-group', group: 'keystone-public', processes: 7 } as const];
  const step = stepOf(unit, [{ path: SITE, after: fileOf(text) }], { checks });

  expect(summary(await unit.change(step, { [sha256(text)]: text }))).toBe('changed COMMITTED');
});

test('a folder is made with its mode and taken away again; what somebody put into it is left', async () => {
  const unit = await aUnit();
  const owner = fileOf('').kind === 'file' ? (fileOf('') as { owner: string }).owner : '';
  const step = stepOf(unit, [
    { path: '/etc/apache2/extra', after: { kind: 'dir', mode: '0750', owner } },
    { path: '/etc/apache2/extra/a.conf', after: fileOf('a\n', '0600') },
  ]);
  const contents = { [sha256('a\n')]: 'a\n' };
  const before = files(unit);

  expect(summary(await unit.change(step, contents))).toBe('changed COMMITTED');
  expect(unit.state('/etc/apache2/extra')).toEqual({ kind: 'dir', mode: '0750', owner });
  expect(summary(await unit.change(back(step), contents))).toBe('reverted REVERTED');
  expect(files(unit)).toEqual(before);

  const second = { ...step, transaction: 'run-0002-keystone-0' };
  await unit.change(second, contents);
  unit.write('etc/apache2/extra/theirs.conf', 'theirs\n');
  const receipt = await unit.change(back(second), contents);
  expect(summary(receipt)).toBe('conflict CONFLICT CONFLICT');
  expect(readdirSync(unit.at('etc/apache2/extra'))).toEqual(['theirs.conf']);
});

test("rolling back leaves somebody else's later edit alone, names it, and restores the rest", async () => {
  const unit = await aUnit();
  const { step, contents } = enabling(unit);
  await unit.change(step, contents);
  unit.write(AVAILABLE, 'edited since\n');
  expect(summary(await unit.status(step.transaction))).toBe('conflict COMMITTED CHANGED_SINCE_APPLY');

  const receipt = await unit.change(back(step), contents);

  expect(summary(receipt)).toBe('conflict CONFLICT CONFLICT');
  expect(message(receipt)).toContain(AVAILABLE);
  expect(message(receipt)).not.toContain(ENABLED);
  expect(unit.text(AVAILABLE)).toBe('edited since\n');
  expect(unit.state(ENABLED)).toEqual(ABSENT);
  expect(summary(await unit.change(back(step), contents))).toBe('conflict CONFLICT CONFLICT');
});

test.each([
  ['after its time', (step: Step) => ({ step, notAfter: NOW - 1 }), 'EXPIRED'],
  [
    'of another machine',
    (step: Step) => ({ step: { ...step, identity: { ...step.identity, machineId: 'f'.repeat(32) } } }),
    'WRONG_UNIT',
  ],
  ['of another model', (step: Step) => ({ step: { ...step, identity: { ...step.identity, modelUuid: 'other' } } }), 'WRONG_UNIT'],
  ['of another unit', (step: Step) => ({ step, env: { JUJU_UNIT_NAME: 'keystone/1' }, unit: 'keystone/1' }), 'WRONG_UNIT'],
])('a request %s is refused', async (_, alter, code) => {
  const unit = await aUnit();
  const { step, contents } = enabling(unit);
  const before = untouched(unit);
  const altered: { step: Step; notAfter?: number; env?: Record<string, string>; unit?: string } = alter(step);

  const receipt = await unit.change(altered.step, contents, altered);

  expect(summary(receipt)).toBe(`refused NONE ${code}`);
  expect(untouched(unit)).toEqual(before);
  expect(unit.calls()).toEqual([]);
});

test('a damaged request is refused', async () => {
  const unit = await aUnit();
  const { step, contents } = enabling(unit);
  const other = enabling(unit, 'other\n');
  const [text, otherText] = [orderText(orderOf(step), contents), orderText(orderOf(other.step), other.contents)];
  const body = /request='([^']+)'/.exec(text)?.[1] ?? '';
  const otherBody = /request='([^']+)'/.exec(otherText)?.[1] ?? '';

  const ran = await unit.run(text.replace(body, otherBody.slice(0, otherBody.length / 2)));

  expect(ran.stdout).toContain('BAD_REQUEST');
  expect(files(unit)).not.toHaveProperty([ENABLED.slice(1)]);
});

/** Holds the unit's lock as another change would. */
async function holdLock(unit: UnitFolder): Promise<ChildProcess> {
  mkdirSync(unit.at('var/lib/juju-tune/tx'), { recursive: true, mode: 0o700 });
  unit.write('var/lib/juju-tune/lock', 'apply run-0009, process 77, since 1\n');
  const holder = spawn('/usr/bin/flock', [unit.at('var/lib/juju-tune/lock'), '/bin/sh', '-c', 'echo held; exec cat'], {
    stdio: 'pipe',
  });
  await once(holder.stdout, 'data');
  // Waiting is not what is tested.
  unit.write('usr/sbin/flock', '#!/bin/sh\nexec /usr/bin/flock -n 9\n', 0o755);
  return holder;
}

test('two changes never work on one unit at once', async () => {
  const unit = await aUnit();
  const holder = await holdLock(unit);
  const { step, contents } = enabling(unit);

  const receipt = await unit.change(step, contents);
  holder.stdin?.end();
  await once(holder, 'close');

  expect(summary(receipt)).toBe('refused NONE LOCKED');
  expect(message(receipt)).toContain('apply run-0009, process 77');
  expect(summary(await unit.change(step, contents))).toBe('changed COMMITTED');
});

test.each([
  ['changed since it was planned', (unit: UnitFolder) => unit.write(AVAILABLE, 'Timeout 1\n'), 'refused NONE CHANGED_SINCE_PLAN'],
  ['a server that is down', (unit: UnitFolder) => unit.write('run/service/active', 'inactive\n'), 'refused NONE NOT_ACTIVE'],
  [
    'no room for a snapshot',
    (unit: UnitFolder) => unit.write('usr/sbin/cp', '#!/bin/sh\nexit 1\n', 0o755),
    'failed NONE NO_SNAPSHOT',
  ],
])(
  'a change that was not begun for %s is not begun when Juju brings it again, but when it is asked for anew',
  async (_, hinder, told) => {
    const unit = await aUnit();
    unit.write(AVAILABLE, '# managed by juju-tune: x\nTimeout 5\n', 0o640);
    const { step, contents } = enabling(unit);
    const before = untouched(unit);
    const hindered = await unit.copy();
    hinder(hindered);
    const refused = await hindered.change(step, contents);
    const [request = ''] = readdirSync(hindered.at('var/lib/juju-tune/void'));
    unit.write(`var/lib/juju-tune/void/${request}`, '');

    const again = await unit.change(step, contents);

    expect(summary(refused)).toBe(told);
    expect(summary(again)).toBe('refused NONE EXPIRED');
    expect(untouched(unit)).toEqual(before);
    expect(summary(await unit.change(step, contents))).toBe('changed COMMITTED');
  },
);

test('a change that is refused for want of the lock while Juju has brought it a second time is not made by that one either', async () => {
  const unit = await aUnit();
  const { step, contents } = enabling(unit);
  const locked = await unit.copy();
  const holder = await holdLock(locked);
  const refused = await locked.change(step, contents);
  holder.stdin?.end();
  await once(holder, 'close');
  const [request = ''] = readdirSync(locked.at('var/lib/juju-tune/void'));
  // Said while the other one makes ready.
  const saying = `#!/bin/sh\n/bin/mkdir -p "$ROOT/var/lib/juju-tune/void"; : >"$ROOT/var/lib/juju-tune/void/${request}"\nexec /bin/chmod "$@"\n`;
  unit.write('usr/sbin/chmod', saying, 0o755);
  const before = untouched(unit);

  const receipt = await unit.change(step, contents);

  expect(summary(refused)).toBe('refused NONE LOCKED');
  expect(unit.state(`/var/lib/juju-tune/void/${request}`).kind).toBe('file');
  expect(summary(receipt)).toBe('refused NONE EXPIRED');
  expect(untouched(unit)).toEqual(before);
});

test('an order after which a unit was asked is not carried out any more, whatever its clock says, and a new one is', async () => {
  const unit = await aUnit();
  const { step, contents } = enabling(unit);
  const before = untouched(unit);

  const asked = await unit.status(step.transaction, {}, 2);
  unit.write('run/clock', `${NOW - 86_400}\n`);
  const late = [await unit.change(step, contents, { number: 1 }), await unit.change(step, contents, { number: 2 })];
  const after = untouched(unit);
  const anew = await unit.change(step, contents, { number: 3 });

  expect([summary(asked), asked.ok && asked.value.ended]).toEqual(['failed NONE NOT_APPLIED', true]);
  expect(late.map(summary)).toEqual(['refused NONE EXPIRED', 'refused NONE EXPIRED']);
  expect(after).toEqual(before);
  expect(summary(anew)).toBe('changed COMMITTED');
});

test('a unit that cannot write down that an order is void does not say so', async () => {
  const unit = await aUnit();
  const { step, contents } = enabling(unit);
  unit.write('var/lib/juju-tune/void', 'in the way');

  const asked = await unit.status(step.transaction, {}, 1);

  expect([summary(asked), asked.ok && asked.value.ended]).toEqual(['failed NONE NOT_APPLIED', undefined]);
  expect(asked.ok && asked.value.log.join(' ')).toContain('it may be carried out');
  expect(summary(await unit.change(step, contents, { number: 1 }))).toBe('changed COMMITTED');
});

test('of a change that somebody else is making at this moment it is not said that it was refused', async () => {
  const unit = await aUnit();
  const holder = await holdLock(unit);
  const { step, contents } = enabling(unit);
  mkdirSync(unit.at(`var/lib/juju-tune/tx/${step.transaction}`));

  const receipt = await unit.change(step, contents);
  holder.stdin?.end();
  await once(holder, 'close');

  expect(summary(receipt)).toBe('unknown NONE LOCKED');
});

test('a daemon that outlives the change keeps neither its lock nor its output', async () => {
  const unit = await aUnit();
  unit.write(
    'usr/sbin/systemctl',
    '#!/bin/sh\n[ "$1" = reload ] && { /bin/sleep 60 & echo $! >"$ROOT/daemon"; }\nexec "$ROOT/usr/bin/systemctl" "$@"\n',
    0o755,
  );
  unit.write('usr/sbin/flock', '#!/bin/sh\nexec /usr/bin/flock -n 9\n', 0o755);
  const { step, contents } = enabling(unit);

  const receipt = await unit.change(step, contents);
  const status = await unit.status(step.transaction);
  process.kill(Number(unit.text('daemon')), 'SIGKILL');

  expect([summary(receipt), summary(status)]).toEqual(['changed COMMITTED', 'changed COMMITTED']);
});

/** A file's device as /proc/locks writes it, one that it is not on, and its inode. */
function devicesOf(file: string): { own: string; other: string; inode: number } {
  const { dev, ino: inode } = statSync(file);
  const [major, minor] = [Math.floor(dev / 256) % 4096, dev % 256];
  const written = (a: number, b: number): string => [a, b].map((part) => part.toString(16).padStart(2, '0')).join(':');
  return { own: written(major, minor), other: written(major, (minor + 1) % 256), inode };
}

test('packages being installed, a full disk and a dead Apache refuse the change', async () => {
  const unit = await aUnit();
  const { step, contents } = enabling(unit);
  const before = untouched(unit);

  unit.write('var/lib/dpkg/lock-frontend', '');
  const { own, other, inode } = devicesOf(unit.at('var/lib/dpkg/lock-frontend'));
  unit.write('proc/locks', `1: POSIX  ADVISORY  WRITE 901 ${own}:${inode} 0 EOF\n`);
  const locked = await unit.change(step, contents);
  unit.write(
    'proc/locks',
    `1: POSIX  ADVISORY  WRITE 901 ${own}:${inode}7 0 EOF\n2: POSIX  ADVISORY  WRITE 902 ${other}:${inode} 0 EOF\n`,
  );
  unit.write('usr/sbin/df', '#!/bin/sh\necho Avail Inodes IFree\necho 4096 100000 90000\n', 0o755);
  const full = await unit.change(step, contents);
  unit.write('usr/sbin/df', '#!/bin/sh\necho Avail Inodes IFree\necho 99999999999 100000 9\n', 0o755);
  const noInodes = await unit.change(step, contents);
  unit.write('run/service/active', 'failed\n');
  const dead = await unit.change(step, contents);

  expect([locked, full, noInodes, dead].map(summary)).toEqual([
    'refused NONE APT_LOCKED',
    'refused NONE NO_SPACE',
    'refused NONE NO_SPACE',
    'refused NONE NOT_ACTIVE',
  ]);
  expect(message(locked)).toContain('process 901');
  expect(untouched(unit)).toEqual(before);
});

test('a lock of dpkg is known by its file system where the file itself tells another device', async () => {
  const unit = await aUnit();
  const { step, contents } = enabling(unit);
  unit.write('var/lib/dpkg/lock', '');
  const { inode } = devicesOf(unit.at('var/lib/dpkg/lock'));
  unit.write('proc/locks', `1: POSIX  ADVISORY  WRITE 901 00:2f:${inode} 0 EOF\n`);
  unit.write(
    'proc/self/mountinfo',
    '22 1 0:46 / / rw - overlay overlay rw\n23 22 0:47 /@var /var rw shared:1 - btrfs /dev/vda rw\n24 22 0:48 / /var/libs rw - tmpfs x rw\n',
  );

  const locked = await unit.change(step, contents);
  unit.write('proc/locks', `1: POSIX  ADVISORY  WRITE 901 00:2e:${inode} 0 EOF\n`);
  const free = await unit.change(step, contents);

  expect([locked, free].map(summary)).toEqual(['refused NONE APT_LOCKED', 'changed COMMITTED']);
});

test('a transaction that a unit never saw is told from one that was taken back', async () => {
  const unit = await aUnit();
  const { step, contents } = enabling(unit);

  expect(summary(await unit.status(step.transaction))).toBe('failed NONE NOT_APPLIED');
  expect(summary(await unit.change(back(step), contents))).toBe('refused NONE NO_SNAPSHOT');
});

test('told to stop while Apache reloads, it takes the change back and still answers', async () => {
  const unit = await aUnit();
  const before = files(unit);
  unit.write(
    'usr/sbin/systemctl',
    `#!/bin/sh
if [ "$1" = reload ] && [ ! -e "$ROOT/told" ]; then
  : >"$ROOT/told"
  read -r _ _ _ _ _ session _ </proc/$$/stat
  kill -TERM "-$session"
fi
exec "$ROOT/usr/bin/systemctl" "$@"
`,
    0o755,
  );
  const { step, contents } = enabling(unit);

  expect(summary(await unit.change(step, contents))).toBe('reverted REVERTED STOPPED');
  expect(files(unit)).toEqual(before);
});

test('nothing is read or written through a link that leaves the unit', async () => {
  const unit = await aUnit();
  const outside = await aUnit();
  outside.write('secret.conf', 'outside\n');
  unit.link('etc/apache2/conf-enabled/out.conf', outside.at('secret.conf'));
  unit.link('etc/apache2/elsewhere', outside.root);
  const path = '/etc/apache2/elsewhere/secret.conf';
  const step = stepOf(unit, [{ path, after: fileOf('written\n') }]);

  const probe = await unit.probe([path], ['/etc/apache2/conf-enabled/*', '/etc/apache2/elsewhere/*']);
  const receipt = await unit.change(step, { [sha256('written\n')]: 'written\n' });

  expect(probe.ok && probe.value.paths.filter((one) => one.path.includes('secret'))).toEqual([
    { path, state: ABSENT },
    { path: outside.at('secret.conf'), state: ABSENT },
  ]);
  expect(probe.ok && probe.value.contents).not.toHaveProperty([sha256('outside\n')]);
  expect(summary(receipt)).toBe('refused NONE CHANGED_SINCE_PLAN');
  expect(outside.text('secret.conf')).toBe('outside\n');
});

test('paths outside of configuration, and of our own records, are not accepted', async () => {
  const unit = await aUnit();
  for (const path of ['/root/.bashrc', '/etc/../root/x', '/var/lib/juju-tune/lock', '/etc/a b', '/etc//x']) {
    const step = stepOf(unit, [{ path, after: fileOf('x\n') }], { before: [{ path, state: ABSENT }] });
    expect([path, summary(await unit.change(step, { [sha256('x\n')]: 'x\n' }))]).toEqual([path, 'refused NONE BAD_REQUEST']);
  }
});

test.runIf(process.getuid?.() === 0)('it works the same for a user who is not root, in a folder of their own', async () => {
  const unit = await aUnit();
  for (const entry of ['', ...readdirSync(unit.root, { recursive: true, encoding: 'utf8' })]) {
    const place = unit.at(entry);
    if (existsSync(place)) chownSync(place, 65534, 65534);
  }
  const file = { kind: 'file', mode: '0644', owner: '65534:65534', sha256: sha256(CONF) } as const;
  const step = stepOf(unit, [{ path: AVAILABLE, after: file }]);
  unit.runAs = 65534;

  expect(summary(await unit.change(step, { [sha256(CONF)]: CONF }))).toBe('changed COMMITTED');
  expect(summary(await unit.change(back(step), {}))).toBe('reverted REVERTED');
});

test('any text arrives on the unit as it was sent', async () => {
  const unit = await aUnit();
  const texts = [
    ['$(touch "$ROOT/pwned") `touch "$ROOT/pwned"` $', '{HOME} \\x41 \\101 \\\\ \\c \\'].join(''),
    'tabs\tand\r\n\n\nlines\n\n',
    "quotes ' \" ''' $'\\n' %41 %0A %% %",
    'Umlaute äöü €, 漢字, 🙂, \u0001\u001b[31m\u007f\u0080',
    '!history * ? [a-z] {a,b} ~ # ; & | < > ( )',
    '',
    ...Array.from({ length: 14 }, (_, seed) => randomText(seed + 1)),
  ];
  const wanted = texts.map((text, index) => ({ path: `/etc/apache2/sites-available/${index}.conf`, after: fileOf(text) }));
  mkdirSync(unit.at('etc/apache2/sites-available'));
  const contents = Object.fromEntries(texts.map((text) => [sha256(text), text]));

  const receipt = await unit.change(stepOf(unit, wanted, { validate: false, activate: 'none', checks: [] }), contents);

  expect(summary(receipt)).toBe('changed COMMITTED');
  expect(wanted.map(({ path }) => unit.text(path))).toEqual(texts);
  expect(existsSync(unit.at('pwned'))).toBe(false);
});

/** Repeatable noise of any characters but zero. */
function randomText(seed: number): string {
  let state = seed;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  return Array.from({ length: next(400) }, () => String.fromCodePoint(next(4) === 0 ? 1 + next(0x2fff) : 1 + next(126))).join('');
}

test('a broken record of a transaction is said, not guessed', async () => {
  const unit = await aUnit();
  const { step, contents } = enabling(unit);
  await unit.change(step, contents);
  const after = files(unit);
  writeFileSync(unit.at(`var/lib/juju-tune/tx/${step.transaction}/manifest`), 'tx\tx\n');

  expect(summary(await unit.status(step.transaction))).toBe('unknown COMMITTED UNREADABLE');
  expect(summary(await unit.change(back(step), contents))).toBe('refused COMMITTED UNREADABLE');
  expect(files(unit)).toEqual(after);
});

test('a change that is half-way and cannot be ended is unknown to whoever asks for it again, not refused', async () => {
  const unit = await aUnit();
  const { step, contents } = enabling(unit);
  await unit.change(step, contents);
  writeFileSync(unit.at(`var/lib/juju-tune/tx/${step.transaction}/state`), 'SWAPPING\n');
  writeFileSync(unit.at(`var/lib/juju-tune/tx/${step.transaction}/manifest`), 'tx\tx\n');

  const again = await unit.change(step, contents);
  const other = enabling(unit, CONF, { transaction: 'run-0002-keystone-0' });

  expect(summary(again)).toBe('unknown SWAPPING UNFINISHED');
  expect(summary(await unit.change(other.step, other.contents))).toBe('refused NONE UNFINISHED');
});
