import type { Diagnostic } from '../domain/action.js';
import { isGood, type Outcome, type RunOutcome } from '../domain/outcome.js';
import type { Plan, Step } from '../domain/plan.js';
import { outcomeOf, type Run } from '../domain/run.js';
import type { UnitName } from '../domain/unit-set.js';
import { passGate } from './gate.js';
import { gatherAnswers, NOT_SENT } from './gather.js';
import { measure, measureAgain } from './measuring.js';
import type { Clock, DispatchOptions, NoAnswer, Order, Receipt, UnitEvent, Units } from './ports.js';
import type { Recorder } from './recorder.js';

/**
 * Seconds a unit may let pass between being sent a change and starting it; after that it refuses (EXPIRED): a hook that is waited for
 * (5 min, product.md), and two minutes.
 */
const START_WITHIN_SECONDS = 420;
const READ_BACK_SECONDS = 30;

export interface Execution {
  readonly plan: Plan;
  readonly units: Units;
  readonly clock: Clock;
  readonly recorder: Recorder;
  /** Unit clock minus ours, seconds, as read when the run was opened. */
  readonly clockOffsets: ReadonlyMap<UnitName, number>;
  /** Reachable units of the applications concerned, whose haproxies are asked at each gate. */
  readonly viewers: readonly { readonly unit: UnitName; readonly application: string }[];
  readonly catalogue: readonly Diagnostic[];
  /** How far back the numbers before the change go, seconds. */
  readonly baselineSeconds: number;
  readonly measureSeconds: number;
  readonly afterCanary?: (run: Run) => Promise<boolean>;
  readonly stop: AbortSignal;
  readonly detach: AbortSignal;
}

/**
 * Carries the plan out batch by batch. Ends with `run-closed` unless it was told to stop watching; throws only when the
 * journal cannot be written, and then sends nothing more.
 */
export async function execute(execution: Execution): Promise<Run> {
  const { plan, recorder } = execution;
  const before = await measure(execution, execution.measureSeconds > 0);
  let ending: RunOutcome | undefined;
  for (const batch of plan.batches) {
    if (execution.stop.aborted) {
      await recorder.record({ type: 'decision', text: `stopped before batch ${batch.number}`, by: 'operator' });
      ending = 'interrupted';
      break;
    }
    await recorder.record({ type: 'batch-started', batch: batch.number, units: batch.units });
    const steps = plan.steps.filter((step) => batch.units.includes(step.unit));
    await changeUnits(execution, steps);
    if (execution.detach.aborted) return recorder.run();
    if (!batchIsGood(recorder.run(), batch.units)) break;
    if (!(await gateOf(execution, batch.number, steps))) {
      await takeBack(execution, steps);
      ending = 'failed';
      break;
    }
    await recorder.record({ type: 'batch-finished', batch: batch.number });
    if (batch.canary && execution.afterCanary && !(await execution.afterCanary(recorder.run()))) {
      await recorder.record({ type: 'decision', text: 'stopped after the canary', by: 'operator' });
      ending = 'interrupted';
      break;
    }
  }
  const good = ending === undefined && outcomeOf(recorder.run().units) === 'done';
  if (!execution.stop.aborted && good) await measureAgain(execution, before);
  return close(execution, ending);
}

async function close(execution: Execution, ending: RunOutcome | undefined): Promise<Run> {
  const { units } = execution.recorder.run();
  const byUnits = outcomeOf(units);
  const outcome =
    ending !== undefined && (byUnits === 'failed' || byUnits === 'done') && !units.some(isFailure) ? ending : byUnits;
  return execution.recorder.record({ type: 'run-closed', outcome, detail: '' });
}

function isFailure(unit: { readonly outcome: Outcome }): boolean {
  return unit.outcome === 'failed' || unit.outcome === 'refused';
}

function batchIsGood(run: Run, units: readonly UnitName[]): boolean {
  return run.units.filter((unit) => units.includes(unit.unit)).every((unit) => isGood(unit.outcome));
}

