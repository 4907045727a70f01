import { applicationOf, type UnitName } from '../domain/unit-set.js';

/** Of a unit that is to go back: `free` is down or is not disturbed by it, so that nothing is taken away; `away` cannot be told to. */
export type Standing = 'serves' | 'free' | 'away';

/**
 * In which order units go back, given batch by batch. Those that are free first and together: to those that are down it is the
 * cure. Then those that serve: of one application one at a time, however many were changed together. Last those that are away, so that
 * nobody waits for them.
 */
export function roundsBack<T extends { readonly unit: UnitName }>(
  batches: readonly (readonly T[])[],
  standingOf: (unit: T) => Standing,
): readonly (readonly T[])[] {
  const all = (standing: Standing): readonly T[] => batches.flat().filter((unit) => standingOf(unit) === standing);
  const serving = batches.flatMap((batch) => oneOfEach(batch.filter((unit) => standingOf(unit) === 'serves')));
  return [all('free'), ...serving, all('away')].filter((round) => round.length > 0);
}

/** The first of each application, the second of each, and so on. */
function oneOfEach<T extends { readonly unit: UnitName }>(units: readonly T[]): readonly (readonly T[])[] {
  const rounds: T[][] = [];
  const taken = new Map<string, number>();
  for (const unit of units) {
    const application = applicationOf(unit.unit);
    const number = taken.get(application) ?? 0;
    taken.set(application, number + 1);
    const round = rounds[number];
    if (round) round.push(unit);
    else rounds.push([unit]);
  }
  return rounds;
}
