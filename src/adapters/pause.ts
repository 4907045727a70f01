/** Longer than this a timer of Node ends at once. */
const LONGEST_MILLISECONDS = 2 ** 31 - 1;

/** Resolves after that many milliseconds, 24 days at most, or at once when the signal is aborted. */
export function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(milliseconds, LONGEST_MILLISECONDS));
    signal.addEventListener('abort', done, { once: true });
  });
}
