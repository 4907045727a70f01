import { expect, test } from 'vitest';
import { describeImpact } from '../../src/planning/impact.js';

test('a plan with nothing to do says so of the units that were looked at, and of no other', () => {
  expect(describeImpact({ steps: [], probed: [], applicationSizes: { keystone: 2 }, batches: [], leftOut: [] })).toEqual([
    'nothing to do: every unit is as asked',
  ]);
  expect(
    describeImpact({
      steps: [],
      probed: [],
      applicationSizes: { keystone: 2 },
      batches: [],
      leftOut: [{ unit: 'keystone/1', reason: 'did not answer' }],
    }),
  ).toEqual(['nothing to do: every unit that was looked at is as asked; not looked at: keystone/1']);
});
