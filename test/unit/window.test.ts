import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Step } from '../../src/domain/plan.js';
import type { Order, Receipt } from '../../src/engine/ports.js';
import type { Believed } from '../../src/unit/frame.js';
import { aUnit } from './a-unit.js';
import { NOW } from './unit-files.js';
import { fileOf, sha256, stepOf, UNIT, type UnitFolder } from './unit-folder.js';

const SITE = '/etc/apache2/sites-enabled/wsgi-openstack-api.conf';
const NEW = '/etc/apache2/conf-enabled/zz-juju-tune-x.conf';
const TX = '01kabcdefghjkmnpqrstvwxyz0-keystone-0';
const WIDER = 'WSGIDaemonProcess keystone-public processes=9 threads=1 user=keystone display-name=%{GROUP}\n';
const CONTENTS = { [sha256(WIDER)]: WIDER, [sha256('Timeout 5\n')]: 'Timeout 5\n' };

function changing(unit: UnitFolder, more: Partial<Step> = {}): Step {
  const wanted = [
    { path: SITE, after: fileOf(WIDER) },
    { path: NEW, after: fileOf('Timeout 5\n') },
  ];
  return stepOf(unit, wanted, { transaction: TX, ...more });
}

function applying(step: Step, windowSeconds = 600, guard = true): Order {
  return { verb: 'apply', unit: UNIT, step, windowSeconds, guard };
}

const confirming: Order = { verb: 'confirm', unit: UNIT, transaction: TX, acceptDrift: false };
const goingBack: Order = { verb: 'rollback', unit: UNIT, transaction: TX, budgetSeconds: 60 };

function extending(windowSeconds: number): Order {
  return { verb: 'extend', unit: UNIT, transaction: TX, windowSeconds };
}

function summary(receipt: Believed<Receipt>): string {
  if (!receipt.ok) return `${receipt.code} ${receipt.message}`;
  const { outcome, state, code, windowLeft } = receipt.value;
  return [outcome, state, code, windowLeft].filter((part) => part !== '' && part !== undefined).join(' ');
}

function message(receipt: Believed<Receipt>): string {
  return receipt.ok ? receipt.value.message : receipt.message;
}

/** Files and daemons: what a change moves. */
function live(unit: UnitFolder): Record<string, string> {
  return { ...unit.tree('etc'), ...unit.tree('var/lib/apache2'), daemons: unit.text('run/service/ps') };
}

/** Nothing of a guard is left: no timer, no marker, nothing beside the files. */
function isDisarmed(unit: UnitFolder): boolean {
  return unit.timers().length === 0 && !existsSync(unit.at('var/lib/juju-tune/pending'));
}

async function pendingUnit(windowSeconds = 600) {
  const unit = await aUnit();
  const before = live(unit);
  const receipt = await unit.order(applying(changing(unit), windowSeconds), {}, CONTENTS);
  if (!receipt.ok || receipt.value.state !== 'PENDING') throw new Error(summary(receipt));
  return { unit, before, after: live(unit), receipt };
}

test('a change with a window awaits confirmation, guarded by a timer that was armed before anything was touched', async () => {
  const { unit, before, after, receipt } = await pendingUnit();

  expect(summary(receipt)).toBe('pending PENDING 599');
  expect(receipt.ok && receipt.value.deadline).toBe(NOW + 600);
  expect(after).not.toEqual(before);
  expect(unit.timers()).toEqual([[`juju-tune-guard-${TX}-1`, 5600, `/bin/bash /var/lib/juju-tune/bin/guard guard ${TX} 1`]]);
  expect(unit.text('var/lib/juju-tune/pending')).toBe(`${TX} 1 b00t.77 5600\n`);
  const calls = unit.calls();
  expect(calls.findIndex((call) => call.startsWith('systemd-run'))).toBeLessThan(calls.indexOf('systemctl reload apache2'));
  expect(calls.find((call) => call.startsWith('systemd-run'))).toContain(
    '--on-active=600s --on-unit-inactive=5s --timer-property=AccuracySec=1s',
  );
});

