import { gunzipSync } from 'node:zlib';
import type { Facts, FactValue } from '../domain/finding.js';
import { redact } from '../domain/redact.js';
import { withoutSuspicious } from '../domain/suspicious.js';
import type { UnitName } from '../domain/unit-set.js';
import { sha256 } from '../planning/sha256.js';
import { decodeField } from './lines.js';

/** What a unit said, or why it is not believed: `BAD_ANSWER`, `TOO_LARGE`, or the code with which the unit refused to answer. */
export type Believed<T> = { readonly ok: true; readonly value: T } | NotBelieved;

export interface NotBelieved {
  readonly ok: false;
  readonly code: string;
  readonly message: string;
}

const PACKED_LIMIT = 1024 * 1024;
const TEXT_LIMIT = 8 * 1024 * 1024;
/** Lines of one answer. */
export const LINE_LIMIT = 20_000;
export const TOO_MANY_LINES = 'its answer has too many lines';

export type Line = readonly [kind: string, ...fields: string[]];
export type Lines = readonly Line[];

/** Reads the frame, then what is in it. A result that refuses where no result belongs is the unit's reason not to answer. */
export function believe<T>(stdout: string, verb: string, unit: UnitName, read: (lines: Lines) => T | undefined): Believed<T> {
  const frame = openFrame(stdout, verb);
  if (!frame.ok) return frame;
  const lines = linesOf(frame.value);
  if (!lines.ok) return lines;
  const refusal = verb === 'probe' ? refusalIn(lines.value) : undefined;
  if (refusal) return refusal;
  if (rawFact(lines.value, 'unit') !== unit) return notBelieved('BAD_ANSWER', OF_ANOTHER);
  const value = read(lines.value);
  return value === undefined ? notBelieved('BAD_ANSWER', 'its answer is not complete') : { ok: true, value };
}

export const OF_ANOTHER = 'its answer is of another unit';

export function notBelieved(code: string, message: string): NotBelieved {
  return { ok: false, code, message };
}

/** A unit that only looks has no result, but for the reason why it did not look. */
export function refusalIn(lines: Lines): NotBelieved | undefined {
  const refusal = lines.find((line) => line[0] === 'result' && line[1] === 'refused');
  return refusal && notBelieved(refusal[3] ?? 'BAD_ANSWER', refusal[4] ?? '');
}

/** The text between head and end, its hash true; each of its lines is still to be read. What stands before the head is not ours. */
export function openFrame(stdout: string, verb: string): Believed<string> {
  const tooLarge = /^juju-tune-too-large (\d{1,12})\s*$/.exec(stdout);
  if (tooLarge) return notBelieved('TOO_LARGE', `its answer takes ${tooLarge[1]} bytes even compressed`);
  const text = unpack(stdout);
  if (text === undefined) return notBelieved('BAD_ANSWER', 'its answer cannot be unpacked');
  const all = `\n${text.trimEnd()}\n`;
  const start = all.indexOf(`\njuju-tune-receipt\t1\t${verb}\n`) + 1;
  if (start === 0)
    return notBelieved(
      'BAD_ANSWER',
      all.trim() === '' ? 'it gave an empty answer' : 'it answered with something that is no receipt',
    );
  const last = all.lastIndexOf('\n', all.length - 2) + 1;
  const end = /^end\t([0-9a-f]{64})\n$/.exec(all.slice(last));
  if (!end) return notBelieved('BAD_ANSWER', 'its receipt is cut off');
  const signed = all.slice(start, last);
  if (/[^\n\t -~]/.test(signed)) return notBelieved('BAD_ANSWER', NO_PROGRAM);
  if (sha256(signed) !== end[1]) return notBelieved('BAD_ANSWER', 'its receipt does not fit its hash');
  return { ok: true, value: signed.slice(0, -1) };
}

const NO_PROGRAM = 'its receipt has a line that no unit program writes';

