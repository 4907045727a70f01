import stringWidth from 'string-width';

/** Longest line that is shown whole, in bytes of UTF-8. */
const LINE_BYTES = 4096;
/** Kept free in a line for the words that say what was cut. */
const NOTE_BYTES = 40;
const TAB_COLUMNS = 8;
/** More combining marks than this on one character are no writing system but a trick. */
const MARKS_PER_CHARACTER = 4;

const PLAIN = /^[\x20-\x7e]*$/;
const PLAIN_LINES = /^[\n\x20-\x7e]*$/;
const HIDDEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const HIDDEN_ALL = new RegExp(HIDDEN, 'gu');
const MARK = /\p{M}/u;
let segmenter: Intl.Segmenter | undefined;

/** Made when a text first needs it: it costs 10 ms, and most texts are plain. */
function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return segmenter.segment(text);
}

/**
 * Text from units, charms or Juju, made safe to show. What comes out holds no control character but the newline and nothing that is
 * invisible or turns the reading direction: such characters are spelled (`^[`, `\x9b`, `\u202e`). A carriage return leaves what a
 * terminal would show last, tabs are columns of eight, a line is at most 4 KiB and says how much was cut. Linear in its length.
 */
export function showable(untrusted: string): string {
  if (untrusted.length <= LINE_BYTES && PLAIN.test(untrusted)) return untrusted;
  const lines: string[] = [];
  let line = new Line();
  for (const [piece] of untrusted.matchAll(/[\x20-\x7e]+|[\s\S]/gu)) {
    if (piece === '\n') {
      lines.push(line.finish());
      line = new Line();
    } else line.add(piece);
  }
  lines.push(line.finish());
  return lines.join('\n');
}

/** `showable`, on one line: newlines are spelled `\n`. */
export function showableLine(untrusted: string): string {
  return showable(untrusted.replace(/\r?\n$/, '')).replaceAll('\n', '\\n');
}

/**
 * The value as JSON that may be written to a terminal: what `showable` would spell is escaped, and a reader of JSON gets it back. JSON
 * itself leaves DEL, C1 controls and what turns the reading direction as they are.
 */
export function jsonText(value: object, indent = 0): string {
  const text = JSON.stringify(value, null, indent);
  return PLAIN_LINES.test(text)
    ? text
    : text.replace(HIDDEN_ALL, (character) => (character === '\n' ? character : escaped(character)));
}

function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/** One line while it is being made showable. A piece is one character or a run of printable ASCII. */
class Line {
  #text = '';
  #sinceTab = '';
  #bytes = 0;
  #marks = 0;
  #cut = 0;
  #returned = false;

  add(piece: string): void {
    if (piece === '\r') {
      this.#returned = true;
      return;
    }
    if (this.#returned) this.#restart();
    const plain = PLAIN.test(piece);
    const shown = plain ? piece : this.#spell(piece);
    if (plain) this.#marks = 0;
    const room = LINE_BYTES - NOTE_BYTES - this.#bytes;
    const bytes = plain ? piece.length : Buffer.byteLength(shown);
    if (this.#cut > 0 || (bytes > room && !plain)) this.#cut++;
    else {
      this.#append(plain ? shown.slice(0, room) : shown, Math.min(bytes, room));
      this.#cut = Math.max(0, bytes - room);
    }
    if (piece === '\t') this.#sinceTab = '';
  }

  finish(): string {
    return this.#cut > 0 ? `${this.#text}… (${this.#cut} more characters)` : this.#text;
  }

  #append(shown: string, bytes: number): void {
    this.#text += shown;
    this.#sinceTab += shown;
    this.#bytes += bytes;
  }

  #restart(): void {
    this.#text = '';
    this.#sinceTab = '';
    this.#bytes = 0;
    this.#marks = 0;
    this.#cut = 0;
    this.#returned = false;
  }

