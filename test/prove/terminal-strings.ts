import type { Random } from './random.js';

/** What a terminal obeys, and pieces of it: introducers and endings, so that joined at random they make whole sequences. */
const SEQUENCES = [
  '\x1b[2J',
  '\x1b[H',
  '\x1b[31m',
  '\x1b[10;10H',
  '\x1b[?1049h',
  '\x1b[?25l',
  '\x1b[6n',
  '\x1b[c',
  '\x1b[>c',
  '\x1b[?2004h',
  '\x1b[3g',
  '\x1b[1;2r',
  '\x1b[8;5;5t',
  '\x1b[21t',
  '\x1b]0;title\x07',
  '\x1b]2;title\x1b\\',
  '\x1b]52;c;cm0gLXJm\x07',
  '\x1b]8;;http://example.com\x07',
  '\x1b]4;1;rgb:00/00/00\x07',
  '\x1b]777;notify;a;b\x07',
  '\x1bP+q544e\x1b\\',
  '\x1bP$qm\x1b\\',
  '\x1b_Gi=1;\x1b\\',
  '\x1b^pm\x1b\\',
  '\x1bX\x1b\\',
  '\x1bc',
  '\x1bD',
  '\x1bM',
  '\x1b7',
  '\x1b8',
  '\x1b#8',
  '\x1b(0',
  '\x1b%G',
  '\x1b=',
  '\x9b2J',
  '\x9b31m',
  '\x9d0;title\x9c',
  '\x90$qm\x9c',
  '\x9f\x9c',
  '\x85',
  '\x84',
  '\x8d',
  '\x9b6n',
];
const INTRODUCERS = ['\x1b', '\x1b[', '\x1b]', '\x1bP', '\x1b_', '\x1b^', '\x9b', '\x9d', '\x90', '\x9e', '\x9f', '\x98'];
const ENDINGS = ['\x07', '\x1b\\', '\x9c', 'm', 'h', 'l', 'H', 'J', 'K', 'n', 'c', 'q', 't', 'r', '\x18', '\x1a'];
const INVISIBLE = [
  '\u200b',
  '\u200d',
  '\u200e',
  '\u200f',
  '\u202a',
  '\u202e',
  '\u2066',
  '\u2069',
  '\ufeff',
  '\u2028',
  '\u2029',
  '\u00ad',
  '\u034f',
  '\u061c',
  '\u180e',
  '\u3164',
  '\ufe0f',
  '\u{e0001}',
  '\u{e0041}',
  '\u{1d173}',
];
const WIDE = [
  '漢',
  '한',
  'ﾊ',
  '👩',
  '👩‍👩‍👧',
  '🇩🇪',
  'é',
  'ß',
  '✓',
  '𝄞',
  '\u1112\u1161\u11ab',
  'क्षि',
  'ำ',
  '\ud800',
  '\udc00',
  '\ufffd',
  '\uffff',
  '\u{10ffff}',
];
const MARKS = ['\u0300', '\u0336', '\u0489', '\u20dd', '\u{1d165}', '\u0e34', '\u05b0', '\ua670'];

/** About so many characters in which everything that a terminal may obey comes up, whole, in parts and in odd company. */
export function hostileText(random: Random, length: number): string {
  // Bytes that were never a text, as a unit may send them: Node makes U+FFFD of what is no UTF-8.
  if (random.chance(0.25)) return Buffer.from(Array.from({ length }, () => random.below(256))).toString('utf8');
  let text = '';
  while (text.length < length) text += piece(random);
  return text;
}

function piece(random: Random): string {
  const kind = random.below(16);
  if (kind < 4) return random.text(1 + random.below(12), 'abcdefghijklmnopqrstuvwxyz 0123456789;:?[]()<>=!"$%&/\\');
  if (kind < 6) return random.pick(SEQUENCES);
  if (kind === 6) return random.pick(INTRODUCERS);
  if (kind === 7) return `${random.below(99)};${random.below(99)}`;
  if (kind === 8) return random.pick(ENDINGS);
  if (kind === 9) return String.fromCharCode(random.below(32));
  if (kind === 10) return String.fromCharCode(0x7f + random.below(34));
  if (kind === 11) return random.pick(INVISIBLE);
  if (kind === 12) return random.pick(WIDE);
  if (kind === 13) return random.pick(MARKS).repeat(1 + (random.chance(0.1) ? random.below(40) : random.below(3)));
  if (kind === 14) return random.pick(['\r', '\r\n', '\n', '\t', '\b', '\x0b', '\x0c', '\x0e', '\x0f', '\x05', '\0']);
  return String.fromCodePoint(random.below(random.chance(0.5) ? 0x3000 : 0x110000));
}
