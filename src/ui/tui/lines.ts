import type { Sign, Symbols, Tone } from '../paint.js';
import { displayWidth, pad, showableLine, truncate, wrap } from '../text.js';

/** A piece of a line that looks one way. Its text is showable and has no newline. */
export interface Span {
  readonly text: string;
  readonly tone?: Tone;
  readonly bold?: boolean;
  readonly inverse?: boolean;
}

export type Line = readonly Span[];

/** Where a screen may draw, in character cells. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
}

export const EMPTY: Line = [];

export function span(text: string, tone: Tone = 'plain', bold = false): Span {
  return { text, tone, bold };
}

/** A whole line that looks one way. What comes from outside is made showable here. */
export function say(text: string, tone: Tone = 'plain', bold = false): Line {
  return [span(showableLine(text), tone, bold)];
}

export function signSpan(sign: Sign, symbols: Symbols): Span {
  return span(`${symbols[sign.symbol]} ${sign.word}`, sign.tone);
}

export function widthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + displayWidth(text), 0);
}

/** The line in exactly this width: cut with an ellipsis or filled with spaces. */
export function fill(line: Line, width: number): Line {
  const spans: Span[] = [];
  let left = width;
  for (const one of line) {
    const columns = displayWidth(one.text);
    if (columns <= left) spans.push(one);
    else if (left > 0) spans.push({ ...one, text: pad(truncate(one.text, left), left) });
    left = Math.max(0, left - columns);
    if (left === 0) break;
  }
  return left > 0 ? [...spans, { text: ' '.repeat(left) }] : spans;
}

/** The line as the one that the cursor is on: one bar over the whole width; words and symbols stay, colours go. */
export function selected(line: Line, width: number): Line {
  return [
    {
      text: fill(line, width)
        .map((one) => one.text)
        .join(''),
      inverse: true,
    },
  ];
}

/** Left and right at the two ends of one line; the left one is cut when they do not fit. */
export function apart(left: Line, right: Line, width: number): Line {
  const rightWidth = widthOf(right);
  return rightWidth + 2 > width ? fill(left, width) : [...fill(left, width - rightWidth), ...right];
}

/** Two columns of lines side by side with a thin rule between them. */
export function beside(left: readonly Line[], right: readonly Line[], leftWidth: number, room: Room, symbols: Symbols): Line[] {
  const rightWidth = room.columns - leftWidth - 3;
  return Array.from({ length: room.rows }, (_, row) => [
    ...fill(left[row] ?? EMPTY, leftWidth),
    span(` ${symbols.bar} `, 'dim'),
    ...fill(right[row] ?? EMPTY, rightWidth),
  ]);
}

export interface Column {
  readonly width: number;
  readonly align?: 'left' | 'right';
}

/** One row of a table: each cell in its column, two spaces between; the last cell takes what is left. */
export function cells(spans: readonly Span[], columns: readonly Column[]): Line {
  return spans.map((one, index) => {
    const column = columns[index];
    return column ? { ...one, text: `${pad(one.text, column.width, column.align)}  ` } : one;
  });
}

/** A paragraph, wrapped, every line beginning with `indent`. */
export function paragraph(text: string, width: number, tone: Tone = 'plain', indent = ''): Line[] {
  const words = showableLine(text);
  return wrap(words, Math.max(8, width - indent.length)).map((line) => [span(indent + line, tone)]);
}

/** A paragraph behind a symbol, hanging below itself. */
export function item(mark: Span, text: string, width: number, tone: Tone = 'plain'): Line[] {
  const indent = ' '.repeat(displayWidth(mark.text) + 1);
  return paragraph(text, width, tone, indent).map((line, index) =>
    index === 0 ? [mark, span(` ${line[0]?.text.slice(indent.length) ?? ''}`, tone)] : line,
  );
}
