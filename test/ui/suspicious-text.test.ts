import { expect, test } from 'vitest';
import type { CheckReport } from '../../src/domain/check.js';
import { paintFor } from '../../src/ui/paint.js';
import { checkText } from '../../src/ui/plain/check.js';
import { findingsLines } from '../../src/ui/tui/screens/findings.js';
import type { State } from '../../src/ui/tui/state.js';
import { FAKE_CATALOGUE, FAKE_NOW, fakeReport } from '../fakes/model.js';

const TERMINAL = { color: false, unicode: true };

/** Of a check in which these units said so many suspicious words. */
function report(words: Readonly<Record<string, number>>): CheckReport {
  const made = fakeReport(['keystone/0', 'keystone/1', 'keystone/2']);
  const units = made.units.map((unit) => {
    const text = '[suspicious] '.repeat(words[unit.unit] ?? 0);
    return { ...unit, evidence: { lines: [{ unit: unit.unit, text }] } };
  });
  return { ...made, units };
}

function onScreen(value: CheckReport): string {
  const state = {
    terminal: TERMINAL,
    check: { value },
    catalogue: FAKE_CATALOGUE,
    modelNow: Date.parse(FAKE_NOW),
  } as unknown as State;
  const [head = []] = findingsLines(state, { kind: 'findings', cursor: 0, filter: '' }, { columns: 160, rows: 30 });
  return head.map(({ text }) => text).join('');
}

test('suspicious words that were hidden are counted by unit, on the terminal as in plain text', () => {
  const checked = report({ 'keystone/0': 1, 'keystone/1': 2, 'keystone/2': 1 });

  expect(checkText(checked, paintFor(TERMINAL)).slice(1, 4)).toEqual([
    '2 suspicious words hidden in what keystone/1 said: random to look at, and known to no pattern; the unit itself still has it',
    '1 suspicious word hidden in what each of keystone/[0,2] said: random to look at, and known to no pattern; the unit itself still has it',
    '',
  ]);
  expect(onScreen(checked)).toContain('  4 suspicious words hidden: v shows  ');
});

test('a problem of a diagnostic counts', () => {
  const [first, ...others] = report({}).units;
  const units = first ? [{ ...first, problems: ['logs: cannot use [suspicious]'] }, ...others] : [];

  expect(checkText({ ...report({}), units }, paintFor(TERMINAL))[1]).toMatch(
    /^1 suspicious word hidden in what keystone\/0 said: /,
  );
});

test('nothing is said where nothing was hidden', () => {
  expect([...checkText(report({}), paintFor(TERMINAL)), onScreen(report({}))].join('\n')).not.toContain('suspicious');
});
