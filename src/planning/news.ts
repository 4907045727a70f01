import { type Inventory, isReachable, type Unit } from '../domain/inventory.js';
import type { Plan, Step } from '../domain/plan.js';
import { applicationOf, type UnitName } from '../domain/unit-set.js';

/** What was known of the plan's applications when somebody last looked. */
export interface Known {
  readonly leaders: ReadonlyMap<string, UnitName>;
  readonly units: ReadonlySet<UnitName>;
}

/** What the plan knew when it was made. */
export function knownTo(plan: Plan): Known {
  const leaders = plan.steps.filter((step) => step.leader).map((step) => [step.application, step.unit] as const);
  const units = [
    ...plan.targets,
    ...plan.others,
    ...plan.steps.map((step) => step.unit),
    ...plan.leftOut.map(({ unit }) => unit),
  ];
  return { leaders: new Map(leaders), units: new Set(units) };
}

/** What a person must hear of before the next batch: units that appeared and leaders that changed. The order of the plan stays. */
export function newsOf(
  plan: Plan,
  known: Known,
  inventory: Inventory,
): { readonly told: readonly string[]; readonly known: Known } {
  const applications = new Set([...known.units].map(applicationOf));
  const units = inventory.applications.filter(({ name }) => applications.has(name)).flatMap((application) => application.units);
  const appeared = units.filter((unit) => !known.units.has(unit.name));
  const leaders = new Map([
    ...known.leaders,
    ...units.filter((unit) => unit.leader).map((unit) => [unit.application, unit.name] as const),
  ]);
  const moved = [...leaders].filter(([application, leader]) => (known.leaders.get(application) ?? leader) !== leader);
  const changes = new Set(plan.steps.map((step) => step.application));
  return {
    told: [
      ...appeared.map((unit) => `${unit.name} appeared, not in the plan: it is left as it is`),
      ...moved
        .filter(([application]) => changes.has(application))
        .map(
          ([application, leader]) => `${leader} is the leader now, no longer ${known.leaders.get(application)}: the order stays`,
        ),
    ],
    known: { leaders, units: new Set([...known.units, ...units.map((unit) => unit.name)]) },
  };
}

/** Why nothing may be sent to the unit of this step any more, or undefined: a unit that is gone or in trouble has failed. */
export function absence(
  plan: Plan,
  step: Step,
  inventory: Inventory,
): { readonly code: string; readonly why: string } | undefined {
  const unit = inventory.applications.flatMap((application) => application.units).find((one) => one.name === step.unit);
  if (!unit) return { code: 'GONE', why: 'not in the model any more' };
  return mayBeSent(plan, unit) ? undefined : { code: 'NOT_REACHED', why: unit.reason ?? 'not reachable' };
}

/** Taking back goes on while the agent answers; a change is made only where all is well. */
function mayBeSent(plan: Plan, unit: Unit): boolean {
  return plan.kind === 'rollback' ? isReachable(unit) : unit.trouble === undefined;
}
