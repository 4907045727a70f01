import fc from 'fast-check';
import type { Bug } from '../schedules/bugs.js';
import { play } from '../schedules/play.js';
import { REGRESSIONS } from '../schedules/regressions.js';
import { type Schedule, schedules } from '../schedules/schedule.js';
import { seedOf } from './random.js';
import type { Work } from './workers.js';

export interface SchedulesShare {
  readonly seed: number;
  readonly goal: number;
  /** Against a bug that is put in, until it is noticed. */
  readonly bug?: Bug;
  /** Only this one: the path of fast-check to a schedule of that seed. */
  readonly path?: string;
}

export interface SchedulesResult {
  readonly done: number;
  readonly failures: readonly string[];
  readonly seen: { readonly units: number; readonly commands: number; readonly faults: number };
}

const AT_ONCE = 250;
/** Making a failure small takes as long as a hundred schedules. */
const SHRUNK = 3;
const SHOWN_CHARACTERS = 4000;

class Broken extends Error {}

/** Plays schedules; each that breaks a promise is made as small as it can be, and named by what makes it again. */
export const work: Work<SchedulesShare, SchedulesResult> = async (share, report) => {
  const { seed, goal, bug, path } = share;
  const failures: string[] = [];
  const seen = { units: 0, commands: 0, faults: 0 };
  const holds = fc.asyncProperty(schedules, async (schedule) => {
    count(schedule, seen);
    const problems = await play(schedule, bug);
    if (problems.length > 0) throw new Broken(problems.join('; '));
  });
  if (bug === undefined && path === undefined) failures.push(...(await regressed()));
  let done = 0;
  for (let part = 0; done < goal && !(bug !== undefined && failures.length > 0); part++) {
    const details = await fc.check(holds, {
      seed: path === undefined ? seedOf(seed, 'part', part) : seed,
      numRuns: Math.min(AT_ONCE, goal - done),
      endOnFailure: bug !== undefined || failures.length >= SHRUNK,
      ...(path === undefined ? {} : { path }),
    });
    done += Math.max(1, details.numRuns);
    if (details.failed) {
      const [smallest] = details.counterexample ?? [];
      const why = details.errorInstance instanceof Error ? details.errorInstance.message : 'it ended for no reason';
      const again = `npm run prove -- schedules ${details.seed} ${details.counterexamplePath}`;
      failures.push(`${again}: ${why}; smallest: ${JSON.stringify(smallest).slice(0, SHOWN_CHARACTERS)}`);
    }
    report(done);
  }
  return { done, failures, seen };
};

/** Of the schedules that once broke a promise, those that do so again. */
async function regressed(): Promise<string[]> {
  const failures: string[] = [];
  for (const { found, schedule } of REGRESSIONS) {
    const problems = await play(schedule);
    if (problems.length > 0) failures.push(`again: ${found}: ${problems.join('; ')}`);
  }
  return failures;
}

function count(
  { units, operators, fates, unheard, happenings }: Schedule,
  seen: { units: number; commands: number; faults: number },
) {
  seen.units += units.length;
  seen.commands += operators.reduce((sum, { acts }) => sum + acts.length, 0);
  seen.faults += fates.length + unheard.length + happenings.length;
}
