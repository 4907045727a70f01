import type { Diagnostic } from '../domain/action.js';
import type { Inventory } from '../domain/inventory.js';
import type { Outcome, RunOutcome } from '../domain/outcome.js';
import type { Batch, Plan, Step } from '../domain/plan.js';
import { pendingUnits, type Run } from '../domain/run.js';
import { endOf, exceedsFailures, isInEffect, mustStop, stepsInEffect } from '../planning/failures.js';
import { knownTo } from '../planning/news.js';
import { holdGate } from './batch-gate.js';
import { beginBatch, endingOf, type Outlook } from './begin-batch.js';
import { comparedBy, type Look, look } from './look.js';
import { measureAgain, measuredBy } from './measuring.js';
import type { Juju, Units } from './ports.js';
import { askAgain, type RunOrder, sendOrders } from './send.js';
import type { Pause } from './session.js';
import { sleptText, watchSleep } from './sleep.js';
import { takeBack, takeBackPending } from './take-back.js';
import {
  announce,
  awaitDecision,
  confirmAll,
  extendAll,
  extendOrders,
  type Held,
  holdOnSeconds,
  holdSeconds,
  whileHeld,
} from './window.js';

/** Who decides where nobody did. */
const PROGRAM = 'juju-tune';

export interface Execution extends Held {
  readonly units: Units;
  readonly plan: Plan;
  readonly juju: Pick<Juju, 'status'>;
  /** The model as it was read when the run was opened. */
  readonly inventory: Inventory;
  readonly catalogue: readonly Diagnostic[];
  /** How far back the numbers before the change go, seconds. */
  readonly baselineSeconds: number;
  readonly measureSeconds: number;
  readonly afterCanary?: (run: Run) => Promise<boolean>;
  readonly pause?: Pause;
  readonly stop: AbortSignal;
}

/**
 * Carries the plan out batch by batch, has it confirmed, and ends with `run-closed`; with `awaiting-confirmation` when it is left to be
 * confirmed later, with `interrupted` when it was told to stop watching. Throws only when the journal cannot be written, and then sends
 * nothing more.
 */
export async function execute(execution: Execution): Promise<Run> {
  const { recorder, detach } = execution;
  const before = await lookBefore(execution);
  const ending = await rollOut(execution, before);
  if (detach.aborted) return letGo(execution);
  const complete = ending === undefined;
  if (pendingUnits(recorder.run()).length > 0) await settleWindow(execution, complete, ending, before);
  else if (complete) await measureUnlessStopped(execution, before);
  if (detach.aborted) return letGo(execution);
  return pendingUnits(recorder.run()).length > 0 ? recorder.run() : close(execution, ending);
}

/** What batches and measures are compared with, and how every haproxy sees the units. */
function lookBefore(execution: Execution): Promise<Look> {
  const wanted = [...comparedBy(execution), ...measuredBy(execution)];
  return look(execution, execution.inventory, wanted, execution.baselineSeconds);
}

/** Changes batch by batch; says how it ended before the last, or undefined when it came through with no more failures than the plan bears. */
async function rollOut(execution: Execution, before: Look): Promise<RunOutcome | undefined> {
  const { plan, recorder, clock, inventory, detach } = execution;
  const slept = watchSleep(clock);
  let outlook: Outlook = { inventory, known: knownTo(plan), views: before.views, viewedAt: clock.now() };
  const left = [...plan.batches];
  let heldInRow = 0;
  for (let batch = left.shift(); batch; batch = left.shift()) {
    const inBatch = plan.steps.filter((step) => batch.units.includes(step.unit));
    const steps = inBatch.filter((step) => isToDo(recorder.run(), step));
    const done = stepsInEffect(recorder.run(), inBatch);
    if (steps.length === 0 && (done.length === 0 || wasGated(recorder.run(), batch))) continue;
    // Units can end their change by themselves while nobody sends them anything.
    if (!(await isAsLeft(execution, slept()))) return 'failed';
    const begun = await whileHeld(execution, beginBatch(execution, batch, steps, outlook));
    if (begun.kind === 'end') {
      if (begun.lost && plan.rollout.onFailure === 'all') await takeBack(execution, batch, 'all', begun.lost);
      return begun.ending;
    }
    if (begun.kind === 'held') {
      outlook = begun.outlook;
      const others = heldInRow++ < left.length;
      if (!(await waitsForOthers(execution, batch, begun.problems, others))) return endingOf(execution);
      left.push(batch);
      continue;
    }
    heldInRow = 0;
    await sendOrders(execution, [...begun.steps.map((step) => orderFor(execution, step)), ...heldBefore(execution)]);
    if (detach.aborted) return undefined;
    outlook = await whileHeld(execution, holdGate(execution, batch, { ...begun, steps: [...done, ...begun.steps] }, before));
    if (detach.aborted) return undefined;
    if (hasFailed(recorder.run(), batch))
      await takeBack(execution, batch, exceedsFailures(recorder.run()) ? plan.rollout.onFailure : 'batch', outlook);
    if (mustStop(recorder.run())) return 'failed';
    await recorder.record({ type: 'batch-finished', batch: batch.number });
    if (batch.canary && execution.afterCanary && !(await goesOn(execution, execution.afterCanary))) {
      await recorder.record({ type: 'decision', text: 'stopped after the canary', by: 'operator' });
      return 'interrupted';
    }
  }
  return (await isAsLeft(execution, slept())) ? undefined : 'failed';
}

