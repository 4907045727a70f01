/** What several producers say, as one stream for one reader. */
export interface Channel<T> extends AsyncIterable<T> {
  push(value: T): void;
  /** Ends the stream once everything pushed was read. */
  end(): void;
  /** Ends the stream by throwing, once everything pushed was read. */
  fail(error: unknown): void;
}

/** `left` is called when the reader goes away early. */
export function createChannel<T>(left: () => void): Channel<T> {
  const values: T[] = [];
  let ending: { readonly error?: unknown } | undefined;
  let wake = (): void => undefined;
  const finish = (how: { readonly error?: unknown }): void => {
    ending ??= how;
    wake();
  };
  return {
    push(value) {
      if (ending) return;
      values.push(value);
      wake();
    },
    end: () => finish({}),
    fail: (error) => finish({ error }),
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          while (values.length > 0) yield values.shift() as T;
          if (ending) break;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        left();
      }
      if ('error' in ending) throw ending.error;
    },
  };
}
