import type { TransactionState } from '../domain/event.js';
import { Failure } from '../domain/failure.js';
import type { Outcome } from '../domain/outcome.js';
import type { Plan } from '../domain/plan.js';
import { partsOf, pendingUnits, type Run, type RunUnit } from '../domain/run.js';
import type { UnitName } from '../domain/unit-set.js';
import { endOf, mustStop } from '../planning/failures.js';
import { gatherAnswers } from './gather.js';
import type { Clock, Juju, NoAnswer, Receipt, TaskState } from './ports.js';
import { NO_RECEIPT, untilOf } from './reading.js';
import { endingQuestions, READ_BACK_SECONDS, type Sending, settle } from './send.js';
import { announce } from './window.js';

const SAME_SECONDS = 5;

/** What can be done with a run that is taken up again. */
export type Offer = 'go-on' | 'confirm' | 'extend' | 'revert' | 'close';

/** What it comes to that a unit says so. */
export type Meaning =
  | 'not-begun' // was never sent anything
  | 'kept' // as wanted, for good
  | 'awaits' // as wanted, and taken back unless it is confirmed
  | 'taken-back' // as before
  | 'untouched' // as before: what was sent never arrived, and cannot any more
  | 'may-begin' // as it was before it was asked, so far: what was sent may still begin
  | 'conflict'
  | 'broken'
  | 'gone' // the unit is not there any more
  | 'unknown';

/** One unit of the run: what the journal said of it, what the unit says, and what that means. */
export interface SurveyRow {
  readonly unit: UnitName;
  readonly journal: Pick<RunUnit, 'outcome' | 'asked' | 'until' | 'intended'>;
  /** Undefined when it was not asked, or did not answer. */
  readonly state: TransactionState | undefined;
  /** Why nothing was heard, or what the unit adds. */
  readonly message: string;
  /** Juju's word for the last task of the unit; empty where it has none to say. */
  readonly task: string;
  readonly meaning: Meaning;
  readonly outcome: Outcome;
  readonly until: string;
  /** The journal told it otherwise; that is recorded. */
  readonly differs: boolean;
}

export interface Survey {
  readonly run: Run;
  readonly rows: readonly SurveyRow[];
  readonly offers: readonly Offer[];
}

/**
 * Asks Juju for the tasks of the run, cancels what has not begun, and asks every unit that was sent something how it stands. What the
 * units say is recorded, after `begin`, and beats the journal; while Juju cannot be used nothing is. Throws `Failure`. On a unit it ends
 * orders of the run that were not carried out, and what the unit recovers by itself.
 */
export async function survey(
  sending: Sending,
  juju: Juju,
  offsets: Map<UnitName, number>,
  begin: () => Promise<unknown>,
): Promise<readonly SurveyRow[]> {
  const { recorder, clock, detach } = sending;
  const run = recorder.run();
  const sent = run.units.filter((unit) => unit.intended);
  const tasks = await endOpenTasks(juju, sent, detach);
  const questions = endingQuestions(
    run,
    sent.map(({ unit }) => unit),
  );
  const options = { timeoutSeconds: READ_BACK_SECONDS, signal: detach };
  const statuses = sending.units.transactionStatus(questions, options);
  const { answers, silent } = await gatherAnswers(statuses, (event) => {
    if (event.kind === 'answer') offsets.set(event.unit, event.value.clock - clock.now() / 1000);
  });
  if (detach.aborted) throw new Failure('interrupted', 'interrupted; nothing was done with the run');
  await begin();
  const rows: SurveyRow[] = [];
  for (const unit of run.units) {
    const receipt = answers.get(unit.unit)?.value;
    const silence = silent.find((one) => one.unit === unit.unit);
    rows.push(await record(sending, unit, { receipt, silence, task: tasks.get(unit.task) }));
  }
  return rows;
}

async function endOpenTasks(juju: Juju, sent: readonly RunUnit[], signal: AbortSignal): Promise<ReadonlyMap<string, TaskState>> {
  const ids = sent.flatMap((unit) => (isOpen(unit) && unit.task !== '' ? [unit.task] : []));
  return ids.length === 0 || !juju.endTasks ? new Map() : juju.endTasks([...new Set(ids)], signal);
}

/** The journal does not know how it ended. */
function isOpen(unit: RunUnit): boolean {
  return unit.intended && (unit.phase !== 'settled' || unit.outcome === 'unknown');
}

/** It was sent a change that it knows nothing of as yet, and that it would still make. */
export function mayYetBegin(unit: RunUnit, { state, clock }: Receipt): boolean {
  return state === 'NONE' && unit.asked === 'apply' && isOpen(unit) && clock <= unit.notAfter;
}

interface Heard {
  readonly receipt: Receipt | undefined;
  readonly silence: NoAnswer | undefined;
  readonly task: TaskState | undefined;
}

