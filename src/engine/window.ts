import { Failure } from '../domain/failure.js';
import { deadlineOf, pendingUnits, type Run, type RunUnit } from '../domain/run.js';
import { askAgain, READ_BACK_SECONDS, type RunOrder, type Sending, START_WITHIN_SECONDS, sendOrders } from './send.js';
import { timeSince, watchSleep } from './sleep.js';

/** What a person says to a change that awaits confirmation. */
export type Decision =
  | { readonly kind: 'confirm'; readonly acceptDrift: boolean }
  | { readonly kind: 'extend'; readonly seconds: number }
  | { readonly kind: 'take-back' }
  /** To the timers of the units: they take it back unless it is confirmed later. */
  | { readonly kind: 'leave' };

/** Asks a person; the signal ends the question when there is nothing left to decide, or when it must be asked anew. */
export type AskPerson = (run: Run, signal: AbortSignal) => Promise<Decision>;

/** How a change on units is held until it is confirmed. */
export interface ConfirmWindow {
  /** How long there is to confirm it once the last batch has settled, seconds of the model's clock. 0: it is not held at all. */
  readonly seconds: number;
  /** False: nothing on the unit takes it back; only by --no-guard. */
  readonly guard: boolean;
  /** `itself`: as soon as the last gate has passed; `later`: by another command; else a person is asked. */
  readonly confirm: 'itself' | 'later' | AskPerson;
}

/** A change that is not held: its units end as they were asked. */
export const NOT_HELD: ConfirmWindow = { seconds: 0, guard: true, confirm: 'itself' };

export interface Held extends Sending {
  readonly window: ConfirmWindow;
  readonly operator: string;
}

/** Time for the gate behind a batch, for its read-back, and to spare. */
const SPARE_SECONDS = 120;
/** A pause between looks at clocks while somebody thinks. */
const LOOK_SECONDS = 2;
/** After its deadline a unit takes its change back within so many seconds, the restart included. */
const TAKES_BACK_SECONDS = 60;

/** How long a unit holds the change that it is asked to make, while others are being changed. 0: it is not held. */
export function holdSeconds(held: Held): number {
  return held.window.seconds === 0 ? 0 : holdOnSeconds(held);
}

/**
 * How long changes that await confirmation are held on: no shorter than what the next batch may take until its orders, which
 * extend this, begin on every unit. A run that goes on without a window has such changes of before.
 */
export function holdOnSeconds({ window, clock, recorder }: Held): number {
  const budget = Math.max(...recorder.run().plan.steps.map((step) => step.budgetSeconds), 0);
  const batch = START_WITHIN_SECONDS + budget + 2 * READ_BACK_SECONDS + SPARE_SECONDS;
  return Math.max(window.seconds, Math.ceil(batch * clock.rate));
}

/** Orders that hold every change of the run that awaits confirmation for so long from now. */
export function extendOrders(run: Run, windowSeconds: number): readonly RunOrder[] {
  return pendingUnits(run)
    .filter((unit) => unit.until !== '')
    .map(({ unit, transaction }) => ({ verb: 'extend', unit, transaction, windowSeconds }));
}

/** Waits for `work`; changes that await confirmation are held meanwhile, however long it takes. */
export async function whileHeld<T>(held: Held, work: Promise<T>): Promise<T> {
  const { clock, recorder, detach } = held;
  const over = new AbortController();
  const watched = work.finally(() => over.abort());
  // It is thrown below, once what is under way with the units has ended.
  watched.catch(() => undefined);
  const signal = AbortSignal.any([over.signal, detach]);
  const hold = holdOnSeconds(held);
  while (!signal.aborted) {
    const until = deadlineOf(recorder.run().units);
    if (until === '') break;
    const left = (Date.parse(until) - clock.now()) / 1000;
    if (left <= hold / 2) await sendOrders(held, extendOrders(recorder.run(), hold));
    await clock.sleep(LOOK_SECONDS * clock.rate, signal);
  }
  return watched;
}

