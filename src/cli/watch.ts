import type { Entry } from '../domain/event.js';
import { Failure } from '../domain/failure.js';
import { type Run, reduceRun } from '../domain/run.js';
import { foldUnits } from '../domain/unit-set.js';
import { entryJson } from '../ui/json.js';
import { entryText } from '../ui/plain/run.js';
import { moment } from '../ui/text.js';
import type { Invocation } from './invocation.js';

/** What a run that is watched needs of whoever watches it. */
export interface Watching {
  readonly stop: AbortSignal;
  readonly detach: AbortSignal;
  readonly emit: (entry: Entry) => void;
}

/**
 * Tells a run as it happens, unless a table will say it all. The first Ctrl-C stops it after the units in flight, the second stops watching; when the terminal goes away
 * or the system ends us, watching stops at once, and the journal says so.
 */
export async function watchRun<T>(
  invocation: Invocation,
  before: Run | undefined,
  carryOut: (watching: Watching) => Promise<T>,
  tells = true,
): Promise<T> {
  const { context, output } = invocation;
  const stop = new AbortController();
  const detach = new AbortController();
  let seen = before;
  const restore = context.onInterrupt((signal) => {
    const isEnd = signal === 'SIGHUP' || signal === 'SIGTERM';
    if (!stop.signal.aborted && !isEnd) {
      context.err('stopping after the units in flight (Ctrl-C again stops watching)');
      stop.abort();
    } else if (!detach.signal.aborted) {
      for (const line of partingText(seen)) context.err(line);
      stop.abort();
      detach.abort(isEnd ? signal : 'stopped watching');
    }
  });
  let [isAsked, isSent] = [false, false];
  const emit = (entry: Entry): void => {
    const known = isMovedOn(seen, entry) && !isAsked;
    seen = reduceRun(seen, entry);
    isAsked ||= entry.event.type === 'extending';
    isSent ||= entry.event.type === 'intent' || entry.event.type === 'options-intent';
    if (output.format === 'jsonl') output.json(entryJson(entry));
    else if (!tells || known) return;
    else if (output.format === 'text') output.lines(entryText(entry, output.paint));
    else for (const line of entryText(entry, output.paint)) output.progress(line);
  };
  try {
    return await carryOut({ stop: stop.signal, detach: detach.signal, emit });
  } catch (error) {
    throw isSent ? afterSending(error, seen) : error;
  } finally {
    restore();
  }
}

/**
 * A unit that awaited confirmation still does, only longer: with every batch that is so of all units before it, and says nothing to
 * somebody who did not ask for it.
 */
function isMovedOn(run: Run | undefined, { event }: Entry): boolean {
  if (event.type !== 'unit-settled' || event.outcome !== 'pending') return false;
  const unit = run?.units.find((one) => one.unit === event.unit);
  return unit?.asked === 'extend' && unit.until !== '';
}

/** Once anything was sent, a run that breaks off is not refused: what became of its units is not known. */
function afterSending(error: unknown, run: Run | undefined): unknown {
  const isBroken = error instanceof Failure && error.code === 'refused';
  if (!isBroken || !run || run.status === 'closed') return error;
  return new Failure('unknown-outcome', `run ${run.shortId} broke off: ${error.message}`, {
    problems: [...error.problems, ...partingText(run), ...(error.hint === undefined ? [] : [error.hint])],
    hint: `juju-tune resume ${run.shortId}`,
    cause: error,
  });
}

/** What the units do by themselves once nobody watches, and what goes on with the run. */
export function partingText(run: Run | undefined): string[] {
  if (!run) return ['stopped watching; nothing was sent yet'];
  const flying = run.units.filter((unit) => unit.intended && unit.phase !== 'settled').map((unit) => unit.unit);
  const held = run.units.filter((unit) => unit.outcome === 'pending' && unit.until !== '');
  const resume = `juju-tune resume ${run.shortId}`;
  const times = held.map((unit) => unit.until).sort();
  const [first = ''] = times;
  return [
    `stopped watching${flying.length === 0 ? '' : `; ${foldUnits(flying)} may be half-way`}: ${resume}`,
    ...(held.length === 0
      ? []
      : [`${foldUnits(held.map((unit) => unit.unit))} takes the change back at ${moment(first)} unless confirmed: ${resume}`]),
  ];
}
