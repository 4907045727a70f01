import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'src');

/** What each folder of src/ may import, beside itself. One direction: nothing here leads back. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  planning: ['domain'],
  engine: ['domain', 'planning'],
  unit: ['domain', 'planning', 'engine'],
  adapters: ['domain', 'planning', 'engine', 'unit'],
  ui: ['domain', 'planning', 'engine'],
  demo: ['domain'],
  cli: ['domain', 'planning', 'engine', 'unit', 'adapters', 'ui'],
  bench: ['domain', 'planning', 'engine', 'unit', 'adapters', 'ui', 'cli'],
  launcher: ['adapters'],
  'main.ts': ['cli'],
};

/** The packages each folder may import; a program that changes production clouds knows what it rests on. */
const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  planning: ['diff', 'node:crypto'],
  engine: ['p-map'],
  unit: ['node:crypto', 'node:zlib', 'node:buffer'],
  adapters: ['signal-exit', 'yaml', 'zod', 'p-map', 'node:'],
  ui: ['ink', 'react', 'string-width', 'diff', 'node:'],
  demo: ['node:'],
  cli: ['commander', 'node:'],
  bench: ['node:'],
  launcher: ['node:', 'esbuild'],
  'main.ts': [],
};

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return filesBelow(path);
    return /\.(ts|tsx|mts|mjs)$/.test(name) && !name.endsWith('.d.ts') ? [path] : [];
  });
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]|(?:^|\n)import\s*['"]([^'"]+)['"]/g,
    ),
  ].flatMap((match) => match[1] ?? match[2] ?? match[3] ?? []);
}

const layerOf = (path: string): string => relative(source, path).split('/')[0] ?? '';

test('imports go one way', () => {
  const breaches = filesBelow(source).flatMap((file) =>
    importsOf(file)
      .filter((name) => name.startsWith('.'))
      .map((name) => ({ file, layer: layerOf(file), target: layerOf(resolve(dirname(file), name)) }))
      .filter(({ layer, target }) => target !== layer && !(MAY_IMPORT[layer] ?? []).includes(target))
      .map(({ file: from, target }) => `${relative(root, from)} imports ${target}`),
  );

  expect(breaches).toEqual([]);
});

test('each folder uses only its own packages', () => {
  const breaches = filesBelow(source).flatMap((file) =>
    importsOf(file)
      .filter((name) => !name.startsWith('.'))
      .filter(
        (name) =>
          !(MAY_USE[layerOf(file)] ?? []).some((allowed) =>
            allowed.endsWith(':') ? name.startsWith(allowed) : name === allowed,
          ),
      )
      .map((name) => `${relative(root, file)} uses ${name}`),
  );

  expect(breaches).toEqual([]);
});

test('only the cli and the launcher know the process they run in', () => {
  const allowed = /^src\/(main\.ts|cli\/|launcher\/|demo\/|bench\/|ui\/tui\/open)/;
  const breaches = filesBelow(source)
    .filter(
      (file) =>
        !allowed.test(relative(root, file)) &&
        /\bprocess\.(env|argv|exit|exitCode|stdout|stdin|stderr|on)\b/.test(readFileSync(file, 'utf8')),
    )
    .map((file) => relative(root, file));

  expect(breaches).toEqual([]);
});

test('the test of directions can fail', () => {
  expect(importsOf(join(root, 'src/engine/execute.ts')).length).toBeGreaterThan(5);
  expect(layerOf(join(source, 'engine/execute.ts'))).toBe('engine');
  expect((MAY_IMPORT.domain ?? []).includes('engine')).toBe(false);
});

test('the top level holds what it is meant to hold', () => {
  const names = readdirSync(root).filter((name) => !name.startsWith('.') && !['node_modules', 'dist'].includes(name));
  const kept = ['src', 'actions', 'test', 'package.json', 'package-lock.json', 'tsconfig.json', 'README.md', 'LICENSE'];

  expect(
    names.filter((name) => !kept.includes(name) && !/^(biome|vitest\b.*)\.(json|config\.ts)|\.config\.ts$/.test(name)),
  ).toEqual([]);
});
