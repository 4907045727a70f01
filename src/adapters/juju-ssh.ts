import { gzipSync } from 'node:zlib';
import { Failure } from '../domain/failure.js';
import { shellQuote } from '../domain/shell-words.js';
import { isUnitName, type UnitName } from '../domain/unit-set.js';
import { type DispatchEvent, Fanout } from './fanout.js';
import type { JujuResult } from './juju-cli.js';
import type { JujuClient } from './juju-client.js';
import { lastWords } from './juju-errors.js';
import type { Dispatch } from './juju-exec.js';
import { errorOf, type TaskEnd } from './task-result.js';

/** Linux takes no longer single argument. */
const LONGEST_BYTES = 127 * 1024;
const GRACE_SECONDS = 5;

/**
 * Like `dispatchScript`, by `juju ssh`: no agent and no lock is in the way, so that it reaches units that are lost or busy. For
 * looking only: Juju keeps no record of it, and nothing that was given up can be found again.
 */
export function dispatchOverSsh(client: JujuClient, dispatch: Dispatch): AsyncIterable<DispatchEvent> {
  const fanout = new Fanout({ ...dispatch, hookSeconds: 0, hooksInTheWay: async () => new Map() });
  const calls = new SshCalls(client, fanout, dispatch);
  void Promise.all(dispatch.units.map((unit) => calls.runOn(unit))).then(
    () => fanout.finish(),
    (error: unknown) => fanout.fail(error),
  );
  return fanout.events;
}

/**
 * The command line for the unit's login shell: one string that it parses once. The script travels in base64, ends up as root's bash
 * with a hook's two variables, and reads nothing from the connection.
 */
export function sshCommand(script: string, unit: UnitName, modelUuid: string): string {
  const packed = gzipSync(script, { level: 9 }).toString('base64');
  const unpack = 'script="$(base64 -d | gzip -d)" && exec bash -c "$script" </dev/null';
  const variables = [`JUJU_UNIT_NAME=${unit}`, `JUJU_MODEL_UUID=${modelUuid}`, 'LANG=C.UTF-8'].map(shellQuote).join(' ');
  return `printf %s ${packed} | sudo -n env ${variables} bash -c ${shellQuote(unpack)}`;
}

class SshCalls {
  readonly #client: JujuClient;
  readonly #fanout: Fanout;
  readonly #dispatch: Dispatch;
  readonly #running = new Map<UnitName, AbortController>();

  constructor(client: JujuClient, fanout: Fanout, dispatch: Dispatch) {
    this.#client = client;
    this.#fanout = fanout;
    this.#dispatch = dispatch;
    fanout.onOverdue((overdue) => this.#giveUp(overdue));
  }

  async runOn(unit: UnitName): Promise<void> {
    const stop = new AbortController();
    const leave = (): void => stop.abort();
    this.#fanout.signal.addEventListener('abort', leave, { once: true });
    if (this.#fanout.signal.aborted) leave();
    try {
      this.#fanout.settle(unit, readSsh(unit, await this.#call(unit, stop)));
    } catch (error) {
      if (!(error instanceof Failure) || error.code === 'fault') throw error;
      if (error.code !== 'interrupted') this.#fanout.refuse([unit], error);
    } finally {
      this.#running.delete(unit);
      this.#fanout.signal.removeEventListener('abort', leave);
    }
  }

  #call(unit: UnitName, stop: AbortController): Promise<JujuResult> {
    const command = sshCommand(this.#dispatch.script, unit, this.#client.model.uuid);
    if (!isUnitName(unit) || Buffer.byteLength(command) > LONGEST_BYTES) {
      throw new Failure('fault', `the request for ${unit} is too large for ssh`);
    }
    return this.#client.run({
      verb: 'ssh',
      args: ['--pty=false', unit, '--', command],
      timeoutSeconds: this.#dispatch.timeoutSeconds + GRACE_SECONDS,
      signal: stop.signal,
      purpose: 'unit',
      ssh: true,
      starting: () => {
        this.#running.set(unit, stop);
        this.#fanout.sent(unit);
      },
    });
  }

  #giveUp(overdue: readonly UnitName[]): void {
    for (const unit of overdue) {
      const stop = this.#running.get(unit);
      if (stop === undefined) continue;
      const message = `${this.#fanout.excuse(unit)} over ssh`;
      this.#fanout.settle(unit, { kind: 'none', code: 'NO_ANSWER', message, mayHaveRun: true });
      stop.abort();
    }
  }
}

/** 255 is ssh itself; an `ERROR` with nothing on stdout is juju's own (juju-contract 7). */
function readSsh(unit: UnitName, { exitCode, stdout, stderr, end }: JujuResult): TaskEnd {
  if (end === 'exited' && exitCode !== undefined && exitCode !== 255 && (stdout !== '' || !/^ERROR /m.test(stderr))) {
    return { kind: 'output', stdout, stderr, returnCode: exitCode };
  }
  if (/not found/.test(stderr) && stderr.includes(unit)) return errorOf(lastWords(stderr));
  const refused = /Permission denied \(publickey/.test(stderr);
  const message = refused
    ? 'ssh: permission denied; the model does not know your key (juju add-ssh-key)'
    : `ssh: ${lastWords(stderr) || 'no answer'}`;
  return { kind: 'none', code: 'NO_ANSWER', message, mayHaveRun: !refused };
}
