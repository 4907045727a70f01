import { Bed, obstacle } from '../../bed/bed.js';
import { type RaceOptions, raceOn, type Standing, standingOf } from '../../bed/race.js';
import { UNITS } from '../../bed/units.js';
import type { Variant } from '../../unit/race/judge.js';
import { Lead } from '../../unit/race/lead.js';
import { PLANTED } from '../../unit/race/planted.js';
import { NO_RACES, type Races, tallied, withRace } from '../../unit/race/tally.js';
import { type Line, type LineResult, type Planted, summed } from '../line.js';
import { seeded, seedOf } from '../random.js';

const GOAL = { short: 5, full: 200 };
/** In the full run; the bed is too slow to look for each of them in the short one. */
const FINDABLE = PLANTED.filter(({ name }) => name === 'confirm answers by what it saw before it had the lock');
const PLANTED_RACES = 21;
/** Milliseconds. */
const STEPS = { first: 800, least: 50, most: 3000 };
const ORDER: readonly Variant[] = [
  'confirm and guard',
  'extend and guard',
  'confirm and guard',
  'two confirms and guard',
  'confirm, rollback and guard',
];

export const line: Line = {
  title:
    "confirm, extend or rollback reach a real unit as its window ends and systemd's timer fires: what is printed, the exit code and the disk agree",
  // Much of it waits for windows to end.
  workers: 1,
  minutes: { short: 6, full: 60 },
  async run(context) {
    const goal = context.full ? GOAL.full : GOAL.short;
    const reason = obstacle();
    if (reason) return { goal, done: 0, failed: 0, notes: [`not to be shown here: ${reason}`] };
    const bed = await Bed.start();
    try {
      const standings = await Promise.all(UNITS.map((unit) => standingOf(bed, unit)));
      const planted = context.full ? await findPlanted(bed, standings, context.seed) : [];
      const results = await raceAll(bed, standings, {
        count: goal,
        variants: ORDER,
        seed: context.seed,
        report: (done) => context.report(done, goal),
      });
      return { ...resultOf(results, goal), planted };
    } finally {
      await bed.down();
    }
  },
};

async function findPlanted(bed: Bed, standings: Standing[], seed: number): Promise<Planted[]> {
  const found: Planted[] = [];
  for (const { name, parts, variant } of FINDABLE) {
    const results = await raceAll(bed, standings, {
      count: PLANTED_RACES,
      variants: [variant],
      seed,
      planted: parts,
      first: 10_000,
    });
    found.push({ name, found: (results.get(variant)?.failed ?? 0) > 0 });
  }
  return found;
}

interface AllOptions {
  readonly count: number;
  readonly variants: readonly Variant[];
  readonly seed: number;
  /** Number of the first race: no two on a unit may have the same. */
  readonly first?: number;
  /** With it the races end with the first that disagrees. */
  readonly planted?: RaceOptions['planted'];
  readonly report?: (done: number) => void;
}

/** Races on all units at once, each unit one after the other; where the units stand afterwards is put into `standings`. */
async function raceAll(bed: Bed, standings: Standing[], options: AllOptions): Promise<ReadonlyMap<Variant, Races>> {
  const { count, variants, seed, first = 1, planted = [] } = options;
  const results = new Map<Variant, Races>();
  const leads = new Map(variants.map((variant) => [variant, new Lead(STEPS)]));
  let next = 0;
  let done = 0;
  const racer = async (lane: number): Promise<void> => {
    while (next < count) {
      const number = first + next;
      const variant = variants[next++ % variants.length] ?? 'confirm and guard';
      const random = seeded(seedOf(seed, variant, number));
      const standing = standings[lane];
      if (!standing) return;
      const lead = leads.get(variant)?.milliseconds ?? 0;
      const ran = await raceOn(bed, standing, { number, variant, lead, random, planted });
      standings[lane] = ran.standing;
      leads.get(variant)?.learn(ran.winner === 'guard');
      results.set(variant, withRace(results.get(variant) ?? NO_RACES, ran, `race ${number}, ${standing.unit.name}`));
      if (planted.length > 0 && ran.problems.length > 0) next = count;
      options.report?.(++done);
    }
  };
  await Promise.all(standings.map((_, lane) => racer(lane)));
  return results;
}

function resultOf(results: ReadonlyMap<Variant, Races>, goal: number): LineResult {
  const parts = [...new Set(ORDER)].map((variant) => {
    const turns = Array.from({ length: goal }, (_, index) => ORDER[index % ORDER.length]).filter((one) => one === variant);
    const { failures, note, ...part } = tallied(variant, results.get(variant) ?? NO_RACES, turns.length);
    return { variant, failures, note, part };
  });
  return summed(Object.fromEntries(parts.map(({ variant, part }) => [variant, part])), {
    failures: parts.flatMap(({ failures }) => failures),
    notes: [
      ...parts.map(({ note }) => note),
      "The unit's agent runs the texts that Juju would send, in a window of some seconds; the other end is ours from the order to the exit code.",
    ],
  });
}
