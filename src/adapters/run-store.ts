import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, readdir, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../domain/failure.js';
import { changedApplications } from '../domain/plan.js';
import { deadlineOf, foldRun, type Run } from '../domain/run.js';
import type { OpenOptions, RunStore } from '../engine/model-session.js';
import type { Clock, Journal } from '../engine/ports.js';
import { cannotWrite, createJournal, reopenJournal, syncFolder } from './journal.js';
import { type JournalText, readJournalText } from './journal-record.js';
import { type Lock, Locks } from './lock.js';
import { applicationLock, heldBy, isHeld, runLock, takeOrRefuse, takeSoon } from './run-locks.js';
import { ulid } from './ulid.js';

const NEEDED_BYTES = 1024 * 1024;
const LARGEST_BYTES = 256 * 1024 * 1024;
const NAME = /^\d{8}-([0-9A-Z]{26})\.jsonl$/;

export interface JournalStoreOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly modelUuid: string;
}

/** A journal on this machine, as far as it can be read. */
export interface StoredRun {
  readonly id: string;
  readonly shortId: string;
  readonly model: string;
  readonly file: string;
  /** Undefined while nothing was recorded, or when it is from a newer program. */
  readonly run: Run | undefined;
  /** What is wrong with the file, in a sentence; it is then only read. */
  readonly problem: string | undefined;
}

/** `RunStore`, and what it could not make a run of. */
export interface JournalStore extends RunStore {
  /** Every journal of this machine, of all models, newest last. */
  stored(): Promise<readonly StoredRun[]>;
}

/** Where journals are: `$XDG_STATE_HOME/juju-tune`. */
export function stateFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const base = environment.XDG_STATE_HOME;
  const home = environment.HOME ?? homedir();
  return join(base?.startsWith('/') ? base : join(home, '.local', 'state'), 'juju-tune');
}

/** The runs of this machine; nothing is made on disk before a run is opened. */
export function openJournalStore(options: JournalStoreOptions): JournalStore {
  const folder = stateFolder(options.environment);
  const place = { folder, runs: join(folder, 'runs'), locks: new Locks(join(folder, 'locks')), now: () => options.clock.now() };
  const stored = (): Promise<readonly StoredRun[]> => readRuns(place);
  return {
    stored,
    async list() {
      const runs = await stored();
      return runs.flatMap(({ model, run }) => (run && model === options.modelUuid ? [run] : []));
    },
    find: async (word) => chosen(await stored(), word, options.modelUuid),
    open: (applications, how = {}) => openRun(place, applications, options, how),
    reopen: (run) => reopenRun(place, run, options),
  };
}

interface Place {
  readonly folder: string;
  readonly runs: string;
  readonly locks: Locks;
  /** The model's clock, milliseconds since 1970. */
  readonly now: () => number;
}

async function readRuns({ runs, locks, now }: Place): Promise<StoredRun[]> {
  const names = await readdir(runs).catch(() => []);
  const ids = names.flatMap((name) => {
    const id = NAME.exec(name)?.[1];
    return id === undefined ? [] : [{ id, file: join(runs, name) }];
  });
  ids.sort((a, b) => (a.id < b.id ? -1 : 1));
  return Promise.all(ids.map(({ id, file }) => readRun(id, file, locks, now())));
}

async function readRun(id: string, file: string, locks: Locks, now: number): Promise<StoredRun> {
  const journal = await readJournal(file);
  const { head, entries } = journal;
  const run = foldRun(entries);
  const problem = problemOf(file, journal);
  const stored = { id, shortId: head?.shortId ?? '', model: head?.model ?? '', file, problem };
  const told = run && problem !== undefined ? { ...run, problem } : run;
  if (!told || told.status === 'closed' || (await locks.isHeld(runLock(id)))) return { ...stored, run: told };
  return { ...stored, run: awaitsStill(told, now) ? told : { ...told, status: 'unfinished' } };
}

/** Nobody carries it out, and its units wait: until their time is over, after which nobody here knows how they stand. */
function awaitsStill(run: Run, now: number): boolean {
  if (run.status !== 'awaiting-confirmation') return false;
  const until = deadlineOf(run.units);
  return until === '' || Date.parse(until) > now;
}

async function readJournal(file: string): Promise<JournalText> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);
  if (!handle) return unreadable('it cannot be opened');
  try {
    const { size } = await handle.stat();
    if (size > LARGEST_BYTES) return unreadable('it is too large');
    return readJournalText((await handle.readFile()).toString('utf8'));
  } finally {
    await handle.close();
  }
}

function unreadable(damage: string): JournalText {
  return { head: undefined, entries: [], torn: false, damage, newer: undefined, goodBytes: 0, hash: '' };
}

function problemOf(file: string, { damage, newer }: JournalText): string | undefined {
  if (newer !== undefined) return `journal "${file}" was written by a newer juju-tune (version ${newer} of the journal)`;
  return damage === undefined ? undefined : `journal "${file}" is damaged: ${damage}; what stands before is shown`;
}

/** RUN of product.md. */
function chosen(stored: readonly StoredRun[], word: string, model: string): Run {
  if (word === '') {
    const last = stored.filter((one) => one.model === model && one.run).at(-1)?.run;
    if (last) return last;
    throw new Failure('usage', 'there is no run of this model yet', { hint: 'juju-tune plan APPLICATION TUNING' });
  }
  const exact = stored.filter((one) => one.shortId === word || one.id === word.toUpperCase());
  const found = exact.length > 0 ? exact : stored.filter((one) => begins(one, word));
  const [only] = found;
  if (!only) throw unknownRun(word);
  if (found.length > 1) {
    const names = found.map((one) => `${one.shortId} (${one.id})`);
    throw new Failure('usage', `"${word}" may be ${found.length} runs`, { problems: names, hint: 'juju-tune runs' });
  }
  if (!only.run) throw new Failure('refused', only.problem ?? `run ${only.shortId} holds no record`, { hint: 'juju-tune runs' });
  return only.run;
}

