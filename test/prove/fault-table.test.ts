import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WORDS } from '../../src/demo/juju/scenario.js';
import { FAULT_TABLE } from './fault-table.js';
import { testTitles } from './test-titles.js';

const TESTS = join(import.meta.dirname, '..');

/** What is named and does not exist, each in a sentence. */
function missing(table: typeof FAULT_TABLE): readonly string[] {
  const named = table.flatMap(({ row, tests }) => tests.map(([file, name]) => ({ row, file, name })));
  return named.flatMap(({ row, file, name }) => {
    const path = join(TESTS, file);
    if (!/\.(test\.tsx?|yaml)$/.test(file) || !existsSync(path)) return [`row ${row}: there is no test file ${file}`];
    return testTitles(readFileSync(path, 'utf8'), file).has(name) ? [] : [`row ${row}: ${file} has no test "${name}"`];
  });
}

test('there are 48 rows, each said in words and shown by at least one test', () => {
  expect(FAULT_TABLE.map(({ row }) => row)).toEqual(Array.from({ length: 48 }, (_, index) => index + 1));
  for (const { row, fault, mustSee, tests } of FAULT_TABLE) {
    expect([row, fault.length > 5, mustSee.length > 10, tests.length > 0]).toEqual([row, true, true, true]);
  }
});

test('every test that is named exists', () => {
  expect(missing(FAULT_TABLE)).toEqual([]);
});

test('a test that does not exist, or only in a comment or a string, is noticed', () => {
  const [row] = FAULT_TABLE;
  if (row === undefined) throw new Error('there is no row');
  const spoiled = [
    { ...row, tests: [['scenarios/nothing.test.ts', 'it holds']] },
    { ...row, tests: [['ui/keys.test.ts', 'it holds']] },
  ] as const;

  expect(missing(spoiled)).toEqual([
    'row 1: there is no test file scenarios/nothing.test.ts',
    'row 1: ui/keys.test.ts has no test "it holds"',
  ]);
  const text = `// test('one')
const words = "test('two')";
test('three', () => {});
  test.each<[a: string]>([['a)', /[)/]\\//, \`)\`]])("it's %s", () => {});
test.runIf(x(1)).concurrent(
    'five', async () => {});
`;
  expect([...testTitles(text, 'x.test.ts')]).toEqual(['three', "it's %s", 'five']);
});

test('the titles of every test file are found', () => {
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter((file) => /\.test\.tsx?$/.test(file));
  const without = files.filter((file) => {
    const text = readFileSync(join(TESTS, file), 'utf8');
    const calls = [...text.matchAll(/^ *test\b(?! =)/gm)].length;
    return calls > 0 && testTitles(text, file).size === 0;
  });

  expect(without).toEqual([]);
});

test("every fault of Juju or of a unit can be had in the demo, and every word of the demo's language is for one", () => {
  const words = new Set(FAULT_TABLE.flatMap(({ demo }) => (typeof demo === 'string' ? [] : demo)));
  const told = ['latencyMs', 'permissionDenied', 'noControllers'];

  expect(Object.keys(WORDS).filter((word) => !words.has(word as never) && !told.includes(word))).toEqual([]);
  for (const { row, demo } of FAULT_TABLE) expect([row, demo.length > 0]).toEqual([row, true]);
});
