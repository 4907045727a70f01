import { join } from 'node:path';
import type { Line, LineContext } from '../line.js';
import { seedOf } from '../random.js';
import { findPlanted } from '../schedules/planted.js';
import { prepare } from '../schedules/prepare.js';
import { type Schedule, scheduleOf } from '../schedules/schedule.js';
import { type Prepared, type Trial, tryOut } from '../schedules/trial.js';

const GOAL = { short: 20, full: 2000 };
/** Most of a schedule is waiting. */
const AT_ONCE_PER_WORKER = 3;

export const line: Line = {
  title:
    'operators, hooks, reboots, lost agents, wrong answers and kills at random, with the real juju-tune on the demo juju and real bash: every unit is before or after, and what is said of it is so',
  workers: 2,
  minutes: { short: 8, full: 40 },
  inMemory: true,
  async run(context) {
    const goal = context.full ? GOAL.full : GOAL.short;
    const prepared = await prepare(context.folder, context.root);
    const planted = await findPlanted(context, prepared);
    const failures: string[] = [];
    // A schedule or a seed may be named: `npm run prove -- schedules-real SEED`.
    const seeds =
      context.words.length > 0
        ? context.words.map(Number)
        : Array.from({ length: goal }, (_, at) => seedOf(context.seed, 'schedule', at));
    const left = seeds.values();
    const tally = new Map<string, number>();
    let done = 0;
    const work = async (): Promise<void> => {
      for (const seed of left) {
        const { problems, ends } = await trial(context, prepared, scheduleOf(seed), `${seed}`);
        for (const end of ends) tally.set(end, (tally.get(end) ?? 0) + 1);
        if (problems.length > 0) failures.push(`schedule ${seed}: ${problems.join('; ')}`);

        context.report(++done, seeds.length);
      }
    };
    await Promise.all(Array.from({ length: context.workers * AT_ONCE_PER_WORKER }, work));
    return {
      goal: seeds.length,
      done,
      failed: failures.length,
      failures,
      planted,
      notes: [
        'A schedule is one apply and up to two more commands, each with its own troubles; then all is well again, three days pass, and runs that are open or unknown are taken up once more.',
        `How the commands ended: ${[...tally]
          .sort()
          .map(([end, count]) => `${end}: ${count}`)
          .join(', ')}.`,
        'One juju that stays answers all calls and carries out all tasks: a call whose client is killed is still carried out.',
        'Two units in folders with stand-ins for Apache and systemd; half of the operators that die are killed, the others are told to end.',
      ],
    };
  },
};

async function trial(context: LineContext, prepared: Prepared, schedule: Schedule, name: string): Promise<Trial> {
  const cloud = await prepared.template.copy(join(context.folder, `trial-${name}`), schedule.dialect);
  try {
    return await tryOut(cloud, prepared, schedule);
  } catch (error) {
    return { problems: [error instanceof Error ? error.message : String(error)], ends: [] };
  } finally {
    cloud.remove();
  }
}
