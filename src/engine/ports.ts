import type { Diagnostic } from '../domain/action.js';
import type { FileState, PathState } from '../domain/change.js';
import type { CharmConfig } from '../domain/charm-config.js';
import type { Entry, RunEvent, TransactionState } from '../domain/event.js';
import type { Evidence, Facts } from '../domain/finding.js';
import type { Inventory } from '../domain/inventory.js';
import type { Outcome } from '../domain/outcome.js';
import type { OptionStep, Sha256, Step, TransactionId, UnitIdentity } from '../domain/plan.js';
import type { UnitName } from '../domain/unit-set.js';

/** What Juju calls are for; each is one file in adapters/ and a small real thing in test/fakes/. */
export interface Juju {
  /** Version of the client, e.g. `3.6.11`. */
  readonly clientVersion: string;
  /** Throws `Failure('juju')`. */
  status(signal: AbortSignal): Promise<Inventory>;
  /**
   * Cancels what of these tasks has not begun, and says how each stands then; of a task that Juju does not show there is nothing.
   * Absent where tasks cannot be asked after. Throws `Failure('juju')`.
   */
  endTasks?(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, TaskState>>;
}

/** How Juju says that a task stands. */
export interface TaskState {
  /** `pending`, `running`, `completed`, `failed`, `cancelled`, `aborted`, … */
  readonly status: string;
  /** It can neither begin any more nor go on. */
  readonly over: boolean;
}

/** `juju config` of one application: for all its units at once. */
export interface CharmConfiguration {
  /** Throws `Failure('juju')`. Options that may hold secrets are not in it. */
  read(application: string, signal: AbortSignal): Promise<CharmConfig>;
  /** Sets what is a user's and resets the rest, in one call. Throws `Failure('juju')`; read again what became of it. */
  write(application: string, options: readonly OptionStep[], signal: AbortSignal): Promise<void>;
}

/** How a unit's task went when no believable answer came back. */
export interface NoAnswer {
  readonly kind: 'no-answer';
  readonly unit: UnitName;
  /** `NO_ANSWER` (deadline), `KILLED`, `CANCELLED`, `MISSING` (no such unit), `NO_LOGIN`, `BAD_ANSWER` (no receipt, or one that does not fit its hash). */
  readonly code: string;
  readonly message: string;
  /** False only when the task is known never to have run and never to run later. */
  readonly mayHaveRun: boolean;
  readonly milliseconds: number;
}

export interface Answer<T> {
  readonly kind: 'answer';
  readonly unit: UnitName;
  readonly value: T;
  readonly milliseconds: number;
}

/** What comes back from a fan-out, each as soon as it is there. One dead unit delays nobody. */
export type UnitEvent<T> =
  | Answer<T>
  | NoAnswer
  | { readonly kind: 'queued'; readonly operation: string; readonly tasks: Readonly<Record<UnitName, string>> }
  | { readonly kind: 'waiting'; readonly unit: UnitName; readonly why: string; readonly seconds: number; readonly limit: number };

/** What a unit says of itself. Facts are named in the catalogue of unit/facts.sh. */
export interface Probe {
  readonly identity: UnitIdentity;
  /** Unit clock, seconds since 1970. */
  readonly clock: number;
  readonly bootId: string;
  readonly facts: Facts;
  readonly paths: readonly PathState[];
  /** Text of every file state in `paths` that was asked for with content; where it is masked (planning/masked.ts) the hash is that of the whole. */
  readonly contents: Readonly<Record<Sha256, string>>;
  /** Of a staged change: what was asked for with masked lines -> the hash of the whole, which only the unit can tell. */
  readonly wholes: Readonly<Record<Sha256, Sha256>>;
  /** Of the staged change, when one was asked for: did `apache2ctl -t` accept it without new warnings? */
  readonly validation?: { readonly ok: boolean; readonly message: string };
  /** Newest transactions on the unit, newest first. */
  readonly transactions: readonly UnitTransaction[];
}

export interface UnitTransaction {
  readonly id: TransactionId;
  readonly state: TransactionState;
}

/** What to look at on every unit: exact paths, and globs whose files are read with their content. */
export interface ProbeQuestion {
  readonly paths: readonly string[];
  readonly globs: readonly string[];
  /** Stage and validate these steps without putting anything in place. */
  readonly staged?: { readonly steps: readonly Step[]; readonly contents: Readonly<Record<Sha256, string>> };
}

/** What one unit is asked to do about one transaction. */
export type Order =
  | {
      readonly verb: 'apply';
      readonly unit: UnitName;
      readonly step: Step;
      /** From when the unit starts; then it takes the change back by itself unless it was confirmed. 0: ends COMMITTED at once. */
      readonly windowSeconds: number;
      /** False: with a window, but nothing on the unit that would take the change back; only by --no-guard. */
      readonly guard: boolean;
    }
  /** Keeps a change that awaits it. `acceptDrift`: also when somebody else has changed its files since. */
  | { readonly verb: 'confirm'; readonly unit: UnitName; readonly transaction: TransactionId; readonly acceptDrift: boolean }
  /** The window ends so many seconds after now, on the unit's clock. */
  | { readonly verb: 'extend'; readonly unit: UnitName; readonly transaction: TransactionId; readonly windowSeconds: number }
  /** Takes a change back, one that awaits confirmation too. */
  | { readonly verb: 'rollback'; readonly unit: UnitName; readonly transaction: TransactionId; readonly budgetSeconds: number }
  /** Forgets transactions older than that; never the newest five, those in `keep`, or one that is not settled. */
  | {
      readonly verb: 'gc';
      readonly unit: UnitName;
      readonly keep: readonly TransactionId[];
      readonly olderThanDays: number;
    };

/** An order of a run to a unit, counted from 1 for each unit: a unit can be told that those up to one are void. */
export interface OrderNumber {
  /** ULID. */
  readonly run: string;
  readonly number: number;
}

/** On what terms a unit carries an order out. */
export interface Terms {
  /** Unit clock, seconds since 1970; it refuses after it. */
  readonly notAfter: number;
  readonly number: OrderNumber;
}

/** What a unit is asked about a transaction. */
export interface StatusQuestion {
  readonly transaction: TransactionId;
  /** No order up to this one shall be carried out any more, should Juju bring it late or a second time. */
  readonly endsUpTo?: OrderNumber;
}

/** A path that is not as it was applied. */
export interface Drift {
  readonly path: string;
  /** What it is now; absent when it cannot be read. */
  readonly state?: FileState;
  /** Unified diff from what was applied to what is there, secrets taken out on the unit; empty where there is none to be shown. */
  readonly diff: string;
}

/**
 * What the unit program says of a transaction, believed only with a hash that fits. Codes: `EXPIRED` (the request came too late or
 * was refused before, or the window was over), `CHANGED_SINCE_PLAN`, `INVALID`, `LOCKED`, `NO_GUARD` (nothing can be had that takes the
 * change back by itself; nothing was touched), `PENDING` (another change awaits confirmation, its run is named), `NOT_PENDING`, `DRIFTED`
 * (not confirmed: a path is not as applied), …
 */
export interface Receipt {
  readonly verb: Order['verb'] | 'status';
  /** Empty for `gc`, which is about none. */
  readonly transaction: TransactionId;
  readonly outcome: Outcome;
  readonly state: TransactionState;
  readonly code: string;
  readonly message: string;
  /** Read back after the change. */
  readonly paths: readonly PathState[];
  readonly log: readonly string[];
  /** Unit clock, seconds since 1970. */
  readonly clock: number;
  /** When the unit takes the change back by itself, on its clock; only while it awaits confirmation and is guarded. */
  readonly deadline?: number;
  /** The same as seconds from now. */
  readonly windowLeft?: number;
  /** The orders that the question ends are void from here on: whatever Juju still brings, they are not carried out. */
  readonly ended?: true;
  /** Of a change that is in place or was left alone: paths that somebody else has changed since. */
  readonly drift?: readonly Drift[];
}

export interface Collected {
  readonly diagnostic: string;
  readonly facts: Facts;
  readonly evidence: Readonly<Record<string, readonly Evidence[]>>;
  /** The script did not end well: its exit code and last words. */
  readonly problem?: string;
  /** Bytes of output that were cut off, 0 for none. */
  readonly cutBytes: number;
  /** Why nothing kept it from writing; absent when it ran in the jail. */
  readonly unjailed?: string;
}

/** `exec` goes by the unit's agent and leaves a record; `ssh` by its machine, for looking only. */
export type Transport = 'exec' | 'ssh';

export interface DispatchOptions {
  /** Seconds that one unit may take from when it is sent; a hook that runs is waited for beside this. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

/** Runs the unit programs on units. Ends when every unit has an `answer` or a `no-answer`. */
export interface Units {
  probe(question: ProbeQuestion, units: readonly UnitName[], options: DispatchOptions): AsyncIterable<UnitEvent<Probe>>;
  collect(
    diagnostics: readonly Diagnostic[],
    params: Readonly<Record<string, string>>,
    units: readonly UnitName[],
    options: DispatchOptions & { readonly transport?: Transport },
  ): AsyncIterable<UnitEvent<readonly Collected[]>>;
  /** Sends all orders together, at most one for a unit; verbs may differ from unit to unit. */
  change(
    orders: readonly Order[],
    contents: Readonly<Record<Sha256, string>>,
    terms: Readonly<Record<UnitName, Terms>>,
    options: DispatchOptions,
  ): AsyncIterable<UnitEvent<Receipt>>;
  /** What became of a transaction; recovers first, and ends orders where it is asked to, but changes nothing else. */
  transactionStatus(
    questions: Readonly<Record<UnitName, StatusQuestion>>,
    options: DispatchOptions,
  ): AsyncIterable<UnitEvent<Receipt>>;
}

/** The one writer of a run's journal. */
export interface Journal {
  readonly run: string;
  readonly shortId: string;
  /** Locks of others that were passed over, each in a sentence. */
  readonly broken?: readonly string[];
  /** Resolves once the entry would survive a power cut. Throws `Failure` when it cannot be written; then nothing may be sent. */
  append(event: RunEvent): Promise<Entry>;
  close(): Promise<void>;
}

export interface Clock {
  /** Seconds of this clock in one second of waiting for juju: 1, and more in the demo. */
  readonly rate: number;
  /** Milliseconds since 1970. Virtual in the demo. */
  now(): number;
  /** Milliseconds of this clock that we have lived through: not the time in which the machine slept. Absent where that is not known. */
  lived?(): number;
  /** Resolves after that many seconds of this clock, or when the signal is aborted. */
  sleep(seconds: number, signal: AbortSignal): Promise<void>;
}
