import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, readdir, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../domain/failure.js';
import { foldRun, type Run } from '../domain/run.js';
import type { RunStore } from '../engine/model-session.js';
import type { Clock, Journal } from '../engine/ports.js';
import { cannotWrite, createJournal, syncFolder } from './journal.js';
import { type JournalText, readJournalText } from './journal-record.js';
import { type Lock, Locks } from './lock.js';
import { pauseFor } from './pause.js';
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
  const place = { folder, runs: join(folder, 'runs'), locks: new Locks(join(folder, 'locks')) };
  const stored = (): Promise<readonly StoredRun[]> => readRuns(place);
  return {
    stored,
    async list() {
      const runs = await stored();
      return runs.flatMap(({ model, run }) => (run && model === options.modelUuid ? [run] : []));
    },
    find: async (word) => chosen(await stored(), word, options.modelUuid),
    open: (applications) => openRun(place, applications, options),
  };
}

interface Place {
  readonly folder: string;
  readonly runs: string;
  readonly locks: Locks;
}

async function readRuns({ runs, locks }: Place): Promise<StoredRun[]> {
  const names = await readdir(runs).catch(() => []);
  const ids = names.flatMap((name) => {
    const id = NAME.exec(name)?.[1];
    return id === undefined ? [] : [{ id, file: join(runs, name) }];
  });
  ids.sort((a, b) => (a.id < b.id ? -1 : 1));
  return Promise.all(ids.map(({ id, file }) => readRun(id, file, locks)));
}

async function readRun(id: string, file: string, locks: Locks): Promise<StoredRun> {
  const journal = await readJournal(file);
  const { head, entries } = journal;
  const run = foldRun(entries);
  const problem = problemOf(file, journal);
  const stored = { id, shortId: head?.shortId ?? '', model: head?.model ?? '', file, problem };
  const told = run && problem !== undefined ? { ...run, problem } : run;
  if (!told || told.status === 'closed' || (await locks.isHeld(runLock(id)))) return { ...stored, run: told };
  return { ...stored, run: { ...told, status: 'unfinished' } };
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
  return { head: undefined, entries: [], torn: false, damage, newer: undefined };
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
  if (!only) throw new Failure('usage', `there is no run "${word}"`, { hint: 'juju-tune runs' });
  if (found.length > 1) {
    const names = found.map((one) => `${one.shortId} (${one.id})`);
    throw new Failure('usage', `"${word}" may be ${found.length} runs`, { problems: names, hint: 'juju-tune runs' });
  }
  if (!only.run) throw new Failure('refused', only.problem ?? `run ${only.shortId} holds no record`, { hint: 'juju-tune runs' });
  return only.run;
}

function begins(one: StoredRun, word: string): boolean {
  return one.shortId.startsWith(word) || one.id.startsWith(word.toUpperCase());
}

async function openRun(place: Place, applications: readonly string[], options: JournalStoreOptions): Promise<Journal> {
  await prepare(place);
  const id = ulid(options.clock.now());
  const held: Lock[] = [];
  const release = async (): Promise<void> => {
    for (const lock of held.splice(0)) await lock.release();
  };
  try {
    const naming = await takeSoon(place, 'naming');
    held.push(naming);
    const shortId = await nextShortId(place, applications[0] ?? 'run');
    for (const application of applications.toSorted()) {
      held.push(await takeOrRefuse(place.locks, `${options.modelUuid}.${application}`, shortId));
    }
    held.push(await takeOrRefuse(place.locks, runLock(id), ''));
    const at = new Date(options.clock.now()).toISOString();
    const file = join(place.runs, `${at.slice(0, 10).replaceAll('-', '')}-${id}.jsonl`);
    const head = { run: id, shortId, model: options.modelUuid, at };
    const journal = await createJournal(file, head, options.clock, release);
    await syncFolder(place.runs);
    held.splice(held.indexOf(naming), 1);
    await naming.release();
    return journal;
  } catch (error) {
    await release();
    throw error instanceof Failure ? error : cannotWrite(place.runs, error);
  }
}

function runLock(id: string): string {
  return `run.${id}`;
}

async function takeOrRefuse(locks: Locks, name: string, shortId: string): Promise<Lock> {
  const lock = await locks.take(name, shortId);
  if (lock) return lock;
  const { pid, run } = locks.holder(name);
  const by = pid === undefined ? 'another process' : `process ${pid}`;
  const application = name.slice(name.lastIndexOf('.') + 1);
  const what = run === '' ? `application "${application}"` : `run ${run}`;
  throw new Failure('refused', `${what} is already being worked on by ${by}`, { hint: `juju-tune runs ${run}`.trim() });
}

/** Numbers are given out one process at a time; it takes milliseconds. */
async function takeSoon({ locks }: Place, name: string): Promise<Lock> {
  const patience = AbortSignal.timeout(5000);
  for (;;) {
    const lock = await locks.take(name, '');
    if (lock) return lock;
    if (patience.aborted)
      throw new Failure('refused', 'another juju-tune is opening a run and does not go on', { hint: 'juju-tune runs' });
    await pauseFor(20, patience);
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
