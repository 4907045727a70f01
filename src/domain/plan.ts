import type { Check, Measure } from './action.js';
import type { PathState } from './change.js';
import { applicationOf, numberOf, type UnitName } from './unit-set.js';

/** Who a unit is, so that a plan for one is refused by another that took its name. */
export interface UnitIdentity {
  readonly modelUuid: string;
  readonly unit: UnitName;
  readonly machineId: string;
}

/** Identifies one change on one unit; `[a-z0-9-]{8,60}`, made on this side. */
export type TransactionId = string;

/** What the change of a run (its ULID) is called on a unit. A long name of an application is cut, never the unit's number. */
export function transactionOf(run: string, unit: UnitName): TransactionId {
  const [head, tail] = [`${run.toLowerCase()}-`, `-${numberOf(unit)}`];
  return `${head}${applicationOf(unit).slice(0, 60 - head.length - tail.length)}${tail}`;
}

export type Sha256 = string;

/** What a step makes Apache do once the files are in place. */
export type Activation = 'none' | 'reload' | 'restart';

/** Everything that will be done on one unit. Paths are in the order in which they are put in place. */
export interface Step {
  readonly unit: UnitName;
  readonly application: string;
  /** Top-level machine; a host gets one change at a time. */
  readonly host: string;
  readonly address: string;
  readonly leader: boolean;
  readonly identity: UnitIdentity;
  /** `rollback` takes back the transaction `transaction` from the snapshot on the unit. */
  readonly verb: 'apply' | 'rollback';
  /** Of an apply: empty in a plan, given when the run is opened. */
  readonly transaction: TransactionId;
  readonly before: readonly PathState[];
  readonly after: readonly PathState[];
  readonly activate: Activation;
  /** Validate a staged copy of /etc/apache2 before anything is put in place. */
  readonly validate: boolean;
  readonly checks: readonly Check[];
  /** What a person would have typed, e.g. `a2enconf zz-juju-tune-x`. Shown, never run. */
  readonly commands: readonly string[];
  /** Seconds the unit may take for reload or restart: its own stop and start limits and 60 s. */
  readonly budgetSeconds: number;
  /** What changes here in a few words: `keystone-public processes 12 -> 20`. */
  readonly summary: readonly string[];
}

export interface LeftOut {
  readonly unit: UnitName;
  readonly reason: string;
}

/** Units that are changed together; the gate must pass before the next batch. */
export interface Batch {
  readonly number: number;
  readonly canary: boolean;
  readonly units: readonly UnitName[];
}

/** When a run stops by itself, and what it takes back then (product.md, Batches). */
export interface Rollout {
  /** Units that may fail over the whole run before no further batch is begun. One that ends unknown or cannot be reached has failed. */
  readonly maxFailures: number;
  /** What is taken back when a batch fails: that batch, or every unit that the run changed. */
  readonly onFailure: 'batch' | 'all';
  /** Seconds for which a changed batch is held against units that are not changed yet; 0 compares nothing. */
  readonly bakeSeconds: number;
}

/** What must be typed before a plan is carried out (product.md, Confirmation ladder). */
export type Confirmation =
  | { readonly kind: 'none' }
  | { readonly kind: 'yes' }
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'application'; readonly application: string };

export interface PlanAction {
  readonly id: string;
  readonly title: string;
  /** sha256 of the action's definition, so that a changed action makes a saved plan stale. */
  readonly digest: Sha256;
}

/** A charm option as `juju config` tells it. `value` is empty when it is unset. */
export interface OptionValue {
  readonly value: string;
  /** Who gave it: a value of a user's is set again when it is taken back, all else is reset. */
  readonly source: 'user' | 'default' | 'unset';
}

export interface OptionStep {
  readonly option: string;
  readonly before: OptionValue;
  readonly after: OptionValue;
}

/**
 * What a plan sets in the configuration of one application: a class of its own. It is not staged, does not take itself back, and
 * every unit renders its files and restarts its services within seconds of each other. A plan with this has no steps.
 */
export interface CharmOptions {
  readonly application: string;
  readonly charm: string;
  readonly units: readonly UnitName[];
  readonly options: readonly OptionStep[];
}

/** Everything a run will do, made without touching anything. Saved, read and applied exactly. */
export interface Plan {
  readonly schema: 'juju-tune/plan/1';
  readonly tool: string;
  readonly demo: boolean;
  readonly kind: 'apply' | 'rollback';
  /** The run a rollback takes back. */
  readonly of?: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly model: { readonly controller: string; readonly name: string; readonly uuid: string };
  readonly action: PlanAction;
  /** As the operator gave them, after defaults: `processes` -> `+50%`. */
  readonly params: Readonly<Record<string, string>>;
  readonly targets: readonly UnitName[];
  /** The other units that the applications of the targets had when it was made: what is not here either appeared since. */
  readonly others: readonly UnitName[];
  readonly steps: readonly Step[];
  readonly charm?: CharmOptions;
  /** Already as asked. */
  readonly unchanged: readonly UnitName[];
  readonly leftOut: readonly LeftOut[];
  /** Units that change and on which nothing could take the change back by itself; absent: none. */
  readonly unguarded?: readonly LeftOut[];
  /** Units that were looked at with nothing that kept the look from writing; absent: none. */
  readonly unjailed?: readonly LeftOut[];
  /** A rule of the action refuses these; nothing of the plan may be applied while there are any. */
  readonly refused: readonly LeftOut[];
  readonly batches: readonly Batch[];
  readonly rollout: Rollout;
  /** Contents of every file state named in the steps, before and after. Text; base64 never appears in a plan. */
  readonly contents: Readonly<Record<Sha256, string>>;
  readonly impact: readonly string[];
  readonly warnings: readonly string[];
  readonly risk: 'low' | 'medium' | 'high';
  readonly confirmation: Confirmation;
  readonly measures: readonly Measure[];
  /** sha256 of all of the above in canonical JSON. */
  readonly hash: Sha256;
}

/** The units that a plan would change. */
export function changedUnits(plan: Plan): readonly UnitName[] {
  return plan.charm?.units ?? plan.steps.map((step) => step.unit);
}

/** The applications that a plan would change. */
export function changedApplications(plan: Plan): readonly string[] {
  return plan.charm ? [plan.charm.application] : [...new Set(plan.steps.map((step) => step.application))];
}

/** `unset`, `1.5`, `90000 (default)`. */
export function sayOptionValue({ value, source }: OptionValue): string {
  if (source === 'unset') return 'unset';
  return source === 'default' ? `${value} (default)` : value;
}

/** `worker-multiplier unset -> 1.5`. */
export function sayOption({ option, before, after }: OptionStep): string {
  return `${option} ${sayOptionValue(before)} -> ${sayOptionValue(after)}`;
}
