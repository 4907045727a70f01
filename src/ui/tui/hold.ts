import type { Pause } from '../../engine/session.js';

/** A run that a person can hold before its next batch, and let go on. */
export class Hold implements Pause {
  #paused = false;
  #waiting: (() => void)[] = [];

  isPaused = (): boolean => this.#paused;

  resumed = (): Promise<void> => (this.#paused ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve());

  /** True when the run is held from now on. */
  toggle(): boolean {
    this.#paused = !this.#paused;
    if (!this.#paused) for (const goOn of this.#waiting.splice(0)) goOn();
    return this.#paused;
  }
}
