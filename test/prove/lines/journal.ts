import type { Damage, DamageResult, DamageShare } from '../journal-damage.js';
import { killWriters } from '../journal-kills.js';
import { type Line, type LineContext, type Planted, summed, type Tally } from '../line.js';
import { inThreads, sharesOf } from '../workers.js';

const GOALS = {
  short: { kills: 200, cuts: 20_000, bits: 20_000, lines: 5_000 },
  full: { kills: 20_000, cuts: 1_000_000, bits: 1_000_000, lines: 200_000 },
};
/** A planted bug that is not found in so many trials is not found. */
const PATIENCE = { kills: 300, damage: 20_000 };

export const line: Line = {
  title: 'journals killed, cut and damaged: no acknowledged record is lost, no damage passes unnoticed, the good part is kept',
  workers: 2,
  minutes: { short: 4, full: 20 },
  async run(context) {
    const goals = context.full ? GOALS.full : GOALS.short;
    const goal = Object.values(goals).reduce((sum, one) => sum + one, 0);
    const planted = [...(await plantedInWriters(context)), ...(await plantedInReaders(context))];
    let base = 0;
    const report = (done: number): void => context.report(base + done, goal);
    const kills = await killWriters({ ...killing(context), count: goals.kills, report });
    base += kills.done;
    const parts: Record<string, Tally> = { kills: { goal: goals.kills, done: kills.done, failed: kills.failures.length } };
    const failures = [...kills.failures];
    for (const [name, damage, count] of [
      ['cuts', 'cut', goals.cuts],
      ['bit flips', 'bit', goals.bits],
      ['lines out of place', 'lines', goals.lines],
    ] as const) {
      const result = await damaged(context, damage, count, report);
      parts[name] = { goal: count, done: result.done, failed: result.failed };
      failures.push(...result.failures);
      base += result.done;
    }
    return summed(parts, {
      planted,
      failures,
      notes: [
        `${kills.acknowledged} records were acknowledged to those who killed; ${kills.unopened} writers died before the file was open, ${kills.torn} in the middle of a record, ${kills.unacknowledged} between writing and saying so.`,
        'A kill does not lose what the kernel holds; that each record is synced before it is acknowledged is watched in every writer.',
        'A journal that ends earlier, at the end of a record, cannot be told from one that was not written on.',
      ],
    });
  },
};

function killing({ program, folder, seed, workers }: LineContext) {
  // Half of a writer's life is starting Node.
  return { writer: program('journal-writer'), folder, seed, parallel: workers * 2 };
}

async function plantedInWriters(context: LineContext): Promise<Planted[]> {
  const found: Planted[] = [];
  for (const how of ['acknowledged early', 'never synced']) {
    const { failures } = await killWriters({
      ...killing(context),
      count: PATIENCE.kills,
      how,
      untilFound: true,
      report: () => undefined,
    });
    found.push({ name: `records ${how}`, found: failures.length > 0 });
  }
  return found;
}

async function plantedInReaders(context: LineContext): Promise<Planted[]> {
  const bugs = [
    ['a reader that believes every line of JSON', 'bit'],
    ['a reader that gives up the whole journal for a torn tail', 'cut'],
    ['a reader that passes over what does not fit', 'lines'],
  ] as const;
  const shares: DamageShare[] = bugs.map(([reader, damage]) => ({
    seed: context.seed,
    damage,
    goal: PATIENCE.damage,
    reader,
    untilFound: true,
  }));
  const results = await inThreads<DamageShare, DamageResult>(context, 'journal-damage', shares, () => undefined);
  return bugs.map(([name], at) => ({ name, found: (results[at]?.failed ?? 0) > 0 }));
}

async function damaged(
  context: LineContext,
  damage: Damage,
  goal: number,
  report: (done: number) => void,
): Promise<DamageResult> {
  const shares = sharesOf(goal, context.workers).map(
    (count, at): DamageShare => ({ seed: context.seed + at, damage, goal: count }),
  );
  const results = await inThreads<DamageShare, DamageResult>(context, 'journal-damage', shares, report);
  return {
    done: results.reduce((sum, one) => sum + one.done, 0),
    failed: results.reduce((sum, one) => sum + one.failed, 0),
    failures: results.flatMap((one) => one.failures),
  };
}
