import type { Batch, Rollout, Step } from '../domain/plan.js';
import { pendingUnits, type Run, type RunUnit } from '../domain/run.js';
import { isInEffect } from '../planning/failures.js';
import { questionOf } from './batch-gate.js';
import { floorProblemsOf, type Outlook } from './begin-batch.js';
import type { Execution } from './execute.js';
import { passGate } from './gate.js';
import { look } from './look.js';
import { READ_BACK_SECONDS, sendOrders } from './send.js';
import { rollbackOrders, whileHeld } from './window.js';

/** The look is at haproxy now; it reads no logs. */
const VIEW_SECONDS = 60;

/**
 * What failed goes back to what it was: this batch, or every one up to it. Batch by batch, the last
 * one first, each UP again before the next, so that no application is without a healthy unit on the way back.
 */
export async function takeBack(execution: Execution, batch: Batch, what: Rollout['onFailure'], outlook: Outlook): Promise<void> {
  const { recorder, plan, detach } = execution;
  if (plan.kind === 'rollback') return;
  const batches = what === 'all' ? plan.batches.filter((one) => one.number <= batch.number).toReversed() : [batch];
  const groups = batches
    .map((one) => ({ number: one.number, units: changedIn(recorder.run(), one) }))
    .filter(({ units }) => units.length > 0);
  if (groups.length === 0) return;
  const text = what === 'all' ? 'everything that this run changed is taken back' : `batch ${batch.number} is taken back`;
  await recorder.record({ type: 'decision', text, by: 'juju-tune' });
  for (const [index, { number, units }] of groups.entries()) {
    // A batch that passed its gate serves: that one must not be taken from an application that has nothing else left.
    if (number < batch.number && !(await mayGoBack(execution, units, outlook))) continue;
    await sendOrders(execution, rollbackOrders(recorder.run(), units));
    if (detach.aborted) return;
    if (index < groups.length - 1) await whileHeld(execution, waitUntilUp(execution, units));
  }
}

/**
 * Everything of the run that awaits confirmation goes back, batch by batch, each UP again before the next. The floor does not hold it: what
 * is not confirmed goes back by itself in any case.
 */
export async function takeBackPending(execution: Execution, by: string, reason: string): Promise<void> {
  const { recorder, plan, detach } = execution;
  await recorder.record({ type: 'taking-back', reason, by });
  const pending = pendingUnits(recorder.run());
  const inBatch = (batch: Batch) => pending.filter((unit) => batch.units.includes(unit.unit));
  const groups = plan.batches
    .toReversed()
    .map(inBatch)
    .filter((units) => units.length > 0);
  for (const [index, units] of groups.entries()) {
    await sendOrders(execution, rollbackOrders(recorder.run(), units));
    if (detach.aborted) return;
    if (index < groups.length - 1) await whileHeld(execution, waitUntilUp(execution, units));
  }
}

async function mayGoBack(execution: Execution, units: readonly RunUnit[], outlook: Outlook): Promise<boolean> {
  const { views } = await whileHeld(execution, look(execution, outlook.inventory, [], VIEW_SECONDS));
  const problems = floorProblemsOf(execution, stepsOf(execution, units), { ...outlook, views }, false);
  if (problems.length === 0) return true;
  const text = `${units.map((unit) => unit.unit).join(', ')} stays changed: ${problems.join('; ')}`;
  await execution.recorder.record({ type: 'decision', text, by: 'juju-tune' });
  return false;
}

function stepsOf({ plan }: Execution, units: readonly RunUnit[]): readonly Step[] {
  return plan.steps.filter((step) => units.some((unit) => unit.unit === step.unit));
}

function changedIn(run: Run, batch: Batch): readonly RunUnit[] {
  return run.units.filter((unit) => batch.units.includes(unit.unit) && isInEffect(unit.outcome));
}

async function waitUntilUp(execution: Execution, units: readonly RunUnit[]): Promise<void> {
  const options = { timeoutSeconds: READ_BACK_SECONDS, signal: execution.detach };
  await passGate(questionOf(execution, stepsOf(execution, units), execution), execution, options);
}
