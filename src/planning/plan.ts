import type { Measure, Tuning } from '../domain/action.js';
import type { Change, PathState } from '../domain/change.js';
import { sameState } from '../domain/change.js';
import { Failure } from '../domain/failure.js';
import type { Facts } from '../domain/finding.js';
import type { Unit } from '../domain/inventory.js';
import type {
  Activation,
  CharmOptions,
  Confirmation,
  LeftOut,
  Plan,
  PlanAction,
  Rollout,
  Sha256,
  Step,
  UnitIdentity,
} from '../domain/plan.js';
import { applicationOf, compareUnits, type UnitName } from '../domain/unit-set.js';
import { planChange } from './change.js';
import { brokenRule, firedRules } from './conditions.js';
import { withConfigFacts } from './config-facts.js';
import { describeImpact } from './impact.js';
import { prechecks } from './prechecks.js';
import { confirmationFor, planBatches } from './rollout.js';
import { sha256 } from './sha256.js';

/** What a probe told of one target; the structural part of the engine's `Probe` that planning needs. */
export interface ProbedUnit {
  readonly unit: Unit;
  readonly identity: UnitIdentity;
  readonly facts: Facts;
  readonly paths: readonly PathState[];
  readonly contents: Readonly<Record<Sha256, string>>;
}

export interface PlanInput {
  readonly tool: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly model: { readonly controller: string; readonly name: string; readonly uuid: string; readonly demo: boolean };
  readonly tuning: Tuning;
  readonly changes: readonly Change[];
  readonly params: Readonly<Record<string, string>>;
  readonly probed: readonly ProbedUnit[];
  readonly leftOut: readonly LeftOut[];
  /** Units that each application has, to know what is whole, what is single and what appears later. */
  readonly applicationUnits: Readonly<Record<string, readonly UnitName[]>>;
  readonly batch?: string;
  readonly rollout: Rollout;
}

/** Everything that would be done to make these units as the tuning wants them. Pure; never throws for a unit's state. */
export function makePlan(given: PlanInput): Plan {
  const input = { ...given, probed: given.probed.map(withConfigFacts) };
  const planned = input.probed.map((probed) => planUnit(input, probed));
  const steps = planned.flatMap((result) => (result.kind === 'step' ? [result.step] : []));
  const refused = planned.flatMap((result) => (result.kind === 'refused' ? [{ unit: result.unit, reason: result.reason }] : []));
  const unchanged = planned.flatMap((result) => (result.kind === 'unchanged' ? [result.unit] : []));
  const stepUnits = input.probed.filter((probed) => steps.some((step) => step.unit === probed.unit.name));
  const checks = prechecks(stepUnits, steps, input.changes);
  const warned = [
    ...stepUnits.flatMap((probed) => firedRules(input.tuning.warn, probed.facts, input.params)),
    ...planned.flatMap((result) => (result.kind === 'step' ? result.warnings : [])),
  ];
  return sealPlan({
    tool: input.tool,
    demo: input.model.demo,
    kind: 'apply',
    createdAt: input.createdAt,
    model: modelOf(input.model),
    action: actionOf(input.tuning),
    params: input.params,
    steps,
    unchanged,
    leftOut: input.leftOut,
    refused: [...refused, ...checks.refused],
    contents: Object.assign({}, ...planned.map((result) => (result.kind === 'step' ? result.contents : {}))),
    warnings: [...new Set([...warned, ...checks.warnings])],
    risk: input.tuning.risk,
    measures: input.tuning.measure,
    probed: stepUnits,
    looked: input.probed,
    applicationUnits: input.applicationUnits,
    rollout: input.rollout,
    ...(input.batch === undefined ? {} : { batch: input.batch }),
  });
}

type UnitPlan =
  | {
      readonly kind: 'step';
      readonly step: Step;
      readonly contents: Readonly<Record<Sha256, string>>;
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'unchanged'; readonly unit: string }
  | { readonly kind: 'refused'; readonly unit: string; readonly reason: string };

