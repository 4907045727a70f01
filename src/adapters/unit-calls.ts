import { Failure } from '../domain/failure.js';
import type { UnitName } from '../domain/unit-set.js';
import type { Fanout } from './fanout.js';
import { parseJson, text } from './json.js';
import type { JujuResult } from './juju-cli.js';
import type { JujuClient } from './juju-client.js';
import { isPassing, lastWords, unsentFailure } from './juju-errors.js';
import { pauseFor } from './pause.js';
import { missingUnit, readListEntry, type TaskEnd } from './task-result.js';

/** Seconds between the last moment we wait for a unit and the end of juju's own waiting. */
const GRACE_SECONDS = 5;
const TRIES = 4;

export interface UnitCallOptions {
  readonly script: string;
  readonly timeoutSeconds: number;
  readonly hookSeconds: number;
}

/** `juju exec` in the foreground, one process for each unit: the only way that 2.9 has. */
export class UnitCalls {
  readonly #client: JujuClient;
  readonly #fanout: Fanout;
  readonly #options: UnitCallOptions;
  readonly #running = new Map<UnitName, AbortController>();
  #ailing: Failure | undefined;

  constructor(client: JujuClient, fanout: Fanout, options: UnitCallOptions) {
    this.#client = client;
    this.#fanout = fanout;
    this.#options = options;
    fanout.onOverdue((overdue) => this.#giveUp(overdue));
  }

  /** Settles the unit. Throws `Failure` when it was not reached for a reason that is not about it; then no further unit is started. */
  async runOn(unit: UnitName): Promise<void> {
    for (let attempt = 1; this.#fanout.isOpen(unit); attempt++) {
      const result = await this.#call(unit);
      if (result === undefined) return;
      const away = result.exitCode !== 0 && isPassing(result.stderr) && result.stdout.replace(/^(?:\{\}|\[\])?\s*$/, '') === '';
      if (!away || attempt >= TRIES) return this.#settle(unit, result);
      await pauseFor(500 * 2 ** attempt, this.#fanout.signal);
    }
  }

  async #call(unit: UnitName): Promise<JujuResult | undefined> {
    const { script, timeoutSeconds, hookSeconds } = this.#options;
    const seconds = Math.ceil(timeoutSeconds + hookSeconds + GRACE_SECONDS);
    const stop = new AbortController();
    const leave = (): void => stop.abort();
    this.#fanout.signal.addEventListener('abort', leave, { once: true });
    if (this.#fanout.signal.aborted) leave();
    try {
      return await this.#client.run({
        verb: 'exec',
        args: ['--format', 'json', '--timeout', `${seconds}s`, '--unit', unit, '--', script],
        timeoutSeconds: seconds + GRACE_SECONDS,
        signal: stop.signal,
        purpose: 'unit',
        starting: () => {
          if (this.#ailing) throw this.#ailing;
          this.#running.set(unit, stop);
          this.#fanout.sent(unit);
        },
      });
    } catch (error) {
      if (error instanceof Failure && error.code === 'interrupted') return undefined;
      if (error instanceof Failure) this.#ailing ??= error;
      throw error;
    } finally {
      this.#running.delete(unit);
      this.#fanout.signal.removeEventListener('abort', leave);
    }
  }

  #settle(unit: UnitName, result: JujuResult): void {
    const end = readCall(unit, result);
    const about = { command: 'juju exec', controller: this.#client.model.controller, model: this.#client.target };
    const known = end === undefined ? unsentFailure(result.stderr, about) : undefined;
    if (known) {
      this.#ailing ??= known;
      throw known;
    }
    const message = lastWords(result.stderr) || 'juju exec said nothing';
    this.#fanout.settle(unit, end ?? { kind: 'none', code: 'NO_ANSWER', message, mayHaveRun: true });
  }

  // 2.9 does not tell the id of a task while it runs, so that nothing can be cancelled: the unit may still carry it out.
  #giveUp(overdue: readonly UnitName[]): void {
    for (const unit of overdue) {
      const stop = this.#running.get(unit);
      if (stop === undefined) continue;
      const message = `${this.#fanout.excuse(unit)}; its task may still run`;
      this.#fanout.settle(unit, { kind: 'none', code: 'NO_ANSWER', message, mayHaveRun: true });
      stop.abort();
    }
  }
}

/** What the list says of the unit; undefined when juju failed before there was a list. */
export function readCall(unit: UnitName, result: JujuResult): TaskEnd | undefined {
  const entry = entryOf(unit, result.stdout);
  if (entry !== undefined) return readListEntry(entry);
  const missing = /unit "[^"]*" not found|couldn't queue [^\n]{0,500}?not found/.exec(result.stderr)?.[0];
  if (missing !== undefined) return missingUnit(missing);
  const late = /timed out waiting for results? from/.test(result.stderr);
  if (late || result.end === 'deadline') {
    return { kind: 'none', code: 'NO_ANSWER', message: 'did not answer in time; its task may still run', mayHaveRun: true };
  }
  if (result.exitCode !== 0) return undefined;
  return { kind: 'none', code: 'BAD_ANSWER', message: 'juju exec printed no result for this unit', mayHaveRun: true };
}

function entryOf(unit: UnitName, stdout: string): unknown {
  let list: unknown;
  try {
    list = parseJson(stdout, 'juju exec');
  } catch {
    return undefined;
  }
  if (!Array.isArray(list)) return undefined;
  return list.find((entry) => text(entry, 'unit') === unit || text(entry, 'UnitId') === unit);
}
