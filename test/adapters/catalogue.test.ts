import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { formatMistake, parseAction } from '../../src/adapters/action-file.js';
import { actionSchema } from '../../src/adapters/action-schema.js';
import { joinCatalogues, loadBundled, loadFiles, readBundled } from '../../src/adapters/catalogue.js';
import type { Diagnostic } from '../../src/domain/action.js';
import { Failure } from '../../src/domain/failure.js';
import { cpuMilliseconds } from '../cpu.js';

const actionsFolder = fileURLToPath(new URL('../../actions', import.meta.url));
const bundled = await readBundled(actionsFolder);

const GOOD = `kind: tuning
id: my-tuning
title: A tuning
description: Does something
params:
  - { name: level, type: integer, title: Level, min: 1, max: 9 }
appliesTo:
  charms: [keystone]
changes:
  - kind: apache-conf
    name: my-tuning
    content: LogLevel {param.level}
activate: reload
risk: low
guide: Use it
`;

function mistakesIn(text: string): string[] {
  const parsed = parseAction(text, 'x.yaml');
  return parsed.kind === 'action' ? [] : parsed.mistakes.map(formatMistake);
}

describe('an action file', () => {
  test('becomes an action with its defaults', () => {
    const parsed = parseAction(GOOD, 'x.yaml');

    expect(parsed.kind).toBe('action');
    expect(parsed.kind === 'action' && { ...parsed.action }).toMatchObject({
      id: 'my-tuning',
      aliases: [],
      refuse: [],
      warn: [],
      source: 'x.yaml',
    });
  });

  test('has every mistake told at once with its place', () => {
    const text = GOOD.replace('risk: low', 'risk: lower')
      .replace('type: integer', 'type: numbre')
      .replace('guide: Use it', 'guides: Use it')
      .replace('kind: apache-conf', 'kind: apache-cnf');

    expect(mistakesIn(text)).toEqual([
      'x.yaml:6:26: "params[1].type" is wrong: invalid option: expected one of "integer"|"amount"|"enum"|"identifier"|"group"|"directives"|"duration"|"boolean"|"number"|"text"',
      'x.yaml:10:11: "changes[1].kind" has a kind that does not exist',
      'x.yaml:14:7: "risk" is wrong: invalid option: expected one of "low"|"medium"|"high"',
      'x.yaml:1:1: "guide" is missing',
      'x.yaml:15:1: unknown key "guides"',
    ]);
  });

  test('cannot use a parameter that it does not declare', () => {
    expect(mistakesIn(GOOD.replace('{param.level}', '{param.levle}'))).toEqual([
      'x.yaml:12:14: parameter "levle" is used here and not declared',
    ]);
  });

  test('that is no YAML is told with the place', () => {
    expect(mistakesIn('kind: tuning\n  id: x\n')[0]).toMatch(/^x\.yaml:\d+:\d+: nested mappings are not allowed/);
    expect(mistakesIn('kind: tuning\nkind: tuning\n')).toEqual(['x.yaml:2:1: map keys must be unique']);
    expect(mistakesIn('a: 1\n---\nb: 2\n')[0]).toContain('multiple documents');
    expect(mistakesIn('')).not.toEqual([]);
  });

  test('has no anchors, aliases, tags or keys of every object', () => {
    expect(mistakesIn(`${GOOD}lasting: &a x\naliases: [*a]\n`)).toEqual([
      'x.yaml:16:10: anchors are not allowed',
      'x.yaml:17:11: aliases are not allowed',
    ]);
    expect(mistakesIn(`${GOOD}lasting: !!str x\n`)).toEqual(['x.yaml:16:10: tags are not allowed']);
    expect(mistakesIn(`${GOOD}__proto__: { polluted: true }\n`)).toEqual(['x.yaml:16:1: the key "__proto__" is not allowed']);
    expect(mistakesIn(`${GOOD}<<: { a: b }\n`)).toEqual(['x.yaml:16:1: merge keys are not allowed']);
    expect(mistakesIn(`%YAML 1.1\n---\n${GOOD}`)).toEqual(['x.yaml:1:1: directives are not allowed']);
    expect(mistakesIn(`${GOOD}"\\u005f_proto__": 1\n`)).toEqual(['x.yaml:16:1: the key "__proto__" is not allowed']);
    expect(mistakesIn(`${GOOD}? { a: b }\n: 2\n`)).toEqual(['x.yaml:16:3: a key must be a word']);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('is neither large nor deep', () => {
    expect(mistakesIn(`${GOOD}lasting: ${'x'.repeat(260 * 1024)}\n`)).toEqual(['x.yaml:1:1: the file is larger than 256 KiB']);
    expect(mistakesIn(`${GOOD}lasting: ${'['.repeat(40)}${']'.repeat(40)}\n`)[0]).toContain('nested deeper than 16 levels');
    expect(mistakesIn(`lasting: ${'['.repeat(100_000)}`).length).toBeGreaterThan(0);
    expect(mistakesIn(`${GOOD}aliases: [${'a, '.repeat(6000)}]\n`)[0]).toContain('more than 5000 values');
  });

  test.each([
    ['lists in lists', '['.repeat(250_000)],
    ['maps in maps', '{a: '.repeat(60_000)],
    ['lists on one line', '- '.repeat(120_000)],
    ['keys on one line', '? '.repeat(120_000)],
    ['one key again and again', 'a: 1\n'.repeat(50_000)],
    ['comments', '#\n'.repeat(120_000)],
    ['aliases of aliases', `a: &a [x]\n${Array.from({ length: 9000 }, (_, n) => `b${n}: &b${n} [*a, *a]`).join('\n')}`],
    ['tags', '!a '.repeat(80_000)],
    ['directives', '%a\n'.repeat(80_000)],
    ['words', `[${'1,'.repeat(120_000)}]`],
  ])('of %s is refused at once', (_, text) => {
    let mistakes: ReturnType<typeof mistakesIn> = [];

    const took = cpuMilliseconds(() => {
      mistakes = mistakesIn(text);
    });

    expect([mistakes.length > 0, mistakes.length <= 50]).toEqual([true, true]);
    // A tenth of it on an idle machine.
    expect(took).toBeLessThan(1000);
  });

  test('cannot have a script that Juju would stumble over', () => {
    const text = `kind: diagnostic\nid: d\ntitle: D\ndescription: D\nappliesTo: { charms: [keystone] }\ncollect: |\n  juju-run x\n`;

    expect(mistakesIn(text)).toEqual(['x.yaml:6:10: "collect" says "juju-run", which Juju takes for a call of its own']);
  });
});

describe('the catalogue', () => {
  test('is the same bundled as from its files', async () => {
    expect(await loadBundled()).toEqual(bundled);
  });

  test('refuses a second action of the same name', () => {
    const own = bundled.map((action) => ({ ...action, source: 'mine.yaml' })).slice(0, 1);

    expect(() => joinCatalogues(bundled, own)).toThrow(
      'mine.yaml:1:1: "census" is already the name of diagnostic "census" (bundled)',
    );
  });

  test('names every mistake of every file of a folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'juju-tune-actions-'));
    try {
      writeFileSync(join(folder, 'a.yaml'), GOOD.replace('risk: low', 'risk: none'));
      writeFileSync(join(folder, 'b.yaml'), 'kind: runbook\n');

      const failure = await loadFiles([folder]).catch((error: unknown) => error);

      expect(failure).toBeInstanceOf(Failure);
      const told = failure instanceof Failure ? [failure.message, ...failure.problems] : [];
      expect(told.map((line) => line.replace(`${folder}/`, '').replace(/(\d+:\d+): .*/, '$1'))).toEqual([
        'a.yaml:14:7',
        'b.yaml:1:7',
      ]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('of a folder that is not there is a usage failure', async () => {
    await expect(loadFiles(['/nowhere/actions'])).rejects.toThrow('cannot read the actions in "/nowhere/actions"');
  });

  test('has the schema file that editors use', () => {
    const file = readFileSync(join(actionsFolder, 'schema.json'), 'utf8');

    // After a change of the schema: npm run --silent start -- actions --schema > actions/schema.json
    expect(file).toBe(`${JSON.stringify(actionSchema(), null, 2)}\n`);
  });
});

describe('the bundled actions', () => {
  const diagnostics = bundled.filter((action): action is Diagnostic => action.kind === 'diagnostic');
  const tunings = bundled.filter((action) => action.kind === 'tuning');
  const rules = diagnostics.flatMap((diagnostic) =>
    diagnostic.findings.map((rule) => ({ id: `${diagnostic.id}/${rule.id}`, rule })),
  );

  test('recommend tunings that exist, with parameters that those have', () => {
    const wrong = rules.flatMap(({ id, rule }) => {
      if (!rule.recommend) return [];
      const tuning = tunings.find((action) => action.id === rule.recommend?.action);
      const unknown = Object.keys(rule.recommend.params).filter((name) => !tuning?.params.some((param) => param.name === name));
      return tuning && unknown.length === 0 ? [] : [`${id}: ${rule.recommend.action} ${unknown.join(' ')}`];
    });

    expect(wrong).toEqual([]);
  });

  test('explain and wait for findings that exist', () => {
    const known = rules.map(({ id }) => id);
    const named = rules.flatMap(({ id, rule }) => [...rule.explains, ...(rule.after ?? [])].map((other) => ({ id, other })));

    expect(named.filter(({ id, other }) => !known.includes(other) || id === other)).toEqual([]);
  });

  test('write every path of a unit below ROOT', () => {
    const paths = diagnostics.flatMap((diagnostic) =>
      diagnostic.collect
        .split('\n')
        .filter((line) => !line.trim().startsWith('#'))
        .flatMap(
          (line) =>
            line.match(/(?<!ROOT"?|etc"?|logs"?|[\w.*}\]\\^"])\/(?:etc|var|proc|run|usr|tmp|sys|lib|home)\/[\w./*-]*/g) ?? [],
        )
        .map((path) => `${diagnostic.id}: ${path}`),
    );

    expect(paths).toEqual([]);
  });

  test.skipIf(spawnSync('shellcheck', ['--version']).status !== 0)('are clean for shellcheck', () => {
    const found = diagnostics.flatMap((diagnostic) => {
      const given = '#!/bin/bash\n# shellcheck disable=SC2154\nROOT=$1 REPLY=\n';
      const { stdout } = spawnSync('shellcheck', ['-s', 'bash', '-'], {
        input: `${given}${diagnostic.collect}`,
        encoding: 'utf8',
      });
      return stdout === '' ? [] : [`${diagnostic.id}: ${stdout}`];
    });

    expect(found).toEqual([]);
  });

  test('do not use what bash 4.4 and mawk lack', () => {
    const wrong = diagnostics.filter((diagnostic) =>
      /EPOCHREALTIME|EPOCHSECONDS|<<<|\$\{\w+@[A-Z]\}|strtonum|gensub|PROCINFO|\bjq\b|wait -p/.test(diagnostic.collect),
    );

    expect(wrong.map((diagnostic) => diagnostic.id)).toEqual([]);
  });
});