/** Sends the steps and settles each unit; what stays silent is read back before anything is said of it. */
async function changeUnits(execution: Execution, steps: readonly Step[]): Promise<void> {
  const { recorder, clock } = execution;
  const notAfter: Record<UnitName, number> = {};
  for (const step of steps) {
    const offset = execution.clockOffsets.get(step.unit) ?? 0;
    notAfter[step.unit] = Math.floor(clock.now() / 1000 + offset + START_WITHIN_SECONDS * clock.rate);
    await recorder.record({
      type: 'intent',
      unit: step.unit,
      transaction: step.transaction,
      verb: step.verb,
      notAfter: notAfter[step.unit] ?? 0,
    });
  }
  const options = { timeoutSeconds: timeoutOf(steps), signal: execution.detach };
  const events = execution.units.change(steps.map(orderOf), execution.plan.contents, notAfter, options);
  const names = steps.map((step) => step.unit);
  const { silent } = await gatherAnswers(events, (event) => follow(execution, event), names);
  if (execution.detach.aborted) return;
  await settleUnsent(
    execution,
    steps,
    silent.filter((absence) => absence.code === NOT_SENT),
  );
  await readBack(
    execution,
    silent.filter((absence) => absence.code !== NOT_SENT),
  );
}

/** No window: what a unit has put in place it keeps until it is told otherwise. */
function orderOf(step: Step): Order {
  const { unit, transaction, budgetSeconds } = step;
  if (step.verb === 'apply') return { verb: 'apply', unit, step, windowSeconds: 0, guard: true };
  return { verb: 'rollback', unit, transaction, budgetSeconds };
}

/** Nothing reached these units: they are as they were before, which for a batch that should go back is "changed". */
async function settleUnsent(execution: Execution, steps: readonly Step[], unsent: readonly NoAnswer[]): Promise<void> {
  for (const { unit, code, message, milliseconds } of unsent) {
    const kept = execution.plan.kind === 'apply' && steps.some((step) => step.unit === unit && step.verb === 'rollback');
    const detail = kept ? `not taken back: ${message}` : `not sent: ${message}; nothing was changed`;
    const [outcome, state] = kept ? (['changed', 'COMMITTED'] as const) : (['failed', 'NONE'] as const);
    await execution.recorder.record({ type: 'unit-settled', unit, outcome, state, code, detail, log: [], milliseconds });
  }
}

function timeoutOf(steps: readonly Step[]): number {
  return Math.max(...steps.map((step) => step.budgetSeconds), 0) + READ_BACK_SECONDS;
}

async function follow(execution: Execution, event: UnitEvent<Receipt>): Promise<void> {
  const { recorder } = execution;
  if (event.kind === 'queued') await recorder.record({ type: 'task-queued', operation: event.operation, tasks: event.tasks });
  if (event.kind === 'waiting') {
    const detail = `waits for ${event.why} ${event.seconds} s of ${event.limit} s`;
    await recorder.record({ type: 'unit-phase', unit: event.unit, phase: 'queued', detail });
  }
  if (event.kind === 'answer') await settle(execution, event.unit, event.value, event.milliseconds);
}

async function settle(execution: Execution, unit: UnitName, receipt: Receipt, milliseconds: number): Promise<void> {
  const { state, code, message, log } = receipt;
  const outcome = settledOutcome(execution.plan, receipt);
  const back = outcome === 'changed' && receipt.outcome === 'reverted';
  const detail = message === '' && back ? 'as before the run' : message;
  await execution.recorder.record({ type: 'unit-settled', unit, outcome, state, code, detail, log, milliseconds });
}

function settledOutcome({ kind }: Plan, receipt: Receipt): Outcome {
  // Of a rollback, being back is what was asked for.
  if (kind === 'rollback') return receipt.outcome === 'reverted' ? 'changed' : receipt.outcome;
  // A batch that would not be taken back is as it was changed: "refused" would say that nothing was.
  const kept = receipt.verb === 'rollback' && receipt.outcome === 'refused';
  if (kept) return receipt.state === 'COMMITTED' ? 'changed' : 'unknown';
  return receipt.outcome;
}

