import { asFailure } from './failures.js';
import type { Message } from './state.js';
import type { Store } from './store.js';

/** Terminals drop longer ones (OSC 52). */
const COPIED_BYTES = 8 * 1024;

export interface TakerOptions {
  /** Gives text to the terminal's clipboard; absent where there is none. */
  readonly copy?: (text: string) => void;
  /** Writes a new file in the current folder and gives its path; throws what the system says. */
  readonly write?: (name: string, text: string) => Promise<string>;
}

/** Lets a person take text along: to read, to copy, or in a file. */
export class Taker {
  readonly #store: Store;
  readonly #options: TakerOptions;

  constructor(store: Store, options: TakerOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Shows text to be read or marked with the mouse, and copies it when it is not too long for a terminal. */
  show(title: string, lines: readonly string[]): void {
    const text = lines.join('\n');
    const copies = this.#options.copy !== undefined && Buffer.byteLength(text) <= COPIED_BYTES;
    if (copies) this.#options.copy?.(text);
    this.#store.update((state) => ({ ...state, stack: [...state.stack, { kind: 'text', title, lines, cursor: 0, filter: '' }] }));
    this.#say(copies ? 'copied, where the terminal allows it; w writes a file' : 'too long to copy: w writes a file', 'plain');
  }

  /** Writes it to a new file and says where. */
  async write(name: string, lines: readonly string[]): Promise<void> {
    try {
      const path = await this.#options.write?.(name, `${lines.join('\n')}\n`);
      this.#say(path === undefined ? 'nothing can be written here' : `written: ${path}`, path === undefined ? 'warn' : 'good');
    } catch (error) {
      this.#say(`not written: ${asFailure(error).message}`, 'bad');
    }
    this.#store.flush();
  }

  #say(text: string, tone: Message['tone']): void {
    this.#store.update((state) => ({ ...state, message: { text, tone } }));
  }
}
