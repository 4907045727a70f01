import type { Action } from '../domain/action.js';
import type { CheckReport, UnitCheck } from '../domain/check.js';
import type { Entry } from '../domain/event.js';
import type { Inventory } from '../domain/inventory.js';
import type { Plan, Rollout } from '../domain/plan.js';
import type { Run } from '../domain/run.js';
import type { UnitName } from '../domain/unit-set.js';
import type { Transport } from './ports.js';
import type { Survey } from './survey.js';
import type { ConfirmWindow } from './window.js';

/** What a person points at: `keystone`, `keystone/0-2`, `keystone/leader`, with the narrowing flags of the command line. */
export interface TargetRequest {
  readonly targets: readonly string[];
  /** `az:zone1`, `host:3`, `status:error`; all must hold. */
  readonly where?: readonly string[];
  readonly except?: readonly string[];
}

export interface CheckRequest extends TargetRequest {
  /** Ids of diagnostics; absent: every passive one that applies. */
  readonly only?: readonly string[];
  readonly windowSeconds?: number;
  /** `ssh` also asks units whose agent is away; absent: `exec`. */
  readonly transport?: Transport;
}

export interface PlanRequest extends TargetRequest {
  readonly action: string;
  readonly params: Readonly<Record<string, string>>;
  readonly batch?: string;
  /** What is absent is as in DEFAULT_ROLLOUT. */
  readonly rollout?: Partial<Rollout>;
}

/** Progress of a fan-out, for a person who waits. `call` is a juju command that ran. */
export type Progress =
  | { readonly type: 'resolved'; readonly units: readonly UnitName[] }
  | { readonly type: 'unit'; readonly unit: UnitName; readonly state: 'sent' | 'answered' | 'no answer'; readonly detail: string }
  | { readonly type: 'waiting'; readonly unit: UnitName; readonly why: string; readonly seconds: number; readonly limit: number }
  | { readonly type: 'checked'; readonly unit: UnitCheck };

/** Lets a person hold a run between two batches. */
export interface Pause {
  readonly isPaused: () => boolean;
  /** Resolves once it is not paused any more. */
  readonly resumed: () => Promise<void>;
}

export interface ApplyOptions {
  /** Why, for the record; empty for the action's title. */
  readonly reason: string;
  /** Seconds to measure for after the last batch; 0 skips. */
  readonly measureSeconds: number;
  /** Asked after the canary passed its gate; resolves false to stop there. */
  readonly afterCanary?: (run: Run) => Promise<boolean>;
  /** Looked at before each batch. */
  readonly pause?: Pause;
  /** First abort: no further unit is started. */
  readonly stop: AbortSignal;
  /** Second abort: stop watching; units in flight stay unknown until read back. Its reason is recorded. */
  readonly detach: AbortSignal;
  /** Absent: the change is not held for a confirmation. */
  readonly window?: ConfirmWindow;
  /** Why a lock that a living process holds on this machine is passed over; recorded. */
  readonly breakLock?: string;
}

/** What is to be done with a run that is taken up again, once its units have said how they stand. */
export type ResumeAction =
  | { readonly kind: 'look' }
  | { readonly kind: 'confirm'; readonly acceptDrift: boolean }
  | { readonly kind: 'extend'; readonly seconds: number }
  | { readonly kind: 'go-on'; readonly window: ConfirmWindow }
  | { readonly kind: 'close' };

export interface ResumeOptions {
  readonly action: ResumeAction;
  /** For the record; empty for none. */
  readonly reason: string;
  /** Looked at before each batch of a run that goes on. */
  readonly pause?: Pause;
  readonly stop: AbortSignal;
  readonly detach: AbortSignal;
}

/** A command that juju was asked, for the command log: nothing is hidden. */
export interface JujuCall {
  readonly at: string;
  readonly command: string;
  readonly exitCode: number | undefined;
  readonly milliseconds: number;
}

/**
 * Everything a view can do with one model. The terminal UI and the commands use nothing else.
 * Every method throws only `Failure`.
 */
export interface Session {
  readonly catalogue: readonly Action[];
  inventory(signal: AbortSignal): Promise<Inventory>;
  check(request: CheckRequest, progress: (event: Progress) => void, signal: AbortSignal): Promise<CheckReport>;
  plan(request: PlanRequest, progress: (event: Progress) => void, signal: AbortSignal): Promise<Plan>;
  /** Plans taking back a run; empty for the last one of this model that can be taken back. */
  planRollback(run: string, progress: (event: Progress) => void, signal: AbortSignal): Promise<Plan>;
  /** Carries out exactly this plan; every entry is in the journal before it is emitted. */
  apply(plan: Plan, options: ApplyOptions, emit: (entry: Entry) => void): Promise<Run>;
  /** Asks Juju and the units how a run stands, records it, and does with it what is wanted; every entry is in the journal before it is emitted. */
  resume(run: Run, options: ResumeOptions, emit: (entry: Entry) => void): Promise<Survey>;
  /** Newest last. */
  runs(): Promise<readonly Run[]>;
  /** RUN of product.md: short id, unique prefix, ULID, or empty for the last one. */
  run(word: string): Promise<Run>;
  /** Called with each juju command once it ended. */
  onCall(listener: (call: JujuCall) => void): void;
}
