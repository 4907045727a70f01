import { seeded, seedOf } from '../../prove/random.js';
import type { PlantedPart } from '../run-program.js';
import { type Subject, TRANSACTION, WINDOW } from '../sweep/subject.js';
import { UNIT, type UnitFolder } from '../unit-folder.js';
import { VARIANTS, type Variant } from './judge.js';
import { Lead } from './lead.js';
import { race } from './race.js';
import { isRace, NO_RACES, type Races, withRace } from './tally.js';

export interface RacesOptions {
  readonly subjects: readonly Subject[];
  readonly variants?: readonly Variant[];
  /** At least; it goes on for a while where a side has hardly won yet, as it may among few. */
  readonly count: number;
  readonly seed: number;
  /** Races at a time. */
  readonly parallel: number;
  /** Parts of the unit's program that stand otherwise, to see that a race notices; it ends with the first thing that disagrees. */
  readonly planted?: readonly PlantedPart[];
  readonly report?: (done: number) => void;
}

/** Milliseconds. */
const STEPS = { first: 16, least: 1, most: 40 };

/** In all so many times the races that were asked for, at most. */
const PATIENCE = 5;

/** Races so many times, the variants in turn. */
export async function races(options: RacesOptions): Promise<ReadonlyMap<Variant, Races>> {
  const { subjects, variants = VARIANTS, count, seed, parallel, planted = [] } = options;
  const results = new Map<Variant, Races>();
  const starts = await Promise.all(subjects.map(async (subject) => ({ subject, pending: await pendingOf(subject, planted) })));
  const leads = new Map(variants.map((variant) => [variant, new Lead(STEPS)]));
  let next = 0;
  let over = false;
  const isDue = (variant: Variant): boolean => planted.length === 0 && !isRace(variant, results.get(variant) ?? NO_RACES);
  const choose = (number: number): Variant | undefined => {
    if (number < count) return variants[number % variants.length];
    return number < count * PATIENCE ? variants.find(isDue) : undefined;
  };
  const worker = async (): Promise<void> => {
    for (let variant = choose(next); variant !== undefined && !over; variant = choose(next)) {
      const number = next++;
      const random = seeded(seedOf(seed, variant, number));
      const { subject, pending } = random.pick(starts);
      const unit = await pending.copy();
      unit.planted = planted;
      const ran = await race(variant, subject, unit, leads.get(variant)?.milliseconds ?? 0, random).finally(() => unit.remove());
      leads.get(variant)?.learn(ran.winner === 'guard');
      results.set(variant, withRace(results.get(variant) ?? NO_RACES, ran, `race ${number}, ${subject.name}`));
      over = planted.length > 0 && ran.problems.length > 0;
      options.report?.(number + 1);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker)).finally(() => {
    if (planted.length > 0) for (const { pending } of starts) pending.remove();
  });
  return results;
}

/** With a program that stands otherwise the guard that is stored is another one too. */
async function pendingOf(
  { pending, prepared, step, contents, name }: Subject,
  planted: UnitFolder['planted'],
): Promise<UnitFolder> {
  if (planted.length === 0) return pending;
  const unit = await prepared.copy();
  unit.planted = planted;
  const held = await unit.order({ verb: 'apply', unit: UNIT, step, windowSeconds: WINDOW, guard: true }, {}, contents);
  if (!held.ok || held.value.state !== 'PENDING' || held.value.transaction !== TRANSACTION)
    throw new Error(`${name} cannot be held`);
  return unit;
}
