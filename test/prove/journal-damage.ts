import { CHAIN_START, type JournalText, readJournalText, sealed } from '../../src/adapters/journal-record.js';
import { journalEvent } from './journal-events.js';
import { type Random, seeded, seedOf } from './random.js';
import type { Work } from './workers.js';

export type Damage = 'cut' | 'bit' | 'lines';

export interface DamageShare {
  readonly seed: number;
  readonly damage: Damage;
  readonly goal: number;
  /** The reader that is tried: the product's, or one with a planted bug. */
  readonly reader?: keyof typeof READERS;
  readonly untilFound?: boolean;
}

export interface DamageResult {
  readonly done: number;
  readonly failed: number;
  readonly failures: readonly string[];
}

/** Readers that a sloppy program might have. */
const READERS = {
  'a reader that believes every line of JSON': (content: string): JournalText => {
    const good = readJournalText(content);
    const lines = content.split('\n').flatMap((line) => {
      try {
        return [JSON.parse(line) as JournalText['entries'][number]];
      } catch {
        return [];
      }
    });
    return { ...good, entries: lines.slice(1), damage: undefined, torn: false };
  },
  'a reader that gives up the whole journal for a torn tail': (content: string): JournalText => {
    const good = readJournalText(content);
    return good.torn ? { ...good, entries: [] } : good;
  },
  'a reader that passes over what does not fit': (content: string): JournalText => {
    const good = readJournalText(content);
    return { ...good, torn: false, damage: undefined };
  },
};

interface Sample {
  readonly bytes: Buffer;
  /** Where each record begins, and the end. */
  readonly starts: readonly number[];
  readonly entries: readonly string[];
}

/** One share of the trials: journals of some KB, each damaged in many ways, read and judged. */
export const work: Work<DamageShare, DamageResult> = (share, report) => {
  const read = share.reader === undefined ? readJournalText : READERS[share.reader];
  const failures: string[] = [];
  let done = 0;
  for (let number = 0; done < share.goal; number++) {
    const seed = seedOf(share.seed, share.damage, number);
    const random = seeded(seed);
    const sample = sampleOf(seed, share.damage === 'cut' ? 8_000 : 4_000);
    const trials = share.damage === 'cut' ? sample.bytes.length : 5_000;
    for (let trial = 0; trial < trials && done < share.goal; trial++, done++) {
      const problem = tried(share.damage, sample, trial, random, read);
      if (problem !== undefined) failures.push(`seed ${seed}, trial ${trial}: ${problem}`);
      if (share.untilFound && failures.length > 0) return { done, failed: 1, failures };
    }
    report(done);
  }
  return { done, failed: failures.length, failures: failures.slice(0, 20) };
};

/** A journal as the writer makes it, of about that many bytes. */
function sampleOf(seed: number, size: number): Sample {
  const starts: number[] = [];
  const entries: string[] = [];
  const lines: Buffer[] = [];
  let length = 0;
  let previous = CHAIN_START;
  for (let sequence = 0; length < size; sequence++) {
    const event = journalEvent(seed, sequence);
    if (sequence > 1 && JSON.stringify(event).length > size / 4) continue;
    const entry = { sequence, at: '2026-11-23T00:00:00.000Z', run: '01KPROVE', event };
    const { line, hash } = sealed(
      sequence === 0 ? { run: '01KPROVE', shortId: 'keystone-1', model: 'm', at: entry.at } : entry,
      previous,
    );
    previous = hash;
    starts.push(length);
    if (sequence > 0) entries.push(JSON.stringify(entry));
    lines.push(Buffer.from(line));
    length += lines.at(-1)?.length ?? 0;
  }
  return { bytes: Buffer.concat(lines), starts: [...starts, length], entries };
}

function tried(
  damage: Damage,
  sample: Sample,
  trial: number,
  random: Random,
  read: (content: string) => JournalText,
): string | undefined {
  if (damage === 'cut') return judgeCut(sample, trial, read(sample.bytes.toString('utf8', 0, trial)));
  if (damage === 'bit') return judgeFlip(sample, random.below(sample.bytes.length), random.below(8), read);
  return judgeLines(sample, random, read);
}

/** Cut anywhere: every whole record is there, what was cut off is torn, and nothing is called damage. */
function judgeCut(sample: Sample, length: number, text: JournalText): string | undefined {
  const whole = sample.starts.filter((start) => start > 0 && start <= length).length;
  const torn = !sample.starts.includes(length);
  if (text.damage !== undefined || text.newer !== undefined) return `cut after ${length} bytes, it is called damaged`;
  if (text.torn !== torn) return `cut after ${length} bytes, it says torn ${text.torn}`;
  if ((text.head !== undefined) !== whole > 0) return `cut after ${length} bytes, its head is ${text.head ? 'there' : 'gone'}`;
  return samePrefix(sample, text, Math.max(0, whole - 1), `cut after ${length} bytes`);
}

/** One bit turned: what stands before that record is there, nothing from it on, and something is said. */
function judgeFlip(sample: Sample, at: number, bit: number, read: (content: string) => JournalText): string | undefined {
  const record = sample.starts.findLastIndex((start) => start <= at);
  const was = sample.bytes[at] ?? 0;
  sample.bytes[at] = was ^ (1 << bit);
  const text = read(sample.bytes.toString('utf8'));
  sample.bytes[at] = was;
  const what = `bit ${bit} of byte ${at}`;
  if (!text.torn && text.damage === undefined && text.newer === undefined) return `${what} was not noticed`;
  if ((text.head !== undefined) !== record > 0) return `${what}: its head is ${text.head ? 'believed' : 'given up'}`;
  return samePrefix(sample, text, Math.max(0, record - 1), what);
}

/** A line left out, doubled, moved, or a stretch of zeros, anywhere but at the very end. */
function judgeLines(sample: Sample, random: Random, read: (content: string) => JournalText): string | undefined {
  const lines = sample.starts.slice(0, -1).map((start, at) => sample.bytes.subarray(start, sample.starts[at + 1]));
  const at = random.below(lines.length - 2);
  const line = lines[at] ?? Buffer.alloc(0);
  const how = random.pick(['left out', 'doubled', 'swapped with the next', 'zeroed'] as const);
  if (how === 'left out') lines.splice(at, 1);
  else if (how === 'doubled') lines.splice(at, 0, line);
  else if (how === 'swapped with the next') lines.splice(at, 2, lines[at + 1] ?? line, line);
  else lines[at] = Buffer.concat([Buffer.alloc(line.length - 1), Buffer.from('\n')]);
  const text = read(Buffer.concat(lines).toString('utf8'));
  const good = how === 'doubled' ? at + 1 : at;
  const what = `record ${at + 1} ${how}`;
  if (text.damage === undefined) return `${what} was not noticed`;
  return samePrefix(sample, text, Math.max(0, good - 1), what);
}

function samePrefix(sample: Sample, text: JournalText, count: number, what: string): string | undefined {
  if (text.entries.length !== count) return `${what}: ${text.entries.length} records are believed, ${count} are good`;
  const wrong = text.entries.findIndex((entry, at) => JSON.stringify(entry) !== sample.entries[at]);
  return wrong < 0 ? undefined : `${what}: record ${wrong + 1} is another`;
}