test('nobody confirms: the unit takes the change back when its time is over, and not before', async () => {
  const { unit, before, after } = await pendingUnit();

  expect(await unit.pass(590)).toEqual([]);
  expect(live(unit)).toEqual(after);
  const [ran] = await unit.pass(10);

  expect(ran?.code).toBe(0);
  expect(ran?.stdout).toContain('REVERTED');
  expect(live(unit)).toEqual(before);
  expect(isDisarmed(unit)).toBe(true);
  const told = await unit.status(TX);
  expect(summary(told)).toBe('reverted REVERTED');
  expect(message(told)).toBe('taken back by the unit itself: it was not confirmed in time');
});

test('confirmed in time it stays, the timer is gone, and confirming again says so', async () => {
  const { unit, after } = await pendingUnit();

  expect(summary(await unit.order(confirming))).toBe('changed COMMITTED');
  expect(isDisarmed(unit)).toBe(true);
  expect(await unit.pass(10_000)).toEqual([]);
  expect(live(unit)).toEqual(after);
  expect(summary(await unit.order(confirming))).toBe('changed COMMITTED ALREADY');
});

test('a timer that fires after the confirmation finds nothing to do', async () => {
  const { unit, after } = await pendingUnit();
  const [[, , command] = ['', 0, '']] = unit.timers();
  await unit.order(confirming);

  const ran = await unit.start(command);

  expect(ran.code).toBe(0);
  expect(live(unit)).toEqual(after);
  expect(summary(await unit.status(TX))).toBe('changed COMMITTED');
});

test('a confirmation that comes too late is told that the change was taken back', async () => {
  const { unit, before } = await pendingUnit();
  await unit.pass(601);

  const late = await unit.order(confirming);

  expect(summary(late)).toBe('reverted REVERTED EXPIRED');
  expect(message(late)).toContain('not confirmed in time');
  expect(live(unit)).toEqual(before);
});

test.each([
  ['confirmation', confirming],
  ['extension', extending(900)],
  ['way back', goingBack],
])('a %s of which nothing was heard is void once its unit was asked how it stands', async (_, order) => {
  const { unit, after } = await pendingUnit();

  const asked = await unit.status(TX, {}, 2);
  const late = await unit.order(order);

  expect([asked.ok && asked.value.state, asked.ok && asked.value.ended]).toEqual(['PENDING', true]);
  expect(summary(late)).toContain('refused PENDING EXPIRED');
  expect(message(late)).toContain('this order is void');
  expect(live(unit)).toEqual(after);
  expect(summary(await unit.order(order))).not.toContain('refused');
});

test('where the timer was lost, whoever comes next takes the change back instead of confirming it', async () => {
  const { unit, before } = await pendingUnit();
  rmSync(unit.at('run/timers'), { recursive: true });
  await unit.pass(601);

  expect(summary(await unit.order(confirming))).toBe('reverted REVERTED EXPIRED');
  expect(live(unit)).toEqual(before);
  expect(isDisarmed(unit)).toBe(true);
});

test.each([
  ['confirm', confirming, 'changed COMMITTED'],
  ['extend', extending(300), 'pending PENDING 300'],
  ['rollback', goingBack, 'reverted REVERTED'],
])('%s waits for whoever is at work on the change, and tells what it came to', async (_, order, told) => {
  const { unit } = await pendingUnit();
  // The lock is free once it was waited for so long.
  unit.write('usr/sbin/flock', '#!/bin/sh\n[ "$1" = -w ] && [ "$2" -ge 20 ] && exec /usr/bin/flock "$@"\nexit 1\n', 0o755);

  expect(summary(await unit.order(order))).toBe(told);
});

