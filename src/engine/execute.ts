import type { Diagnostic } from '../domain/action.js';
import { isGood, type Outcome, type RunOutcome } from '../domain/outcome.js';
import type { Plan, Step } from '../domain/plan.js';
import { outcomeOf, pendingUnits, type Run } from '../domain/run.js';
import type { UnitName } from '../domain/unit-set.js';
import { passGate } from './gate.js';
import { measure, measureAgain } from './measuring.js';
import type { DispatchOptions } from './ports.js';
import { READ_BACK_SECONDS, type RunOrder, sendOrders } from './send.js';
import {
  announce,
  awaitDecision,
  confirmAll,
  extendAll,
  extendOrders,
  type Held,
  holdSeconds,
  rollbackOrders,
  takeBackAll,
  whileHeld,
} from './window.js';

/** Who decides where nobody did. */
const PROGRAM = 'juju-tune';

export interface Execution extends Held {
  readonly plan: Plan;
  /** Reachable units of the applications concerned, whose haproxies are asked at each gate. */
  readonly viewers: readonly { readonly unit: UnitName; readonly application: string }[];
  readonly catalogue: readonly Diagnostic[];
  /** How far back the numbers before the change go, seconds. */
  readonly baselineSeconds: number;
  readonly measureSeconds: number;
  readonly afterCanary?: (run: Run) => Promise<boolean>;
  readonly stop: AbortSignal;
}

/**
 * Carries the plan out batch by batch, has it confirmed, and ends with `run-closed`; with `awaiting-confirmation` when it is left to be
 * confirmed later, with `interrupted` when it was told to stop watching. Throws only when the journal cannot be written, and then sends
 * nothing more.
 */
export async function execute(execution: Execution): Promise<Run> {
  const { recorder, detach } = execution;
  const before = await measure(execution, execution.measureSeconds > 0);
  const ending = await rollOut(execution);
  if (detach.aborted) return letGo(execution);
  const complete = ending === undefined && recorder.run().units.every((unit) => isGood(unit.outcome));
  if (pendingUnits(recorder.run()).length > 0) await settleWindow(execution, complete, ending, before);
  else if (complete) await measureUnlessStopped(execution, before);
  if (detach.aborted) return letGo(execution);
  return pendingUnits(recorder.run()).length > 0 ? recorder.run() : close(execution, ending);
}

/** Changes batch by batch; says how it ended before the last, or undefined. */
async function rollOut(execution: Execution): Promise<RunOutcome | undefined> {
  const { plan, recorder, detach } = execution;
  for (const batch of plan.batches) {
    const steps = plan.steps.filter((step) => batch.units.includes(step.unit) && isToDo(recorder.run(), step));
    if (steps.length === 0) continue;
    if (execution.stop.aborted) {
      await recorder.record({ type: 'decision', text: `stopped before batch ${batch.number}`, by: 'operator' });
      return 'interrupted';
    }
    await recorder.record({ type: 'batch-started', batch: batch.number, units: batch.units });
    await sendOrders(execution, [...steps.map((step) => orderFor(execution, step)), ...heldBefore(execution)]);
    if (detach.aborted) return undefined;
    if (!sentAreGood(recorder.run())) return undefined;
    if (!(await whileHeld(execution, gateOf(execution, batch.number, steps)))) {
      await takeBack(execution, steps);
      return 'failed';
    }
    await recorder.record({ type: 'batch-finished', batch: batch.number });
    if (batch.canary && execution.afterCanary && !(await goesOn(execution, execution.afterCanary))) {
      await recorder.record({ type: 'decision', text: 'stopped after the canary', by: 'operator' });
      return 'interrupted';
    }
  }
  return undefined;
}

/** Of a run that is taken up again, what was done before is not done twice. */
function isToDo(run: Run, step: Step): boolean {
  return run.units.some((unit) => unit.unit === step.unit && !unit.intended);
}

function orderFor({ window, recorder, ...execution }: Execution, step: Step): RunOrder {
  const { unit, transaction, budgetSeconds } = step;
  if (step.verb === 'rollback') return { verb: 'rollback', unit, transaction, budgetSeconds };
  const windowSeconds = holdSeconds({ ...execution, window, recorder });
  return { verb: 'apply', unit, step, windowSeconds, guard: window.guard };
}

/** The batches before are held on: in the same request as the next batch, so that no unit can be late for it. */
function heldBefore(execution: Execution): readonly RunOrder[] {
  return extendOrders(execution.recorder.run(), holdSeconds(execution));
}

async function goesOn(execution: Execution, afterCanary: (run: Run) => Promise<boolean>): Promise<boolean> {
  return whileHeld(execution, afterCanary(execution.recorder.run()));
}

function sentAreGood(run: Run): boolean {
  return run.units.filter((unit) => unit.intended).every((unit) => isGood(unit.outcome));
}

/** A change that is held on its units is kept, taken back, or left for somebody to confirm. */
async function settleWindow(
  execution: Execution,
  complete: boolean,
  ending: RunOutcome | undefined,
  before: Awaited<ReturnType<typeof measure>>,
): Promise<void> {
  const { window, recorder } = execution;
  if (window.confirm === 'itself' && complete) {
    await confirmAll(execution, PROGRAM, false);
    if (outcomeOf(recorder.run().units) === 'done') await measureUnlessStopped(execution, before);
    if (pendingUnits(recorder.run()).length > 0 && !execution.detach.aborted) await announce(execution);
    return;
  }
  if (typeof window.confirm === 'string' && !complete && ending !== 'interrupted') {
    await takeBackAll(execution, PROGRAM, 'not every unit is as it was asked for, and nobody is here to decide');
    return;
  }
  await extendAll(execution, PROGRAM, window.seconds);
  if (complete) {
    const measureSeconds = Math.min(execution.measureSeconds, Math.floor(window.seconds / 2));
    await measureUnlessStopped({ ...execution, measureSeconds }, before);
  }
  if (execution.detach.aborted || pendingUnits(recorder.run()).length === 0) return;
  if (typeof window.confirm === 'string') await announce(execution);
  else await awaitDecision(execution, window.confirm);
}

async function measureUnlessStopped(execution: Execution, before: Awaited<ReturnType<typeof measure>>): Promise<void> {
  if (!execution.stop.aborted) await measureAgain(execution, before);
}

/** Nobody watches any more; what the units do by themselves is not known here. */
async function letGo({ recorder, detach }: Execution): Promise<Run> {
  return recorder.record({ type: 'interrupted', reason: typeof detach.reason === 'string' ? detach.reason : 'stopped watching' });
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

/** A gate that failed: this batch goes back to what it was. */
async function takeBack(execution: Execution, steps: readonly Step[]): Promise<void> {
  const { recorder, plan } = execution;
  if (plan.kind === 'rollback') return;
  await recorder.record({ type: 'decision', text: 'the gate failed: this batch is taken back', by: PROGRAM });
  const changed = recorder
    .run()
    .units.filter((unit) => steps.some((step) => step.unit === unit.unit) && ['changed', 'pending'].includes(unit.outcome));
  await sendOrders(execution, rollbackOrders(recorder.run(), changed));
}
