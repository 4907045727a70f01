import { deadlineOf, pendingUnits, type Run } from '../../domain/run.js';
import type { Tone } from '../paint.js';
import { duration, moment } from '../text.js';
import { isRunning, knownRuns, type State, shown } from './state.js';

/** With less than this left the countdown is red and the bell rings. */
export const LAST_SECONDS = 120;

/** A person's seconds until the first unit takes its change back; undefined when none does by itself. */
export function secondsLeft(state: State, run: Run): number | undefined {
  const until = deadlineOf(run.units);
  return until === '' ? undefined : (Date.parse(until) - state.modelNow) / 1000 / state.modelRate;
}

/** The run that is carried out from here waits for a person to say what becomes of it. */
export function isAsking(state: State): boolean {
  return isRunning(state) && state.live?.run?.status === 'awaiting-confirmation';
}

/** Something of the run waits to be confirmed, as far as this machine knows. */
export function awaitsConfirmation(state: State, run: Run): boolean {
  if (run.status === 'closed' || pendingUnits(run).length === 0) return false;
  const left = secondsLeft(state, run);
  return left === undefined || left > 0;
}

/** `takes itself back in 9:58`, and how it is meant. Undefined when nothing of the run awaits confirmation. */
export function countdown(state: State, run: Run): { readonly text: string; readonly tone: Tone } | undefined {
  if (!awaitsConfirmation(state, run)) return undefined;
  const left = secondsLeft(state, run);
  if (left === undefined) return { text: 'awaits confirmation, and nothing takes it back by itself', tone: 'warn' };
  return { text: `takes itself back in ${duration(left)}`, tone: left <= LAST_SECONDS ? 'bad' : 'warn' };
}

/** Keys that decide about a run, after those that lead to it: they are live in the run alone. */
export function keysInRun(state: State, run: Run, keys: string): string {
  const screen = shown(state);
  return screen.kind === 'run' && screen.run === run.id ? keys : `4 and enter: ${keys}`;
}

/** How a run that nobody carries out stands, for whoever looks at it: never more than this machine can know. */
export function openWords(state: State, run: Run): string | undefined {
  if (run.status === 'closed' || (isRunning(state) && state.live?.run?.id === run.id)) return undefined;
  const until = deadlineOf(run.units);
  const left = secondsLeft(state, run);
  if (left !== undefined && left <= 0) return `was to be taken back at ${moment(until)} unless confirmed: u asks the units`;
  if (awaitsConfirmation(state, run)) return undefined;
  return run.status === 'unfinished' ? 'nobody carries it out any more: u asks the units how they stand' : undefined;
}

/** What somebody who opens the screen should know of first: the newest run of this model that is not over. */
export function startNotice(state: State): { readonly text: string; readonly tone: Tone } | undefined {
  if (isRunning(state)) return undefined;
  const run = knownRuns(state).findLast((one) => one.status === 'awaiting-confirmation' || one.status === 'unfinished');
  if (!run) return undefined;
  const counting = countdown(state, run);
  if (counting) return { text: `run ${run.shortId} ${counting.text} unless confirmed: 4 shows it`, tone: counting.tone };
  return { text: `run ${run.shortId} is unfinished: 4 shows it, and u asks its units`, tone: 'warn' };
}
