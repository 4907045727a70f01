import { findUnit, isReachable } from '../domain/inventory.js';
import type { Batch, Rollout, Step } from '../domain/plan.js';
import { pendingUnits, type RunUnit } from '../domain/run.js';
import { isInEffect } from '../planning/failures.js';
import { unwellUnits } from '../planning/floor.js';
import { roundsBack, type Standing } from '../planning/way-back.js';
import { questionOf } from './batch-gate.js';
import { floorProblemsOf, type Outlook } from './begin-batch.js';
import type { Execution } from './execute.js';
import { passGate } from './gate.js';
import { look } from './look.js';
import { READ_BACK_SECONDS, sendOrders } from './send.js';
import { rollbackOrders, whileHeld } from './window.js';

/** The look is at haproxy now; it reads no logs. */
const VIEW_SECONDS = 60;

/** Units that go back together, once those before them were waited for; `notUp`: which of those are not UP again, and how so. */
type MayGo = (units: readonly RunUnit[], notUp: readonly string[]) => Promise<boolean>;

/**
 * What failed goes back to what it was: this batch, or every one up to it. The last batch first, of an application one unit that
 * serves at a time, each UP before the next; units that are down go before all of them. So no application is without a healthy unit on the way back.
 */
export async function takeBack(execution: Execution, batch: Batch, what: Rollout['onFailure'], outlook: Outlook): Promise<void> {
  const { recorder, plan } = execution;
  if (plan.kind === 'rollback') return;
  const batches = what === 'all' ? plan.batches.filter((one) => one.number <= batch.number).toReversed() : [batch];
  const changed = recorder.run().units.filter((unit) => isInEffect(unit.outcome));
  const rounds = roundsIn(execution, batches, changed, outlook);
  if (rounds.length === 0) return;
  const text = what === 'all' ? 'everything that this run changed is taken back' : `batch ${batch.number} is taken back`;
  await recorder.record({ type: 'decision', text, by: 'juju-tune' });
  await goBack(execution, rounds, async (units, notUp) => {
    // A batch that passed its gate serves: that one must not be taken from an application that has nothing else left.
    const serve = notUp.length > 0 || units.some((unit) => unit.batch < batch.number);
    return !serve || mayGoBack(execution, units, outlook);
  });
}

/**
 * Everything of the run that awaits confirmation goes back, in the same order. The floor does not hold it: what
 * is not confirmed goes back by itself in any case, and then all of it at once.
 */
export async function takeBackPending(execution: Execution, by: string, reason: string): Promise<void> {
  const { recorder, plan, inventory } = execution;
  await recorder.record({ type: 'taking-back', reason, by });
  const { views } = await whileHeld(execution, look(execution, inventory, [], VIEW_SECONDS));
  const rounds = roundsIn(execution, plan.batches.toReversed(), pendingUnits(recorder.run()), { inventory, views });
  await goBack(execution, rounds, async (units, notUp) => {
    if (notUp.length === 0) return true;
    const text = `${namesOf(units)} goes back, for it is not confirmed, though not all before it are UP again: ${notUp.join('; ')}`;
    await recorder.record({ type: 'decision', text, by: 'juju-tune' });
    return true;
  });
}

async function goBack(execution: Execution, rounds: readonly (readonly RunUnit[])[], mayGo: MayGo): Promise<void> {
  let notUp: readonly string[] = [];
  for (const [index, units] of rounds.entries()) {
    if (!(await mayGo(units, notUp))) continue;
    await sendOrders(execution, rollbackOrders(execution.recorder.run(), units));
    if (execution.detach.aborted) return;
    if (index < rounds.length - 1) notUp = await whileHeld(execution, waitUntilUp(execution, units));
  }
}

/** Those of the units that these batches changed, in the order in which they go back. */
function roundsIn(
  execution: Execution,
  batches: readonly Batch[],
  units: readonly RunUnit[],
  { inventory, views }: Pick<Outlook, 'inventory' | 'views'>,
): readonly (readonly RunUnit[])[] {
  const unwell = new Map(inventory.applications.flatMap((application) => [...unwellUnits(application.units, views)]));
  const standingOf = ({ unit }: RunUnit): Standing => {
    const known = findUnit(inventory, unit);
    if (known && !isReachable(known)) return 'away';
    const undisturbed = execution.plan.steps.some((step) => step.unit === unit && step.activate === 'none');
    return undisturbed || unwell.has(unit) ? 'free' : 'serves';
  };
  const inBatch = (batch: Batch) => batch.units.flatMap((name) => units.filter((unit) => unit.unit === name));
  const machineOf = ({ unit }: RunUnit): string => findUnit(inventory, unit)?.machine ?? unit;
  return roundsBack(batches.map(inBatch), standingOf, machineOf);
}

async function mayGoBack(execution: Execution, units: readonly RunUnit[], outlook: Outlook): Promise<boolean> {
  const { views } = await whileHeld(execution, look(execution, outlook.inventory, [], VIEW_SECONDS));
  const problems = floorProblemsOf(execution, stepsOf(execution, units), { ...outlook, views }, false);
  if (problems.length === 0) return true;
  const text = `${namesOf(units)} stays changed: ${problems.join('; ')}`;
  await execution.recorder.record({ type: 'decision', text, by: 'juju-tune' });
  return false;
}

function namesOf(units: readonly RunUnit[]): string {
  return units.map((unit) => unit.unit).join(', ');
}

function stepsOf({ plan }: Execution, units: readonly RunUnit[]): readonly Step[] {
  return plan.steps.filter((step) => units.some((unit) => unit.unit === step.unit));
}

/** Which of these units are not UP within the time of a gate, a sentence for each. */
async function waitUntilUp(execution: Execution, units: readonly RunUnit[]): Promise<readonly string[]> {
  const options = { timeoutSeconds: READ_BACK_SECONDS, signal: execution.detach };
  const { checks } = await passGate(questionOf(execution, stepsOf(execution, units), execution), execution, options);
  return checks.filter((check) => !check.ok).map((check) => `${check.name} ${check.detail}`);
}
