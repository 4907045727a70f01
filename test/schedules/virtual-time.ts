import type { Clock } from '../../src/engine/ports.js';

/** When every schedule begins, milliseconds since 1970. */
export const BEGIN = Date.parse('2026-11-23T14:00:00Z');

interface Due {
  readonly at: number;
  readonly act: () => void;
}

/** Time in seconds that passes only when nobody has anything left to do in it. */
export class VirtualTime {
  readonly #due: Due[] = [];
  #now = 0;
  #woken = true;

  now(): number {
    return this.#now;
  }

  after(seconds: number, act: () => void): void {
    const at = this.#now + Math.max(0, seconds);
    let place = this.#due.length;
    // Latest first; of those at the same time the one that was asked for first comes first.
    while (place > 0 && (this.#due[place - 1]?.at ?? 0) <= at) place--;
    this.#due.splice(place, 0, { at, act });
  }

  /** Somebody who waits for a promise can go on: he gets his turn before time passes. */
  woken(): void {
    this.#woken = true;
  }

  /** Lets time pass until that moment, or until `isOver`, or until nothing is due any more. */
  async pass(until: number, isOver: () => boolean): Promise<void> {
    for (;;) {
      if (this.#woken) {
        this.#woken = false;
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      if (isOver()) return;
      const next = this.#due.at(-1);
      if (!next || next.at > until) break;
      this.#due.pop();
      this.#now = Math.max(this.#now, next.at);
      next.act();
    }
    this.#now = Math.max(this.#now, Math.min(until, this.#due.at(-1)?.at ?? until));
  }
}

/** A laptop or bastion: while it sleeps nothing goes on there. */
export class Machine {
  readonly #time: VirtualTime;
  #awakeFrom = 0;
  /** Seconds slept through so far. */
  slept = 0;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  sleep(seconds: number): void {
    if (this.#awakeFrom > this.#time.now()) return;
    this.#awakeFrom = this.#time.now() + seconds;
    this.slept += seconds;
  }

  /** Seconds until it is awake. */
  sleepsFor(): number {
    return Math.max(0, this.#awakeFrom - this.#time.now());
  }
}

/** One juju-tune that runs on a machine. Once it is killed nothing reaches it any more, and whoever waits in it waits for ever. */
export class Process {
  readonly machine: Machine;
  readonly #time: VirtualTime;
  isAlive = true;
  /** It waits for a person who may never answer. */
  isAsking = false;

  constructor(time: VirtualTime, machine: Machine) {
    this.#time = time;
    this.machine = machine;
  }

  get clock(): Clock {
    return {
      rate: 1,
      now: () => BEGIN + this.#time.now() * 1000,
      lived: () => (this.#time.now() - this.machine.slept) * 1000,
      sleep: (seconds, signal) => this.sleep(seconds, signal),
    };
  }

  now(): number {
    return this.#time.now();
  }

  /** Does it then, or when the machine is awake again; never when the process is gone by then. */
  after(seconds: number, act: () => void): void {
    this.#time.after(seconds, () => {
      if (!this.isAlive) return;
      const asleep = this.machine.sleepsFor();
      if (asleep > 0) return this.after(asleep, act);
      act();
      this.#time.woken();
    });
  }

  sleep(seconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = (): void => {
        signal.removeEventListener('abort', done);
        this.#time.woken();
        resolve();
      };
      signal.addEventListener('abort', done, { once: true });
      this.after(seconds, done);
    });
  }
}
