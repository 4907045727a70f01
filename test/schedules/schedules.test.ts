import fc from 'fast-check';
import { expect, test } from 'vitest';
import { play } from './play.js';
import { REGRESSIONS } from './regressions.js';
import { schedules } from './schedule.js';

/** `npm run prove -- schedules` plays many more, and against bugs that are put in. */
const RUNS = Number(process.env.SCHEDULE_RUNS ?? 100);

test.each(REGRESSIONS)('$found: not any more', async ({ schedule }) => {
  expect(await play(schedule)).toEqual([]);
});

test('operators, faults and units in any order break no promise', async () => {
  await fc.assert(
    fc.asyncProperty(schedules, async (schedule) => {
      expect(await play(schedule)).toEqual([]);
    }),
    { numRuns: RUNS },
  );
});

test('the same schedule goes the same way', async () => {
  const [schedule] = fc.sample(schedules, { numRuns: 1, seed: 3 });
  if (!schedule) throw new Error('no schedule was made');

  const twice = [await play(schedule, 'the guard never fires'), await play(schedule, 'the guard never fires')];

  expect(twice[0]).toEqual(twice[1]);
});
