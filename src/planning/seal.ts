import type { Measure } from '../domain/action.js';
import { Failure } from '../domain/failure.js';
import type { Facts } from '../domain/finding.js';
import type { Activation, CharmOptions, Confirmation, LeftOut, Plan, PlanAction, Rollout, Sha256, Step } from '../domain/plan.js';
import { applicationOf, compareUnits, type UnitName } from '../domain/unit-set.js';
import { strongest } from './activation.js';
import { describeImpact } from './impact.js';
import type { ProbedUnit } from './plan.js';
import { confirmationFor, planBatches } from './rollout.js';
import { sha256 } from './sha256.js';

interface Unsealed {
  readonly tool: string;
  readonly demo: boolean;
  readonly kind: 'apply' | 'rollback';
  readonly of?: string;
  readonly createdAt: string;
  readonly model: Plan['model'];
  readonly action: PlanAction;
  readonly params: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
  readonly unchanged: readonly string[];
  readonly leftOut: readonly LeftOut[];
  readonly refused: readonly LeftOut[];
  readonly contents: Readonly<Record<Sha256, string>>;
  readonly warnings: readonly string[];
  readonly risk: 'low' | 'medium' | 'high';
  readonly measures: readonly Measure[];
  readonly probed: readonly ProbedUnit[];
  /** Every unit that was asked, when these are more. */
  readonly looked?: readonly ProbedUnit[];
  readonly applicationUnits: Readonly<Record<string, readonly UnitName[]>>;
  readonly batch?: string;
  readonly rollout: Rollout;
  /** Of a plan for charm configuration, which has no steps. */
  readonly charm?: CharmOptions;
  /** Worked out from the steps unless given. */
  readonly impact?: readonly string[];
}

/** Adds order, impact, confirmation and the hash to what was worked out per unit. */
export function sealPlan(input: Unsealed): Plan {
  const { steps, probed } = input;
  const activate = strongest(steps.map((step) => step.activate));
  const applicationSizes = sizesOf(input.applicationUnits);
  const batches = planBatches(
    steps.map((step) => ({ ...step, holdsVip: holdsVip(probed, step.unit) })),
    { activate, applicationSizes, ...(input.batch === undefined ? {} : { sizes: input.batch }) },
  );
  const targets = [
    ...steps.map((step) => step.unit),
    ...(input.charm?.units ?? []),
    ...input.unchanged,
    ...input.refused.map((left) => left.unit),
  ]
    .filter((unit, index, all) => all.indexOf(unit) === index)
    .sort(compareUnits);
  const { unchanged, leftOut, refused } = input;
  const unguarded = input.kind === 'apply' ? probed.flatMap(unguardedOf) : [];
  const unjailed = (input.looked ?? probed).flatMap(({ unit, facts }) => unjailedBy(unit.name, facts));
  const body: Omit<Plan, 'hash'> = {
    schema: 'juju-tune/plan/1',
    tool: input.tool,
    demo: input.demo,
    kind: input.kind,
    ...(input.of === undefined ? {} : { of: input.of }),
    createdAt: input.createdAt,
    model: input.model,
    action: input.action,
    params: input.params,
    targets,
    others: othersOf(targets, input.applicationUnits),
    steps,
    ...(input.charm === undefined ? {} : { charm: input.charm }),
    unchanged,
    leftOut,
    ...(unguarded.length === 0 ? {} : { unguarded }),
    ...(unjailed.length === 0 ? {} : { unjailed }),
    refused,
    batches,
    rollout: input.rollout,
    contents: input.contents,
    impact: input.impact ?? describeImpact({ steps, probed, applicationSizes, batches, unchanged, leftOut, refused }),
    warnings: input.warnings,
    risk: input.risk,
    confirmation: confirmationOf(input, activate),
    measures: input.measures,
  };
  return { ...body, hash: hashOf(body) };
}

/** The probe says whether systemd there could take a change back; a probe that does not say so speaks of no trouble. */
function unguardedOf({ unit, facts }: ProbedUnit): readonly LeftOut[] {
  return facts['guard.possible'] === 'no' ? [{ unit: unit.name, reason: String(facts['guard.reason'] ?? 'no systemd') }] : [];
}

/** What a probe of the unit tells of the jail that kept it from writing: nothing where it was in one. */
function unjailedBy(unit: UnitName, facts: Facts): readonly LeftOut[] {
  return facts.jail === 'none' ? [{ unit, reason: String(facts['jail.reason'] ?? 'for no reason that it tells') }] : [];
}

function confirmationOf(input: Unsealed, activate: Activation): Confirmation {
  const { steps, charm } = input;
  if (charm !== undefined) return { kind: 'application', application: charm.application };
  const unguarded = input.kind === 'apply' ? input.probed.find((probed) => unguardedOf(probed).length > 0) : undefined;
  if (unguarded) return { kind: 'application', application: unguarded.unit.application };
  const applications = [...new Set(steps.map((step) => step.application))];
  const sizes = sizesOf(input.applicationUnits);
  const sizeOf = (application: string): number => sizes[application] ?? 0;
  const touched = (application: string): number => steps.filter((step) => step.application === application).length;
  return confirmationFor({
    units: steps,
    wholeApplications: applications.filter(
      (application) => sizeOf(application) > 0 && touched(application) === sizeOf(application),
    ),
    singleUnitApplications: applications.filter((application) => sizeOf(application) === 1),
    activate,
    risk: input.risk,
  });
}

function sizesOf(applicationUnits: Unsealed['applicationUnits']): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(applicationUnits).map(([application, units]) => [application, units.length]));
}

function othersOf(targets: readonly UnitName[], applicationUnits: Unsealed['applicationUnits']): readonly UnitName[] {
  const applications = new Set(targets.map(applicationOf));
  return [...applications]
    .flatMap((application) => applicationUnits[application] ?? [])
    .filter((unit) => !targets.includes(unit))
    .sort(compareUnits);
}

function holdsVip(probed: readonly ProbedUnit[], unit: string): boolean {
  return probed.find((candidate) => candidate.unit.name === unit)?.facts['vip.held'] === 'yes';
}

/** A plan of which something was changed before anybody saw it. */
export function sealAgain({ hash: _, ...body }: Plan): Plan {
  return { ...body, hash: hashOf(body) };
}

/** The plan after a further look at units of it: one look without a jail is enough to name a unit, once. */
export function withFurtherLook(plan: Plan, looked: ReadonlyMap<UnitName, Facts>): Plan {
  const known = plan.unjailed ?? [];
  const found = [...looked]
    .flatMap(([unit, facts]) => unjailedBy(unit, facts))
    .filter(({ unit }) => !known.some((one) => one.unit === unit));
  if (found.length === 0) return plan;
  return sealAgain({ ...plan, unjailed: [...known, ...found].sort((a, b) => compareUnits(a.unit, b.unit)) });
}

function hashOf(body: Omit<Plan, 'hash'>): Sha256 {
  return sha256(canonicalJson(body));
}

/** JSON with sorted keys: equal data, equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** Throws `Failure('usage')` unless the plan is word for word what was planned. */
export function requireUntouched(plan: Plan): void {
  const { hash, ...body } = plan;
  if (hashOf(body) === hash) return;
  throw new Failure('usage', 'the plan file was changed after it was made: its hash does not fit', {
    hint: `juju-tune plan ${plan.targets[0]?.split('/')[0] ?? 'APPLICATION'} ${plan.action?.id ?? 'TUNING'} -o FILE`,
  });
}