test('an extended window ends later; its first timer does nothing any more, even when it fires', async () => {
  const { unit, before, after } = await pendingUnit();
  const [[, , first] = ['', 0, '']] = unit.timers();
  await unit.pass(500);

  expect(summary(await unit.order(extending(300)))).toBe('pending PENDING 300');
  expect(unit.timers().map(([name, due]) => [name, due])).toEqual([[`juju-tune-guard-${TX}-2`, 5801]]);
  await unit.pass(200);
  expect((await unit.start(first)).code).toBe(0);
  expect(live(unit)).toEqual(after);

  await unit.pass(100);
  expect(live(unit)).toEqual(before);
  expect(summary(await unit.order(extending(300)))).toBe('reverted REVERTED EXPIRED');
});

test('a window that cannot be extended ends when it would have', async () => {
  const { unit, before } = await pendingUnit();
  unit.write('run/no-timers', '');

  expect(summary(await unit.order(extending(6000)))).toBe('pending PENDING NO_GUARD 599');
  await unit.pass(600);

  expect(live(unit)).toEqual(before);
});

test('rolling back takes a change back that awaits confirmation', async () => {
  const { unit, before } = await pendingUnit();

  expect(summary(await unit.order(goingBack))).toBe('reverted REVERTED');
  expect(live(unit)).toEqual(before);
  expect(isDisarmed(unit)).toBe(true);
  expect(summary(await unit.order(confirming))).toBe('reverted REVERTED EXPIRED');
});

test('taking an earlier change back leaves the guard of one that awaits confirmation', async () => {
  const unit = await aUnit();
  const earlier = { ...stepOf(unit, [{ path: NEW, after: fileOf('Timeout 5\n') }]), transaction: 'run-0000-keystone-0' };
  await unit.order(applying(earlier, 0), {}, CONTENTS);
  await unit.order(applying(stepOf(unit, [{ path: SITE, after: fileOf(WIDER) }], { transaction: TX })), {}, CONTENTS);

  const back = await unit.order({ ...goingBack, transaction: earlier.transaction });

  expect(summary(back)).toBe('reverted REVERTED');
  expect(unit.timers().map(([name]) => name)).toEqual([`juju-tune-guard-${TX}-1`]);
  const [ran] = await unit.pass(601);
  expect(ran?.stdout).toContain('REVERTED');
  expect(unit.text(SITE.slice(1))).not.toBe(WIDER);
  expect(isDisarmed(unit)).toBe(true);
});

test('a machine that goes down in the window comes up as it was before, before Apache starts', async () => {
  const { unit, before } = await pendingUnit();
  unit.calls();

  const ran = await unit.reboot();

  expect(ran.map(({ code }) => code)).toEqual([0]);
  expect(unit.calls().filter((call) => / (reload|restart) apache2/.test(call))).toEqual(['systemctl restart apache2']);
  expect(live(unit)).toEqual(before);
  expect(isDisarmed(unit)).toBe(true);
  const told = await unit.order(confirming);
  expect(summary(told)).toBe('reverted REVERTED EXPIRED');
  expect(message(told)).toBe('taken back by the unit itself: the machine went down before it was confirmed');
});

test('a boot is known by the start of its first process where the kernel keeps the boot id', async () => {
  const { unit, before } = await pendingUnit();
  unit.write('proc/1/stat', unit.text('proc/1/stat').replace(' 77 ', ' 990 '));
  rmSync(unit.at('run/timers'), { recursive: true });

  expect(summary(await unit.status(TX))).toBe('reverted REVERTED');
  expect(live(unit)).toEqual(before);
});

test('what was confirmed stays over a boot', async () => {
  const { unit, after } = await pendingUnit();
  await unit.order(confirming);

  expect(await unit.reboot()).toEqual([]);
  expect(live(unit)).toEqual(after);
});

test.each(['SWAPPING', 'ACTIVATING activated', 'REVERTING activated by=operator'])(
  'a machine that goes down at %s comes up as it was before, with a window or without',
  async (state) => {
    for (const windowSeconds of [600, 0]) {
      const unit = await aUnit();
      const before = live(unit);
      await unit.order(applying(changing(unit), windowSeconds), {}, CONTENTS);
      unit.write(`var/lib/juju-tune/tx/${TX}/state`, `${state}\n`);
      unit.write('var/lib/juju-tune/pending', `${TX} ${windowSeconds === 0 ? 0 : 1} b00t.77 5600\n`);

      const ran = await unit.reboot();

      expect(ran.map(({ code }) => code)).toEqual([0]);
      expect(live(unit)).toEqual(before);
      expect(isDisarmed(unit)).toBe(true);
    }
  },
);

