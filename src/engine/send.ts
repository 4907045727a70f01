import type { Outcome } from '../domain/outcome.js';
import type { Plan } from '../domain/plan.js';
import type { Run, RunUnit } from '../domain/run.js';
import type { UnitName } from '../domain/unit-set.js';
import { gatherAnswers, NOT_SENT } from './gather.js';
import type { Clock, NoAnswer, Order, OrderNumber, Receipt, StatusQuestion, Terms, UnitEvent, Units } from './ports.js';
import { NO_RECEIPT, NOT_DONE, readingOf, unread, untilOf } from './reading.js';
import type { Recorder } from './recorder.js';

/**
 * Seconds a unit may let pass between being sent a change and starting it; after that it refuses (EXPIRED): a hook that is waited for
 * (5 min, product.md), and two minutes.
 */
export const START_WITHIN_SECONDS = 420;
export const READ_BACK_SECONDS = 30;

/** What it takes to ask units of a run for something and to believe only what they say. */
export interface Sending {
  readonly units: Pick<Units, 'change' | 'transactionStatus'>;
  readonly clock: Clock;
  readonly recorder: Recorder;
  /** Unit clock minus ours, seconds, as read when the run was opened. */
  readonly clockOffsets: ReadonlyMap<UnitName, number>;
  /** Aborted: stop watching. */
  readonly detach: AbortSignal;
}

/** A step of a run may be asked of a unit: never of the store of transactions as a whole. */
export type RunOrder = Exclude<Order, { readonly verb: 'gc' }>;

/** How a unit stood in the run before it was asked, and what it was asked for. */
interface Asked {
  readonly order: RunOrder;
  readonly before: RunUnit | undefined;
  /** When a change of which nothing is heard is taken back by its unit at the latest, ISO 8601; empty: never. */
  readonly latest: string;
}

/**
 * Asks the units and settles each; what stays silent, or refuses without saying how it stands, is read back before anything is said of
 * it. Every intent is in the journal before anything is sent. Returns early, with units unsettled, when nobody watches any more.
 */
export async function sendOrders(sending: Sending, orders: readonly RunOrder[]): Promise<void> {
  if (orders.length === 0) return;
  const { recorder, clock } = sending;
  const { plan, units } = recorder.run();
  const asked = new Map<UnitName, Asked>();
  const terms: Record<UnitName, Terms> = {};
  for (const order of orders) {
    const before = units.find((unit) => unit.unit === order.unit);
    asked.set(order.unit, { order, before, latest: latestEnd(order, before, clock) });
    const notAfter = Math.floor(unitSeconds(sending, order.unit) + START_WITHIN_SECONDS * clock.rate);
    const run = await recorder.record({
      type: 'intent',
      unit: order.unit,
      transaction: order.verb === 'apply' ? order.step.transaction : order.transaction,
      verb: order.verb,
      notAfter,
    });
    terms[order.unit] = { notAfter, number: lastOrder(run, order.unit) };
  }
  const open: NoAnswer[] = [];
  const seen = async (event: UnitEvent<Receipt>): Promise<void> => {
    const unclear = await follow(sending, asked, event);
    if (unclear) open.push(unclear);
  };
  const options = { timeoutSeconds: timeoutOf(orders), signal: sending.detach };
  const events = sending.units.change(orders, plan.contents, terms, options);
  const { silent } = await gatherAnswers(events, seen, [...asked.keys()]);
  if (sending.detach.aborted) return;
  for (const absence of silent) if (absence.code === NOT_SENT) await settleUnsent(sending, asked.get(absence.unit), absence);
  await readBack(sending, asked, [...silent.filter((absence) => absence.code !== NOT_SENT), ...open]);
}

/** Asks these units of the run how their transaction stands, and says so of each: nothing is changed by it. */
export async function askAgain(sending: Sending, units: readonly RunUnit[], why: string): Promise<void> {
  const open = { kind: 'no-answer', code: '', message: why, mayHaveRun: true, milliseconds: 0 } as const;
  const silent = units.map(({ unit }) => ({ ...open, unit }));
  await readBack(sending, new Map(), silent);
}

