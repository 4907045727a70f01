import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeField, encodeField } from '../../src/unit/lines.js';

const LINES = readFileSync(join(import.meta.dirname, '../../src/unit/lines.sh'), 'utf8');

function bash(program: string, ...args: readonly string[]): string {
  const { stdout, stderr } = spawnSync('bash', ['-c', `${LINES}\n${program}`, 'test', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ROOT: '', PATH: '/usr/bin:/bin' },
  });
  expect(stderr.toString()).toBe('');
  return stdout.toString('latin1');
}

/** Every byte but zero, which no shell variable holds, and what shells and UTF-8 make of some together. */
const TEXTS = [
  Array.from({ length: 127 }, (_, index) => String.fromCharCode(index + 1)).join(''),
  'ä€🙂漢字\u0080\u00ff\u2028\ufeff',
  `$(id) \`id\` $\{x} "' \\ \\\\ %% %41 %zz \n\t\r\n\n`,
  ' leading and trailing ',
  '-n',
  '',
];

test('a field means the same to bash and to us, whatever it holds', () => {
  const encoded = bash('for text; do encode "$text"; printf "%s\\n" "$REPLY"; done', ...TEXTS)
    .split('\n')
    .slice(0, -1);
  expect(encoded).toEqual(TEXTS.map(encodeField));
  expect(encoded.map(decodeField)).toEqual(TEXTS);
  expect(encoded.join('')).toMatch(/^[ -~]*$/);

  const decoded = bash('for text; do decode "$text" || exit 1; printf "%s\\0" "$REPLY"; done', ...TEXTS.map(encodeField));
  expect(Buffer.from(decoded, 'latin1').toString('utf8')).toBe(TEXTS.map((text) => `${text}\0`).join(''));
});

test('bytes that are no UTF-8 arrive as such in bash and as U+FFFD with us', () => {
  const encoded = bash(String.raw`encode $'\xff\xfea\xc3'; printf %s "$REPLY"`);
  expect(encoded).toBe('%FF%FEa%C3');
  expect(decodeField(encoded)).toBe('��a�');
});

test.each(['%', '%4', '%zz', '%0a', 'a%', '%00', 'ä', 'a\nb', 'a\tb'])('neither side decodes %j', (field) => {
  expect(bash('decode "$1" && echo yes || echo no', field)).toBe('no\n');
  if (field !== '%00') expect(decodeField(field)).toBeUndefined();
});
