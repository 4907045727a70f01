import { gunzipSync } from 'node:zlib';
import { decodeState, type PathState } from '../domain/change.js';
import type { TransactionState } from '../domain/event.js';
import type { Evidence, Facts, FactValue } from '../domain/finding.js';
import type { Outcome } from '../domain/outcome.js';
import type { Sha256 } from '../domain/plan.js';
import { redact } from '../domain/redact.js';
import { withoutSuspicious } from '../domain/suspicious.js';
import type { UnitName } from '../domain/unit-set.js';
import type { Collected, Drift, Probe, Receipt, UnitTransaction } from '../engine/ports.js';
import { isMasked } from '../planning/masked.js';
import { sha256 } from '../planning/sha256.js';
import { decodeField } from './lines.js';

/** What a unit said, or why it is not believed: `BAD_ANSWER`, `TOO_LARGE`, or the code with which the unit refused to answer. */
export type Believed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: string; readonly message: string };

const PACKED_LIMIT = 1024 * 1024;
const TEXT_LIMIT = 8 * 1024 * 1024;
const LINE_LIMIT = 20_000;

const OUTCOMES = ['changed', 'pending', 'unchanged', 'refused', 'failed', 'reverted', 'conflict', 'broken', 'unknown'] as const;
const STATES = [
  'NONE',
  'PREPARED',
  'SWAPPING',
  'ACTIVATING',
  'PENDING',
  'COMMITTED',
  'REVERTING',
  'REVERTED',
  'CONFLICT',
  'BROKEN',
] as const;

type Line = readonly [kind: string, ...fields: string[]];
type Lines = readonly Line[];

/** The probe of this unit. Only a receipt of this unit whose hash fits is believed. */
export function readProbe(stdout: string, unit: UnitName): Believed<Probe> {
  return believe(stdout, 'probe', unit, (lines) => {
    const facts = readFacts(lines);
    const identity = { modelUuid: rawFact(lines, 'model'), unit, machineId: rawFact(lines, 'machine-id') };
    const validation = lines.find(([kind]) => kind === 'validation');
    const probe: Probe = {
      identity,
      clock: wholeNumber(rawFact(lines, 'clock')) ?? 0,
      bootId: rawFact(lines, 'boot-id'),
      facts,
      paths: readPaths(lines),
      contents: readContents(lines),
      wholes: readWholes(lines),
      transactions: readTransactions(lines),
      ...(validation ? { validation: { ok: validation[1] === 'ok', message: validation[2] ?? '' } } : {}),
    };
    return probe;
  });
}

/** What became of a transaction on this unit. A refusal is a receipt too; of a damaged request it tells no verb. */
export function readReceipt(stdout: string, verb: Receipt['verb'], unit: UnitName): Believed<Receipt> {
  return believe(stdout, 'change', unit, (lines) => {
    const result = lines.find(([kind]) => kind === 'result');
    const outcome = member(OUTCOMES, result?.[1]);
    const state = member(STATES, result?.[2]);
    const answered = lines.find(([kind]) => kind === 'verb')?.[1];
    if (!result || !outcome || !state || (answered !== verb && outcome !== 'refused')) return undefined;
    const window = lines.find(([kind]) => kind === 'window');
    const deadline = wholeNumber(window?.[1] ?? '');
    const windowLeft = wholeNumber(window?.[2] ?? '');
    const drift = readDrift(lines);
    return {
      verb,
      transaction: lines.find(([kind]) => kind === 'tx')?.[1] ?? '',
      outcome: outcome satisfies Outcome,
      state: state satisfies TransactionState,
      code: result[3] ?? '',
      message: result[4] ?? '',
      paths: readPaths(lines),
      log: lines.filter(([kind]) => kind === 'log').map(([, text]) => text ?? ''),
      clock: wholeNumber(rawFact(lines, 'clock')) ?? 0,
      ...(deadline === undefined || windowLeft === undefined ? {} : { deadline, windowLeft }),
      ...(lines.some(([kind]) => kind === 'void') ? { ended: true as const } : {}),
      ...(drift.length === 0 ? {} : { drift }),
    };
  });
}