/** The order that a unit was sent last. */
function lastOrder({ id, units }: Run, name: UnitName): OrderNumber {
  return { run: id, number: units.find(({ unit }) => unit === name)?.orders ?? 0 };
}

/** Asks what became of the transactions of these units of a run, none of whose orders is waited for any more: those are void with it. */
export function endingQuestions(run: Run, names: readonly UnitName[]): Readonly<Record<UnitName, StatusQuestion>> {
  return Object.fromEntries(
    run.units.flatMap(({ unit, transaction }) =>
      names.includes(unit) ? [[unit, { transaction, endsUpTo: lastOrder(run, unit) }]] : [],
    ),
  );
}

function unitSeconds(sending: Sending, unit: UnitName): number {
  return sending.clock.now() / 1000 + (sending.clockOffsets.get(unit) ?? 0);
}

/** A change that was sent may begin at the last moment, and is then held for its whole window. */
function latestEnd(order: RunOrder, before: RunUnit | undefined, clock: Clock): string {
  if (order.verb === 'confirm' || order.verb === 'rollback') return before?.until ?? '';
  if (order.windowSeconds === 0 || (order.verb === 'apply' && !order.guard)) return '';
  const seconds = START_WITHIN_SECONDS * clock.rate + order.windowSeconds;
  return new Date(clock.now() + seconds * 1000).toISOString();
}

function timeoutOf(orders: readonly RunOrder[]): number {
  const budgets = orders.map((order) =>
    order.verb === 'apply' ? order.step.budgetSeconds : order.verb === 'rollback' ? order.budgetSeconds : 0,
  );
  return Math.max(...budgets, 0) + READ_BACK_SECONDS;
}

/** Gives back an answer that does not say how the unit stands now. */
async function follow(
  sending: Sending,
  asked: ReadonlyMap<UnitName, Asked>,
  event: UnitEvent<Receipt>,
): Promise<NoAnswer | undefined> {
  const { recorder } = sending;
  if (event.kind === 'queued') await recorder.record({ type: 'task-queued', operation: event.operation, tasks: event.tasks });
  if (event.kind === 'waiting') {
    const detail = `waits for ${event.why} ${event.seconds} s of ${event.limit} s`;
    await recorder.record({ type: 'unit-phase', unit: event.unit, phase: 'queued', detail });
  }
  if (event.kind !== 'answer') return undefined;
  const { value, unit, milliseconds } = event;
  const verb = asked.get(unit)?.order.verb ?? 'apply';
  if (isUnclear(verb, value)) {
    return { kind: 'no-answer', unit, code: value.code, message: value.message, mayHaveRun: false, milliseconds };
  }
  await settle(sending, unit, value, settledOutcome(recorder.run().plan, verb, value), milliseconds);
  return undefined;
}

/** It would not, and did not look (locked, damaged, too late): that says nothing of a change that was there before. */
function isUnclear(verb: RunOrder['verb'], { outcome, state }: Receipt): boolean {
  return verb !== 'apply' && outcome === 'refused' && state !== 'PENDING' && state !== 'COMMITTED' && state !== 'REVERTED';
}

function settledOutcome({ kind }: Plan, verb: RunOrder['verb'], { outcome, state }: Receipt): Outcome {
  // Of a rollback, being back is what was asked for.
  if (kind === 'rollback') return outcome === 'reverted' ? 'changed' : outcome;
  if (state === 'PENDING') return 'pending';
  // A change that would not be confirmed or taken back is as it was: "refused" would say that nothing was.
  if (verb !== 'apply' && outcome === 'refused') return state === 'COMMITTED' ? 'changed' : 'reverted';
  return verb !== 'apply' && state === 'COMMITTED' && outcome !== 'conflict' ? 'changed' : outcome;
}

