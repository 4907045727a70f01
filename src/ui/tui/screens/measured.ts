import type { Measured } from '../../../domain/event.js';
import type { FactValue } from '../../../domain/finding.js';
import { type Symbols, VERDICT_SIGNS } from '../../paint.js';
import { displayWidth, showableLine } from '../../text.js';
import { cells, EMPTY, type Line, paragraph, signSpan, span } from '../lines.js';
import { clamp } from '../widgets/list.js';

/** The numbers before and after, a row for each; nothing where none were measured. */
export function measureLines(measures: readonly Measured[], width: number, symbols: Symbols): Line[] {
  if (measures.length === 0) return [];
  const name = clamp(Math.max(...measures.map((one) => displayWidth(one.title))) + 1, 12, 30);
  const columns = [{ width: name }, { width: 16, align: 'right' as const }, { width: 16, align: 'right' as const }];
  return [
    EMPTY,
    cells(
      ['measured', 'before', 'after', 'verdict'].map((text, index) => span(index === 0 ? ` ${text}` : text, 'dim')),
      columns,
    ),
    ...measures.flatMap((one) => [
      cells(
        [
          span(` ${showableLine(one.title)}`),
          span(total(one.before, one.perBefore)),
          span(total(one.after, one.perAfter)),
          signSpan(VERDICT_SIGNS[one.verdict], symbols),
        ],
        columns,
      ),
      ...(one.detail === plainDetail(one) ? [] : paragraph(one.detail, width, 'dim', '   ')),
    ]),
  ];
}

/** The words that only say the numbers again. */
function plainDetail(one: Measured): string {
  return `${total(one.before, one.perBefore)} before, ${total(one.after, one.perAfter)} after`;
}

/** `105 of 600`, `105`, or the words when they are no numbers. */
function total(values: Readonly<Record<string, FactValue>>, per: Readonly<Record<string, FactValue>> | undefined): string {
  const all = Object.values(values);
  if (all.length === 0) return 'not measured';
  const sum = sumOf(all);
  if (sum === undefined) return [...new Set(all.map(String))].map(showableLine).join(' ');
  const share = per && sumOf(Object.values(per));
  return share === undefined ? String(sum) : `${sum} of ${share}`;
}

function sumOf(values: readonly FactValue[]): number | undefined {
  const numbers = values.filter((value) => typeof value === 'number');
  return numbers.length === values.length ? numbers.reduce((sum, value) => sum + value, 0) : undefined;
}
