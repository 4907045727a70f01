import type { Entry, GateCheck, Measured, Phase, RunEvent, TransactionState } from './event.js';
import { EXIT, type ExitCode, exitCodeOfRun, type Outcome, type RunOutcome, type RunStatus } from './outcome.js';
import type { Plan, TransactionId } from './plan.js';
import type { UnitName } from './unit-set.js';

export interface RunUnit {
  readonly unit: UnitName;
  readonly batch: number;
  readonly transaction: TransactionId;
  /** Sent: from here on a unit without an outcome is `unknown`. */
  readonly intended: boolean;
  /** What it was asked for last; empty before. */
  readonly asked: Intent | '';
  /** Unit clock, seconds since 1970: what it was asked for last cannot begin after it. 0 before. */
  readonly notAfter: number;
  /** How many orders it was sent. */
  readonly orders: number;
  readonly phase: 'waiting' | Phase | 'settled';
  readonly phaseDetail: string;
  readonly operation: string;
  readonly task: string;
  readonly outcome: Outcome;
  readonly state: TransactionState;
  readonly code: string;
  readonly detail: string;
  readonly log: readonly string[];
  readonly milliseconds: number;
  /**
   * When it takes an unconfirmed change back, ISO 8601 on the model's clock; of an `unknown` one at the latest. Empty when it never does
   * by itself, and when there is nothing to confirm.
   */
  readonly until: string;
}

type Intent = Extract<RunEvent, { type: 'intent' }>['verb'];

/** How the charm options of a run stand. */
export interface RunOptions {
  /** Sent: from here on `unknown` until it was read back. */
  readonly intended: boolean;
  readonly outcome: Outcome;
  readonly detail: string;
}

export interface RunGate {
  readonly batch: number;
  readonly ok: boolean;
  readonly checks: readonly GateCheck[];
}

/** A run as its entries tell it: the one thing that screens, exit codes, reports and rollback read. */
export interface Run {
  /** ULID. */
  readonly id: string;
  /** For people: `keystone-14`. */
  readonly shortId: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly operator: string;
  readonly purpose: string;
  readonly juju: string;
  readonly plan: Plan;
  readonly units: readonly RunUnit[];
  /** Of a run that sets charm options. */
  readonly options: RunOptions | undefined;
  readonly batch: number;
  readonly gates: readonly RunGate[];
  /** How long the batch is watched that is being watched; 0 for none. */
  readonly bakingSeconds: number;
  readonly measuringSeconds: number;
  readonly measures: readonly Measured[];
  readonly decisions: readonly string[];
  readonly operations: readonly string[];
  readonly status: RunStatus;
  readonly outcome: RunOutcome | undefined;
  readonly detail: string;
  /** What is wrong with its journal: what is told here may then be less than what happened. */
  readonly problem?: string;
}

/** The run that these entries tell, or undefined before `run-opened`. Any prefix of a run's entries is valid. */
export function foldRun(entries: Iterable<Entry>): Run | undefined {
  let run: Run | undefined;
  for (const entry of entries) run = reduceRun(run, entry);
  return run;
}

/** The run after one more entry. Pure; an entry before `run-opened` is ignored. */
export function reduceRun(run: Run | undefined, entry: Entry): Run | undefined {
  const { event } = entry;
  if (event.type === 'run-opened') return openRun(entry, event);
  if (!run) return undefined;
  switch (event.type) {
    case 'batch-started':
      return { ...run, batch: event.batch };
    case 'intent':
      return withIntent(run, event);
    case 'task-queued':
      return withTasks(run, event.operation, event.tasks);
    case 'unit-phase':
      return withUnit(run, event.unit, { phase: event.phase, phaseDetail: event.detail });
    case 'unit-settled':
      return withUnit(run, event.unit, {
        phase: 'settled',
        phaseDetail: '',
        outcome: event.outcome,
        state: event.state,
        code: event.code,
        detail: event.detail,
        log: event.log,
        milliseconds: event.milliseconds,
        until: event.until ?? '',
      });
    case 'options-intent':
      return { ...run, options: { intended: true, outcome: 'unknown', detail: '' } };
    case 'options-settled':
      return { ...run, options: { intended: true, outcome: event.outcome, detail: event.detail } };
    case 'baking':
      return { ...run, bakingSeconds: event.seconds };
    case 'gate':
      return { ...run, bakingSeconds: 0, gates: [...run.gates, { batch: event.batch, ok: event.ok, checks: event.checks }] };
    case 'measuring':
      return { ...run, measuringSeconds: event.seconds };
    case 'measured':
      return { ...run, measures: event.measures };
    case 'decision':
      return { ...run, decisions: [...run.decisions, event.text] };
    case 'batch-finished':
    case 'extending':
      return run;
    case 'awaiting-confirmation':
      return { ...run, status: 'awaiting-confirmation' };
    case 'confirming':
      return { ...run, status: 'open', decisions: [...run.decisions, `confirmed by ${event.by}`] };
    case 'taking-back':
      return { ...run, status: 'open', decisions: [...run.decisions, `taken back: ${event.reason}`] };
    case 'interrupted':
      return {
        ...run,
        status: run.status === 'open' ? 'unfinished' : run.status,
        decisions: [...run.decisions, `interrupted: ${event.reason}`],
      };
    case 'resumed':
      return {
        ...run,
        status: 'open',
        outcome: undefined,
        detail: '',
        endedAt: '',
        decisions: [...run.decisions, `resumed by ${event.by}`],
      };
    case 'run-closed':
      return { ...run, status: 'closed', outcome: event.outcome, detail: event.detail, endedAt: entry.at };
    default:
      // A journal of a later version may tell of more; what is told here is then less than what happened.
      event satisfies never;
      return run;
  }
}

