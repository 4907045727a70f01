import type { Tuning } from '../domain/action.js';
import { findUnit, type Inventory, type Unit } from '../domain/inventory.js';
import type { Plan } from '../domain/plan.js';
import type { UnitName } from '../domain/unit-set.js';
import { requireTuning } from '../planning/catalogue.js';
import { pathsFor } from '../planning/change.js';
import { resolveChanges } from '../planning/params.js';
import { makePlan } from '../planning/plan.js';
import { requireWholeApplications, selectUnits } from '../planning/select.js';
import type { SessionParts } from './model-session.js';
import { requireNothingPending } from './nothing-pending.js';
import type { Probe, ProbeQuestion } from './ports.js';
import { applicationUnits, probedUnit, probeUnits } from './preview.js';
import { requireFresh } from './stale.js';
import { watchUnitClocks } from './unit-clocks.js';

/**
 * Probes what the plan stands on, so that a stale plan is refused before anything changes anywhere: the units it would change, and
 * those it leaves because they were as asked. Gives how far each unit's clock is ahead of ours, in seconds. Throws `Failure('refused')`.
 */
export async function lookAgain(
  parts: SessionParts,
  plan: Plan,
  inventory: Inventory,
  signal: AbortSignal,
): Promise<ReadonlyMap<UnitName, number>> {
  const tuning = plan.kind === 'apply' ? requireTuning(parts.catalogue, plan.action.id) : undefined;
  const names = [...plan.steps.map((step) => step.unit), ...(tuning ? plan.unchanged : [])];
  const units = selectUnits(inventory, { targets: names.filter((unit) => findUnit(inventory, unit) !== undefined) });
  if (tuning) requireWholeApplications(inventory, units);
  const clocks = watchUnitClocks(parts.clock);
  const probes = await probeUnits(questionOf(plan, tuning), units, parts.units, clocks.note, signal);
  if (plan.kind === 'apply') requireNothingPending(probes, await parts.runs.list(), parts.clock.now());
  requireFresh(plan, probes, tuning && planUnchanged(plan, tuning, { inventory, units, probes }));
  return clocks.ahead(probes);
}

/** Whether a unit is as asked is seen at the same paths as when the plan was made. */
function questionOf(plan: Plan, tuning: Tuning | undefined): ProbeQuestion {
  const planned = plan.steps.flatMap((step) => step.before.map((path) => path.path));
  const asked = tuning && plan.unchanged.length > 0 ? pathsFor(resolveChanges(tuning, plan.params)) : { paths: [], globs: [] };
  return { paths: [...new Set([...planned, ...asked.paths])], globs: asked.globs };
}

interface Looked {
  readonly inventory: Inventory;
  readonly units: readonly Unit[];
  readonly probes: ReadonlyMap<UnitName, Probe>;
}

/** What a plan made now would say of the units that this one found as asked. */
function planUnchanged(plan: Plan, tuning: Tuning, { inventory, units, probes }: Looked): Plan {
  const probed = units.flatMap((unit) => {
    const probe = plan.unchanged.includes(unit.name) ? probes.get(unit.name) : undefined;
    return probe ? [probedUnit(unit, probe)] : [];
  });
  return makePlan({
    tool: plan.tool,
    createdAt: plan.createdAt,
    model: inventory.model,
    tuning,
    changes: resolveChanges(tuning, plan.params),
    params: plan.params,
    probed,
    leftOut: [],
    applicationUnits: applicationUnits(inventory),
    rollout: plan.rollout,
  });
}
