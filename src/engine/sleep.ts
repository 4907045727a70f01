import type { Clock } from './ports.js';

/** More than this between the clock and the time that was lived through is no accident of scheduling. */
const SLEPT_SECONDS = 30;

/**
 * Seconds for which the machine slept since the last call, 0 when it did not: the clock on the wall went on, and we did not. What was
 * known of the units before may all have changed since.
 */
export function watchSleep(clock: Clock): () => number {
  const read = (): number => (clock.now() - (clock.lived?.() ?? clock.now())) / 1000;
  let before = read();
  return () => {
    const now = read();
    const slept = now - before;
    before = now;
    return slept > SLEPT_SECONDS * clock.rate ? Math.round(slept) : 0;
  };
}

export function sleptText(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return `this machine slept for ${minutes < 2 ? `${seconds} s` : `${minutes} min`}: the units are asked how they stand`;
}

/** Milliseconds that we have lived through since this call, whatever the clock is set to meanwhile. */
export function timeSince(clock: Clock): () => number {
  const read = (): number => clock.lived?.() ?? clock.now();
  const start = read();
  return () => read() - start;
}