test('a guard that was killed half-way is started again and ends its work', async () => {
  const { unit, before } = await pendingUnit();
  unit.write(`var/lib/juju-tune/tx/${TX}/state`, 'REVERTING activated by=timer\n');
  rmSync(unit.at(NEW));

  const [ran] = await unit.pass(605);

  expect(ran?.code).toBe(0);
  expect(live(unit)).toEqual(before);
  expect(message(await unit.status(TX))).toContain('not confirmed in time');
});

test('a guard that cannot put things back tries five times, and the unit says that it is broken', async () => {
  const { unit, before, after } = await pendingUnit();
  const snapshot = `var/lib/juju-tune/tx/${TX}/before`;
  const kept = unit.text(`${snapshot}/0`);
  unit.write(`${snapshot}/0`, 'damaged\n');

  const codes: (number | null)[] = [];
  for (let turn = 0; unit.timers().length > 0 && turn < 9; turn++) codes.push(...(await unit.pass(600)).map(({ code }) => code));

  expect(codes).toEqual([1, 1, 1, 1, 1]);
  expect(summary(await unit.status(TX))).toBe('broken BROKEN BROKEN');
  expect(live(unit)[`.${SITE}`]).toBe(after[`.${SITE}`]);
  unit.write(`${snapshot}/0`, kept);
  expect(summary(await unit.order(goingBack))).toBe('reverted REVERTED');
  expect(live(unit)).toEqual(before);
  expect(isDisarmed(unit)).toBe(true);
});

test('a second change is refused while one awaits confirmation, and is told of which run', async () => {
  const { unit, after } = await pendingUnit();
  const other = { ...changing(unit), transaction: 'run-0002-keystone-0' };

  const refused = await unit.order(applying(other), {}, CONTENTS);

  expect(summary(refused)).toBe('refused NONE PENDING');
  expect(message(refused)).toContain(
    `another change awaits confirmation here for another 599 s: ${TX}, of run ${TX.slice(0, 26)};`,
  );
  expect(live(unit)).toEqual(after);
  await unit.order(confirming);
  expect(summary(await unit.change(other, CONTENTS))).toBe('unchanged NONE');
});

test('the same order twice is carried out once', async () => {
  const { unit, after } = await pendingUnit();
  await unit.pass(100);
  const step = changing(unit);

  const again = await unit.order(applying({ ...step, before: step.before }), {}, CONTENTS);

  expect(summary(again)).toMatch(/^(refused|pending PENDING ALREADY 499)/);
  expect(live(unit)).toEqual(after);
});

test.each([
  ['no systemd', (unit: UnitFolder) => rmSync(unit.at('run/systemd'), { recursive: true }), 'systemd does not run here'],
  ['no timers', (unit: UnitFolder) => unit.write('run/no-timers', ''), 'systemd does not keep the timer'],
  [
    'no place for the program',
    (unit: UnitFolder) => unit.write('var/lib/juju-tune/bin', 'in the way'),
    'cannot store the program',
  ],
])('with %s a change with a window is refused before anything is touched', async (_, spoil, words) => {
  const unit = await aUnit();
  await unit.status(TX);
  spoil(unit);
  const before = live(unit);

  const refused = await unit.order(applying(changing(unit)), {}, CONTENTS);

  expect(summary(refused)).toBe('refused NONE NO_GUARD');
  expect(message(refused)).toContain(words);
  expect(live(unit)).toEqual(before);
  expect(readdirSync(unit.at('var/lib/juju-tune/tx'))).toEqual([]);
  expect(isDisarmed(unit)).toBe(true);
});

