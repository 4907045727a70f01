import { Failure } from '../domain/failure.js';
import type { Inventory } from '../domain/inventory.js';
import type { RunOutcome } from '../domain/outcome.js';
import type { Batch, Step } from '../domain/plan.js';
import type { Run } from '../domain/run.js';
import { failedUnits, stepsInEffect } from '../planning/failures.js';
import { floorProblems } from '../planning/floor.js';
import { absence, type Known, newsOf } from '../planning/news.js';
import type { Execution } from './execute.js';
import type { Views } from './gate.js';
import { look, viewersOf } from './look.js';
import type { Pause } from './session.js';

/** A look at haproxy that is older says nothing of now. */
const VIEW_LASTS_SECONDS = 30;

/** What is known of the model and of its haproxies as the run goes on. */
export interface Outlook {
  readonly inventory: Inventory;
  readonly known: Known;
  readonly views: Views;
  /** When they were read, milliseconds since 1970. */
  readonly viewedAt: number;
}

export type Beginning =
  | { readonly kind: 'go'; readonly outlook: Outlook; readonly steps: readonly Step[] }
  /** It would leave an application without a healthy unit now; why. */
  | { readonly kind: 'held'; readonly problems: readonly string[]; readonly outlook: Outlook }
  /** `lost`: how the model is in which units that this run changed are not well any more. */
  | { readonly kind: 'end'; readonly ending: RunOutcome; readonly lost?: Outlook };

/**
 * Begins a batch unless it was stopped, waits while it is paused, and reads the model again: units that are gone or in trouble are settled as
 * failed, and a batch that would leave an application without a healthy unit is not begun.
 */
export async function beginBatch(
  execution: Execution,
  batch: Batch,
  wanted: readonly Step[],
  before: Outlook,
): Promise<Beginning> {
  const { recorder, plan } = execution;
  await waitWhilePaused(execution, batch);
  if (execution.stop.aborted) {
    await recorder.record({ type: 'decision', text: `stopped before batch ${batch.number}`, by: 'operator' });
    return { kind: 'end', ending: 'interrupted' };
  }
  const outlook = await lookAgain(execution, batch, wanted, before);
  if (!outlook) return { kind: 'end', ending: endingOf(execution) };
  const lost = lostSince(recorder.run(), outlook.inventory);
  if (failedUnits(recorder.run()).length + lost.length > plan.rollout.maxFailures && lost.length > 0) {
    const text = `stopped before batch ${batch.number}: ${lost.join('; ')}`;
    await recorder.record({ type: 'decision', text, by: 'juju-tune' });
    return { kind: 'end', ending: 'failed', lost: outlook };
  }
  const steps = wanted.filter((step) => absence(plan, step, outlook.inventory) === undefined);
  const problems = floorProblemsOf(execution, steps, outlook, plan.kind === 'apply');
  if (problems.length > 0) return { kind: 'held', problems, outlook };
  await recorder.record({ type: 'batch-started', batch: batch.number, units: batch.units });
  for (const step of wanted) await settleAbsent(execution, step, outlook.inventory);
  return { kind: 'go', outlook, steps };
}

/** Units that this run changed and that are gone or in trouble since: whether by the change or not, they count as failed. */
function lostSince(run: Run, inventory: Inventory): readonly string[] {
  return stepsInEffect(run, run.plan.steps).flatMap((step) => {
    const absent = absence(run.plan, step, inventory);
    return absent ? [`${step.unit} was changed and is not well since (${absent.why})`] : [];
  });
}

/** Nothing was sent yet: then the run is refused, else it failed. */
export function endingOf({ recorder }: Execution): RunOutcome {
  return recorder.run().units.some((unit) => unit.intended) ? 'failed' : 'refused';
}

async function waitWhilePaused({ recorder, pause, stop }: Execution, batch: Batch): Promise<void> {
  if (!pause?.isPaused() || stop.aborted) return;
  await recorder.record({ type: 'decision', text: `paused before batch ${batch.number}`, by: 'operator' });
  await resumedOrStopped(pause, stop);
  if (!stop.aborted) await recorder.record({ type: 'decision', text: `goes on with batch ${batch.number}`, by: 'operator' });
}

async function resumedOrStopped(pause: Pause, stop: AbortSignal): Promise<void> {
  const stopped = new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
  while (pause.isPaused() && !stop.aborted) await Promise.race([pause.resumed(), stopped]);
}

/** The first batch knows the model as it was read a moment ago. Undefined when Juju cannot tell how it is now. */
async function lookAgain(
  execution: Execution,
  batch: Batch,
  wanted: readonly Step[],
  before: Outlook,
): Promise<Outlook | undefined> {
  const { recorder, plan, juju, detach, clock } = execution;
  let { inventory, views, viewedAt } = before;
  if (batch.number > 1 || recorder.run().batch > 0) {
    try {
      inventory = await juju.status(detach);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'juju') throw error;
      const text = `stopped before batch ${batch.number}: ${error.message}`;
      await recorder.record({ type: 'decision', text, by: 'juju-tune' });
      return undefined;
    }
  }
  const { told, known } = newsOf(plan, before.known, inventory);
  for (const text of told) await recorder.record({ type: 'decision', text, by: 'juju-tune' });
  const asked = viewersOf(inventory, plan).filter(({ application }) => wanted.some((step) => step.application === application));
  // A clock that was set back makes nothing new.
  const isOld = Math.abs(clock.now() - viewedAt) > VIEW_LASTS_SECONDS * 1000;
  if (isOld || asked.some((viewer) => !views.has(viewer.unit))) {
    ({ views } = await look(execution, inventory, [], VIEW_LASTS_SECONDS));
    viewedAt = clock.now();
  }
  return { inventory, known, views, viewedAt };
}

/** Why these steps may not be taken now; `mustKnow`: nor where nothing is known. */
export function floorProblemsOf(
  { catalogue }: Execution,
  moved: readonly Step[],
  { inventory, known, views }: Outlook,
  mustKnow: boolean,
): readonly string[] {
  const canBeKnown = catalogue.some((diagnostic) => diagnostic.id === 'layers');
  return floorProblems({ moved, inventory, known: known.units, views: canBeKnown ? views : undefined, mustKnow });
}

async function settleAbsent({ recorder, plan }: Execution, step: Step, inventory: Inventory): Promise<void> {
  const absent = absence(plan, step, inventory);
  if (!absent) return;
  const { code, why } = absent;
  const detail = `not sent: ${why}; nothing was changed by this run`;
  const settled = { unit: step.unit, outcome: 'failed', state: 'NONE', code, detail, log: [], milliseconds: 0 } as const;
  await recorder.record({ type: 'unit-settled', ...settled });
}
