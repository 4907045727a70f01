import { VARIANTS } from '../../unit/race/judge.js';
import { PLANTED } from '../../unit/race/planted.js';
import { races } from '../../unit/race/races.js';
import { NO_RACES, tallied } from '../../unit/race/tally.js';
import { mixedSubject, type Subject, tuningSubject } from '../../unit/sweep/subject.js';
import { type Line, type LineContext, type Planted, summed } from '../line.js';
import { seedOf } from '../random.js';

const GOAL = { short: 100, full: 10_000 };
/** A planted bug shows itself within a few races. */
const PLANTED_RACES = 150;

export const line: Line = {
  title:
    "confirm, extend or rollback and the unit's own guard start at about the same moment: what is printed, the exit code and the disk agree",
  workers: 2,
  minutes: { short: 6, full: 30 },
  async run(context) {
    const goal = context.full ? GOAL.full : GOAL.short;
    const subjects = [
      await tuningSubject(context.root, 'wsgi-processes', { group: 'keystone-public', processes: '+8' }),
      await mixedSubject(),
    ];
    const planted = await findPlanted(context, subjects);
    const results = await races({
      subjects,
      count: goal,
      seed: context.seed,
      parallel: context.workers + 1,
      report: (done) => context.report(done, goal),
    });
    for (const subject of subjects) subject.remove();
    const parts = VARIANTS.map((variant, index) => {
      const { failures, note, ...part } = tallied(variant, results.get(variant) ?? NO_RACES, shareOf(goal, index));
      return { variant, failures, note, part };
    });
    return summed(Object.fromEntries(parts.map(({ variant, part }) => [variant, part])), {
      planted,
      failures: parts.flatMap(({ failures }) => failures),
      notes: [
        ...parts.map(({ note }) => note),
        'Folders in memory with stand-ins for Apache and systemd, real bash and real locks; the other end is ours from the order to the exit code.',
      ],
    });
  },
};

function shareOf(goal: number, index: number): number {
  return Math.floor((goal - index - 1) / VARIANTS.length) + 1;
}

async function findPlanted({ seed, workers }: LineContext, subjects: readonly Subject[]): Promise<Planted[]> {
  const found: Planted[] = [];
  for (const { name, parts, variant } of PLANTED) {
    const results = await races({
      subjects,
      variants: [variant],
      count: PLANTED_RACES,
      seed: seedOf(seed, name),
      parallel: workers + 1,
      planted: parts,
    });
    found.push({ name, found: (results.get(variant)?.failed ?? 0) > 0 });
  }
  return found;
}
