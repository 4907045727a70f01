import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Entry, RunEvent } from '../domain/event.js';
import { Failure } from '../domain/failure.js';
import type { Clock, Journal } from '../engine/ports.js';
import { CHAIN_START, type JournalHead, type JournalText, readJournalText, sealed } from './journal-record.js';

const OLD_FILE = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_APPEND;
const TORN_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_APPEND;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW | constants.O_APPEND;

/** A new journal file with its first line on disk, its name included. Throws `Failure('refused')` naming the file. */
export async function createJournal(
  file: string,
  head: JournalHead,
  clock: Clock,
  closed: () => Promise<void>,
): Promise<Journal> {
  const handle = await open(file, NEW_FILE, 0o600).catch((error: unknown) => {
    throw cannotWrite(file, error);
  });
  const journal = new JsonlJournal(file, handle, head, clock, closed);
  try {
    await journal.begin();
    return journal;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * The journal of a run that is taken up again, as it was left. A last record that was not written whole is moved to `FILE.torn`.
 * Throws `Failure('refused')` for one that is damaged, or from a newer program: what is told by it may then not be all.
 */
export async function reopenJournal(file: string, clock: Clock, closed: () => Promise<void>): Promise<Journal> {
  const handle = await open(file, OLD_FILE).catch((error: unknown) => {
    throw cannotWrite(file, error);
  });
  try {
    const content = await handle.readFile();
    const text = readJournalText(content.toString('utf8'));
    const { head, damage, newer, goodBytes } = text;
    if (!head || damage !== undefined || newer !== undefined) {
      const why = newer === undefined ? (damage ?? 'it holds no record') : `a newer juju-tune wrote it (version ${newer})`;
      throw new Failure('refused', `journal "${file}" is only read: ${why}`, {
        hint: `juju-tune rollback ${head?.shortId ?? ''}`.trim(),
      });
    }
    if (goodBytes < content.length) await setAside(file, content.subarray(goodBytes));
    await handle.truncate(goodBytes);
    await handle.datasync();
    return new JsonlJournal(file, handle, head, clock, closed, text);
  } catch (error) {
    await handle.close();
    throw error instanceof Failure ? error : cannotWrite(file, error);
  }
}

/** Nothing is thrown away: half a record may still tell somebody something. */
async function setAside(file: string, tail: Buffer): Promise<void> {
  const torn = await open(`${file}.torn`, TORN_FILE, 0o600);
  try {
    await torn.write(tail);
    await torn.write('\n');
    await torn.datasync();
  } finally {
    await torn.close();
  }
}

/** Makes a file's name survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Why nothing could be kept there, and what to do about it. */
export function cannotWrite(file: string, cause: unknown): Failure {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const [why, hint] = REASONS[code] ?? [cause instanceof Error ? cause.message : String(cause), `ls -ld ${file}`];
  return new Failure('refused', `cannot write the journal "${file}": ${why}`, { hint, cause });
}

const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ['no space is left on the disk', 'free some space, or set XDG_STATE_HOME to a folder on another disk'],
  EFBIG: ['a file may not be that large here', 'ulimit -f unlimited'],
  EDQUOT: ['the disk quota is used up', 'free some space, or set XDG_STATE_HOME to a folder on another disk'],
  EACCES: ['permission denied', 'make the folder yours, or set XDG_STATE_HOME to one that is'],
  EPERM: ['operation not permitted', 'make the folder yours, or set XDG_STATE_HOME to one that is'],
  EROFS: ['the file system is read-only', 'set XDG_STATE_HOME to a folder that can be written'],
  ENOTDIR: ['a part of the path is no folder', 'set XDG_STATE_HOME to a folder that can be written'],
  ELOOP: ['it is a link', 'remove the link'],
};

/** JSON lines, each closed by a hash over all before it; one write and one fdatasync for each. */
class JsonlJournal implements Journal {
  readonly run: string;
  readonly shortId: string;
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #head: JournalHead;
  readonly #clock: Clock;
  readonly #closed: () => Promise<void>;
  #previous = CHAIN_START;
  #sequence = 0;
  #size = 0;
  #broken: Failure | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** `before`: what stands in the file already; without it, `begin` writes the head. */
  constructor(
    file: string,
    handle: FileHandle,
    head: JournalHead,
    clock: Clock,
    closed: () => Promise<void>,
    before?: JournalText,
  ) {
    this.run = head.run;
    this.shortId = head.shortId;
    this.#file = file;
    this.#handle = handle;
    this.#head = head;
    this.#clock = clock;
    this.#closed = closed;
    if (!before) return;
    this.#previous = before.hash;
    this.#sequence = before.entries.at(-1)?.sequence ?? 0;
    this.#size = before.goodBytes;
  }

  async begin(): Promise<void> {
    await this.#write(this.#head);
  }

  append(event: RunEvent): Promise<Entry> {
    const turn = this.#turn.then(async () => {
      const entry = { sequence: this.#sequence + 1, at: new Date(this.#clock.now()).toISOString(), run: this.run, event };
      await this.#write(entry);
      this.#sequence++;
      return entry;
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    await this.#turn;
    try {
      await this.#handle.close();
    } finally {
      await this.#closed();
    }
  }

  async #write(body: object): Promise<void> {
    if (this.#broken) throw this.#broken;
    const { line, hash } = sealed(body, this.#previous);
    const bytes = Buffer.from(line);
    try {
      const { bytesWritten } = await this.#handle.write(bytes);
      if (bytesWritten !== bytes.length) throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
      await this.#handle.datasync();
    } catch (cause) {
      await this.#takeBack(cannotWrite(this.#file, cause));
    }
    this.#previous = hash;
    this.#size += bytes.length;
  }

  /** Half a line must not stay in the middle of a journal; one that cannot be removed ends it. */
  async #takeBack(failure: Failure): Promise<never> {
    try {
      await this.#handle.truncate(this.#size);
      await this.#handle.datasync();
    } catch {
      this.#broken = failure;
    }
    throw failure;
  }
}
