import type { Diagnostic } from '../domain/action.js';
import { Failure } from '../domain/failure.js';
import type { Inventory, Model } from '../domain/inventory.js';
import type { Plan } from '../domain/plan.js';
import type { UnitName } from '../domain/unit-set.js';
import { requireTuning } from '../planning/catalogue.js';
import { actionOf } from '../planning/plan.js';
import { requireOptionsFresh } from './charm-options.js';
import { lookAgain } from './look-again.js';
import type { SessionParts } from './model-session.js';
import type { Recorder } from './recorder.js';

/** The model as it is now, and how far the clocks of the units are ahead; refuses a plan that is not for it any more. */
export async function lookAgainAt(
  parts: SessionParts,
  plan: Plan,
  signal: AbortSignal,
): Promise<{ readonly inventory: Inventory; readonly clockOffsets: ReadonlyMap<UnitName, number> }> {
  const inventory = await parts.juju.status(signal);
  requireSameModel(plan, inventory.model);
  requireSameTool(parts, plan);
  requireNothingRefused(plan);
  requireSameAction(parts, plan);
  if (plan.charm === undefined) return { inventory, clockOffsets: await lookAgain(parts, plan, inventory, signal) };
  await requireOptionsFresh(parts, inventory, plan.charm, signal);
  return { inventory, clockOffsets: new Map() };
}

/** What carrying out a plan needs of a session. */
export function executionOf(parts: SessionParts, inventory: Inventory, plan: Plan, recorder: Recorder) {
  const { juju, units, clock, operator, catalogue } = parts;
  const diagnostics = catalogue.filter((action): action is Diagnostic => action.kind === 'diagnostic');
  return { plan, recorder, juju, inventory, units, clock, operator, catalogue: diagnostics };
}

export function requireSameModel(plan: Plan, model: Model): void {
  if (plan.model.uuid === model.uuid && plan.demo === model.demo) return;
  const of = `${plan.model.controller}:${plan.model.name}${plan.demo ? ' (DEMO)' : ''}`;
  const here = `${model.controller}:${model.name}${model.demo ? ' (DEMO)' : ''}`;
  throw new Failure('refused', `the plan was made for model ${of}, and this is ${here}`, {
    hint: `the same with -m ${plan.model.controller}:${plan.model.name}`,
  });
}

/** Another version may plan the same action otherwise, and its unit program do otherwise with it. */
function requireSameTool(parts: SessionParts, plan: Plan): void {
  if (plan.tool === parts.tool) return;
  throw new Failure('refused', `the plan was made by juju-tune ${plan.tool}, and this is ${parts.tool}`, {
    hint: 'make the plan again with this version',
  });
}

function requireNothingRefused(plan: Plan): void {
  if (plan.refused.length === 0) return;
  const problems = plan.refused.map((left) => `${left.unit}: ${left.reason}`);
  throw new Failure(
    'refused',
    `cannot apply "${plan.action.id}": ${plan.refused.length === 1 ? problems[0] : 'units refuse it'}`,
    {
      problems: plan.refused.length === 1 ? [] : problems,
      hint: `the same with ${plan.refused.map((left) => `--except ${left.unit}`).join(' ')}`,
    },
  );
}

function requireSameAction(parts: SessionParts, plan: Plan): void {
  if (plan.kind === 'rollback') return;
  const tuning = requireTuning(parts.catalogue, plan.action.id);
  if (actionOf(tuning).digest === plan.action.digest) return;
  throw new Failure('refused', `the plan is stale: action "${plan.action.id}" was changed after it was made`, {
    hint: 'make the plan again',
  });
}
