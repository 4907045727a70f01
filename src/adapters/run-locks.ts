import { Failure } from '../domain/failure.js';
import type { Lock, Locks } from './lock.js';
import { pauseFor } from './pause.js';

/** A run that is carried out now. */
export function runLock(id: string): string {
  return `run.${id}`;
}

/** One writer for a model and application on this machine. */
export function applicationLock(modelUuid: string, application: string): string {
  return `${modelUuid}.${application}`;
}

/** Throws `Failure('refused')` that names who holds it, since when, and what to do. */
export async function takeOrRefuse(locks: Locks, name: string, shortId: string): Promise<Lock> {
  const lock = await locks.take(name, shortId);
  if (lock) return lock;
  throw isHeld(locks, name);
}

export function isHeld(locks: Locks, name: string): Failure {
  const { pid, run } = locks.holder(name);
  const hint =
    pid === undefined ? `juju-tune runs ${run}`.trim() : `wait for it, answer it where it asks, or end it: kill ${pid}`;
  return new Failure('refused', heldBy(locks, name), { hint });
}

/** `application "keystone" is already being worked on by process 4121 for 3 min (run keystone-14)`. */
export function heldBy(locks: Locks, name: string): string {
  const { pid, run, since } = locks.holder(name);
  const by = pid === undefined ? 'another process' : `process ${pid}`;
  const minutes = since === undefined ? 0 : Math.floor((Date.now() - since) / 60_000);
  const long = since === undefined ? '' : ` for ${minutes === 0 ? 'less than a minute' : `${minutes} min`}`;
  const application = name.slice(name.lastIndexOf('.') + 1);
  const what = name.startsWith('run.') ? `run ${run}` : `application "${application}"`;
  const of = run === '' || name.startsWith('run.') ? '' : ` (run ${run})`;
  return `${what} is already being worked on by ${by}${long}${of}`;
}

/** Numbers are given out one process at a time; it takes milliseconds. */
export async function takeSoon(locks: Locks, name: string): Promise<Lock> {
  const patience = AbortSignal.timeout(5000);
  for (;;) {
    const lock = await locks.take(name, '');
    if (lock) return lock;
    if (patience.aborted)
      throw new Failure('refused', 'another juju-tune is opening a run and does not go on', { hint: 'juju-tune runs' });
    await pauseFor(20, patience);
  }
}