/** What a unit said becomes true of the run. */
export async function settle(
  sending: Sending,
  unit: UnitName,
  receipt: Receipt,
  outcome: Outcome,
  milliseconds: number,
  more: { readonly detail?: string; readonly until?: string } = {},
): Promise<void> {
  const { state, code, message, log } = receipt;
  const back = outcome === 'changed' && receipt.outcome === 'reverted';
  const detail = more.detail ?? (message === '' && back ? 'as before the run' : message);
  const until = more.until ?? untilOf(receipt, sending.clock.now(), sending.clockOffsets.get(unit));
  await sending.recorder.record({
    type: 'unit-settled',
    unit,
    outcome,
    state,
    code,
    detail,
    log,
    milliseconds,
    ...(until === '' ? {} : { until }),
  });
}

/** Nothing reached this unit: it is as it was before it was asked. */
async function settleUnsent({ recorder }: Sending, asked: Asked | undefined, absence: NoAnswer): Promise<void> {
  const { unit, code, message, milliseconds } = absence;
  const kept = recorder.run().plan.kind === 'apply' && asked?.order.verb !== 'apply' ? asked?.before : undefined;
  const told = kept
    ? { outcome: kept.outcome, state: kept.state, detail: `${NOT_DONE[asked?.order.verb ?? 'apply']}: ${message}` }
    : ({ outcome: 'failed', state: 'NONE', detail: `not sent: ${message}; nothing was changed` } as const);
  const until = kept === undefined || kept.until === '' ? {} : { until: kept.until };
  await recorder.record({ type: 'unit-settled', unit, ...told, code, log: [], milliseconds, ...until });
}

/** A unit that did not answer may have done all, nothing or half: ask what became of its transaction. */
async function readBack(sending: Sending, asked: ReadonlyMap<UnitName, Asked>, silent: readonly NoAnswer[]): Promise<void> {
  if (silent.length === 0) return;
  const { recorder } = sending;
  for (const { unit, message } of silent) {
    await recorder.record({ type: 'unit-phase', unit, phase: 'reading-back', detail: message });
  }
  const questions = endingQuestions(
    recorder.run(),
    silent.map(({ unit }) => unit),
  );
  const options = { timeoutSeconds: READ_BACK_SECONDS, signal: sending.detach };
  const told = await gatherAnswers(sending.units.transactionStatus(questions, options), undefined, Object.keys(questions));
  if (sending.detach.aborted) return;
  for (const absence of silent) {
    const verb = asked.get(absence.unit)?.order.verb;
    const answer = told.answers.get(absence.unit)?.value;
    const again = told.silent.find((one) => one.unit === absence.unit);
    const read = answer
      ? readingOf(recorder.run().plan.kind, verb, { ...absence, mayBegin: mayBegin(recorder.run(), absence, answer) }, answer)
      : unread(absence, verb === undefined ? again : undefined);
    const until = read.outcome === 'unknown' ? { until: latestOf(recorder.run(), asked, absence.unit) } : {};
    await settle(sending, absence.unit, { ...(answer ?? NO_RECEIPT), code: read.code }, read.outcome, absence.milliseconds, {
      detail: read.detail,
      ...until,
    });
  }
}

/** Nobody saw the end of its task, and the unit could neither end what it was asked for nor is that too late for it yet. */
function mayBegin({ units }: Run, { unit, code, mayHaveRun }: NoAnswer, { clock, ended }: Receipt): boolean {
  const isOpen = ended !== true && mayHaveRun && (code === 'NO_ANSWER' || code === 'NO_LOGIN');
  return isOpen && clock <= (units.find((candidate) => candidate.unit === unit)?.notAfter ?? 0);
}

function latestOf(run: Run, asked: ReadonlyMap<UnitName, Asked>, unit: UnitName): string {
  return asked.get(unit)?.latest ?? run.units.find((candidate) => candidate.unit === unit)?.until ?? '';
}