test('without a guard, when that was asked for, a change waits for ever', async () => {
  const unit = await aUnit();
  rmSync(unit.at('run/systemd'), { recursive: true });

  expect(summary(await unit.order(applying(changing(unit), 600, false), {}, CONTENTS))).toBe('pending PENDING');
  await unit.pass(100_000);
  await unit.reboot();

  expect(summary(await unit.status(TX))).toBe('pending PENDING');
  expect(summary(await unit.order(extending(10)))).toBe('pending PENDING NO_GUARD');
  expect(summary(await unit.order(confirming))).toBe('changed COMMITTED');
});

test('a probe tells whether a guard can be had, and what awaits confirmation', async () => {
  const { unit } = await pendingUnit();
  await unit.pass(100);

  const probe = await unit.probe([], []);

  expect(probe.ok && probe.value.facts).toMatchObject({
    'guard.possible': 'yes',
    'transaction.awaiting': TX,
    'transaction.window-left': 499,
  });
  expect(probe.ok && probe.value.transactions).toEqual([{ id: TX, state: 'PENDING' }]);
  rmSync(unit.at('run/systemd'), { recursive: true });
  const without = await unit.probe([], []);
  expect(without.ok && without.value.facts).toMatchObject({
    'guard.possible': 'no',
    'guard.reason': 'systemd does not run here',
  });
});

test('what the charm has written over is not confirmed unless that is accepted, and is shown without its secrets', async () => {
  const { unit } = await pendingUnit();
  unit.write(SITE.slice(1), `${WIDER}password = hunter2\n`);

  const refused = await unit.order(confirming);

  expect(summary(refused)).toBe('refused PENDING DRIFTED 599');
  expect(message(refused)).toBe(`not as it was applied, changed by somebody else since: ${SITE}`);
  expect(refused.ok && refused.value.drift).toEqual([
    {
      path: SITE,
      state: unit.state(SITE),
      diff: expect.stringMatching(/^--- [^\n]*as applied\)\n\+\+\+ [^\n]*now\)\n@@ .*\n WSGI.*\n\+password = \[redacted\]$/),
    },
  ]);
  expect(summary(await unit.status(TX))).toBe('pending PENDING DRIFTED 599');
  expect(summary(await unit.order({ ...confirming, acceptDrift: true }))).toBe('changed COMMITTED DRIFTED');
  const told = await unit.status(TX);
  expect(summary(told)).toBe('conflict COMMITTED CHANGED_SINCE_APPLY');
  expect(told.ok && told.value.drift?.map(({ path }) => path)).toEqual([SITE]);
});

