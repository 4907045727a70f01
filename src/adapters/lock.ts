import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { Failure } from '../domain/failure.js';
import { number, parseJson, text } from './json.js';

/** Who holds a lock, as far as is known. */
export interface Holder {
  readonly pid: number | undefined;
  /** The run it is held for, `keystone-14`. */
  readonly run: string;
  /** Since when, milliseconds since 1970; undefined when that is not known. */
  readonly since: number | undefined;
}

export interface Lock {
  release(): Promise<void>;
}

/**
 * Names that one process at a time can hold on this machine. The kernel frees them when the process ends, however it ends: they are
 * abstract Unix sockets, so that nothing is left behind. `folder` is where holders leave their process id for messages.
 */
export class Locks {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Undefined when somebody holds it. With a run the holder leaves its process id beside it. */
  async take(name: string, run: string): Promise<Lock | undefined> {
    const server = await listen(this.#address(name));
    if (!server) return undefined;
    if (run !== '') this.#note(name, run);
    return {
      release: () =>
        new Promise((resolve) => {
          rmSync(this.#file(name), { force: true });
          server.close(() => resolve());
        }),
    };
  }

  /** True while a living process holds it. */
  isHeld(name: string): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect({ path: this.#address(name) });
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
  }

  holder(name: string): Holder {
    try {
      const found = parseJson(readFileSync(this.#file(name), 'utf8'), 'lock');
      return { pid: number(found, 'pid'), run: text(found, 'run'), since: number(found, 'since') };
    } catch {
      return { pid: undefined, run: '', since: undefined };
    }
  }

  /** Any local user can take a socket's name, so that it holds who we are and where our files are. */
  #address(name: string): string {
    const who = `${process.getuid?.() ?? 0}\n${this.#folder}\n${name}`;
    return `\0juju-tune/${createHash('sha256').update(who).digest('hex').slice(0, 40)}`;
  }

  #file(name: string): string {
    return join(this.#folder, `${name.replaceAll('/', '_')}.lock`);
  }

  #note(name: string, run: string): void {
    try {
      writeFileSync(this.#file(name), JSON.stringify({ pid: process.pid, run, since: Date.now() }), { mode: 0o600 });
    } catch {
      // It is only for messages; a disk that cannot be written is found by the journal.
    }
  }
}

function listen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else
        reject(new Failure('refused', `cannot take a lock on this machine (${error.code ?? error.message})`, { cause: error }));
    });
    server.listen({ path: address, exclusive: true }, () => {
      server.unref();
      resolve(server);
    });
  });
}
