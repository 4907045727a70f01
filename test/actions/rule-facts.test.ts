import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readBundled } from '../../src/adapters/catalogue.js';

const root = new URL('../../', import.meta.url);
const textOf = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** What a probe gives, `*` for a name that the unit chooses: what facts.sh says, and what is made of the configuration. */
const given = [
  ...[...textOf('src/unit/facts.sh').matchAll(/\bsay fact "?([^\s"]+)/g)].map((match) => match[1] ?? ''),
  ...[...textOf('src/planning/config-facts.ts').matchAll(/facts\[['`]([^'`$]+)(\$?)/g)].map(
    (match) => `${match[1]}${match[2] ? '*' : ''}`,
  ),
].map((name) => name.replace(/\$[a-z]+/g, '*'));

function isGiven(name: string): boolean {
  return given.some((known) => {
    const parts = known.split('*').map((part) => part.replace(/[.]/g, '\\.'));
    return new RegExp(`^${parts.join('.+')}$`).test(name);
  });
}

test('the list of what a probe gives is read', () => {
  expect(given).toEqual(
    expect.arrayContaining(['mpm.running', 'vip.held', 'wsgi.*.processes', 'config.modules', 'config.module.*']),
  );
  expect(['wsgi.keystone-public.threads', 'config.setenv.x', 'log.px-502'].map(isGiven)).toEqual([true, true, false]);
});

test('every fact that a tuning refuses or warns by is one that a probe gives', async () => {
  const actions = await readBundled(fileURLToPath(new URL('actions', root)));

  const missing = actions.flatMap((action) => {
    if (action.kind !== 'tuning') return [];
    return [...action.refuse, ...action.warn].flatMap((rule) => {
      const told = [...rule.say.matchAll(/\{([^}]+)\}/g)].map((match) => match[1] ?? '');
      const names = [
        ...rule.when.flatMap(({ fact, differsFrom }) => [fact ?? [], differsFrom ?? []].flat()),
        ...told.filter((name) => name !== '*' && name !== 'value' && !name.startsWith('param.')),
      ];
      return names.filter((name) => !isGiven(name)).map((name) => `${action.id}/${rule.id}: ${name}`);
    });
  });

  expect(missing).toEqual([]);
});
