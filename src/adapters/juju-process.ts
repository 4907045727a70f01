import { type ChildProcess, spawn } from 'node:child_process';
import { onExit } from 'signal-exit';
import type { JujuRequest } from './juju-cli.js';
import { asksToLogIn } from './juju-errors.js';

const STDOUT_BYTES = 64 * 1024 * 1024;
const STDERR_BYTES = 1024 * 1024;
const FORCE_KILL_MILLISECONDS = 2000;
/** What even SIGKILL does not end within this is left behind. */
const LEAVE_MILLISECONDS = 1000;
/** Some child of juju may keep its output open; we do not wait for it longer than this. */
const LINGER_MILLISECONDS = 2000;

/** Why a process ended: by itself, or by us. `lingers`: it had ended, and something it started kept its output open. */
export type ProcessEnd = 'exited' | 'deadline' | 'flooded' | 'aborted' | 'login' | 'lingers';

export interface ProcessResult {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly end: ProcessEnd;
  readonly milliseconds: number;
}

/** The system did not start the process; `code` is its reason, such as `EAGAIN`. */
export class NotStarted extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

type Environment = Readonly<Record<string, string>>;

/**
 * Runs one process in a group of its own, with no input, and resolves once it and its output are over. At its deadline, on abort,
 * when it asks to log in or prints more than 64 MiB, the whole group is ended: asked first, and forced 2 s later or as soon as
 * the process itself is gone. Throws `NotStarted`.
 */
export function runProcess(path: string, request: JujuRequest, environment: Environment): Promise<ProcessResult> {
  return new Promise((resolve, reject) => new JujuProcess(path, request, environment, { resolve, reject }));
}

interface Settle {
  readonly resolve: (result: ProcessResult) => void;
  readonly reject: (error: unknown) => void;
}

// node:child_process itself: execa costs 25 ms to load and half of what a call takes of our own time.
class JujuProcess {
  readonly #request: JujuRequest;
  readonly #settle: Settle;
  readonly #child: ChildProcess;
  readonly #started = performance.now();
  readonly #deadline: NodeJS.Timeout;
  readonly #stdout: Buffer[] = [];
  #force: NodeJS.Timeout | undefined;
  #linger: NodeJS.Timeout | undefined;
  #stdoutBytes = 0;
  #stderr = '';
  #end: ProcessEnd = 'exited';
  #exitCode: number | undefined;

  constructor(path: string, request: JujuRequest, environment: Environment, settle: Settle) {
    this.#request = request;
    this.#settle = settle;
    this.#child = start(path, request.argv, environment);
    this.#child.once('error', (error) => this.#fail(error));
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#hearStdout(chunk));
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#hearStderr(chunk));
    this.#child.once('exit', (code) => this.#exit(code));
    this.#child.once('close', () => this.#close());
    request.signal.addEventListener('abort', this.#abort, { once: true });
    this.#deadline = setTimeout(() => this.#stop('deadline'), request.timeoutSeconds * 1000);
    if (request.signal.aborted) this.#abort();
  }

  readonly #abort = (): void => this.#stop('aborted');

  #fail(error: Error): void {
    if (this.#child.pid !== undefined) return;
    this.#rest();
    this.#settle.reject(notStarted(error));
  }

  #exit(code: number | null): void {
    this.#exitCode = code ?? undefined;
    if (this.#end === 'exited') this.#linger = setTimeout(() => this.#stop('lingers'), LINGER_MILLISECONDS);
    else signalGroup(this.#child, 'SIGKILL');
  }

  #close(): void {
    if (this.#child.pid === undefined) return;
    this.#rest();
    this.#settle.resolve({
      exitCode: this.#exitCode,
      stdout: Buffer.concat(this.#stdout).toString('utf8'),
      stderr: this.#stderr,
      end: this.#end,
      milliseconds: Math.round(performance.now() - this.#started),
    });
  }

  #rest(): void {
    running.delete(this.#child);
    clearTimeout(this.#deadline);
    clearTimeout(this.#force);
    clearTimeout(this.#linger);
    this.#request.signal.removeEventListener('abort', this.#abort);
  }

  #hearStdout(chunk: Buffer): void {
    this.#stdoutBytes += chunk.length;
    if (this.#stdoutBytes > STDOUT_BYTES) this.#stop('flooded');
    else this.#stdout.push(chunk);
  }

  #hearStderr(chunk: Buffer): void {
    if (this.#stderr.length >= STDERR_BYTES) return;
    this.#stderr += chunk.toString('utf8');
    if (!this.#request.ssh && asksToLogIn(this.#stderr.slice(-4096))) this.#stop('login');
  }

  #stop(why: ProcessEnd): void {
    if (this.#end !== 'exited') return;
    this.#end = why;
    signalGroup(this.#child, 'SIGTERM');
    this.#force = setTimeout(() => this.#leave(), FORCE_KILL_MILLISECONDS);
  }

  /** Something may have left the group with our pipes in its hands: they are closed on our side, and it is not waited for. */
  #leave(): void {
    signalGroup(this.#child, 'SIGKILL');
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    this.#force = setTimeout(() => {
      this.#child.unref();
      this.#close();
    }, LEAVE_MILLISECONDS);
  }
}

const running = new Set<ChildProcess>();
let isWatching = false;

/** Node tells some reasons by an event and throws others (E2BIG, ENOMEM); both are `NotStarted`. */
function start(path: string, argv: readonly string[], env: Environment): ChildProcess {
  endWithUs();
  try {
    const child = spawn(path, argv, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    if (child.pid !== undefined) running.add(child);
    return child;
  } catch (error) {
    throw notStarted(error);
  }
}

/** Its own group hears no Ctrl-C of the terminal: whatever ends us, ends it. */
function endWithUs(): void {
  if (isWatching) return;
  isWatching = true;
  onExit(() => {
    for (const child of running) signalGroup(child, 'SIGTERM');
  });
}

function notStarted(error: unknown): unknown {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? new NotStarted(error.code) : error;
}

/** A group outlives the process that leads it, and its number is not given away before. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nothing of it is left.
  }
}
