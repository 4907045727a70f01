import type { Key } from 'ink';
import { expect, test } from 'vitest';
import { disabledReason } from '../../src/ui/tui/available.js';
import { BINDINGS, bindingsFor } from '../../src/ui/tui/keys.js';
import { pressesOf } from '../../src/ui/tui/presses.js';
import type { ScreenKind, State } from '../../src/ui/tui/state.js';

const SCREENS: readonly ScreenKind[] = [...new Set(BINDINGS.flatMap((binding) => binding.screens))];

function key(change: Partial<Key> = {}): Key {
  const none = { upArrow: false, downArrow: false, leftArrow: false, rightArrow: false, pageDown: false, pageUp: false };
  const rest = { home: false, end: false, return: false, escape: false, ctrl: false, shift: false, tab: false };
  const last = { backspace: false, delete: false, meta: false, super: false, hyper: false, capsLock: false, numLock: false };
  return { ...none, ...rest, ...last, ...change };
}

const names = (input: string, change: Partial<Key> = {}): string[] => pressesOf(input, key(change)).map((press) => press.name);

test('characters that arrive in one read are keys of their own', () => {
  expect(names('jjj')).toEqual(['j', 'j', 'j']);
  expect(names('k\r\t \x7f')).toEqual(['k', 'enter', 'tab', 'space', 'backspace']);
  expect(names('\x04\x15')).toEqual(['ctrl-d', 'ctrl-u']);
  expect(names('', { return: true })).toEqual(['enter']);
  expect(names('', { tab: true, shift: true })).toEqual(['shift-tab']);
  expect(names('c', { ctrl: true })).toEqual(['ctrl-c']);
  expect(names('A', { shift: true })).toEqual(['A']);
});

test('no key means two things on one screen', () => {
  const twice = SCREENS.flatMap((screen) => {
    const keys = bindingsFor(screen).flatMap((binding) => binding.keys);
    return keys.filter((one, index) => keys.indexOf(one) !== index).map((one) => `${screen}: ${one}`);
  });
  expect(twice).toEqual([]);
});

test('no key that can touch units is the shift of a key that looks, and every one is upper case', () => {
  const slips = SCREENS.flatMap((screen) => {
    const touching = bindingsFor(screen).filter((binding) => binding.touches);
    const looking = bindingsFor(screen).filter((binding) => !binding.touches);
    const lookingKeys = looking.flatMap((binding) => binding.keys);
    return touching
      .flatMap((binding) => binding.keys)
      .filter((one) => !/^[A-Z]$/.test(one) || lookingKeys.includes(one.toLowerCase()))
      .map((one) => `${screen}: ${one}`);
  });
  expect(slips).toEqual([]);
  expect(BINDINGS.filter((binding) => binding.touches).map((binding) => binding.command)).toEqual([
    'apply',
    'go-on',
    'confirm',
    'extend',
    'take-back',
    'stop',
    'pause',
  ]);
});

test('a run can be paused as long as a batch is left, in whatever order they go', () => {
  const reasonAt = (batch: number, left: readonly number[]): string | undefined => {
    const units = [1, 2, 3].map((number) => ({ batch: number, outcome: left.includes(number) ? 'not-started' : 'changed' }));
    const live = { run: { batch, units }, stopping: false, paused: false, detached: false, over: false };
    return disabledReason('pause', { kind: 'run', run: 'one', cursor: 0, filter: '' }, { live } as unknown as State);
  };

  expect(reasonAt(1, [1, 2, 3])).toBeUndefined();
  expect(reasonAt(3, [3, 1])).toBeUndefined();
  expect(reasonAt(3, [3])).toBe('no further batch comes');
  expect(reasonAt(1, [])).toBe('no further batch comes');
});
