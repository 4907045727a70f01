import { afterEach, expect, test } from 'vitest';
import type { Run } from '../../src/domain/run.js';
import { goOnReason } from '../../src/ui/tui/go-on.js';
import { leaveAll, started, type World, type world } from './world.js';

afterEach(leaveAll);

const lastRun = (one: World): Promise<Run> => one.session.run('');
const outcomes = (run: Run): readonly string[] => run.units.map((unit) => unit.outcome);

/** A world whose only run was no longer watched while its canary was being changed. */
async function brokenOff(options: Parameters<typeof world>[0] = {}, tuning = 0): Promise<World> {
  const one = started({ milliseconds: 20, ...options });
  await one.until('keystone 3');
  one.keys('3', 'j'.repeat(tuning), 'enter', 'ctrl-u', 'keystone');
  if (tuning === 1) one.keys('tab', 'tab', '+50%');
  one.keys('enter');
  await one.until('3 units would change');
  one.keys('A', ...(tuning === 0 ? ['y'] : ['3', 'enter']));
  await one.until('◐ applying');
  one.keys('ctrl-c', 'ctrl-c');
  await one.until('nobody carries it out any more');
  return one;
}

test('a run that broke off goes on with the units that are left, after a question, and is shown live', async () => {
  const one = await brokenOff();
  expect(one.text().replace(/\s+/g, ' ')).toContain(
    'u asks the units how they stand; F asks keystone/1 and goes on with keystone/[0,2]',
  );
  one.keys('4');
  expect(one.text()).toContain('F finish…');
  one.keys('F');
  expect(one.text()).toContain('Go on with keystone-1 on 2 more units?');
  one.keys('y');
  await one.until('◐ applying');
  await one.until('keystone-1: done');

  const run = await lastRun(one);
  expect([outcomes(run), run.gates.map((gate) => gate.ok)]).toEqual([
    ['changed', 'changed', 'changed'],
    [true, true],
  ]);
  expect([(await one.session.runs()).length, one.controller.keeper.exitCode]).toEqual([1, 0]);
});

test('the focus is on not now, and enter alone sends nothing', async () => {
  const one = await brokenOff();
  const before = outcomes(await lastRun(one));
  one.keys('F', 'enter');

  expect(one.text()).not.toContain('Go on with');
  expect(outcomes(await lastRun(one))).toEqual(before);
});

test('restarts ask for the number of units that are left, as the ladder asked for all of them before', async () => {
  const one = await brokenOff({}, 1);
  one.keys('F', 'y', 'tab', 'enter');
  expect(one.text()).toContain('type "2" first');
  one.keys('backspace', '2', 'enter');
  await one.until('keystone-1: done');
});

test('a run that goes on can be held before its next batch', async () => {
  const one = await brokenOff({ milliseconds: 50 });
  one.keys('F', 'y', 'P');
  await one.until('paused before batch 2');
  one.keys('P');
  await one.until('keystone-1: done');
});

test('what was stopped after its canary and left to the timers goes on, and then awaits confirmation as a whole', async () => {
  const one = started({ confirmSeconds: 600 });
  await one.until('keystone 3');
  one.keys('3', 'enter', 'ctrl-u', 'keystone', 'enter');
  await one.until('3 units would change');
  one.keys('A', 'y');
  await one.until('Go on with 2 more units?');
  one.keys('esc');
  await one.until('awaits confirmation: C keeps it');
  one.keys('F');
  expect(one.text()).toContain('F: say first what becomes of its change: C, R, or ctrl-c leaves it');
  one.keys('ctrl-c', 'ctrl-c');
  await one.until('F goes on with keystone/[0,2]');
  one.keys('F', 'y');
  await one.until('keystone/[0-2] takes itself back in');
  one.keys('C', 'y');
  await one.until('keystone-1: done');

  expect(outcomes(await lastRun(one))).toEqual(['changed', 'changed', 'changed']);
});

test('the command line asks the same, for the last run that is not over, and knows no other flag', async () => {
  const one = await brokenOff();
  one.keys('1', ':', 'resume --close', 'enter');
  expect(one.text()).toContain('"--close" is not understood');
  one.keys('esc', ':', 'resume --g', 'tab', 'enter');
  expect(one.text()).toContain('Go on with keystone-1 on 2 more units?');
  one.keys('y');
  await one.until('keystone-1: done');
  one.keys(':', 'resume keystone-1 --go-on', 'enter');

  expect(one.text()).toContain('it is over');
});

test('where a run cannot go on, the help says why', async () => {
  const one = await brokenOff();
  const { state } = one.controller.store;
  const run = await lastRun(one);
  const all = (change: Partial<Run['units'][number]>): Run => ({
    ...run,
    units: run.units.map((unit) => (unit.unit === 'keystone/1' ? { ...unit, ...change } : unit)),
  });
  const late = new Date(state.modelNow - 1000).toISOString();

  expect(goOnReason(state, undefined)).toBe('no run is under the cursor');
  expect(goOnReason(state, run)).toBeUndefined();
  expect(goOnReason(state, { ...run, status: 'closed' })).toBe('it is over');
  expect(goOnReason(state, { ...run, units: run.units.filter((unit) => unit.intended) })).toBe('no unit of it is left');
  expect(goOnReason(state, all({ phase: 'settled', outcome: 'failed' }))).toBe(
    'no further unit is changed: keystone/1 did not end as asked',
  );
  expect(goOnReason(state, all({ phase: 'settled', outcome: 'pending', until: late }))).toBe(
    'its time to be confirmed is over: u asks the units',
  );
  one.keys('F', 'y');
  await one.until('keystone-1: done');
  one.keys('?');
  expect(one.text()).toContain('not now: it is over');
});
