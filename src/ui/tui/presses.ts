import type { Key } from 'ink';

/** One key as it was pressed: its name, and its character where it has one. */
export interface Press {
  readonly name: string;
  readonly text?: string;
}

/**
 * The keys in one event of Ink. Characters that arrive in one read are one event there, with return and tab among them unmarked;
 * here every one is a press of its own, so that `jjj` moves three rows.
 */
export function pressesOf(input: string, key: Key): Press[] {
  const named = NAMED.find(([field]) => key[field] === true)?.[1];
  if (named !== undefined) return [{ name: key.shift && named === 'tab' ? 'shift-tab' : named }];
  if (key.ctrl && input.length === 1) return [{ name: `ctrl-${input.toLowerCase()}` }];
  return [...input].map(pressOf);
}

const NAMED: readonly (readonly [keyof Key, string])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
  ['escape', 'esc'],
];

function pressOf(character: string): Press {
  const code = character.codePointAt(0) ?? 0;
  if (character === '\r') return { name: 'enter' };
  if (character === '\t') return { name: 'tab' };
  if (character === '\x1b') return { name: 'esc' };
  if (code === 0x7f || code === 8) return { name: 'backspace' };
  if (code < 0x20) return { name: `ctrl-${String.fromCharCode(code + 96)}` };
  return { name: character === ' ' ? 'space' : character, text: character };
}
