import { afterEach, expect, test } from 'vitest';
import type { Run } from '../../src/domain/run.js';
import { afterCanary, leaveAll, type World } from './world.js';

afterEach(leaveAll);

/** A world in which three units are changed and wait for ten minutes to be confirmed. */
async function awaiting(): Promise<World> {
  const one = await afterCanary({ confirmSeconds: 600 });
  one.keys('y');
  await one.until('awaits confirmation: C keeps it');
  return one;
}

const lastRun = (one: World): Promise<Run> => one.session.run('');
const outcomes = (run: Run): readonly string[] => run.units.map((unit) => unit.outcome);

test('the countdown stands in the header, in the run and above the keys, wherever one looks', async () => {
  const one = await awaiting();
  one.keys('j');

  expect(one.text().split('\n')[0]).toMatch(/! back in 9:00 +\d\d:\d\d:\d\d/);
  expect(one.text()).toMatch(/! keystone\/\[0-2\] takes itself back in 9:00/);
  expect(one.text()).toContain('C keeps it, E gives 5 more minutes, R takes it back');
  one.keys('1');
  expect(one.text()).toMatch(/! keystone-1 takes itself back in 9:00/);
  one.pass(60);
  expect(one.text().split('\n')[0]).toMatch(/! back in 8:00/);
});

test('elsewhere than in the run it is told how to get to the keys that decide, whole at 80 columns', async () => {
  const one = await afterCanary({ confirmSeconds: 600 });
  one.keys('y', '2');
  expect(await one.until('keystone-1 awaits confirmation: 4 and enter')).toContain(': C keeps it, R takes it back ');
  one.keys('j');
  expect(one.text()).toContain('! keystone-1 takes itself back in 9:00  4 and enter: C keeps it, E: +5 min ');
  one.keys('4', 'enter');
  expect(one.text()).toContain('! keystone-1 takes itself back in 9:00  C keeps it, E: +5 min ');
});

test('a key that does nothing on a screen says so', async () => {
  const one = await awaiting();
  one.keys('1', 'C');
  expect(one.text()).toContain(' C does nothing on this screen: ? shows the keys that do ');
  one.keys('j');
  expect(one.text()).not.toContain('does nothing');
});

test('C and then y keeps it; C alone does not', async () => {
  const one = await awaiting();
  one.keys('C', 'enter');
  expect(one.text()).not.toContain('Keep this change');
  one.keys('C');
  expect(one.text()).toContain('Keep this change on 3 units?');
  one.keys('y');
  await one.until('keystone-1: done');

  expect([outcomes(await lastRun(one)), one.controller.keeper.exitCode]).toEqual([['changed', 'changed', 'changed'], 0]);
});

test('E gives five more minutes, and says that it asks for them; meanwhile no second answer is taken', async () => {
  const one = await awaiting();
  one.keys('E');
  expect(one.text()).toContain(' asking the units for 5 more minutes ');
  one.keys('E');
  expect(one.text()).toContain(' the units are still being told what was answered before ');
  await one.until('takes itself back in 14:00');
});

test('R asks, and takes it back: that is no success', async () => {
  const one = await awaiting();
  one.keys('R');
  expect(one.text()).toContain('Take keystone-1 back on 3 units now?');
  one.keys('y');
  await one.until('keystone-1: taken back');

  expect([outcomes(await lastRun(one)), one.controller.keeper.exitCode]).toEqual([['reverted', 'reverted', 'reverted'], 6]);
});

test('ctrl-c asks what becomes of it; a second one leaves it to the timers, and the exit code says so', async () => {
  const one = await awaiting();
  one.keys('ctrl-c');
  expect(one.text()).toContain('What becomes of it?');
  one.keys('ctrl-c');
  await one.until('keystone-1: takes itself back at');

  expect([(await lastRun(one)).status, one.controller.keeper.exitCode]).toEqual(['awaiting-confirmation', 7]);
});

test('what was left to the timers can be kept later from its own screen', async () => {
  const one = await awaiting();
  one.keys('ctrl-c', 'ctrl-c');
  await one.until('keystone-1: takes itself back at');
  one.keys('4');
  expect(await one.until('awaits 9:00')).toContain('! run keystone-1 takes itself back in 9:00 unless confirmed');
  one.keys('enter', 'C', 'y');
  await one.until('keystone-1: done');

  expect(outcomes(await lastRun(one))).toEqual(['changed', 'changed', 'changed']);
});

test('units that do not answer to more time hold nobody: ctrl-c twice stops watching', async () => {
  let milliseconds = 0;
  const one = await afterCanary({
    confirmSeconds: 600,
    get milliseconds() {
      return milliseconds;
    },
  });
  one.keys('y');
  await one.until('awaits confirmation: C keeps it');
  one.keys('ctrl-c', 'ctrl-c');
  await one.until('keystone-1: takes itself back at');
  milliseconds = 60_000;
  one.keys('4', 'enter', 'E', 'ctrl-c', 'ctrl-c');

  await one.until(/stopped watching; what awaits confirmation is taken back at \S+ UTC\s+unless confirmed/);
});

test('the command line confirms what awaits it, with the same question', async () => {
  const one = await awaiting();
  one.keys('1', ':', 'confirm', 'enter');
  expect(one.text()).toContain('Keep this change on 3 units?');
  one.keys('y');
  await one.until('keystone-1: done');
  one.keys(':', 'confirm', 'enter');

  expect(one.text()).toContain('no run of this model awaits confirmation');
});

test('after the time is over nothing is claimed: the units have to be asked', async () => {
  const one = await awaiting();
  one.keys('ctrl-c', 'ctrl-c');
  await one.until('keystone-1: takes itself back at');
  one.pass(700);
  one.keys('4', 'enter');
  const text = one.text().replace(/\s+/g, ' ');

  expect(text).toMatch(/was to be taken back at \d\d:\d\d:\d\d UTC unless confirmed: u asks the units/);
  one.keys('C');
  expect(one.text()).toContain('its time to be confirmed is over: u asks the units');
});

test('the bell rings once when two minutes are left, and the countdown says so in red', async () => {
  const one = await awaiting();
  one.pass(400);
  expect(one.rung).toEqual([]);
  one.pass(30);
  one.pass(1);

  expect(one.rung).toHaveLength(1);
  expect(one.controller.store.state.live?.over).toBe(false);
});