/** What each diagnostic said, in the order in which they ran. */
export function readCollected(stdout: string, unit: UnitName): Believed<readonly Collected[]> {
  return believe(stdout, 'collect', unit, (lines) => {
    const starts = lines.flatMap((line, index) => (line[0] === 'diagnostic' ? [index] : []));
    const unjailed = rawFact(lines.slice(0, starts[0]), 'jail') === 'none' ? { unjailed: rawFact(lines, 'jail.reason') } : {};
    return starts.map((start, number) => ({
      ...readDiagnostic(lines.slice(start, starts[number + 1] ?? lines.length), unit),
      ...unjailed,
    }));
  });
}

function readDiagnostic(lines: Lines, unit: UnitName): Collected {
  const [, diagnostic = '', code = '', , cut = ''] = lines[0] ?? ['diagnostic'];
  const facts: Record<string, FactValue> = Object.create(null);
  const evidence: Record<string, Evidence[]> = Object.create(null);
  let problem: string | undefined;
  // By number: to take a line apart costs several times as much, and there are hundreds in each of hundreds of answers.
  for (const line of lines) {
    const kind = line[0];
    const name = line[1] ?? '';
    const text = line[2] ?? '';
    if (kind === 'fact') {
      if (isName(name)) facts[name] = factValue(text);
    } else if (kind === 'evidence') {
      if (!isName(name)) continue;
      evidence[name] ??= [];
      evidence[name].push(evidenceOf(unit, text));
    } else if (kind === 'problem') problem ??= name;
  }
  return {
    diagnostic,
    facts,
    evidence,
    cutBytes: wholeNumber(cut) ?? 0,
    ...(problem === undefined ? {} : { problem: `exit code ${code}${problem === '' ? '' : `: ${problem}`}` }),
  };
}

function evidenceOf(unit: UnitName, text: string): Evidence {
  const told = withoutSuspicious(text);
  return told === text ? { unit, text } : { unit, text: told, reveal: () => text };
}

/** Reads the frame, then what is in it. A result that refuses where no result belongs is the unit's reason not to answer. */
function believe<T>(stdout: string, verb: string, unit: UnitName, read: (lines: Lines) => T | undefined): Believed<T> {
  const tooLarge = /^juju-tune-too-large (\d{1,12})\s*$/.exec(stdout);
  if (tooLarge) return notBelieved('TOO_LARGE', `its answer takes ${tooLarge[1]} bytes even compressed`);
  const text = unpack(stdout);
  if (text === undefined) return notBelieved('BAD_ANSWER', 'its answer cannot be unpacked');
  const lines = readFrame(text, verb);
  if (typeof lines === 'string') return notBelieved('BAD_ANSWER', lines);
  const refusal = lines.find((line) => line[0] === 'result' && line[1] === 'refused');
  if (refusal && (verb === 'probe' || verb === 'collect')) return notBelieved(refusal[3] ?? 'BAD_ANSWER', refusal[4] ?? '');
  if (rawFact(lines, 'unit') !== unit) return notBelieved('BAD_ANSWER', 'its answer is of another unit');
  const value = read(lines);
  return value === undefined ? notBelieved('BAD_ANSWER', 'its answer is not complete') : { ok: true, value };
}

function notBelieved(code: string, message: string): { readonly ok: false; readonly code: string; readonly message: string } {
  return { ok: false, code, message };
}

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

