import { compareUnits, type UnitName } from '../domain/unit-set.js';

/** What several units said or would become alike, with the units that did. */
export interface Gathered<T> {
  readonly units: readonly UnitName[];
  readonly value: T;
}

/**
 * Folds what is equal (by `keyOf`) over units. The odd unit out comes first: fewest units first, then by the name of the first unit.
 * Units are in order and without repetition; `value` is the first one seen.
 */
export function gather<T>(items: Iterable<readonly [UnitName, T]>, keyOf: (value: T) => string): Gathered<T>[] {
  const groups = new Map<string, { readonly value: T; readonly units: Set<UnitName> }>();
  for (const [unit, value] of items) {
    const key = keyOf(value);
    const group = groups.get(key) ?? { value, units: new Set() };
    group.units.add(unit);
    groups.set(key, group);
  }
  return [...groups.values()]
    .map(({ value, units }) => ({ value, units: [...units].sort(compareUnits) }))
    .sort((a, b) => a.units.length - b.units.length || compareUnits(a.units[0] ?? '', b.units[0] ?? ''));
}
