import { Failure } from '../domain/failure.js';
import type { JujuCall } from '../engine/session.js';
import { childEnvironment } from './child-environment.js';
import { commandForPeople } from './command-line.js';
import { failureOf, isStoreLocked, type JujuContext, knownFailure } from './juju-errors.js';
import { findJuju } from './juju-path.js';
import { NotStarted, type ProcessResult, runProcess } from './juju-process.js';
import { createSlots, type Purpose } from './slots.js';

const PROCESSES = 16;
/** Of these, processes that units' own work never takes. */
const KEPT = 1;
const SPAWN_TRIES = 7;
const STORE_TRIES = 5;
const SPAWN_TROUBLE = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ETXTBSY']);

export interface JujuRequest {
  readonly argv: readonly string[];
  /** The child is ended after this, whatever it does. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** Called when the child is about to be started, which may be later: at most 16 run at once. What it throws is thrown by `run`. */
  readonly starting?: () => void;
  /** `control` unless it is one of many for units. */
  readonly purpose?: Purpose;
  /** `juju ssh`: stderr is the unit's as well, so that nothing is read into it; the ssh agent may be used. */
  readonly ssh?: boolean;
  /** Given as JUJU_CONTROLLER, for the one command that knows no `-c`: `whoami` (juju-contract 2.2). */
  readonly controller?: string;
  readonly context?: Omit<JujuContext, 'command'>;
}

export interface JujuResult {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** `deadline` and `flooded` (more than 64 MiB): ended by us; what it had printed until then is here. */
  readonly end: 'exited' | 'deadline' | 'flooded';
  readonly milliseconds: number;
}

/** The one way to run `juju`. */
export interface JujuCli {
  readonly path: string;
  /**
   * Resolves with whatever the command did, also when it failed. Throws `Failure` when it could not be started, asks to log in,
   * or finds the client store locked five times; rejects with `Failure('interrupted')` on abort, the whole process group ended.
   */
  run(request: JujuRequest): Promise<JujuResult>;
  /** Like `run`, and throws the `Failure` that fits when the command did not end with 0. */
  mustRun(request: JujuRequest): Promise<JujuResult>;
  onCall(listener: (call: JujuCall) => void): void;
}

/** Finds juju once. Throws `Failure('juju')` when there is none to trust. */
export function createJujuCli(environment: Readonly<Record<string, string | undefined>>): JujuCli {
  const path = findJuju(environment);
  const slots = createSlots(PROCESSES, KEPT);
  const listeners: ((call: JujuCall) => void)[] = [];
  const environments = { plain: childEnvironment(environment, false), ssh: childEnvironment(environment, true) };
  const once = async (request: JujuRequest): Promise<JujuResult> => {
    const give = await slots.take(request.purpose ?? 'control', request.signal).catch(() => {
      throw interrupted();
    });
    const at = new Date().toISOString();
    try {
      request.starting?.();
      const plain = request.ssh ? environments.ssh : environments.plain;
      const given = request.controller === undefined ? plain : { ...plain, JUJU_CONTROLLER: request.controller };
      const result = resultOf(request, await runProcess(path, request, given));
      if (listeners.length > 0) report(listeners, callOf(request, result, at));
      return result;
    } finally {
      give();
    }
  };
  const run = (request: JujuRequest): Promise<JujuResult> =>
    untilStoreIsFree(request, () => untilStarted(request, () => once(request)));
  return {
    path,
    run,
    async mustRun(request) {
      const result = await run(request);
      if (result.exitCode === 0 && result.end === 'exited') return result;
      throw failureOfResult(request, result);
    },
    onCall: (listener) => void listeners.push(listener),
  };
}

function resultOf(request: JujuRequest, { end, ...rest }: ProcessResult): JujuResult {
  if (end === 'aborted') throw interrupted();
  if (end === 'login') throw failureOf(rest.stderr, contextOf(request));
  return { ...rest, end: end === 'lingers' ? 'exited' : end };
}

/** What a command that ran and failed comes to. */
export function failureOfResult(request: JujuRequest, result: JujuResult): Failure {
  const context = contextOf(request);
  if (result.end === 'flooded') return new Failure('juju', `"${context.command}" printed more than 64 MiB and was ended`);
  if (result.end === 'deadline') {
    const known = knownFailure(result.stderr, context);
    return (
      known ??
      new Failure('juju', `"${context.command}" did not end within ${request.timeoutSeconds} s`, {
        hint: `juju status${context.model ? ` -m ${context.model}` : ''}, and see whether the controller answers`,
      })
    );
  }
  return failureOf(result.stderr, context);
}

function contextOf(request: JujuRequest): JujuContext {
  return { command: `juju ${request.argv[0] ?? ''}`, ...request.context };
}

function interrupted(): Failure {
  return new Failure('interrupted', 'interrupted');
}

function callOf({ argv }: JujuRequest, { exitCode, milliseconds }: JujuResult, at: string): JujuCall {
  return { at, command: commandForPeople(argv), exitCode, milliseconds };
}

function report(listeners: readonly ((call: JujuCall) => void)[], call: JujuCall): void {
  for (const listener of listeners) {
    try {
      listener(call);
    } catch {
      // A view is not worth a command.
    }
  }
}

/** Tries again while the machine is short of processes, files or memory, and once when juju is just being replaced. */
async function untilStarted(request: JujuRequest, once: () => Promise<JujuResult>): Promise<JujuResult> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once();
    } catch (error) {
      const code = error instanceof NotStarted ? error.code : undefined;
      if (code === undefined) throw error;
      const again = SPAWN_TROUBLE.has(code) ? attempt < SPAWN_TRIES : code === 'ENOENT' && attempt < 2;
      if (!again) throw notStarted(code, request);
      await pause(code === 'ENOENT' ? 1000 : 50 * 2 ** attempt, request.signal);
    }
  }
}

function notStarted(code: string, request: JujuRequest): Failure {
  if (code === 'E2BIG') return new Failure('fault', 'cannot start juju: the request is too large for one command');
  if (code === 'ENOENT') return new Failure('juju', 'cannot start juju: it is gone', { hint: 'juju version' });
  return new Failure(
    'juju',
    `cannot start "juju ${request.argv[0] ?? ''}": this machine is short of processes, files or memory (${code})`,
    {
      hint: 'ulimit -u; ulimit -n; free -m',
    },
  );
}

async function untilStoreIsFree(request: JujuRequest, once: () => Promise<JujuResult>): Promise<JujuResult> {
  for (let attempt = 1; ; attempt++) {
    const result = await once();
    if (result.exitCode === 0 || request.ssh || !isStoreLocked(result.stderr)) return result;
    if (attempt >= STORE_TRIES) throw failureOf(result.stderr, contextOf(request));
    await pause((0.5 + Math.random()) * 100 * 2 ** attempt, request.signal);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(interrupted());
    };
    if (signal.aborted) return reject(interrupted());
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', stop, { once: true });
  });
}
