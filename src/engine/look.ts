import type { Facts } from '../domain/finding.js';
import { type Inventory, isReachable } from '../domain/inventory.js';
import { changedApplications, type Plan } from '../domain/plan.js';
import type { UnitName } from '../domain/unit-set.js';
import type { Execution } from './execute.js';
import type { Views } from './gate.js';
import { gatherAnswers } from './gather.js';

const LOOK_TIMEOUT_SECONDS = 60;
/** What a batch is compared by: planning/compare-batch.ts reads their facts. */
const COMPARED_BY = ['log-signatures', 'saturation'];

export interface Look {
  /** What units said, all diagnostics together. One that did not answer is absent. */
  readonly facts: ReadonlyMap<UnitName, Facts>;
  /** Those of which `layers` did not break off. */
  readonly views: Views;
}

/** Reachable units of the plan's applications, changed or not: each has a haproxy with a view of the others. */
export function viewersOf(
  inventory: Inventory,
  plan: Plan,
): readonly { readonly unit: UnitName; readonly application: string }[] {
  const applications = new Set(changedApplications(plan));
  return inventory.applications
    .filter((application) => applications.has(application.name))
    .flatMap(({ name, units }) => units.filter(isReachable).map((unit) => ({ unit: unit.name, application: name })));
}

/** Diagnostics of the catalogue that batches of this plan are compared by; none when it compares nothing. */
export function comparedBy({ plan: { rollout, steps }, catalogue }: Execution): readonly string[] {
  if (rollout.bakeSeconds === 0 || steps.every((step) => step.activate === 'none')) return [];
  return COMPARED_BY.filter((id) => catalogue.some((diagnostic) => diagnostic.id === id));
}

/** Runs `layers` and the other diagnostics named, over the last `windowSeconds`; those that the catalogue has not are passed over. */
export async function look(
  execution: Execution,
  inventory: Inventory,
  others: readonly string[],
  windowSeconds: number,
): Promise<Look> {
  const diagnostics = execution.catalogue.filter(({ id }) => id === 'layers' || others.includes(id));
  const units = viewersOf(inventory, execution.plan).map((viewer) => viewer.unit);
  if (diagnostics.length === 0 || units.length === 0) return { facts: new Map(), views: new Map() };
  const options = { timeoutSeconds: LOOK_TIMEOUT_SECONDS, signal: execution.detach };
  const events = execution.units.collect(diagnostics, { window: String(windowSeconds) }, units, options);
  const { answers } = await gatherAnswers(events, undefined, units);
  const parts = [...answers].map(([unit, { value }]) => ({ unit, whole: value.filter((part) => part.problem === undefined) }));
  return {
    facts: new Map(parts.map(({ unit, whole }) => [unit, Object.assign({}, ...whole.map((part) => part.facts)) as Facts])),
    views: new Map(
      parts.flatMap(({ unit, whole }) =>
        whole.filter((part) => part.diagnostic === 'layers').map((part) => [unit, part.facts] as const),
      ),
    ),
  };
}
