import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const FOLDER = join(import.meta.dirname, '../../src/unit');
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith('.sh'));
const PROGRAMS = NAMES.map((name) => ({ name, text: readFileSync(join(FOLDER, name), 'utf8') }));

/** What bash learned after 4.4, the bash of Ubuntu 18.04. */
const LATER_THAN_4_4 = [
  /EPOCHREALTIME|EPOCHSECONDS|BASH_ARGV0|SRANDOM|BASH_REMATCH\[@\]@|PROMPT_DIRTRIM@|BASH_MONOSECONDS|BASH_TRAPSIG/,
  /\$\{[^}]*@[ULuKk]\}/,
  /\bwait\s+(-\w*p|-fn)/,
  /\blocal\s+-I\b/,
  /printf\s[^\n]*%[^\s'"]*Q/,
  /\$\{\s|\$\{\|/,
  /\bshopt -s (localvar_inherit|assoc_expand_once|patsub_replacement|varredir_close|globskipdots|noexpand_translation|array_expand_once|bash_source_fullpath)/,
  /\bread\s[^\n;|]*-E\b/,
];

/** Files below /tmp are how bash 4.4 and 5.0 make these. */
const HERE_TEXT = /<<[-<]?/;

/** Only gawk has them. */
const GAWK = /\b(strtonum|gensub|systime|strftime|asorti?|PROCINFO|BEGINFILE|ENDFILE|FPAT|patsplit)\b|length\([a-z]+\[\]\)/;

interface Line {
  readonly where: string;
  readonly code: string;
}

/** Lines that are not comments. */
function codeOf({ name, text }: { name: string; text: string }): Line[] {
  return text
    .split('\n')
    .map((code, index) => ({ where: `${name}:${index + 1}`, code }))
    .filter(({ code }) => !/^\s*#/.test(code));
}

const CODE = PROGRAMS.flatMap(codeOf);

function found(pattern: RegExp, lines: readonly Line[] = CODE): string[] {
  return lines.filter(({ code }) => pattern.test(code)).map(({ where, code }) => `${where} ${code.trim()}`);
}

test('there are unit programs to look at', () => {
  expect(NAMES).toContain('transaction.sh');
});

test('unit programs use no bash younger than 4.4', () => {
  expect(LATER_THAN_4_4.flatMap((pattern) => found(pattern))).toEqual([]);
  const samples = [
    '$EPOCHSECONDS',
    ['$', '{x@U}'].join(''),
    'wait -p pid',
    'local -I x',
    "printf '%Q' x",
    ['x=$', '{ echo; }'].join(''),
    'shopt -s varredir_close',
  ];
  expect(samples.filter((code) => !LATER_THAN_4_4.some((pattern) => pattern.test(code)))).toEqual([]);
});

test('unit programs write no here-documents and no here-strings, which would be files below /tmp', () => {
  expect(found(HERE_TEXT)).toEqual([]);
});

test('unit programs use no awk beyond mawk', () => {
  expect(found(GAWK)).toEqual([]);
});

/** A path is data where it is compared, said, or made of the text of a link; a file is reached only below a variable. */
const DATA =
  /\[\[ .*== ?(\/|"?\/)|refuse |fail |MESSAGE|rest=\/etc|named=|\^\[\[:space|"\/etc\/apache2\\\\n|#\/etc\/apache2|2>\/dev\/null|<\/dev\/null|>\/dev\/null|^PATH=|^ExecStart=|^ConditionPathExists=|\/bin\/bash/;

test('unit programs reach no file but below "$ROOT"', () => {
  const bare = /(?<![\w}*.\]\\/-]|\$ROOT")\/(etc|var|run|proc|sys|usr|tmp|dev|home|root|lib|opt|srv|bin|sbin)\b/;
  const lines = CODE.filter(({ code }) => bare.test(code.replaceAll('/dev/null', '')) && !DATA.test(code));
  expect(lines).toEqual([]);
  expect(bare.test('cat /etc/passwd')).toBe(true);
  expect(bare.test('cat "$ROOT/etc/passwd"')).toBe(false);
});

test.each(NAMES)('bash reads %s', (name) => {
  const { status, stderr } = spawnSync('bash', ['-n', join(FOLDER, name)], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('shellcheck finds nothing in the unit programs', (context) => {
  const { error, stdout } = spawnSync('shellcheck', NAMES, { cwd: FOLDER, encoding: 'utf8' });
  if (error) context.skip('shellcheck is not installed');
  expect(stdout).toBe('');
});
