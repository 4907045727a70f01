import type { Failure } from '../domain/failure.js';
import type { UnitName } from '../domain/unit-set.js';
import type { NoAnswer, UnitEvent } from '../engine/ports.js';
import { createChannel } from './channel.js';
import { Patience, type PatienceLimits } from './patience.js';
import type { NoOutput, TaskEnd, TaskOutput } from './task-result.js';

/** A script's output on one unit. */
export interface UnitOutput extends TaskOutput {
  readonly unit: UnitName;
  readonly milliseconds: number;
}

/** What comes back from a dispatch: one `output` or `no-answer` for each unit, and news in between. */
export type DispatchEvent = UnitOutput | NoAnswer | Extract<UnitEvent<never>, { readonly kind: 'queued' | 'waiting' }>;

export interface FanoutOptions extends PatienceLimits {
  readonly units: readonly UnitName[];
  readonly signal: AbortSignal;
  /** Asked when units are silent for a while. */
  readonly hooksInTheWay: (signal: AbortSignal) => Promise<ReadonlyMap<UnitName, string>>;
}

const TICK_MILLISECONDS = 200;
const SILENT_SECONDS = 3;
const ASK_HOOKS_EVERY_MILLISECONDS = 5000;

/** The bookkeeping of one dispatch: which units are still open, for how long, and what has been said of them. */
export class Fanout {
  readonly #options: FanoutOptions;
  readonly #leaving = new AbortController();
  readonly #open: Set<UnitName>;
  readonly #sent = new Map<UnitName, number>();
  readonly #refused = new Map<UnitName, Failure>();
  readonly #patience: Patience;
  readonly #channel = createChannel<DispatchEvent>(() => this.#leaving.abort());
  readonly #watchers: ((overdue: readonly UnitName[]) => void)[] = [];
  readonly #ticker: NodeJS.Timeout;
  #heard = false;
  #asked = 0;
  #said = 0;

  /** Aborted when the caller aborts, or stops reading. */
  readonly signal: AbortSignal;

  constructor(options: FanoutOptions) {
    this.#options = options;
    this.#open = new Set(options.units);
    this.#patience = new Patience(options, performance.now());
    this.signal = AbortSignal.any([options.signal, this.#leaving.signal]);
    this.#ticker = setInterval(() => this.#tick(), TICK_MILLISECONDS);
  }

  get events(): AsyncIterable<DispatchEvent> {
    return this.#channel;
  }

  isOpen(unit: UnitName): boolean {
    return this.#open.has(unit) && !this.#refused.has(unit);
  }

  /** Called with units whose time is up; whoever sent them gives them up and settles them. */
  onOverdue(watcher: (overdue: readonly UnitName[]) => void): void {
    this.#watchers.push(watcher);
  }

  /** The unit has its task from here on, and its time counts. */
  sent(unit: UnitName): void {
    const now = performance.now();
    this.#sent.set(unit, now);
    this.#patience.start(unit, now);
  }

  running(unit: UnitName): void {
    this.#patience.run(unit);
  }

  /** The unit is done or being given up: its time counts no longer, its end is still to be said. */
  rest(unit: UnitName): void {
    this.#patience.stop(unit);
  }

  excuse(unit: UnitName): string {
    return this.#patience.excuse(unit);
  }

  queued(operation: string, tasks: Readonly<Record<UnitName, string>>): void {
    this.#channel.push({ kind: 'queued', operation, tasks });
  }

  /** Says how it ended on a unit. Only the first time counts. */
  settle(unit: UnitName, end: TaskEnd): void {
    if (!this.#open.delete(unit)) return;
    this.#patience.stop(unit);
    const milliseconds = Math.round(performance.now() - (this.#sent.get(unit) ?? performance.now()));
    if (end.kind === 'output') this.#channel.push({ ...end, unit, milliseconds });
    else this.#channel.push(noAnswer(unit, end, milliseconds));
    if (end.kind === 'output') this.#heard = true;
  }

  /** The units were not sent because of something that is not about them. */
  refuse(units: readonly UnitName[], failure: Failure): void {
    for (const unit of units) if (this.isOpen(unit)) this.#refused.set(unit, failure);
  }

  /** Ends the stream. When nothing reached any unit the reason is thrown, else it is said of each unit. */
  finish(): void {
    clearInterval(this.#ticker);
    const failure = [...this.#refused.values()][0];
    if (failure && !this.#heard && this.#refused.size === this.#options.units.length) {
      this.#channel.fail(failure);
      return;
    }
    for (const [unit, { message, hint }] of this.#refused) {
      const code = hint?.startsWith('juju login') ? 'NO_LOGIN' : 'NO_ANSWER';
      this.settle(unit, { kind: 'none', code, message: `not sent: ${message}`, mayHaveRun: false });
    }
    for (const unit of [...this.#open]) this.settle(unit, this.#interrupted(unit));
    this.#channel.end();
  }

  fail(error: unknown): void {
    clearInterval(this.#ticker);
    this.#channel.fail(error);
  }

  #interrupted(unit: UnitName): NoOutput {
    return { kind: 'none', code: 'CANCELLED', message: 'interrupted', mayHaveRun: this.#sent.has(unit) };
  }

  #tick(): void {
    const now = performance.now();
    const overdue = this.#patience.tick(now);
    if (overdue.length > 0) for (const watcher of this.#watchers) watcher(overdue);
    if (now - this.#said >= 1000) {
      this.#said = now;
      const limit = this.#options.hookSeconds;
      for (const waiting of this.#patience.waiting()) this.#channel.push({ kind: 'waiting', ...waiting, limit });
    }
    if (now - this.#asked >= ASK_HOOKS_EVERY_MILLISECONDS && this.#patience.isWorthAsking(now, SILENT_SECONDS)) {
      this.#asked = now;
      void this.#askForHooks();
    }
  }

  async #askForHooks(): Promise<void> {
    try {
      this.#patience.hooks(await this.#options.hooksInTheWay(this.signal));
    } catch {
      // Without an answer nobody is known to wait for a hook: the units' own time goes on.
    }
  }
}

function noAnswer(unit: UnitName, { code, message, mayHaveRun }: NoOutput, milliseconds: number): NoAnswer {
  return { kind: 'no-answer', unit, code, message, mayHaveRun, milliseconds };
}