/** A ULID, or a transaction as a unit names it, is of a run that somebody made: then not here. */
function unknownRun(word: string): Failure {
  if (!/^[0-9A-HJKMNP-TV-Z]{26}(-|$)/i.test(word))
    return new Failure('usage', `there is no run "${word}"`, { hint: 'juju-tune runs' });
  return new Failure('refused', `run "${word}" was not made on this machine: its journal is where its operator works`, {
    hint: 'ask its operator; unless it is confirmed there, its units take it back by themselves',
  });
}

function begins(one: StoredRun, word: string): boolean {
  return one.shortId.startsWith(word) || one.id.startsWith(word.toUpperCase());
}

async function openRun(
  place: Place,
  applications: readonly string[],
  options: JournalStoreOptions,
  { breakLock }: OpenOptions,
): Promise<Journal> {
  await prepare(place);
  const id = ulid(options.clock.now());
  const held: Lock[] = [];
  const release = async (): Promise<void> => {
    for (const lock of held.splice(0)) await lock.release();
  };
  try {
    const naming = await takeSoon(place.locks, 'naming');
    held.push(naming);
    const shortId = await nextShortId(place, applications[0] ?? 'run');
    const broken: string[] = [];
    for (const application of applications.toSorted()) {
      const name = applicationLock(options.modelUuid, application);
      const lock = await place.locks.take(name, shortId);
      if (lock) held.push(lock);
      else if (breakLock === undefined) throw isHeld(place.locks, name);
      else broken.push(heldBy(place.locks, name));
    }
    held.push(await takeOrRefuse(place.locks, runLock(id), shortId));
    const at = new Date(options.clock.now()).toISOString();
    const file = join(place.runs, `${at.slice(0, 10).replaceAll('-', '')}-${id}.jsonl`);
    const head = { run: id, shortId, model: options.modelUuid, at };
    const journal = await createJournal(file, head, options.clock, release);
    await syncFolder(place.runs);
    held.splice(held.indexOf(naming), 1);
    await naming.release();
    return Object.assign(journal, { broken });
  } catch (error) {
    await release();
    throw error instanceof Failure ? error : cannotWrite(place.runs, error);
  }
}

/** The locks of the run and its applications, and its journal as it was left. A run that somebody carries out is his. */
async function reopenRun(place: Place, run: Run, options: JournalStoreOptions): Promise<Journal> {
  const stored = (await readRuns(place)).find((one) => one.id === run.id);
  if (!stored) throw new Failure('refused', `the journal of run ${run.shortId} is gone`, { hint: 'juju-tune runs' });
  const held: Lock[] = [];
  const release = async (): Promise<void> => {
    for (const lock of held.splice(0)) await lock.release();
  };
  try {
    held.push(await takeOrRefuse(place.locks, runLock(run.id), run.shortId));
    const applications = changedApplications(run.plan);
    for (const application of applications.toSorted()) {
      held.push(await takeOrRefuse(place.locks, applicationLock(options.modelUuid, application), run.shortId));
    }
    return await reopenJournal(stored.file, options.clock, release);
  } catch (error) {
    await release();
    throw error instanceof Failure ? error : cannotWrite(stored.file, error);
  }
}

/** `keystone-14`: the fourteenth run on this machine that begins with keystone. */
async function nextShortId(place: Place, application: string): Promise<string> {
  const numbers = (await readHeads(place)).flatMap((shortId) => {
    const dash = shortId.lastIndexOf('-');
    return shortId.slice(0, dash) === application ? [Number(shortId.slice(dash + 1))] : [];
  });
  return `${application}-${Math.max(0, ...numbers) + 1}`;
}

async function readHeads({ runs }: Place): Promise<string[]> {
  const names = (await readdir(runs)).filter((name) => NAME.test(name));
  return Promise.all(
    names.map(async (name) => {
      const handle = await open(join(runs, name), constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);
      if (!handle) return '';
      try {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(1024), 0, 1024, 0);
        return readJournalText(`${buffer.toString('utf8', 0, bytesRead).split('\n', 1)[0]}\n`).head?.shortId ?? '';
      } finally {
        await handle.close();
      }
    }),
  );
}

/** Makes the folders, ours alone, and sees whether there is room for a run. */
async function prepare({ folder, runs }: Place): Promise<void> {
  try {
    for (const path of [folder, runs, join(folder, 'locks')]) {
      await mkdir(path, { recursive: true, mode: 0o700 });
      requireOurs(path, await lstat(path));
    }
    const { bavail, bsize } = await statfs(runs);
    if (bavail * bsize < NEEDED_BYTES) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
  } catch (error) {
    throw error instanceof Failure ? error : cannotWrite(runs, error);
  }
}

function requireOurs(path: string, stats: Stats): void {
  const self = process.getuid?.() ?? stats.uid;
  if (!stats.isDirectory()) throw new Failure('refused', `"${path}" is no folder`, { hint: `ls -ld ${path}` });
  if (stats.uid !== self)
    throw new Failure('refused', `folder "${path}" belongs to user ${stats.uid}`, { hint: `ls -ld ${path}` });
  if (stats.mode & 0o077) throw new Failure('refused', `folder "${path}" can be used by others`, { hint: `chmod 700 ${path}` });
}
