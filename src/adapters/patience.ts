import type { UnitName } from '../domain/unit-set.js';

export interface PatienceLimits {
  /** Seconds a unit may take once nothing stands in its way. */
  readonly timeoutSeconds: number;
  /** Seconds a hook that stands in its way is waited for beside that. */
  readonly hookSeconds: number;
}

interface Wait {
  readonly since: number;
  /** Seconds used of each budget. */
  used: number;
  waited: number;
  hook: string | undefined;
  running: boolean;
}

export interface Waiting {
  readonly unit: UnitName;
  readonly why: string;
  readonly seconds: number;
}

/** How long each unit has been waited for, and for what. Time is handed in, in milliseconds of a clock that never jumps. */
export class Patience {
  readonly #limits: PatienceLimits;
  readonly #waits = new Map<UnitName, Wait>();
  #last: number;

  constructor(limits: PatienceLimits, now: number) {
    this.#limits = limits;
    this.#last = now;
  }

  /** The unit's task is queued: its time counts from here. */
  start(unit: UnitName, now: number): void {
    this.#waits.set(unit, { since: now, used: 0, waited: 0, hook: undefined, running: false });
  }

  stop(unit: UnitName): void {
    this.#waits.delete(unit);
  }

  /** The unit has begun, so that no hook stands in its way; its own time counts from here. */
  run(unit: UnitName): void {
    const wait = this.#waits.get(unit);
    if (!wait || wait.running) return;
    wait.running = true;
    if (wait.hook !== undefined) wait.used = 0;
    wait.hook = undefined;
  }

  /** What stands in each unit's way now. The time before it was known counts as waiting as well. */
  hooks(found: ReadonlyMap<UnitName, string>): void {
    for (const [unit, wait] of this.#waits) {
      const hook = wait.running ? undefined : found.get(unit);
      if (hook !== undefined && wait.hook === undefined) {
        wait.waited += wait.used;
        wait.used = 0;
      }
      wait.hook = hook;
    }
  }

  /** Lets time pass; the units that have used up theirs. */
  tick(now: number): UnitName[] {
    const over: UnitName[] = [];
    for (const [unit, wait] of this.#waits) {
      const seconds = Math.max(0, now - Math.max(this.#last, wait.since)) / 1000;
      if (wait.hook === undefined) wait.used += seconds;
      else wait.waited += seconds;
      if (wait.used > this.#limits.timeoutSeconds || wait.waited > this.#limits.hookSeconds) over.push(unit);
    }
    this.#last = now;
    return over;
  }

  waiting(): Waiting[] {
    return [...this.#waits].flatMap(([unit, wait]) =>
      wait.hook === undefined ? [] : [{ unit, why: wait.hook, seconds: Math.floor(wait.waited) }],
    );
  }

  /** True when some unit has been silent for that long and may be behind a hook. */
  isWorthAsking(now: number, silentSeconds: number): boolean {
    return [...this.#waits.values()].some((wait) => !wait.running && now - wait.since > silentSeconds * 1000);
  }

  /** What a unit was given up for. */
  excuse(unit: UnitName): string {
    const wait = this.#waits.get(unit);
    if (wait?.hook !== undefined) return `waited ${Math.floor(wait.waited)} s for ${wait.hook}`;
    return `did not answer within ${this.#limits.timeoutSeconds} s`;
  }
}