test('what is shown of an edit is cut where no half of a secret is left', async () => {
  const { unit } = await pendingUnit();
  unit.write(SITE.slice(1), `${WIDER}# here\n# mysql://keystone:${'hunter2'.repeat(600)}@10.0.0.1/keystone\n`);

  const told = await unit.status(TX);

  expect(told.ok && told.value.drift?.[0]?.diff).toMatch(/\n\+# here$/);
});

test("the guard leaves somebody else's edit alone and puts back the rest", async () => {
  const { unit, before } = await pendingUnit();
  unit.write(SITE.slice(1), '# of somebody else\n');

  await unit.pass(600);

  const told = await unit.status(TX);
  expect(summary(told)).toBe('conflict CONFLICT CONFLICT');
  expect(message(told)).toContain(SITE);
  expect(told.ok && told.value.drift?.map(({ diff }) => diff)).toEqual([expect.stringContaining('+# of somebody else')]);
  expect(unit.text(SITE)).toBe('# of somebody else\n');
  expect(unit.state(NEW)).toEqual({ kind: 'absent' });
  expect(before[NEW.slice(1)]).toBeUndefined();
  expect(isDisarmed(unit)).toBe(true);
});

test('a clock that is set forward or back moves no window', async () => {
  const { unit, before, after } = await pendingUnit();

  unit.write('run/clock', `${NOW + 1_000_000}\n`);
  expect(summary(await unit.status(TX))).toBe('pending PENDING 599');
  unit.write('run/clock', `${NOW - 1_000_000}\n`);
  expect(summary(await unit.status(TX))).toBe('pending PENDING 599');
  expect(live(unit)).toEqual(after);
  await unit.pass(600);

  expect(live(unit)).toEqual(before);
});

test.each([
  ['taken away', (file: string) => rmSync(file)],
  ['emptied', (file: string) => writeFileSync(file, '')],
])('a marker that somebody has %s does not keep the guard from its work', async (_, harm) => {
  const { unit, before } = await pendingUnit();
  harm(unit.at('var/lib/juju-tune/pending'));

  await unit.pass(601);
  expect(live(unit)).toEqual(before);
  await unit.pass(60);

  expect(unit.timers()).toEqual([]);
  expect(summary(await unit.status(TX))).toBe('reverted REVERTED');
});

test('a marker that somebody took away does not keep an unconfirmed change', async () => {
  const { unit, before } = await pendingUnit();
  rmSync(unit.at('var/lib/juju-tune/pending'));

  expect(summary(await unit.status(TX))).toBe('reverted REVERTED');
  expect(live(unit)).toEqual(before);
});

test.each([
  ['cut off', ''],
  ['of a later version', 'DRAINING activated at=2000000000\n'],
])('a state that is %s takes neither the snapshot nor the guard of a change away', async (_, state) => {
  const { unit, before, after } = await pendingUnit();
  const file = unit.at(`var/lib/juju-tune/tx/${TX}/state`);
  const readable = readFileSync(file, 'utf8');
  writeFileSync(file, state);

  const told = await unit.order(confirming);
  const last = await unit.order(goingBack);

  expect([told, last].map((receipt) => summary(receipt))).toEqual(['refused BROKEN UNFINISHED', 'refused BROKEN UNFINISHED']);
  expect(message(told)).toContain(`the state of /var/lib/juju-tune/tx/${TX}`);
  expect(live(unit)).toEqual(after);
  expect(unit.timers()).toHaveLength(1);
  writeFileSync(file, readable);
  await unit.pass(601);
  expect(live(unit)).toEqual(before);
});

test('the guard that is stored is the program that runs, whole', async () => {
  const { unit } = await pendingUnit();
  const text = unit.text('var/lib/juju-tune/bin/guard');

  expect(text).toMatch(/^#!\/bin\/bash\n/);
  expect(text.trimEnd()).toMatch(/\nmain "\$@"$/);
  expect(unit.state('/var/lib/juju-tune/bin/guard')).toMatchObject({ mode: '0600' });
  const ran = await unit.start('/bin/bash -n /var/lib/juju-tune/bin/guard');
  expect(ran).toMatchObject({ code: 0, stderr: '' });
});

test('old transactions are forgotten: not the newest five, not what is to be kept, not what is not settled', async () => {
  const unit = await aUnit();
  const ids = Array.from({ length: 12 }, (_, number) => `run-00${number + 10}-keystone-0`);
  for (const [number, transaction] of ids.entries()) {
    const text = `Timeout ${number}\n`;
    const step = stepOf(unit, [{ path: NEW, after: fileOf(text) }], { transaction, activate: 'none', validate: false });
    await unit.order(applying(step, 0), {}, { [sha256(text)]: text });
    await unit.pass(86_400);
  }
  unit.write(`var/lib/juju-tune/tx/${ids[1]}/state`, `BROKEN activated at=${NOW}\n`);
  unit.write(`var/lib/juju-tune/tx/${ids[2]}/state`, `CONFLICT activated at=${NOW}\n`);

  const collected = await unit.order({ verb: 'gc', unit: UNIT, keep: [ids[3] ?? ''], olderThanDays: 7 });

  expect(summary(collected)).toBe('changed NONE');
  expect(readdirSync(unit.at('var/lib/juju-tune/tx')).sort()).toEqual([ids[1], ids[2], ids[3], ...ids.slice(5)].sort());
  expect(summary(await unit.order({ verb: 'gc', unit: UNIT, keep: [], olderThanDays: 30 }))).toBe('unchanged NONE');
  utimesSync(unit.at('var/lib/juju-tune/tx'), 1, 1);
});
