import type { FactValue } from './finding.js';
import type { Outcome, RunOutcome } from './outcome.js';
import type { CharmOptions, Plan, TransactionId } from './plan.js';
import type { UnitName } from './unit-set.js';

/** A state of the on-unit transaction (safe-change.md 3). */
export type TransactionState =
  | 'NONE'
  | 'PREPARED'
  | 'SWAPPING'
  | 'ACTIVATING'
  | 'PENDING' // as wanted, read back, and taken back by the unit itself unless it is confirmed
  | 'COMMITTED'
  | 'REVERTING'
  | 'REVERTED'
  | 'CONFLICT'
  | 'BROKEN';

export interface GateCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** It was not looked at to the end, so that it tells nothing of what comes later. */
  readonly cut?: true;
}

export type Phase = 'queued' | 'applying' | 'gate' | 'confirming' | 'taking-back' | 'reading-back';

/** Whether a change helped, from the numbers before and after it. */
export type Verdict = 'cured' | 'better' | 'no effect' | 'worse' | 'no traffic' | 'unknown';

export interface Measured {
  readonly fact: string;
  readonly title: string;
  /** Per unit. A unit that did not answer is absent. */
  readonly before: Readonly<Record<UnitName, FactValue>>;
  readonly after: Readonly<Record<UnitName, FactValue>>;
  /** What both are a share of, e.g. requests; absent when not measured per something. */
  readonly perBefore?: Readonly<Record<UnitName, FactValue>>;
  readonly perAfter?: Readonly<Record<UnitName, FactValue>>;
  readonly verdict: Verdict;
  readonly detail: string;
}

/** Everything that can happen in a run. Views and the fold handle each kind; the compiler says where one is missing. */
export type RunEvent =
  | {
      readonly type: 'run-opened';
      readonly shortId: string;
      readonly operator: string;
      readonly purpose: string;
      readonly juju: string;
      readonly plan: Plan;
    }
  | { readonly type: 'batch-started'; readonly batch: number; readonly units: readonly UnitName[] }
  /** Durable before the unit can have received anything. */
  | {
      readonly type: 'intent';
      readonly unit: UnitName;
      readonly transaction: TransactionId;
      readonly verb: 'apply' | 'confirm' | 'extend' | 'rollback';
      /** Unit clock, seconds since 1970; the unit refuses after it. */
      readonly notAfter: number;
    }
  | {
      readonly type: 'task-queued';
      readonly operation: string;
      readonly tasks: Readonly<Record<UnitName, string>>;
    }
  | { readonly type: 'unit-phase'; readonly unit: UnitName; readonly phase: Phase; readonly detail: string }
  | {
      readonly type: 'unit-settled';
      readonly unit: UnitName;
      readonly outcome: Outcome;
      readonly state: TransactionState;
      /** Code of the refusal or failure: `CHANGED_SINCE_PLAN`, `INVALID`, `NO_ANSWER`, …; empty when good. */
      readonly code: string;
      readonly detail: string;
      readonly log: readonly string[];
      readonly milliseconds: number;
      /** When the unit takes an unconfirmed change back, ISO 8601 on the model's clock; of an unknown one at the latest. Absent: never. */
      readonly until?: string;
    }
  /** Durable before the controller can have received it. */
  | { readonly type: 'options-intent'; readonly charm: CharmOptions }
  /** Read back from the controller, or not. */
  | { readonly type: 'options-settled'; readonly outcome: Outcome; readonly detail: string }
  | { readonly type: 'gate'; readonly batch: number; readonly ok: boolean; readonly checks: readonly GateCheck[] }
  /** A batch that is UP again is watched for so long before it is compared. */
  | { readonly type: 'baking'; readonly batch: number; readonly seconds: number }
  | { readonly type: 'measuring'; readonly seconds: number }
  | { readonly type: 'measured'; readonly measures: readonly Measured[] }
  | { readonly type: 'decision'; readonly text: string; readonly by: string }
  | { readonly type: 'batch-finished'; readonly batch: number }
  /** Everything was done that could be; from here on it is for a person to confirm, and the units take it back from `until` on. */
  | { readonly type: 'awaiting-confirmation'; readonly until: string }
  /** Somebody decided to keep the change; what came of it is said of each unit. */
  | { readonly type: 'confirming'; readonly by: string }
  | { readonly type: 'extending'; readonly seconds: number; readonly by: string }
  /** Somebody decided against the change, or nobody could stand up for it. */
  | { readonly type: 'taking-back'; readonly reason: string; readonly by: string }
  /** Nobody watches from here on: the units go on by themselves. */
  | { readonly type: 'interrupted'; readonly reason: string }
  /** Taken up again, by its journal and by what the units say. */
  | { readonly type: 'resumed'; readonly by: string }
  | { readonly type: 'run-closed'; readonly outcome: RunOutcome; readonly detail: string };

/** One record of the journal: what happened, when, in which run. */
export interface Entry {
  readonly sequence: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** ULID of the run. */
  readonly run: string;
  readonly event: RunEvent;
}
