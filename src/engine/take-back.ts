import type { Batch } from '../domain/plan.js';
import type { Run, RunUnit } from '../domain/run.js';
import { isInEffect, mustStop } from '../planning/failures.js';
import { questionOf } from './batch-gate.js';
import type { Execution } from './execute.js';
import { passGate } from './gate.js';
import { READ_BACK_SECONDS, sendOrders } from './send.js';
import { rollbackOrders, whileHeld } from './window.js';

/**
 * What failed goes back to what it was: this batch, or all of them where the plan says so and the run ends by it. Batch by batch, the last
 * one first, each UP again before the next, so that no application is without a healthy unit on the way back.
 */
export async function takeBack(execution: Execution, batch: Batch): Promise<void> {
  const { recorder, plan, detach } = execution;
  if (plan.kind === 'rollback') return;
  const all = plan.rollout.onFailure === 'all' && mustStop(recorder.run());
  const batches = all ? plan.batches.filter((one) => one.number <= batch.number).toReversed() : [batch];
  const groups = batches.map((one) => changedIn(recorder.run(), one)).filter((units) => units.length > 0);
  if (groups.length === 0) return;
  const what = all ? 'everything that this run changed' : 'this batch';
  await recorder.record({ type: 'decision', text: `batch ${batch.number} failed: ${what} is taken back`, by: 'juju-tune' });
  for (const [index, units] of groups.entries()) {
    await sendOrders(execution, rollbackOrders(recorder.run(), units));
    if (detach.aborted) return;
    if (index < groups.length - 1) await whileHeld(execution, waitUntilUp(execution, units));
  }
}

function changedIn(run: Run, batch: Batch): readonly RunUnit[] {
  return run.units.filter((unit) => batch.units.includes(unit.unit) && isInEffect(unit.outcome));
}

async function waitUntilUp(execution: Execution, units: readonly RunUnit[]): Promise<void> {
  const steps = execution.plan.steps.filter((step) => units.some((unit) => unit.unit === step.unit));
  const options = { timeoutSeconds: READ_BACK_SECONDS, signal: execution.detach };
  await passGate(questionOf(execution, steps, execution), execution, options);
}
