import { expect, test } from 'vitest';
import { describeImpact, type ImpactOf } from '../../src/planning/impact.js';

/** A plan without a step. */
const NOTHING: ImpactOf = {
  steps: [],
  probed: [],
  applicationSizes: { keystone: 2 },
  batches: [],
  unchanged: [],
  leftOut: [],
  refused: [],
};

test('a plan with nothing to do says so of the units that were looked at, and of no other', () => {
  const leftOut = [{ unit: 'keystone/1', reason: 'did not answer' }];

  expect(describeImpact({ ...NOTHING, unchanged: ['keystone/0', 'keystone/1'] })).toEqual([
    'nothing to do: every unit is as asked',
  ]);
  expect(describeImpact({ ...NOTHING, unchanged: ['keystone/0'], leftOut })).toEqual([
    'nothing to do: every unit that was looked at is as asked; not looked at: keystone/1',
  ]);
});

test('of a unit that is refused it does not say that it is as asked', () => {
  const refused = ['keystone/0', 'keystone/1'].map((unit) => ({ unit, reason: 'prefork is not needed here' }));

  expect(describeImpact({ ...NOTHING, refused })).toEqual(['no unit is changed: refused for keystone/[0-1]']);
  expect(describeImpact({ ...NOTHING, refused: refused.slice(1), unchanged: ['keystone/0'] })).toEqual([
    'no unit is changed: refused for keystone/1; as asked: keystone/0',
  ]);
});
