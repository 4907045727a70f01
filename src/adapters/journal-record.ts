import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Entry } from '../domain/event.js';
import { field, isRecord, number, text } from './json.js';

/** The newest journal this program can read and write. */
export const JOURNAL_VERSION = 1;

/** First line of a journal: which run it is, without the need to read on. */
export interface JournalHead {
  readonly run: string;
  readonly shortId: string;
  readonly model: string;
  readonly at: string;
}

/** The hash chain before the first record. */
export const CHAIN_START = '';

/** One line, closed by the hash of the line before and of itself. */
export function sealed(body: object, previous: string): { readonly line: string; readonly hash: string } {
  const open = JSON.stringify({ v: JOURNAL_VERSION, ...body }).slice(0, -1);
  const hash = chain(previous, open);
  return { line: `${open},"h":"${hash}"}\n`, hash };
}

function chain(previous: string, open: string): string {
  return createHash('sha256').update(previous).update(open).digest('hex');
}

/** What a journal's text tells. Everything before the first trouble can be relied on. */
export interface JournalText {
  readonly head: JournalHead | undefined;
  readonly entries: readonly Entry[];
  /** A last record that was not written whole: the process or the machine died there. No damage. */
  readonly torn: boolean;
  /** Why records after the good ones cannot be believed. */
  readonly damage: string | undefined;
  /** Its version, when it is newer than what we read. */
  readonly newer: number | undefined;
  /** Bytes that can be relied on, and the hash that the next record goes on from. */
  readonly goodBytes: number;
  readonly hash: string;
}

export function readJournalText(content: string): JournalText {
  const lines = content.split('\n');
  const torn = (lines.pop() ?? '') !== '';
  const entries: Entry[] = [];
  let head: JournalHead | undefined;
  let previous = CHAIN_START;
  let goodBytes = 0;
  const so = (more: Partial<JournalText>): JournalText => ({
    head,
    entries,
    torn,
    damage: undefined,
    newer: undefined,
    goodBytes,
    hash: previous,
    ...more,
  });
  for (const [index, line] of lines.entries()) {
    const record = unsealed(line, previous);
    if (record === undefined) {
      const version = versionOf(line);
      if (version !== undefined && version > JOURNAL_VERSION) return so({ newer: version });
      if (index === lines.length - 1 && !isJson(line)) return so({ torn: true });
      return so({ damage: `record ${index + 1} does not fit its hash` });
    }
    const before = previous;
    previous = record.hash;
    const version = number(record.body, 'v') ?? 0;
    if (version > JOURNAL_VERSION) return so({ newer: version });
    if (index === 0) head = headOf(record.body);
    else {
      const entry = entryOf(record.body);
      if (entry === undefined) return so({ damage: `record ${index + 1} tells of nothing`, hash: before });
      entries.push(entry);
    }
    goodBytes += Buffer.byteLength(line) + 1;
  }
  return so({});
}

function unsealed(line: string, previous: string): { readonly body: unknown; readonly hash: string } | undefined {
  const found = /^(\{.*),"h":"([0-9a-f]{64})"\}$/s.exec(line);
  const [, open, hash] = found ?? [];
  if (open === undefined || hash === undefined || chain(previous, open) !== hash) return undefined;
  try {
    return { body: JSON.parse(`${open}}`), hash };
  } catch {
    return undefined;
  }
}

function isJson(line: string): boolean {
  try {
    return isRecord(JSON.parse(line));
  } catch {
    return false;
  }
}

function versionOf(line: string): number | undefined {
  return number({ v: Number(/^\{"v":(\d{1,9})[,}]/.exec(line)?.[1] ?? Number.NaN) }, 'v');
}

function headOf(body: unknown): JournalHead {
  return { run: text(body, 'run'), shortId: text(body, 'shortId'), model: text(body, 'model'), at: text(body, 'at') };
}

/** The hash says that we wrote it, and in this version, so that its shape is known. What is no event at all is undefined. */
function entryOf(body: unknown): Entry | undefined {
  const event = field(body, 'event');
  if (text(event, 'type') === '') return undefined;
  return {
    sequence: number(body, 'sequence') ?? 0,
    at: text(body, 'at'),
    run: text(body, 'run'),
    event: event as Entry['event'],
  };
}
