import { existsSync, readFileSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createJournal, reopenJournal, syncFolder } from '../../src/adapters/journal.js';
import { readJournalText } from '../../src/adapters/journal-record.js';
import { journalEvent } from './journal-events.js';
import { seeded, seedOf } from './random.js';

/**
 * A process that writes a journal by the product's adapter until it is killed, or has `limit` records. It acknowledges each record that
 * the adapter says is safe by its number on stdout, at once. `how` is the bug that is planted, if any.
 */
const [file = '', seedWord = '0', how = '', limitWord = '1000000'] = process.argv.slice(2);
const seed = Number(seedWord);
const limit = Number(limitWord);
const say = (word: string): void => void writeSync(1, `${word}\n`);
const clock = { rate: 1, now: () => Date.UTC(2026, 10, 23), sleep: async () => undefined };
const synced = await countSyncs(how === 'never synced');

say('ready');
const head = { run: '01KPROVE', shortId: 'keystone-1', model: 'm', at: new Date(clock.now()).toISOString() };
const closed = async (): Promise<void> => undefined;
const old = existsSync(file) ? readJournalText(readFileSync(file, 'utf8')) : undefined;
// A file whose first record is not whole holds no run; nobody takes it up again.
const journal = old?.head
  ? await reopenJournal(file, clock, closed)
  : await createJournal(`${file}${old ? '.new' : ''}`, head, clock, closed);
await syncFolder(dirname(file));
say('open');
const random = seeded(seedOf(seed, old?.entries.length ?? 0, process.pid));
const before = old?.entries.length ?? 0;
let sequence = before;
while (sequence < limit) {
  // Several may wait for their turn at once, as when many units answer.
  const together = random.chance(0.2) ? 1 + random.below(5) : 1;
  const appended = Array.from({ length: together }, async () => {
    const number = ++sequence;
    if (how === 'acknowledged early') say(String(number));
    await journal.append(journalEvent(seed, number));
    // Of a new journal the head is a write too; of an old one it is not of this life.
    const writes = number - before + (old?.head ? 0 : 1);
    if (synced() < writes) say('unsynced');
    if (how !== 'acknowledged early') say(String(number));
  });
  await Promise.all(appended);
}

/** How many of this process's writes to files are known to be on disk: those that were done before a sync began that ended well. */
async function countSyncs(never: boolean): Promise<() => number> {
  const handle = await open(dirname(file));
  const methods = Object.getPrototypeOf(handle) as {
    write: (...args: never[]) => Promise<unknown>;
    datasync: () => Promise<void>;
  };
  const { write, datasync } = methods;
  await handle.close();
  let written = 0;
  let safe = 0;
  methods.write = async function (...args) {
    const result = await write.apply(this, args);
    written++;
    return result;
  };
  methods.datasync = async function () {
    const now = written;
    if (never) return;
    await datasync.apply(this);
    safe = now;
  };
  return () => safe;
}
