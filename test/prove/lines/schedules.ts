import { BUGS } from '../../schedules/bugs.js';
import { REGRESSIONS } from '../../schedules/regressions.js';
import type { Line, LineContext, LineResult } from '../line.js';
import type { SchedulesResult, SchedulesShare } from '../schedules-work.js';
import { inThreads, sharesOf } from '../workers.js';

const GOALS = { short: 2_000, full: 100_000 };
/** A planted bug that is not found in so many schedules is not found. */
const PATIENCE = 15_000;

export const line: Line = {
  title:
    'random schedules of 1-4 operators, 1-50 units and faults through the engine in process: no promise broken; SEED PATH: that one again',
  workers: 2,
  minutes: { short: 6, full: 120 },
  async run(context) {
    const [seed, path] = context.words;
    if (seed !== undefined && path !== undefined) return again(context, Number(seed), path);
    const bugs = BUGS.map((bug): SchedulesShare => ({ seed: context.seed, goal: PATIENCE, bug }));
    const found = await played(context, bugs, () => undefined);
    const planted = found.map(({ failures }, at) => ({ name: BUGS[at] ?? '', found: failures.length > 0 }));
    const goal = context.full ? GOALS.full : GOALS.short;
    const shares = sharesOf(goal, context.workers).map((part, at): SchedulesShare => ({ seed: context.seed + at, goal: part }));
    const results = await played(context, shares, (done) => context.report(done, goal));
    const failures = results.flatMap((result) => result.failures);
    const done = results.reduce((sum, result) => sum + result.done, 0);
    const sum = (of: keyof SchedulesResult['seen']): string =>
      results.reduce((all, result) => all + result.seen[of], 0).toLocaleString('en-US');
    return {
      goal,
      done,
      failed: failures.length,
      planted,
      failures,
      notes: [
        `${sum('commands')} commands on ${sum('units')} units, with ${sum('faults')} faults made ready; ${REGRESSIONS.length} schedules that once broke a promise were played first.`,
        'Engine, planning and run fold are the real ones; juju, units and clocks are small machines in memory, and a reference model that uses nothing of the engine watches them.',
      ],
    };
  },
};

function played(
  context: LineContext,
  shares: readonly SchedulesShare[],
  report: (done: number) => void,
): Promise<SchedulesResult[]> {
  return inThreads<SchedulesShare, SchedulesResult>(context, 'schedules-work', shares, report);
}

async function again(context: LineContext, seed: number, path: string): Promise<LineResult> {
  const [result] = await played(context, [{ seed, goal: 1, path }], () => undefined);
  const failures = result?.failures ?? [];
  return { goal: 1, done: 1, failed: failures.length, failures, notes: [] };
}
