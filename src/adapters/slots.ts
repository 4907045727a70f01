/** What a juju process is for. Units' own work never takes the last slots, so that a poll or a cancel can always go out. */
export type Purpose = 'control' | 'unit';

/** A bound on processes that run at once. */
export interface Slots {
  /** Resolves with the function that gives the slot back. Rejects with the signal's reason. */
  take(purpose: Purpose, signal: AbortSignal): Promise<() => void>;
}

interface Waiter {
  readonly purpose: Purpose;
  readonly start: () => void;
}

export function createSlots(limit: number, kept: number): Slots {
  const waiters: Waiter[] = [];
  let used = 0;
  const fits = (purpose: Purpose): boolean => used < (purpose === 'control' ? limit : limit - kept);
  const next = (): void => {
    const index = waiters.findIndex((waiter) => waiter.purpose === 'control' || fits('unit'));
    if (index < 0 || !fits('control')) return;
    waiters.splice(index, 1)[0]?.start();
  };
  const occupy = (): (() => void) => {
    used++;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      used--;
      next();
    };
  };
  return {
    take(purpose, signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      if (fits(purpose) && !waiters.some((waiter) => waiter.purpose === purpose)) return Promise.resolve(occupy());
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          waiters.splice(waiters.indexOf(waiter), 1);
          reject(signal.reason);
        };
        const waiter: Waiter = {
          purpose,
          start() {
            signal.removeEventListener('abort', leave);
            resolve(occupy());
          },
        };
        signal.addEventListener('abort', leave, { once: true });
        waiters.push(waiter);
      });
    },
  };
}
