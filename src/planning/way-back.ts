import { applicationOf, type UnitName } from '../domain/unit-set.js';

/** Of a unit that is to go back: `free` is down or is not disturbed by it, so that nothing is taken away; `away` cannot be told to. */
export type Standing = 'serves' | 'free' | 'away';

/**
 * In which order units go back, given batch by batch. Those that are free first and together: to those that are down it is the
 * cure. Then those that serve: of one application one at a time, however many were changed together. Last those that are away, so that
 * nobody waits for them. Never two of one machine together: they share the lock of changes, and the second would be refused.
 */
export function roundsBack<T extends { readonly unit: UnitName }>(
  batches: readonly (readonly T[])[],
  standingOf: (unit: T) => Standing,
  machineOf: (unit: T) => string,
): readonly (readonly T[])[] {
  const all = (standing: Standing) =>
    oneOfEach(
      batches.flat().filter((unit) => standingOf(unit) === standing),
      machineOf,
    );
  const serving = batches.flatMap((batch) =>
    oneOfEach(
      batch.filter((unit) => standingOf(unit) === 'serves'),
      ({ unit }) => applicationOf(unit),
    ),
  );
  return [...all('free'), ...serving, ...all('away')];
}

/** The first of each kind, the second of each, and so on. */
function oneOfEach<T>(units: readonly T[], kindOf: (unit: T) => string): readonly (readonly T[])[] {
  const rounds: T[][] = [];
  const taken = new Map<string, number>();
  for (const unit of units) {
    const kind = kindOf(unit);
    const number = taken.get(kind) ?? 0;
    taken.set(kind, number + 1);
    const round = rounds[number];
    if (round) round.push(unit);
    else rounds.push([unit]);
  }
  return rounds;
}
