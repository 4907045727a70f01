import { afterEach, expect, test } from 'vitest';
import type { RunUnit } from '../../src/domain/run.js';
import { leaveAll, started, type World, type world } from './world.js';

afterEach(leaveAll);

/** A world in which the plan of a tuning for keystone is shown. */
async function planned(
  tuning: 'proxy-initial-not-pooled' | 'wsgi-processes' | 'mpm-switch',
  options: Parameters<typeof world>[0] = {},
) {
  const one = started(options);
  await one.until('keystone 3');
  const row = ['proxy-initial-not-pooled', 'wsgi-processes', 'mpm-switch'].indexOf(tuning);
  one.keys('3', 'j'.repeat(row), 'enter', 'ctrl-u', 'keystone');
  if (tuning === 'wsgi-processes') one.keys('tab', 'tab', '+50%');
  one.keys('enter');
  await one.until('units would change');
  return one;
}

/** The run that is shown, with one unit told otherwise. */
function changeUnit({ controller }: World, name: string, change: Partial<RunUnit>): void {
  controller.store.update((state) => {
    const { live } = state;
    if (!live?.run) throw new Error('there is a run');
    const units = live.run.units.map((unit) => (unit.unit === name ? { ...unit, ...change } : unit));
    return { ...state, live: { ...live, run: { ...live.run, units } } };
  });
}

