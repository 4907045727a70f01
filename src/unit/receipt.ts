import { decodeState, type PathState } from '../domain/change.js';
import type { TransactionState } from '../domain/event.js';
import type { Outcome } from '../domain/outcome.js';
import type { Sha256 } from '../domain/plan.js';
import { redact } from '../domain/redact.js';
import type { UnitName } from '../domain/unit-set.js';
import type { Drift, Probe, Receipt, UnitTransaction } from '../engine/ports.js';
import { isMasked } from '../planning/masked.js';
import { sha256 } from '../planning/sha256.js';
import { type Believed, believe, type Lines, rawFact, readFacts, wholeNumber } from './frame.js';

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