/** A unit that did not answer may have done all, nothing or half: ask what became of its transaction. */
async function readBack(execution: Execution, silent: readonly NoAnswer[]): Promise<void> {
  if (silent.length === 0) return;
  const { recorder } = execution;
  const transactions: Record<UnitName, string> = {};
  for (const { unit, message } of silent) {
    const step = execution.plan.steps.find((candidate) => candidate.unit === unit);
    if (step) transactions[unit] = step.transaction;
    await recorder.record({ type: 'unit-phase', unit, phase: 'reading-back', detail: message });
  }
  const options = { timeoutSeconds: READ_BACK_SECONDS, signal: execution.detach };
  const asked = Object.keys(transactions);
  const { answers } = await gatherAnswers(execution.units.transactionStatus(transactions, options), undefined, asked);
  for (const absence of silent) {
    const answer = answers.get(absence.unit);
    if (answer)
      await settle(execution, absence.unit, readBackOutcome(execution.plan, absence, answer.value), absence.milliseconds);
    else {
      const detail = `${absence.message}; not read back, so its state is unknown`;
      const event = { unit: absence.unit, outcome: 'unknown', state: 'NONE', code: absence.code, detail, log: [] } as const;
      await recorder.record({ type: 'unit-settled', ...event, milliseconds: absence.milliseconds });
    }
  }
}

/** Read back as untouched is `failed`: it was asked for and is not there. */
function readBackOutcome(plan: Plan, absence: NoAnswer, receipt: Receipt): Receipt {
  // The unit did not look (locked, damaged, an earlier change half-way): that says nothing of this change.
  if (receipt.outcome === 'refused') {
    return { ...receipt, outcome: 'unknown', message: `${absence.message}; not read back: ${receipt.message}` };
  }
  // It looked, and somebody else was there since, or it cannot read what there is.
  if (receipt.outcome === 'conflict' || receipt.outcome === 'unknown') return receipt;
  if (receipt.state === 'COMMITTED') {
    if (plan.kind === 'apply') return { ...receipt, outcome: 'changed', message: 'read back after it did not answer' };
    return { ...receipt, outcome: 'failed', code: absence.code, message: `${absence.message}; read back: not taken back` };
  }
  if (receipt.state === 'REVERTED') return { ...receipt, outcome: 'reverted', message: 'read back after it did not answer' };
  if (receipt.state === 'NONE') {
    return { ...receipt, outcome: 'failed', code: absence.code, message: `${absence.message}; read back: nothing was changed` };
  }
  return receipt;
}

async function gateOf(execution: Execution, batch: number, steps: readonly Step[]): Promise<boolean> {
  const { recorder } = execution;
  const changed = steps.filter((step) =>
    recorder.run().units.some((unit) => unit.unit === step.unit && unit.outcome !== 'unchanged'),
  );
  if (changed.length === 0 || changed.every((step) => step.activate === 'none')) return true;
  const layers = execution.catalogue.find((diagnostic) => diagnostic.id === 'layers');
  const options: DispatchOptions = { timeoutSeconds: READ_BACK_SECONDS, signal: execution.detach };
  const applications = new Set(changed.map((step) => step.application));
  const viewers = execution.viewers.filter((viewer) => applications.has(viewer.application));
  const checks = await passGate({ changed, viewers, layers }, execution, options);
  const ok = checks.every((check) => check.ok);
  await recorder.record({ type: 'gate', batch, ok, checks });
  return ok;
}

/** A gate that failed: this batch goes back to what it was. Earlier batches passed theirs and stay. */
async function takeBack(execution: Execution, steps: readonly Step[]): Promise<void> {
  const { recorder, plan } = execution;
  if (plan.kind === 'rollback') return;
  await recorder.record({ type: 'decision', text: 'the gate failed: this batch is taken back', by: 'juju-tune' });
  const changed = steps.filter((step) =>
    recorder.run().units.some((unit) => unit.unit === step.unit && unit.outcome === 'changed'),
  );
  await changeUnits(
    execution,
    changed.map((step) => ({ ...step, verb: 'rollback' as const })),
  );
}