function openRun(entry: Entry, event: Extract<RunEvent, { type: 'run-opened' }>): Run {
  const batchOf = new Map(event.plan.batches.flatMap((batch) => batch.units.map((unit) => [unit, batch.number] as const)));
  return {
    id: entry.run,
    shortId: event.shortId,
    startedAt: entry.at,
    endedAt: '',
    operator: event.operator,
    purpose: event.purpose,
    juju: event.juju,
    plan: event.plan,
    units: event.plan.steps.map((step) => ({
      unit: step.unit,
      batch: batchOf.get(step.unit) ?? 0,
      transaction: step.transaction,
      intended: false,
      asked: '',
      notAfter: 0,
      orders: 0,
      phase: 'waiting',
      phaseDetail: '',
      operation: '',
      task: '',
      outcome: 'not-started',
      state: 'NONE',
      code: '',
      detail: '',
      log: [],
      milliseconds: 0,
      until: '',
    })),
    options: event.plan.charm === undefined ? undefined : { intended: false, outcome: 'not-started', detail: '' },
    batch: 0,
    gates: [],
    bakingSeconds: 0,
    measuringSeconds: 0,
    measures: [],
    decisions: [],
    operations: [],
    status: 'open',
    outcome: undefined,
    detail: '',
  };
}

function withIntent(run: Run, { unit, transaction, notAfter, verb }: Extract<RunEvent, { type: 'intent' }>): Run {
  const orders = (run.units.find((one) => one.unit === unit)?.orders ?? 0) + 1;
  return withUnit(run, unit, { transaction, notAfter, orders, ...intended(verb) });
}

/** Sent, and not heard of yet: a change may have happened or not. A window that may be longer by now still is one. */
function intended(verb: Intent): Partial<RunUnit> {
  if (verb === 'extend') return { asked: verb };
  const phase = ({ apply: 'applying', rollback: 'taking-back', confirm: 'confirming' } as const)[verb];
  // A task of before says nothing of what is asked for now.
  return { intended: true, asked: verb, phase, phaseDetail: '', operation: '', task: '', outcome: 'unknown' };
}

function withUnit(run: Run, name: UnitName, change: Partial<RunUnit>): Run {
  return { ...run, units: run.units.map((unit) => (unit.unit === name ? { ...unit, ...change } : unit)) };
}

function withTasks(run: Run, operation: string, tasks: Readonly<Record<UnitName, string>>): Run {
  return {
    ...run,
    operations: operation === '' || run.operations.includes(operation) ? run.operations : [...run.operations, operation],
    units: run.units.map((unit) => {
      const task = tasks[unit.unit];
      return task === undefined ? unit : { ...unit, operation, task };
    }),
  };
}

/** Units that will take their change back unless it is confirmed, or that somebody must confirm. */
export function pendingUnits(run: Run): readonly RunUnit[] {
  return run.units.filter((unit) => unit.outcome === 'pending');
}

/** When the first unit of the run takes its change back, ISO 8601; empty when none does by itself. */
export function deadlineOf(units: readonly RunUnit[]): string {
  const times = units.flatMap((unit) => (unit.outcome === 'pending' && unit.until !== '' ? [unit.until] : []));
  return times.sort()[0] ?? '';
}

/**
 * How a run stands by its units and charm options alone; what `run-closed` will say, and what an unfinished run is shown as. A rollback
 * that met a later edit has not taken back what it should: it failed.
 */
export function outcomeOf(kind: Plan['kind'], parts: readonly { readonly outcome: Outcome }[]): RunOutcome {
  const has = (...outcomes: Outcome[]): boolean => parts.some((part) => outcomes.includes(part.outcome));
  // A change that nobody confirmed is not done, and its unit may have taken it back since.
  if (has('unknown', 'broken', 'pending')) return 'unknown';
  if (has('reverted', 'conflict')) return kind === 'rollback' ? 'failed' : 'taken-back';
  if (has('failed')) return 'failed';
  if (has('refused')) return has('changed') ? 'failed' : 'refused';
  if (has('not-started')) return 'failed';
  return 'done';
}

/** All that a run sends, with what became of it: its units, and charm options. */
export function partsOf(run: Run): readonly { readonly intended: boolean; readonly outcome: Outcome }[] {
  return run.options === undefined ? run.units : [...run.units, run.options];
}

const NOT_DONE: readonly Outcome[] = ['not-started', 'refused', 'failed', 'reverted'];

/** Units that a rollback was to take back, is over, and did not; empty for any other run. */
export function leftChanged(run: Run): readonly UnitName[] {
  if (run.plan.kind !== 'rollback' || run.outcome === undefined) return [];
  const left = run.units.filter(({ outcome }) => NOT_DONE.includes(outcome));
  return [...run.plan.leftOut, ...left].map(({ unit }) => unit);
}

/**
 * What a command that carried this run out, or looked at it, ends with. One that awaits confirmation is never a success, and one of
 * which something is unknown is that before all else.
 */
export function exitCodeOf(run: Run): ExitCode {
  if (run.outcome !== undefined) return exitCodeOfRun(run.outcome);
  if (partsOf(run).some((part) => part.outcome === 'unknown')) return EXIT.unknown;
  // Batches are left, and every unit is known: the run has not done what it was for.
  return pendingUnits(run).length > 0 ? EXIT.awaiting : EXIT.failed;
}
