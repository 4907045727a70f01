import type { UnitSpec } from '../cloud.js';
import type { Place } from './place.js';

/** The answer of a unit in scale mode. */
export function cannedAnswer(_place: Place, unit: UnitSpec, _script: string): string {
  return `${unit.name}\n`;
}
