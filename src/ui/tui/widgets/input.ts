import { displayWidth, showableLine } from '../../text.js';
import { type Line, type Span, span } from '../lines.js';
import type { Press } from '../presses.js';

/** One line of text that a person edits. `cursor` counts characters before it. */
export interface Input {
  readonly text: string;
  readonly cursor: number;
}

export const NO_INPUT: Input = { text: '', cursor: 0 };

export function inputOf(text: string): Input {
  return { text, cursor: [...text].length };
}

/** The input after a key, or undefined when the key is none of editing. */
export function edit(input: Input, press: Press): Input | undefined {
  const characters = [...input.text];
  const { cursor } = input;
  const cut = (from: number, to: number): Input => ({
    text: [...characters.slice(0, from), ...characters.slice(to)].join(''),
    cursor: from,
  });
  switch (press.name) {
    case 'left':
      return { ...input, cursor: Math.max(0, cursor - 1) };
    case 'right':
      return { ...input, cursor: Math.min(characters.length, cursor + 1) };
    case 'home':
    case 'ctrl-a':
      return { ...input, cursor: 0 };
    case 'end':
    case 'ctrl-e':
      return { ...input, cursor: characters.length };
    case 'backspace':
      return cursor === 0 ? input : cut(cursor - 1, cursor);
    case 'delete':
      return cut(cursor, cursor + 1);
    case 'ctrl-u':
      return cut(0, cursor);
    case 'ctrl-w':
      return cut(input.text.slice(0, characters.slice(0, cursor).join('').length).replace(/\S+\s*$/, '').length, cursor);
    default:
      return press.text === undefined ? undefined : insert(input, press.text);
  }
}

export function insert(input: Input, text: string): Input {
  const characters = [...input.text];
  const added = [...text];
  return {
    text: [...characters.slice(0, input.cursor), ...added, ...characters.slice(input.cursor)].join(''),
    cursor: input.cursor + added.length,
  };
}

/** The input in this width, the cursor always in sight as an inverse cell when the input has the focus. */
export function inputLine(input: Input, width: number, focused: boolean): Line {
  const characters = [...input.text].map((one) => (one === '\n' ? '⏎' : showableLine(one)));
  let from = 0;
  const widthTo = (start: number): number => displayWidth(characters.slice(start, input.cursor).join(''));
  while (widthTo(from) > width - 2) from++;
  const before = characters.slice(from, input.cursor).join('');
  if (!focused) return [span(characters.join(''))];
  const under: Span = { text: characters[input.cursor] ?? ' ', inverse: true };
  return [span(before), under, span(characters.slice(input.cursor + 1).join(''))];
}