/** The decoded lines between head and end, or what is wrong with them. What stands before the head is not ours and is passed over. */
function readFrame(text: string, verb: string): Lines | string {
  const all = `\n${text.trimEnd()}\n`;
  const start = all.indexOf(`\njuju-tune-receipt\t1\t${verb}\n`) + 1;
  if (start === 0) return all.trim() === '' ? 'it gave an empty answer' : 'it answered with something that is no receipt';
  const last = all.lastIndexOf('\n', all.length - 2) + 1;
  const end = /^end\t([0-9a-f]{64})\n$/.exec(all.slice(last));
  if (!end) return 'its receipt is cut off';
  const signed = all.slice(start, last);
  if (/[^\n\t -~]/.test(signed)) return 'its receipt has a line that no unit program writes';
  if (sha256(signed) !== end[1]) return 'its receipt does not fit its hash';
  const lines = signed.slice(0, -1).split('\n', LINE_LIMIT + 1);
  if (lines.length > LINE_LIMIT) return 'its answer has too many lines';
  const said = lines.map(lineOf);
  return said.every((line) => line !== undefined) ? said : 'its receipt has a line that no unit program writes';
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

function redacted([kind, ...fields]: Line): Line {
  const clean = fields.map((field) => (/^[a-z0-9.:/_-]{0,20}$/.test(field) ? field : redact(field)));
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
function isName(name: string): boolean {
  // Hundreds of units say the same hundred names.
  const known = names.get(name);
  if (known !== undefined) return known;
  const good = /^[A-Za-z0-9][A-Za-z0-9._:@+/-]{0,160}$/.test(name) && !(name in Object.prototype);
  if (names.size < NAMES_KNOWN) names.set(name, good);
  return good;
}

function readFacts(lines: Lines): Facts {
  const facts: Record<string, FactValue> = Object.create(null);
  for (const [kind, name = '', value = ''] of lines) if (kind === 'fact' && isName(name)) facts[name] = factValue(value);
  return facts;
}

function rawFact(lines: Lines, name: string): string {
  return lines.find((line) => line[0] === 'fact' && line[1] === name)?.[2] ?? '';
}

/** A number only when it is written as one and is held exactly; all else is text. */
function factValue(text: string): FactValue {
  return /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,6})?$/.test(text) ? Number(text) : text;
}

function wholeNumber(text: string): number | undefined {
  return /^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined;
}

function readPaths(lines: Lines): PathState[] {
  return lines.flatMap(([kind, path = '', text = '']) => {
    const state = kind === 'state' && path.startsWith('/') ? decodeState(text) : undefined;
    return state ? [{ path, state }] : [];
  });
}

function readDrift(lines: Lines): Drift[] {
  return lines.flatMap(([kind, path = '', text = '', diff = '']) => {
    if (kind !== 'drift' || !path.startsWith('/')) return [];
    const state = decodeState(text);
    return [{ path, ...(state ? { state } : {}), diff }];
  });
}

/**
 * Contents whose hash is true and that are text without a secret, and masked ones, whose hash is that of the whole; a file in another
 * encoding is left out, and nobody plans an edit of it.
 */
function readContents(lines: Lines): Readonly<Record<Sha256, string>> {
  const contents = new Map<Sha256, string>();
  for (const [kind, hash = '', base64 = ''] of lines) {
    if ((kind !== 'content' && kind !== 'masked') || !/^[0-9a-f]{64}$/.test(hash)) continue;
    const bytes = Buffer.from(base64, 'base64');
    const text = bytes.toString('utf8');
    const isTrue = kind === 'masked' ? isMasked(text) : sha256(bytes) === hash;
    if (isTrue && Buffer.from(text, 'utf8').equals(bytes) && redact(text) === text) contents.set(hash, text);
  }
  return Object.fromEntries(contents);
}

function readWholes(lines: Lines): Readonly<Record<Sha256, Sha256>> {
  const isHash = (text: string | undefined): text is Sha256 => text !== undefined && /^[0-9a-f]{64}$/.test(text);
  return Object.fromEntries(
    lines.flatMap(([kind, , asked, whole]) => (kind === 'whole' && isHash(asked) && isHash(whole) ? [[asked, whole]] : [])),
  );
}

function readTransactions(lines: Lines): UnitTransaction[] {
  return lines.flatMap(([kind, id = '', text]) => {
    const state = member(STATES, text);
    return kind === 'transaction' && state && /^[a-z0-9-]{8,60}$/.test(id) ? [{ id, state }] : [];
  });
}

function member<T extends string>(all: readonly T[], text: string | undefined): T | undefined {
  return all.find((one) => one === text);
}