test('from a finding to its cure: form filled in, exact plan, confirmation, run, verdict', async () => {
  const one = started();
  await one.until('keystone 3');
  one.keys('c');
  await one.until('2 shows them');
  one.keys('2');
  expect(one.text()).toMatch(/▲ high +502 from the proxy's connection pool +keystone\/\[0-2\]/);
  one.keys('enter');
  expect(one.text()).toMatch(/target +keystone/);
  one.keys('enter');
  await one.until('3 units would change');
  one.keys('A', 'y');
  await one.until('The canary keystone/1 is changed and passed its gate. Go on with 2 more unit');
  one.keys('y');
  const text = await one.until('keystone-1: done');

  expect(text).toMatch(/502 from the proxy +105 of 600 +0 of 600 +✓ cured/);
  expect(text).toContain('R takes it back: juju-tune rollback keystone-1');
  expect((await one.session.run('')).outcome).toBe('done');
  expect(one.controller.keeper.exitCode).toBe(0);
});

test('a diff is shown once for equal units, the odd unit out first', async () => {
  const one = await planned('proxy-initial-not-pooled', { rows: 50 });
  const text = one.text();

  expect(text.indexOf('keystone/2 (1 unit)')).toBeGreaterThan(0);
  expect(text.indexOf('keystone/[0-1] (2 units)')).toBeGreaterThan(text.indexOf('keystone/2 (1 unit)'));
  expect(text).toContain('+ SetEnv proxy-initial-not-pooled 1');
  expect(text).toContain('as if by: a2enconf zz-juju-tune-proxy-initial-not-pooled');
});

test('the focus of a confirmation is on cancel, and enter alone changes nothing', async () => {
  const one = await planned('proxy-initial-not-pooled');
  one.keys('A', 'enter');

  expect(one.text()).not.toContain('cancel');
  expect(await one.session.runs()).toEqual([]);
});

test('a restart asks for the number of units, and nothing else will do', async () => {
  const one = await planned('wsgi-processes');
  one.keys('A', 'y', 'tab', 'enter');
  expect(one.text()).toContain('type "3" first');
  one.keys('backspace', '3', 'enter');
  await one.until('Go on with 2 more unit');
});

test('high risk asks for the name of the application', async () => {
  const one = await planned('mpm-switch');
  one.keys('A');
  expect(one.text()).toContain('type keystone to confirm');
  one.keys('keystone', 'enter');
  await one.until('Go on with 2 more unit');
});

test('a slip in what is typed to confirm is told, as nothing was changed by it', async () => {
  const one = await planned('mpm-switch');
  one.keys('A', 'keystoen', 'enter');

  expect(one.text()).not.toContain('type keystone to confirm');
  expect(one.text()).toContain(' cancelled: "keystoen" is not "keystone"; nothing was changed ');
});

test('stopping after the canary leaves the other units alone', async () => {
  const one = await planned('proxy-initial-not-pooled');
  one.keys('A', 'y');
  await one.until('Go on with 2 more unit');
  one.keys('esc');
  await one.until('keystone-1: failed');

  expect((await one.session.run('')).units.map((unit) => unit.outcome)).toEqual(['not-started', 'changed', 'not-started']);
});

test('a unit that failed is shown with what it said, spelled', async () => {
  const one = await planned('proxy-initial-not-pooled', { failing: ['keystone/1'] });
  one.keys('A', 'y');
  const text = await one.until('keystone-1: failed');

  expect(text).toContain('✗ keystone/1: START_FAILED: Apache did not start');
  expect(text).toContain('Invalid command ^[[31mNonsense^[[0m');
  expect(one.controller.keeper.exitCode).toBe(1);
});

test('a past run opens in the same view and is taken back after its own plan and confirmation', async () => {
  const one = await planned('proxy-initial-not-pooled');
  one.keys('A', 'y');
  await one.until('Go on with');
  one.keys('y');
  await one.until('keystone-1: done');
  one.keys('4', 'enter');
  expect(one.text()).toMatch(/keystone-1 {2}proxy-initial-not-pooled +keystone\/\[0-2\] +✓ done/);
  one.keys('R');
  expect(await one.until('take back proxy-initial-not-pooled')).toContain('- SetEnv proxy-initial-not-pooled 1');
  one.keys('A', 'y');
  await one.until('Go on with');
  one.keys('y');
  await one.until('keystone-2: done');
  one.keys('4');

  expect(await one.until('Runs 2')).toMatch(/keystone-2 .*✓ done +take back proxy-ini… +keystone\/\[0-2\]/);
});

test('a rollback that was stopped says which units it left, and what takes them back later', async () => {
  const one = await planned('proxy-initial-not-pooled');
  one.keys('A', 'y');
  await one.until('Go on with');
  one.keys('y');
  await one.until('keystone-1: done');
  one.keys('R');
  await one.until('take back proxy-initial-not-pooled');
  one.keys('A', 'y');
  await one.until('Go on with');
  one.keys('enter');
  const text = await one.until('keystone-2: failed');

  expect(text).toContain(' left as it is: keystone/[0,2]; R on keystone-1 takes it back later');
});

test('what was stopped and waits to be kept is not said to be stopping', async () => {
  const one = await planned('proxy-initial-not-pooled', { confirmSeconds: 600 });
  one.keys('A', 'y');
  await one.until('Go on with');
  one.keys('ctrl-c');
  const text = await one.until('awaits confirmation: C keeps it');

  expect(text).not.toContain('stopping after');
});

test('a unit that is still being told something is not marked as one with trouble', async () => {
  const one = await planned('proxy-initial-not-pooled');
  one.keys('A', 'y');
  await one.until('Go on with');
  changeUnit(one, 'keystone/1', { phase: 'confirming', outcome: 'unknown', log: ['Running timer as unit: guard.timer'] });

  expect(one.text()).not.toContain('✗ keystone/1');
});

test('what a unit said of its end is read whole at 80 columns, for the unit under the cursor', async () => {
  const one = await planned('proxy-initial-not-pooled');
  const says = 'taken back by the unit itself: it was not confirmed in time';
  one.keys('A', 'y');
  await one.until('Go on with');
  one.keys('y');
  await one.until('keystone-1: done');
  changeUnit(one, 'keystone/2', { detail: says });
  one.keys('j');
  expect(one.text()).toContain(` · keystone/2: ${says}`);
  one.keys('j');
  expect(one.text()).not.toContain(says);
});

test('ctrl-c once stops after the units in flight; twice stops watching and says what may be half-way', async () => {
  const one = await planned('proxy-initial-not-pooled', { milliseconds: 150 });
  one.keys('A', 'y');
  await one.until('◐ applying');
  one.keys('ctrl-c');
  expect(one.text()).toContain('stopping: keystone/1 in flight is finished first');
  one.keys('ctrl-c');

  expect(one.text().replace(/\s+/g, ' ')).toContain(
    'stopped watching; 1 unit may be half-way: `juju-tune resume keystone-1` tells and goes on',
  );
  await one.until('not known: keystone/1 may be half-way');
  expect(one.controller.keeper.exitCode).toBe(4);
});

test('q asks while a run is on', async () => {
  const one = await planned('proxy-initial-not-pooled', { milliseconds: 100 });
  one.keys('A', 'y');
  await one.until('◐ applying');
  one.keys('q', 'q');
  expect(one.text()).toContain('A run is on. Leave?');
  one.keys('enter');
  expect(one.text()).not.toContain('A run is on. Leave?');
});

test('P holds the run before its next batch, says so, and lets it go on', async () => {
  const one = await planned('proxy-initial-not-pooled', { milliseconds: 50 });
  one.keys('A', 'y');
  await one.until('◐ applying');
  one.keys('P');
  await one.until('held before the next batch');
  await one.until('Go on with 2 more unit');
  one.keys('y');
  await one.until('paused before batch 2');
  const whileHeld = one.controller.store.state.live?.run?.units.map((unit) => unit.outcome);
  one.keys('P');
  const text = await one.until('keystone-1: done');

  expect(whileHeld).toEqual(['not-started', 'changed', 'not-started']);
  expect(text).not.toContain('held before the next batch');
});