async function record(sending: Sending, unit: RunUnit, heard: Heard): Promise<SurveyRow> {
  const { recorder } = sending;
  const { receipt, silence, task } = heard;
  const meaning = meaningOf(unit, heard);
  const outcome = outcomeFor(recorder.run().plan.kind, unit, meaning);
  const message = receipt?.message || silence?.message || '';
  const row = { unit: unit.unit, journal: unit, state: receipt?.state, message, task: task?.status ?? '', meaning, outcome };
  if (!unit.intended) return { ...row, until: '', differs: false };
  // Of a unit that says nothing, what was known of its timer still holds.
  const silentUntil = outcome === 'unknown' ? unit.until : '';
  const until = receipt ? untilOf(receipt, sending.clock.now(), sending.clockOffsets.get(unit.unit)) : silentUntil;
  const differs = isOpen(unit) || unit.outcome !== outcome;
  const told = { ...row, until, differs };
  if (!differs && isSameTime(until, unit.until, sending.clock)) return told;
  const read = { ...(receipt ?? NO_RECEIPT), code: codeOf(heard) };
  await settle(sending, unit.unit, read, outcome, unit.milliseconds, { detail: message, until });
  return told;
}

/** What the way of an answer takes is no news. */
function isSameTime(a: string, b: string, { rate }: Clock): boolean {
  return a === b || Math.abs(Date.parse(a) - Date.parse(b)) < SAME_SECONDS * 1000 * rate;
}

function codeOf({ receipt, silence }: Heard): string {
  return receipt?.code ?? silence?.code ?? '';
}

function meaningOf(unit: RunUnit, { receipt, silence, task }: Heard): Meaning {
  if (!unit.intended) return 'not-begun';
  if (silence?.code === 'MISSING') return 'gone';
  if (!receipt || receipt.outcome === 'unknown') return 'unknown';
  const isThere = receipt.state === 'PENDING' || receipt.state === 'COMMITTED';
  if (isThere && unit.asked === 'rollback' && isOpen(unit) && mayBegin(unit, receipt, task)) return 'may-begin';
  switch (receipt.state) {
    case 'PENDING':
      return 'awaits';
    case 'COMMITTED':
      return receipt.outcome === 'conflict' ? 'conflict' : 'kept';
    case 'REVERTED':
      return 'taken-back';
    case 'CONFLICT':
      return 'conflict';
    case 'BROKEN':
      return 'broken';
    case 'NONE':
      return meaningOfNothing(unit, receipt, task);
    default:
      return 'unknown';
  }
}

/** What the unit has ended, whose task is over, or that is too late, can never be done any more; before that it may. */
function mayBegin({ notAfter }: RunUnit, { clock, ended }: Receipt, task: TaskState | undefined): boolean {
  return ended !== true && task?.over !== true && clock <= notAfter;
}

/** The unit knows of no such change. */
function meaningOfNothing(unit: RunUnit, receipt: Receipt, task: TaskState | undefined): Meaning {
  if (receipt.outcome === 'refused') return 'unknown';
  if (unit.asked !== 'apply') return 'unknown';
  if (!isOpen(unit)) return unit.outcome === 'changed' || unit.outcome === 'pending' ? 'unknown' : 'untouched';
  return mayBegin(unit, receipt, task) ? 'may-begin' : 'untouched';
}

function outcomeFor(kind: Plan['kind'], unit: RunUnit, meaning: Meaning): Outcome {
  const back = kind === 'rollback';
  switch (meaning) {
    case 'not-begun':
      return unit.outcome;
    case 'kept':
      return back ? 'failed' : 'changed';
    case 'awaits':
      return back ? 'failed' : 'pending';
    case 'taken-back':
      return back ? 'changed' : 'reverted';
    case 'untouched':
      return unit.outcome === 'refused' || unit.outcome === 'unchanged' ? unit.outcome : 'failed';
    case 'gone':
      return 'failed';
    case 'conflict':
      return 'conflict';
    case 'broken':
      return 'broken';
    case 'may-begin':
    case 'unknown':
      return 'unknown';
  }
}

/** Batches are left, and nothing speaks against them. */
export function canGoOn(run: Run): boolean {
  const sent = run.units.filter((unit) => unit.intended);
  const known = sent.every((unit) => unit.outcome !== 'unknown');
  return run.units.some((unit) => unit.outcome === 'not-started') && known && !mustStop(run);
}

export function offersFor(run: Run): readonly Offer[] {
  const has = (...outcomes: readonly Outcome[]): boolean => partsOf(run).some((part) => outcomes.includes(part.outcome));
  const open = run.status !== 'closed';
  const offers: readonly (readonly [Offer, boolean])[] = [
    ['go-on', open && canGoOn(run)],
    ['confirm', has('pending')],
    ['extend', run.units.some((unit) => unit.outcome === 'pending' && unit.until !== '')],
    ['revert', run.plan.kind === 'apply' && has('pending', 'changed', 'unknown', 'conflict', 'broken')],
    ['close', open && !has('pending', 'unknown')],
  ];
  return offers.flatMap(([offer, holds]) => (holds ? [offer] : []));
}

/**
 * Says how the run stands once nothing more is done with it now: it awaits confirmation, is over, or has something left to do. With
 * `isEnd` what is left to do is left for good.
 */
export async function conclude(sending: Sending, isEnd = false): Promise<Run> {
  const { recorder } = sending;
  const run = recorder.run();
  if (run.status === 'closed') return run;
  if (pendingUnits(run).length > 0) return announce(sending);
  const left = canGoOn(run);
  const isOver = !left && partsOf(run).every((part) => part.outcome !== 'unknown');
  if (!isOver && !isEnd) return run;
  const outcome = left && run.units.some((unit) => unit.intended) ? 'interrupted' : endOf(run);
  return recorder.record({ type: 'run-closed', outcome, detail: '' });
}
