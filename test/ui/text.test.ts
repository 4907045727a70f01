import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellCommand, shellQuote } from '../../src/domain/shell-words.js';
import {
  age,
  count,
  displayWidth,
  duration,
  jsonText,
  pad,
  showable,
  showableLine,
  took,
  truncate,
  wrap,
} from '../../src/ui/text.js';

/** A small generator with a fixed seed: the same strings on every machine. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const SPICE = [
  '\x1b[2J',
  '\x1b]0;t\x07',
  '\r',
  '\r\n',
  '\t',
  '\u202e',
  '\u200b',
  '\ud800',
  '\x9b31m',
  '\x00',
  'é',
  '漢',
  '👩‍💻',
  '\u0301',
  '\n',
  'word ',
];

function nasty(next: () => number): string {
  const pieces = Array.from({ length: Math.floor(next() * 12) }, () =>
    next() < 0.5 ? (SPICE[Math.floor(next() * SPICE.length)] ?? '') : String.fromCodePoint(Math.floor(next() * 0x2ff)),
  );
  return pieces.join('');
}

test('nothing that steers a terminal survives, whatever a unit says', () => {
  const next = random(7);
  for (let round = 0; round < 100_000; round++) {
    const text = nasty(next);
    const shown = showable(text);
    if (/[^\P{C}\n]|[\u2028\u2029]|\p{Default_Ignorable_Code_Point}/u.test(shown)) {
      expect.fail(`${JSON.stringify(text)} became ${JSON.stringify(shown)}`);
    }
    if (showable(shown) !== shown) expect.fail(`not stable: ${JSON.stringify(text)}`);
  }
});

test('hidden characters are spelled, not dropped', () => {
  expect(showable('a\x1b[31mred\x1b[0m \x9b2J \u202egood\u200b\x7f')).toBe('a^[[31mred^[[0m \\x9b2J \\u202egood\\u200b^?');
});

test('a carriage return leaves what a terminal would show last', () => {
  expect(showable('10%\r50%\r100%\r\nnext\r')).toBe('100%\nnext');
});

test('tabs are columns of eight', () => {
  expect(showable('a\tbc\td')).toBe('a       bc      d');
});

test('a very long line is cut at 4 KiB and says how much is missing, in linear time', () => {
  const shown = showable('\x1b'.repeat(3_000_000));
  expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(4096);
  expect(shown).toMatch(/… \(29979\d\d more characters\)$/);
});

test('one line stays one line', () => {
  expect(showableLine('one\ntwo\n')).toBe('one\\ntwo');
});

test('width is what a terminal shows, not how long the string is', () => {
  expect([displayWidth('漢字'), displayWidth('é'), displayWidth('keystone')]).toEqual([4, 1, 8]);
  expect(truncate('漢字漢字', 5)).toBe('漢字…');
  expect(truncate('/etc/apache2/sites-available/wsgi-openstack-api.conf', 21, 'middle')).toBe('/etc/apach…k-api.conf');
  expect(pad('漢', 4)).toBe('漢  ');
  expect(pad('7', 3, 'right')).toBe('  7');
});

test('text is wrapped between words and breaks only words that are too wide', () => {
  expect(wrap('event closes idle backend connections', 14)).toEqual(['event closes', 'idle backend', 'connections']);
  expect(wrap('abcdefghij k', 4)).toEqual(['abcd', 'efgh', 'ij k']);
  expect(wrap('', 4)).toEqual(['']);
});

test('no wrapped line is ever wider than the room', () => {
  const next = random(3);
  for (let round = 0; round < 2_000; round++) {
    const width = 2 + Math.floor(next() * 30);
    const text = showable(nasty(next)).replaceAll('\n', ' ');
    for (const line of wrap(text, width)) expect(displayWidth(line)).toBeLessThanOrEqual(width);
    expect(displayWidth(truncate(text, width))).toBeLessThanOrEqual(width);
    expect(displayWidth(pad(text, width))).toBe(width);
  }
});

test('times read as a person would say them', () => {
  const now = Date.parse('2026-01-02T03:04:05Z');
  expect([duration(2), duration(271), duration(3871)]).toEqual(['2 s', '4:31', '1:04:31']);
  expect([took(350), took(2440), took(42_000)]).toEqual(['350 ms', '2.4 s', '42 s']);
  expect([age('2026-01-02T03:04:04Z', now), age('2026-01-02T02:59:05Z', now), age('nonsense', now)]).toEqual([
    'just now',
    '5 min ago',
    'at an unknown time',
  ]);
  expect([count(1, 'unit'), count(3, 'unit'), count(2, 'batch', 'batches')]).toEqual(['1 unit', '3 units', '2 batches']);
});

test('a quoted command is read back by bash exactly as it was', () => {
  const words = [
    'plain',
    '',
    "it's",
    'a b',
    '$(touch x)',
    '`id`',
    'back\\slash',
    "\\'",
    '!!',
    '*',
    '~',
    'x;y',
    'new\nline',
    '-p',
    'a=b',
    '{1,2}',
    '#',
    'processes=+50%',
  ];
  const said = execFileSync('bash', ['-c', `printf '%s\\0' ${shellCommand(words)}`], { encoding: 'utf8' });
  expect(said.split('\0').slice(0, -1)).toEqual(words);
});

test('no backslash stands inside quotes, where fish reads it as an escape', () => {
  expect(shellQuote("a\\b'c d")).toBe("'a'\\\\'b'\\''c d'");
  expect(shellQuote('processes=+50%')).toBe('processes=+50%');
  expect(shellQuote('=cat')).toBe("'=cat'");
});

test('JSON for a terminal holds nothing that steers it, and means the same', () => {
  const value = { text: '\x1b[2J\x7f\x9b31m\u202e\u2028\u{e0041} ä 日本', list: ['plain'] };

  for (const indent of [0, 2]) {
    const text = jsonText(value, indent);
    expect(JSON.parse(text)).toEqual(value);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    expect(text).toContain(' ä 日本');
  }
});
