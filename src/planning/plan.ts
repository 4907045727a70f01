import type { Check, Tuning } from '../domain/action.js';
import type { Change, PathState } from '../domain/change.js';
import { sameState } from '../domain/change.js';
import type { Facts } from '../domain/finding.js';
import type { Unit } from '../domain/inventory.js';
import type { LeftOut, Plan, PlanAction, Rollout, Sha256, Step, UnitIdentity } from '../domain/plan.js';
import type { UnitName } from '../domain/unit-set.js';
import { activationCommand, strongest } from './activation.js';
import { planChange } from './change.js';
import { brokenRule, firedRules } from './conditions.js';
import { withConfigFacts } from './config-facts.js';
import { prechecks } from './prechecks.js';
import { canonicalJson, sealPlan } from './seal.js';
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
  const activate = strongest([input.tuning.activate, ...done.map((result) => result.activate)]);
  if (real.length === 0) {
    const checks = done.flatMap((result) => result.checks);
    const idle = activate === 'none' ? undefined : notInForce(checks, probed.facts);
    return idle === undefined ? { kind: 'unchanged', unit } : { kind: 'refused', unit, reason: idle };
  }
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

/** What says that Apache does not run as the files want it, though there is nothing in them to change: then it has not taken them yet. */
function notInForce(checks: readonly Check[], facts: Facts): string | undefined {
  const asked = 'its files are as asked, and';
  if (facts['apache.active'] === 'inactive' || facts['apache.active'] === 'failed') return `${asked} apache2 is not running`;
  for (const check of checks) {
    if (check.kind !== 'daemon-group') continue;
    const running = facts[`wsgi.${check.group}.running`];
    // While Apache reloads, those of before run beside the new ones.
    if (typeof running === 'number' && running < check.processes) {
      const processes = `${check.group} is to have ${check.processes} processes and ${running} run`;
      return `${asked} ${processes}: have Apache take them first (systemctl reload apache2)`;
    }
  }
  return undefined;
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
