import type { CheckReport, UnitCheck } from '../domain/check.js';
import { countSuspicious } from '../domain/suspicious.js';
import { foldUnits } from '../domain/unit-set.js';
import { gather } from './gather.js';
import { count } from './text.js';

/** How many words of what the units said are hidden because they look random and no pattern knows them: a line for each number. */
export function suspiciousLines(report: CheckReport): readonly string[] {
  const hidden = report.units.flatMap((unit) => {
    const words = suspiciousOf(unit);
    return words === 0 ? [] : [[unit.unit, words] as const];
  });
  return gather(hidden, String).map(({ units, value }) => {
    const whose = `${units.length > 1 ? 'each of ' : ''}${foldUnits(units)}`;
    return `${count(value, 'suspicious word')} hidden in what ${whose} said: random to look at, and known to no pattern; the unit itself still has it`;
  });
}

/** In what all of them said. */
export function suspiciousIn(report: CheckReport): number {
  return report.units.reduce((sum, unit) => sum + suspiciousOf(unit), 0);
}

function suspiciousOf({ evidence, problems }: UnitCheck): number {
  const texts = [...Object.values(evidence).flatMap((lines) => lines.map((line) => line.text)), ...problems];
  return texts.reduce((sum, text) => sum + countSuspicious(text), 0);
}