function planUnit(input: PlanInput, probed: ProbedUnit): UnitPlan {
  const unit = probed.unit.name;
  const missing = missingNeed(input.tuning, probed.facts);
  if (missing !== undefined) return { kind: 'refused', unit, reason: missing };
  const rule = brokenRule(input.tuning.refuse, probed.facts, input.params);
  if (rule !== undefined) return { kind: 'refused', unit, reason: rule };
  const results = input.changes.map((change) => planChange(change, probed, input.tuning.id));
  const problem = results.find((result) => result.kind === 'problem');
  if (problem?.kind === 'problem') return { kind: 'refused', unit, reason: problem.problem };
  const done = results.flatMap((result) => (result.kind === 'planned' ? [result] : []));
  const moved = done.flatMap((result) => result.before.map((before, index) => ({ before, after: result.after[index] })));
  const real = moved.flatMap(({ before, after }) => (after && !sameState(before.state, after.state) ? [{ before, after }] : []));
  if (real.length === 0) return { kind: 'unchanged', unit };
  const activate = strongest([input.tuning.activate, ...done.map((result) => result.activate)]);
  const step: Step = {
    unit,
    application: probed.unit.application,
    host: probed.unit.host,
    address: probed.unit.address,
    leader: probed.unit.leader,
    identity: probed.identity,
    verb: 'apply',
    transaction: '',
    before: real.map((pair) => pair.before),
    after: real.map((pair) => pair.after),
    activate,
    validate: activate !== 'none',
    checks: [...done.flatMap((result) => result.checks), ...(activate === 'none' ? [] : [{ kind: 'apache-active' } as const])],
    commands: [...done.flatMap((result) => result.commands), ...activationCommand(activate)],
    budgetSeconds: budgetOf(probed.facts),
    summary: done.flatMap((result) => result.summary),
  };
  const warnings = done.flatMap((result) => result.warnings);
  return { kind: 'step', step, contents: Object.assign({}, ...done.map((result) => result.contents)), warnings };
}

function missingNeed(tuning: Tuning, facts: Facts): string | undefined {
  for (const need of tuning.appliesTo.needs) {
    if (need === 'apache' && facts['apache.installed'] === 'no') return 'Apache is not installed here';
    if (need === 'tls-frontend' && facts['tls.frontend'] !== 'yes') {
      return 'no TLS frontend (openstack_https_frontend.conf): there is no proxy hop that this could change';
    }
    if (need === 'wsgi-daemon' && !Object.keys(facts).some((name) => /^wsgi\..+\.processes$/.test(name))) {
      return 'no WSGIDaemonProcess in its Apache configuration: the API does not run under mod_wsgi';
    }
  }
  return undefined;
}

export function strongest(activations: readonly Activation[]): Activation {
  if (activations.includes('restart')) return 'restart';
  return activations.includes('reload') ? 'reload' : 'none';
}

export function activationCommand(activate: Activation): readonly string[] {
  return activate === 'none' ? [] : [`systemctl ${activate} apache2`];
}

/** The unit's own limits for stop and start, and a minute; never killed in between (catalogue, Impact is computed). */
export function budgetOf(facts: Facts): number {
  return numberOf(facts['apache.stop-seconds'], 90) + numberOf(facts['apache.start-seconds'], 90) + 60;
}

function numberOf(value: unknown, fallback: number): number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 && value <= 3600 ? value : fallback;
}

function modelOf(model: PlanInput['model']): Plan['model'] {
  return { controller: model.controller, name: model.name, uuid: model.uuid };
}

/** The action as a plan names it; its digest changes with any part of its definition. */
export function actionOf(tuning: Tuning): PlanAction {
  return { id: tuning.id, title: tuning.title, digest: sha256(canonicalJson({ ...tuning, source: '' })) };
}

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
  const unguarded = input.kind === 'apply' ? probed.flatMap(unguardedOf) : [];
  const unjailed = (input.looked ?? probed).flatMap(unjailedOf);
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
    unchanged: input.unchanged,
    leftOut: input.leftOut,
    ...(unguarded.length === 0 ? {} : { unguarded }),
    ...(unjailed.length === 0 ? {} : { unjailed }),
    refused: input.refused,
    batches,
    rollout: input.rollout,
    contents: input.contents,
    impact: input.impact ?? describeImpact(steps, probed, applicationSizes, batches),
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

function unjailedOf({ unit, facts }: ProbedUnit): readonly LeftOut[] {
  return facts.jail === 'none'
    ? [{ unit: unit.name, reason: String(facts['jail.reason'] ?? 'for no reason that it tells') }]
    : [];
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
