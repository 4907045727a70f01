import type { CheckReport } from '../domain/check.js';
import type { LeftOut, Plan } from '../domain/plan.js';
import { foldUnits } from '../domain/unit-set.js';
import { gather } from './gather.js';
import type { Tone } from './paint.js';
import { showableLine } from './text.js';

/** On which units nothing kept a look from writing, and why: a line for each reason. Nothing where all were kept from it. */
export function jailLines(looked: Plan | CheckReport): readonly string[] {
  return gather(
    unjailed(looked).map(({ unit, reason }) => [unit, reason] as const),
    (reason) => reason,
  ).map(({ units, value }) => `read-only jail not enforced on ${foldUnits(units)}: ${showableLine(value)}`);
}

function unjailed(looked: Plan | CheckReport): readonly LeftOut[] {
  if ('steps' in looked) return looked.unjailed ?? [];
  return looked.units.flatMap(({ unit, unjailed: reason }) => (reason === undefined ? [] : [{ unit, reason }]));
}

/** A demo harms no unit, and often has not the right to mount. */
export function jailTone({ demo }: { readonly demo: boolean }): Tone {
  return demo ? 'dim' : 'warn';
}
