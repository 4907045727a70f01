import type { State } from './state.js';

/** How long changes are gathered before React is told, milliseconds. */
const FLUSH_MS = 60;

/** Holds the state outside React. However many changes come, a view is told at most every 60 ms; a key is shown at once. */
export class Store {
  #state: State;
  #shown: State;
  #timer: NodeJS.Timeout | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(state: State) {
    this.#state = state;
    this.#shown = state;
  }

  get state(): State {
    return this.#state;
  }

  /** What views show: the same object until they are told. */
  readonly shown = (): State => this.#shown;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  update(change: (state: State) => State): void {
    this.#state = change(this.#state);
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  /** Tells views now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#shown === this.#state) return;
    this.#shown = this.#state;
    for (const listener of this.#listeners) listener();
  }
}
