import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { figuresOf, recorded, withFigures } from './figures.js';
import { type Proof, type Proofs, readProofs } from './proofs.js';

const root = resolve(import.meta.dirname, '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const proofs = readProofs(join(root, 'test/prove/proofs.json'));

test('every figure of the README is the recorded one', () => {
  const figures = figuresOf(readme);

  expect(figures).toEqual(figures.map((figure) => ({ ...figure, shown: recorded(proofs, figure.line, figure.field) })));
});

test('every marker of the README is one that is understood', () => {
  expect(figuresOf(readme).length).toBe(readme.split('<!-- proof:').length - 1);
});

test('every recorded line stands in the README with what was asked, done and failed', () => {
  const shown = new Set(figuresOf(readme).map(({ line, field }) => `${line}.${field}`));
  const missing = Object.keys(proofs.lines).flatMap((line) =>
    ['done', 'failed'].map((field) => `${line}.${field}`).filter((figure) => !shown.has(figure)),
  );

  expect(missing).toEqual([]);
});

test('what is recorded is a full run that held', () => {
  const doubtful = Object.entries(proofs.lines).filter(
    ([, { full, holds, failed, done, goal }]) => !full || !holds || failed > 0 || done < goal,
  );

  expect(doubtful.map(([name]) => name)).toEqual([]);
});

test('a figure that is not the recorded one is noticed, and can be put right', () => {
  const proof = {
    done: 20_000,
    failed: 0,
    date: '2026-11-24T20:00:00Z',
    parts: { 'bit flips': { goal: 5, done: 7, failed: 0 } },
  };
  const record: Proofs = { schema: 'juju-tune/proofs/1', lines: { journal: proof as unknown as Proof } };
  const wrong =
    '| <!-- proof:journal.done -->20<!-- /proof --> | <!-- proof:journal.bit flips.done -->1<!-- /proof --> | <!-- proof:gone.done -->3<!-- /proof -->';

  const right = withFigures(wrong, record);

  expect(figuresOf(wrong).map(({ line, field }) => recorded(record, line, field))).toEqual(['20,000', '7', undefined]);
  expect(figuresOf(right).map((figure) => figure.shown)).toEqual(['20,000', '7', '3']);
});
