import type { UnitName } from '../../src/domain/unit-set.js';

/** When something last happened to each unit. */
export class Moments {
  readonly #at = new Map<UnitName, number>();

  note(unit: UnitName, now: number): void {
    this.#at.set(unit, now);
  }

  isSince(unit: UnitName, moment: number): boolean {
    return (this.#at.get(unit) ?? Number.NEGATIVE_INFINITY) >= moment;
  }
}
