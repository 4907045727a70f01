import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type JournalText, readJournalText } from '../../src/adapters/journal-record.js';
import { journalEvent } from './journal-events.js';
import { type Random, seeded, seedOf } from './random.js';

/** Longest time a writer lives after it has begun, milliseconds; half of them live a tenth of that. */
const LONGEST_LIFE = 24;
/** So many are killed while they open their journal. */
const BEFORE_IT_IS_OPEN = 0.15;
/** A journal is taken up again after its writer was killed, so often. */
const LIVES = 4;

export interface Kills {
  readonly done: number;
  readonly failures: readonly string[];
  readonly acknowledged: number;
  /** Lives that ended with a record that was not whole, or written and not yet acknowledged, or before the first record. */
  readonly torn: number;
  readonly unacknowledged: number;
  readonly unopened: number;
}

export interface KillOptions {
  readonly writer: string;
  readonly folder: string;
  readonly seed: number;
  readonly count: number;
  readonly parallel: number;
  readonly how?: string;
  /** Stops at the first failure. */
  readonly untilFound?: boolean;
  report(done: number): void;
}

/** Kills writers of journals, each at a random moment, and holds what is on disk against what was acknowledged. */
export async function killWriters(options: KillOptions): Promise<Kills> {
  const tally = { done: 0, failures: [] as string[], acknowledged: 0, torn: 0, unacknowledged: 0, unopened: 0 };
  let journals = 0;
  const runner = async (): Promise<void> => {
    while (tally.done < options.count && !(options.untilFound && tally.failures.length > 0)) {
      await oneJournal(options, journals++, tally);
      options.report(tally.done);
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, runner));
  return tally;
}

interface Tally {
  done: number;
  failures: string[];
  acknowledged: number;
  torn: number;
  unacknowledged: number;
  unopened: number;
}

async function oneJournal(options: KillOptions, number: number, tally: Tally): Promise<void> {
  const seed = seedOf(options.seed, 'journal', number);
  const random = seeded(seed);
  const file = join(options.folder, `journal-${options.how ?? ''}-${number}.jsonl`);
  let kept = 0;
  for (let life = 1; life <= LIVES; life++) {
    const { acknowledged, unsynced, opened } = await oneLife(options, file, seed, random);
    const safe = Math.max(kept, acknowledged);
    const text = existsSync(file) ? readJournalText(readFileSync(file, 'utf8')) : undefined;
    const problem = unsynced
      ? 'a record was acknowledged before it was synced'
      : judge(text, { safe, opened: opened || kept > 0, seed });
    tally.done++;
    tally.acknowledged += acknowledged > 0 ? acknowledged - kept : 0;
    if (problem) tally.failures.push(`seed ${options.seed}, journal ${number}, life ${life}: ${problem}`);
    if (text?.torn) tally.torn++;
    if (!opened) tally.unopened++;
    if ((text?.entries.length ?? 0) > safe) tally.unacknowledged++;
    kept = text?.entries.length ?? 0;
    if (problem || !text?.head) break;
  }
  rmSync(file, { force: true });
  rmSync(`${file}.torn`, { force: true });
}

function judge(text: JournalText | undefined, known: { safe: number; opened: boolean; seed: number }): string | undefined {
  if (!text) return known.opened ? 'the journal is gone' : undefined;
  if (text.damage !== undefined) return `it is called damaged: ${text.damage}`;
  if (text.newer !== undefined) return `it is said to be of version ${text.newer}`;
  if (known.opened && !text.head) return 'its head is gone';
  if (text.entries.length < known.safe) return `${known.safe} records were acknowledged and ${text.entries.length} are there`;
  const wrong = text.entries.findIndex(
    ({ sequence, event }, at) =>
      sequence !== at + 1 || JSON.stringify(event) !== JSON.stringify(journalEvent(known.seed, at + 1)),
  );
  return wrong < 0 ? undefined : `record ${wrong + 1} is not the one that was written`;
}

async function oneLife(options: KillOptions, file: string, seed: number, random: Random) {
  const child = spawn(process.execPath, [options.writer, file, String(seed), options.how ?? ''], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  const begun = random.chance(BEFORE_IT_IS_OPEN) ? 'ready\n' : 'ready\nopen\n';
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (bytes: Buffer) => {
      said += bytes.toString('latin1');
      if (said.startsWith(begun)) resolve();
    });
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`a writer ended by itself with ${code}`)));
  });
  await ready;
  await kill(child, random.chance(0.5) ? random.below(LONGEST_LIFE / 10) : random.below(LONGEST_LIFE), random.below(1000));
  // What was written to the pipe is still in it; the last word may be cut off and then counts as not said.
  const words = said.split('\n').slice(0, -1);
  const numbers = words.filter((word) => /^\d+$/.test(word)).map(Number);
  return { acknowledged: Math.max(0, ...numbers), unsynced: words.includes('unsynced'), opened: words.includes('open') };
}

async function kill(child: ChildProcess, milliseconds: number, microseconds: number): Promise<void> {
  const closed = once(child, 'close');
  const wait = milliseconds === 0 ? undefined : new Promise((resolve) => setTimeout(resolve, milliseconds));
  await wait;
  // Timers know no less than a millisecond, and a record takes a tenth of that.
  const until = process.hrtime.bigint() + BigInt(microseconds) * 1000n;
  while (process.hrtime.bigint() < until);
  child.kill('SIGKILL');
  await closed;
}
