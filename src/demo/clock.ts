import { join } from 'node:path';
import { readJson, writeAtomically } from './files.js';

/** `clock.json`: virtual now = epochVirtual + (real now - epochReal) x rate; all in milliseconds. */
export interface ClockFile {
  readonly epochReal: number;
  readonly epochVirtual: number;
  readonly rate: number;
}

/** A cloud without a clock file lives in real time. */
export function readClock(dir: string): ClockFile {
  return readJson<ClockFile>(join(dir, 'clock.json')) ?? { epochReal: 0, epochVirtual: 0, rate: 1 };
}

export function virtualNow(clock: ClockFile, real: number): number {
  return clock.epochVirtual + (real - clock.epochReal) * clock.rate;
}

/** Changes the speed without a jump of the virtual time. */
export function setRate(dir: string, clock: ClockFile, rate: number, real: number): ClockFile {
  const changed = { epochReal: real, epochVirtual: virtualNow(clock, real), rate };
  writeAtomically(join(dir, 'clock.json'), `${JSON.stringify(changed)}\n`);
  return changed;
}
