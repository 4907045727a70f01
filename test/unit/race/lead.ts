/** Milliseconds: the first step of a search, and how short or long its steps may become. */
export interface Steps {
  readonly first: number;
  readonly least: number;
  readonly most: number;
}

/** How long before the guard an order has to start so that either may win; that differs from machine to machine and from moment to moment. */
export class Lead {
  readonly #steps: Steps;
  #step: number;
  #lastLost: boolean | undefined;
  milliseconds = 0;

  constructor(steps: Steps) {
    this.#steps = steps;
    this.#step = steps.first;
  }

  /** Earlier after a race that was lost to the guard, else later; in longer steps as long as it is the same again. */
  learn(lost: boolean): void {
    const same = this.#lastLost === undefined || this.#lastLost === lost;
    const next = same ? this.#step * 1.2 : this.#step / 2;
    this.#step = Math.min(this.#steps.most, Math.max(this.#steps.least, next));
    this.#lastLost = lost;
    this.milliseconds += lost ? this.#step : -this.#step;
  }
}