/** Every change that awaits confirmation is kept; the units say what came of it. */
export async function confirmAll(held: Sending, by: string, acceptDrift: boolean): Promise<Run> {
  const { recorder } = held;
  await recorder.record({ type: 'confirming', by });
  const orders = pendingUnits(recorder.run()).map(
    ({ unit, transaction }): RunOrder => ({ verb: 'confirm', unit, transaction, acceptDrift }),
  );
  await sendOrders(held, orders);
  return recorder.run();
}

export async function extendAll(held: Sending, by: string, seconds: number): Promise<Run> {
  const { recorder } = held;
  const orders = extendOrders(recorder.run(), seconds);
  if (orders.length === 0) return recorder.run();
  await recorder.record({ type: 'extending', seconds, by });
  await sendOrders(held, orders);
  return recorder.run();
}

export function rollbackOrders({ plan }: Run, units: readonly RunUnit[]): readonly RunOrder[] {
  return units.map(({ unit, transaction }) => {
    const budgetSeconds = plan.steps.find((step) => step.unit === unit)?.budgetSeconds ?? 0;
    return { verb: 'rollback', unit, transaction, budgetSeconds };
  });
}

/**
 * Asks the person until nothing of the run awaits confirmation any more, or it is left to the timers. What the units did meanwhile by
 * themselves is read from them, never concluded from a clock.
 */
export async function awaitDecision(held: Held, ask: AskPerson, takeBack: () => Promise<void>): Promise<Run> {
  const { recorder, detach } = held;
  while (pendingUnits(recorder.run()).length > 0 && !detach.aborted) {
    const run = await announce(held);
    const decision = await decided(held, ask, run);
    if (detach.aborted) break;
    if (decision === 'over') await readAfterDeadline(held);
    else if (decision === 'slept') await askAgain(held, pendingUnits(recorder.run()), 'this machine slept');
    else if (decision.kind === 'confirm') await confirmAll(held, held.operator, decision.acceptDrift);
    else if (decision.kind === 'extend') await extendAll(held, held.operator, decision.seconds);
    else if (decision.kind === 'take-back') await takeBack();
    else return leave(held);
  }
  return recorder.run();
}

/** Says until when the run awaits confirmation. */
export async function announce({ recorder }: Sending): Promise<Run> {
  return recorder.record({ type: 'awaiting-confirmation', until: deadlineOf(recorder.run().units) });
}

async function leave({ recorder, operator }: Held): Promise<Run> {
  return recorder.record({ type: 'decision', text: 'left to the timers of the units', by: operator });
}

/** What the person says; `over` when the first deadline has passed, `slept` when nobody knows how the units stand. */
async function decided(held: Held, ask: AskPerson, run: Run): Promise<Decision | 'over' | 'slept'> {
  const { clock, detach } = held;
  const until = deadlineOf(run.units);
  const slept = watchSleep(clock);
  const over = new AbortController();
  const answered = new AbortController();
  const asked = ask(run, AbortSignal.any([over.signal, detach])).finally(() => answered.abort());
  asked.catch(() => undefined);
  const signal = AbortSignal.any([answered.signal, detach]);
  let end: 'over' | 'slept' = 'over';
  while (until !== '' && !signal.aborted) {
    const left = (Date.parse(until) - clock.now()) / 1000;
    end = slept() > 0 ? 'slept' : 'over';
    if (left <= 0 || end === 'slept') over.abort();
    if (over.signal.aborted) break;
    await clock.sleep(Math.min(left, LOOK_SECONDS * clock.rate), signal);
  }
  try {
    const decision = await asked;
    // Said before a sleep, of units that are not known any more.
    return over.signal.aborted || slept() > 0 ? end : decision;
  } catch (error) {
    if (over.signal.aborted || detach.aborted) return end;
    if (error instanceof Failure && error.code === 'interrupted') return { kind: 'leave' };
    throw error;
  }
}

/** The units are asked until each has taken its change back, or a minute has passed. */
export async function readAfterDeadline(held: Held): Promise<void> {
  const { clock, recorder, detach } = held;
  const waited = timeSince(clock);
  while (!detach.aborted) {
    await askAgain(held, pendingUnits(recorder.run()), 'its time to be confirmed is over');
    if (pendingUnits(recorder.run()).length === 0 || waited() >= TAKES_BACK_SECONDS * 1000 * clock.rate) return;
    await clock.sleep(LOOK_SECONDS * clock.rate, detach);
  }
}