  #spell(character: string): string {
    if (character === '\t') return ' '.repeat(TAB_COLUMNS - (displayWidth(this.#sinceTab) % TAB_COLUMNS));
    const mark = MARK.test(character);
    this.#marks = mark ? this.#marks + 1 : 0;
    const odd = HIDDEN.test(character) || this.#marks > MARKS_PER_CHARACTER || (mark && this.#text === '');
    return odd ? spelled(character.codePointAt(0) ?? 0) : character;
  }
}

function spelled(code: number): string {
  if (code < 0x20) return `^${String.fromCharCode(code + 64)}`;
  if (code === 0x7f) return '^?';
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}

/** Columns that the text takes in a terminal. */
export function displayWidth(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}

/** At most `width` columns; what was cut is marked by `…` at the end, or in the middle where the end matters (paths). */
export function truncate(text: string, width: number, where: 'end' | 'middle' = 'end'): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 0) return '';
  if (where === 'end') return `${takeColumns(text, width - 1)}…`;
  const tail = Math.floor((width - 1) / 2);
  return `${takeColumns(text, width - 1 - tail)}…${takeLastColumns(text, tail)}`;
}

/** Exactly `width` columns: cut or filled with spaces on the side that `align` leaves. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = truncate(text, width);
  const space = ' '.repeat(Math.max(0, width - displayWidth(cut)));
  return align === 'left' ? cut + space : space + cut;
}

function takeColumns(text: string, width: number): string {
  if (PLAIN.test(text)) return text.slice(0, Math.max(0, width));
  let taken = '';
  let columns = 0;
  for (const { segment } of graphemesOf(text)) {
    columns += displayWidth(segment);
    if (columns > width) break;
    taken += segment;
  }
  return taken;
}

function takeLastColumns(text: string, width: number): string {
  if (width <= 0) return '';
  if (PLAIN.test(text)) return text.slice(-width);
  const segments = [...graphemesOf(text)].map((part) => part.segment);
  let columns = 0;
  let from = segments.length;
  while (from > 0) {
    columns += displayWidth(segments[from - 1] ?? '');
    if (columns > width) break;
    from--;
  }
  return segments.slice(from).join('');
}

/** Lines of at most `width` columns, broken between words, inside a word only when it alone is wider. Never empty. */
export function wrap(text: string, width: number): string[] {
  const room = Math.max(1, width);
  return text.split('\n').flatMap((paragraph) => wrapParagraph(paragraph, room));
}

function wrapParagraph(paragraph: string, width: number): string[] {
  if (displayWidth(paragraph) <= width) return [paragraph];
  const lines: string[] = [];
  let line = /^ */.exec(paragraph)?.[0].slice(0, width - 1) ?? '';
  let begun = false;
  for (const word of paragraph.split(/ +/).filter((part) => part !== '')) {
    const joined = begun ? `${line} ${word}` : line + word;
    if (displayWidth(joined) <= width) line = joined;
    else {
      if (begun) lines.push(line);
      const pieces = breakWord(begun ? word : joined, width);
      lines.push(...pieces.slice(0, -1));
      line = pieces.at(-1) ?? '';
    }
    begun = true;
  }
  return [...lines, line];
}

function breakWord(word: string, width: number): string[] {
  const pieces: string[] = [];
  let rest = word;
  while (displayWidth(rest) > width) {
    // A character wider than the room still has to go somewhere, or this would never end.
    const piece = takeColumns(rest, width) || ([...rest][0] ?? rest);
    pieces.push(piece);
    rest = rest.slice(piece.length);
  }
  return rest === '' ? pieces : [...pieces, rest];
}

/** `2 s`, `4:31`, `1:04:31`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes}:${two(whole % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** `90 s`, `15 min`, `2 h`: a length of time as a setting, not as a clock. */
export function period(seconds: number): string {
  if (seconds >= 3600 && seconds % 3600 === 0) return `${seconds / 3600} h`;
  return seconds >= 120 && seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

/** `350 ms`, `2.4 s`, `42 s`, `4:31`: how long something took. */
export function took(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  return milliseconds < 10_000 ? `${(milliseconds / 1000).toFixed(1)} s` : duration(milliseconds / 1000);
}

/** `just now`, `40 s ago`, `5 min ago`, `3 h ago`, `2 days ago`; `at` in ISO 8601, `now` in milliseconds since 1970. */
export function age(at: string, now: number): string {
  const seconds = Math.floor((now - Date.parse(at)) / 1000);
  if (Number.isNaN(seconds)) return 'at an unknown time';
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} days ago`;
}

/** `14:32:10 UTC` of an ISO 8601 time. */
export function moment(at: string): string {
  return `${at.slice(11, 19)} UTC`;
}

/** `1 unit`, `3 units`, `2 gateways`; `many` where an s is not enough. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
