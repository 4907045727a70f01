import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../engine/ports.js';
import { number, parseJson } from './json.js';
import { pauseFor } from './pause.js';

/** The time of this machine. */
export const realClock: Clock = {
  rate: 1,
  now: () => Date.now(),
  lived: () => performance.now(),
  sleep: (seconds, signal) => pauseFor(seconds * 1000, signal),
};

/** The clock for a model: the demo cloud's own when it is that, named by `JUJU_TUNE_DEMO`. */
export function clockOf(environment: Readonly<Record<string, string | undefined>>, demo: boolean): Clock {
  const folder = environment.JUJU_TUNE_DEMO;
  return demo && folder !== undefined && folder !== '' ? demoClock(join(folder, 'clock.json')) : realClock;
}

interface Rate {
  readonly epochReal: number;
  readonly epochVirtual: number;
  readonly rate: number;
}

/** The demo cloud's time: it runs on while nobody looks, `rate` times as fast. Without a readable file it is the real time. */
export function demoClock(file: string): Clock {
  return {
    get rate() {
      return readRate(file).rate;
    },
    now() {
      const { epochReal, epochVirtual, rate } = readRate(file);
      return Math.round(epochVirtual + (Date.now() - epochReal) * rate);
    },
    lived: () => performance.now() * readRate(file).rate,
    sleep: (seconds, signal) => pauseFor((seconds * 1000) / readRate(file).rate, signal),
  };
}

function readRate(file: string): Rate {
  try {
    const clock = parseJson(readFileSync(file, 'utf8'), file);
    const epochReal = number(clock, 'epochReal');
    const epochVirtual = number(clock, 'epochVirtual');
    const rate = number(clock, 'rate') ?? 0;
    if (epochReal !== undefined && epochVirtual !== undefined && rate > 0) return { epochReal, epochVirtual, rate };
  } catch {
    // A demo that is being set up or taken away has no clock; its time is then ours.
  }
  return { epochReal: 0, epochVirtual: 0, rate: 1 };
}