/** On the way back a batch that may not go now goes after the others: units that are down among them may be what it lacks. */
async function waitsForOthers(
  { plan, recorder }: Execution,
  batch: Batch,
  problems: readonly string[],
  others: boolean,
): Promise<boolean> {
  const waits = plan.kind === 'rollback' && others;
  const what = waits ? `batch ${batch.number} waits for the others` : `stopped before batch ${batch.number}`;
  await recorder.record({ type: 'decision', text: `${what}: ${problems.join('; ')}`, by: PROGRAM });
  return waits;
}

/** After a sleep the units are asked how they stand before anything else is done. */
async function isAsLeft(execution: Execution, sleptSeconds: number): Promise<boolean> {
  const { recorder } = execution;
  if (sleptSeconds > 0) {
    await recorder.record({ type: 'decision', text: sleptText(sleptSeconds), by: PROGRAM });
    const changed = recorder.run().units.filter((unit) => isInEffect(unit.outcome));
    await askAgain(execution, changed, 'this machine slept');
  }
  return !mustStop(recorder.run());
}

/** Whoever began the batch may have died before its gate, or stopped while it was watched. */
function wasGated(run: Run, batch: Batch): boolean {
  return run.gates.some((gate) => gate.batch === batch.number && gate.checks.every((check) => check.cut !== true));
}

function hasFailed(run: Run, batch: Batch): boolean {
  return mustStop(run) || run.gates.some((gate) => gate.batch === batch.number && !gate.ok);
}

/** Of a run that is taken up again, what was done before is not done twice. */
function isToDo(run: Run, step: Step): boolean {
  return run.units.some((unit) => unit.unit === step.unit && unit.outcome === 'not-started');
}

function orderFor({ window, recorder, ...execution }: Execution, step: Step): RunOrder {
  const { unit, transaction, budgetSeconds } = step;
  if (step.verb === 'rollback') return { verb: 'rollback', unit, transaction, budgetSeconds };
  const windowSeconds = holdSeconds({ ...execution, window, recorder });
  return { verb: 'apply', unit, step, windowSeconds, guard: window.guard };
}

/** The batches before are held on: in the same request as the next batch, so that no unit can be late for it. */
function heldBefore(execution: Execution): readonly RunOrder[] {
  return extendOrders(execution.recorder.run(), holdOnSeconds(execution));
}

async function goesOn(execution: Execution, afterCanary: (run: Run) => Promise<boolean>): Promise<boolean> {
  return whileHeld(execution, afterCanary(execution.recorder.run()));
}

/** A change that is held on its units is kept, taken back, or left for somebody to confirm. */
async function settleWindow(
  execution: Execution,
  complete: boolean,
  ending: RunOutcome | undefined,
  before: Look,
): Promise<void> {
  const { window, recorder } = execution;
  if (window.confirm === 'itself' && complete) {
    await confirmAll(execution, PROGRAM, false);
    if (endOf(recorder.run()) === 'done') await measureUnlessStopped(execution, before);
    if (pendingUnits(recorder.run()).length > 0 && !execution.detach.aborted) await announce(execution);
    return;
  }
  if (typeof window.confirm === 'string' && !complete && ending !== 'interrupted') {
    await takeBackPending(execution, PROGRAM, 'not every unit is as it was asked for, and nobody is here to decide');
    return;
  }
  await extendAll(execution, PROGRAM, window.seconds === 0 ? holdOnSeconds(execution) : window.seconds);
  if (complete) {
    const measureSeconds = Math.min(execution.measureSeconds, Math.floor(window.seconds / 2));
    await measureUnlessStopped({ ...execution, measureSeconds }, before);
  }
  if (execution.detach.aborted || pendingUnits(recorder.run()).length === 0) return;
  if (typeof window.confirm === 'string') await announce(execution);
  else
    await awaitDecision(execution, window.confirm, () => takeBackPending(execution, execution.operator, 'it was not confirmed'));
}

async function measureUnlessStopped(execution: Execution, before: Look): Promise<void> {
  if (!execution.stop.aborted) await measureAgain(execution, before.facts);
}

/** Nobody watches any more; what the units do by themselves is not known here. */
export async function letGo({ recorder, detach }: Execution): Promise<Run> {
  return recorder.record({ type: 'interrupted', reason: typeof detach.reason === 'string' ? detach.reason : 'stopped watching' });
}

async function close(execution: Execution, ending: RunOutcome | undefined): Promise<Run> {
  const run = execution.recorder.run();
  const byUnits = endOf(run);
  const outcome =
    ending !== undefined && (byUnits === 'failed' || byUnits === 'done') && !run.units.some(isFailure) ? ending : byUnits;
  return execution.recorder.record({ type: 'run-closed', outcome, detail: '' });
}

function isFailure(unit: { readonly outcome: Outcome }): boolean {
  return unit.outcome === 'failed' || unit.outcome === 'refused';
}
