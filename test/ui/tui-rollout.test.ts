import { afterEach, expect, test } from 'vitest';
import { leaveAll, started, type World } from './world.js';

afterEach(leaveAll);

const FOLDED = 'batches of 1, watched 30 s each; a failed gate takes it back';

/** A world in which the form of a tuning for keystone is open, the cursor on its last field before the rollout. */
async function formed(rows = 24): Promise<World> {
  const one = started({ rows });
  await one.until('keystone 3');
  one.keys('3', 'enter', 'ctrl-u', 'keystone');
  expect(one.text()).toMatch(/target +keystone/);
  one.keys('tab');
  return one;
}

test('the form tells the rollout in one line, and the usual case costs no key more', async () => {
  const one = await formed();

  expect(one.text()).toMatch(new RegExp(`rollout +${FOLDED}`));
  expect(one.text()).not.toContain('max-failures');
  one.keys('enter');
  expect(await one.until('3 units would change')).toContain(`· ${FOLDED}`);
});

test('the cursor opens that line into its fields, and leaving them folds it again, as it was changed', async () => {
  const one = await formed();
  one.keys('tab');
  expect(one.text()).toMatch(/› batch .*\n +bake +30 s *\n +max-failures +0 *\n +on-failure +batch/);
  one.keys('1,rest', 'tab', '2m', 'tab', '1', 'tab');
  expect(one.text()).toMatch(/› on-failure +batch +batch \| all/);
  one.keys('right', 'tab');

  expect(one.text().replace(/\s+/g, ' ')).toContain(
    'rollout batches of 1, rest, watched 2 min each; a failed gate takes it back, and all is taken back when more than 1 unit failed',
  );
  expect(one.text()).not.toContain('max-failures');
  one.keys('enter');
  const text = await one.until('3 units would change');
  expect(text.replace(/\s+/g, ' ')).toContain(
    'batches of 1, 2, watched 2 min each; a failed gate takes it back, and all is taken back when',
  );
  const { plan } = shownPlan(one);
  expect(plan.rollout).toEqual({ bakeSeconds: 120, maxFailures: 1, onFailure: 'all' });
  one.keys('Y');
  expect(one.copied.at(-1)).toContain('--batch 1,2 --bake 120s --max-failures 1 --on-failure all');
});

test('a mistake is told as the command line tells it, stays open, and no unit is asked', async () => {
  const one = await formed();
  one.keys('tab', 'tab', 'soon', 'tab', 'few', 'tab', 'tab');

  expect(one.text()).toContain('! "--bake soon" is no length of time: write 90s, 5m or 1h');
  expect(one.text()).toContain('! "--max-failures few" is no number of units');
  expect(one.text()).toMatch(/ {3}bake +soon/);
  one.keys('enter');
  expect(one.text()).toContain('› form');
  expect(one.session.planned).toBe(0);
});

test('sizes that a restart cannot have are refused before the units are asked', async () => {
  const one = started();
  await one.until('keystone 3');
  one.keys('3', 'j', 'enter', 'keystone', 'tab', 'tab', '+8', 'tab', 'tab', 'tab', '2');
  expect(one.text().replace(/\s+/g, ' ')).toContain('! this change restarts Apache, so units of an application go one at a time');
});

test('the command line takes the same flags', async () => {
  const one = started();
  await one.until('keystone 3');
  one.keys(':', 'plan keystone proxy-initial-not-pooled --bake 0 --on-failure all', 'enter');

  expect(await one.until('3 units would change')).toContain('batches of 1, not watched; a failed gate takes all back');
  one.keys('Y');
  expect(one.copied.at(-1)).toContain('--bake 0s --on-failure all');
});

function shownPlan(one: World) {
  const screen = one.controller.store.state.stack.at(-1);
  if (screen?.kind !== 'plan') throw new Error('no plan is shown');
  return screen;
}
