import { seeded, seedOf } from '../../prove/random.js';
import { type Subject, TRANSACTION, WINDOW } from '../sweep/subject.js';
import { UNIT, type UnitFolder } from '../unit-folder.js';
import { Leads, type Race, race, VARIANTS, type Variant, type Winner } from './race.js';

export interface RacesOptions {
  readonly subjects: readonly Subject[];
  readonly variants?: readonly Variant[];
  readonly count: number;
  readonly seed: number;
  /** Races at a time. */
  readonly parallel: number;
  /** Parts of the unit's program that stand otherwise, to see that a race notices; it ends with the first thing that disagrees. */
  readonly planted?: readonly (readonly [text: string, instead: string])[];
  readonly report?: (done: number) => void;
}

export interface VariantResult {
  readonly done: number;
  readonly failed: number;
  readonly won: ReadonlyMap<Winner, number>;
  /** Each tells which race it was. */
  readonly failures: readonly string[];
}

const NONE: VariantResult = { done: 0, failed: 0, won: new Map(), failures: [] };

/** Races so many times, the variants in turn. */
export async function races(options: RacesOptions): Promise<ReadonlyMap<Variant, VariantResult>> {
  const { subjects, variants = VARIANTS, count, seed, parallel, planted = [] } = options;
  const results = new Map<Variant, VariantResult>();
  const starts = await Promise.all(subjects.map(async (subject) => ({ subject, pending: await pendingOf(subject, planted) })));
  const leads = new Leads();
  let next = 0;
  let over = false;
  const worker = async (): Promise<void> => {
    while (next < count && !over) {
      const number = next++;
      const variant = variants[number % variants.length] ?? 'confirm and guard';
      const random = seeded(seedOf(seed, variant, number));
      const { subject, pending } = random.pick(starts);
      const unit = await pending.copy();
      unit.planted = planted;
      const ran = await race(variant, subject, unit, leads.of(variant), random).finally(() => unit.remove());
      leads.learn(variant, ran.winner);
      results.set(variant, withRace(results.get(variant) ?? NONE, ran, `race ${number}, ${subject.name}`));
      over = planted.length > 0 && ran.problems.length > 0;
      options.report?.(number + 1);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker)).finally(() => {
    if (planted.length > 0) for (const { pending } of starts) pending.remove();
  });
  return results;
}

function withRace({ done, failed, won, failures }: VariantResult, { winner, problems }: Race, where: string): VariantResult {
  return {
    done: done + 1,
    failed: failed + (problems.length > 0 ? 1 : 0),
    won: new Map([...won, [winner, (won.get(winner) ?? 0) + 1]]),
    failures: [...failures, ...problems.map((problem) => `${where}: ${problem}`)],
  };
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