function unpack(stdout: string): string | undefined {
  if (stdout.length > TEXT_LIMIT) return undefined;
  const packed = /^gz ([A-Za-z0-9+/=]+)\s*$/.exec(stdout);
  if (!packed?.[1]) return stdout;
  if (packed[1].length > PACKED_LIMIT) return undefined;
  try {
    return gunzipSync(Buffer.from(packed[1], 'base64'), { maxOutputLength: TEXT_LIMIT }).toString('latin1');
  } catch {
    return undefined;
  }
}

/** The lines of a frame, or of a part of it, their fields decoded. */
export function linesOf(text: string): Believed<Lines> {
  const lines = text.split('\n', LINE_LIMIT + 1);
  if (lines.length > LINE_LIMIT) return notBelieved('BAD_ANSWER', TOO_MANY_LINES);
  const said = lines.map(lineOf);
  return said.every((line) => line !== undefined) ? { ok: true, value: said } : notBelieved('BAD_ANSWER', NO_PROGRAM);
}

const LINES_KNOWN = 8192;
const LONGEST_KNOWN = 200;
const linesKnown = new Map<string, Line>();

/** Hundreds of units say the same thousand short lines: to know them is most of what makes a wide check cheap. */
function lineOf(text: string): Line | undefined {
  const known = linesKnown.get(text);
  if (known) return known;
  const fields = decodeLine(text);
  const line = fields && TEXTS.has(fields[0]) ? redacted(fields) : fields;
  if (line && text.length <= LONGEST_KNOWN && linesKnown.size < LINES_KNOWN) linesKnown.set(text, line);
  return line;
}

/** Lines in which a unit says in words what it saw. It has taken the secrets out of them; a unit program of another version may not have. */
const TEXTS = new Set(['evidence', 'fact', 'problem', 'log', 'result', 'validation']);

/** Those of them that nobody reads but people; evidence is another, and can be revealed. */
const TOLD = new Set(['problem', 'log']);

/** What has no name before it, or is made of hex or of numbers, hides nothing: most fields are such. */
const HARMLESS = /^(?:[a-z0-9./_-]{0,20}|[0-9a-f-]{0,64}|[0-9.:]{0,64})$/;

function redacted([kind, ...fields]: Line): Line {
  const clean = fields.map((field) => (HARMLESS.test(field) ? field : redact(field)));
  return [kind, ...(TOLD.has(kind) ? clean.map(withoutSuspicious) : clean)];
}

/** Most lines hold nothing that was encoded and are taken as they are. */
function decodeLine(text: string): Line | undefined {
  const parts = text.split('\t', 8);
  if (!text.includes('%')) return parts as [string, ...string[]];
  const [kind = '', ...fields] = parts;
  const decoded = fields.map(decodeField);
  return decoded.includes(undefined) ? undefined : [kind, ...decoded.map((field) => field ?? '')];
}

const NAMES_KNOWN = 4096;
const names = new Map<string, boolean>();

/** Names that would be inherited by every object are dropped, so that a lookup by name finds only what was said. */
export function isName(name: string): boolean {
  // Hundreds of units say the same hundred names.
  const known = names.get(name);
  if (known !== undefined) return known;
  const good = /^[A-Za-z0-9][A-Za-z0-9._:@+/-]{0,160}$/.test(name) && !(name in Object.prototype);
  if (names.size < NAMES_KNOWN) names.set(name, good);
  return good;
}
export function readFacts(lines: Lines): Facts {
  const facts: Record<string, FactValue> = Object.create(null);
  for (const [kind, name = '', value = ''] of lines) if (kind === 'fact' && isName(name)) facts[name] = factValue(value);
  return facts;
}

export function rawFact(lines: Lines, name: string): string {
  return lines.find((line) => line[0] === 'fact' && line[1] === name)?.[2] ?? '';
}

/** A number only when it is written as one and is held exactly; all else is text. */
export function factValue(text: string): FactValue {
  return /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,6})?$/.test(text) ? Number(text) : text;
}

export function wholeNumber(text: string): number | undefined {
  return /^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined;
}
