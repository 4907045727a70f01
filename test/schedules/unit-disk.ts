import { encodeState, type FileState } from '../../src/domain/change.js';
import type { TransactionState } from '../../src/domain/event.js';
import type { Outcome } from '../../src/domain/outcome.js';
import type { Step, TransactionId } from '../../src/domain/plan.js';
import type { UnitName } from '../../src/domain/unit-set.js';
import type { Order, Receipt } from '../../src/engine/ports.js';
import { sha256 } from '../../src/planning/sha256.js';
import type { Bug } from './bugs.js';
import { BEGIN, type VirtualTime } from './virtual-time.js';

export interface Transaction {
  readonly id: TransactionId;
  readonly step: Step;
  readonly guarded: boolean;
  state: TransactionState;
  settledBy: '' | 'operator' | 'failure' | 'timer' | 'boot' | 'recovery';
}

/** What the file `pending` says. Generation 0: no timer belongs to it. `due` is on the clock that nobody sets. */
export interface Pending {
  readonly transaction: TransactionId;
  readonly generation: number;
  readonly due: number;
}

/** Who puts a path in place: somebody from outside, or a transaction that goes forward or back. */
export type Writer = 'somebody' | { readonly transaction: Transaction; readonly way: 'forward' | 'back' };

/** Told of all that happens on a unit. */
export interface Watcher {
  wrote(unit: UnitDisk, path: string, before: string, after: string, writer: Writer): void;
  moved(unit: UnitDisk, transaction: Transaction, from: TransactionState): void;
}

/** How a unit is made, and what the change does to it. */
export interface Manner {
  readonly machineId: string;
  /** Seconds that its clock is ahead. */
  readonly ahead: number;
  readonly activationSeconds: number;
  readonly failsToStart: boolean;
  /** So many tries to put back what was there fail. */
  readonly cannotGoBack: number;
  readonly canGuard: boolean;
}

/** What survives on a unit whatever dies there: files, transactions and `pending`. */
export class UnitDisk {
  readonly files = new Map<string, FileState>();
  readonly contents = new Map<string, string>();
  readonly transactions = new Map<TransactionId, Transaction>();
  pending: Pending | undefined;
  /** Of a run and a transaction: the last order that must not be carried out any more, nor those before it. */
  readonly void = new Map<string, number>();
  boots = 1;
  ahead: number;
  badRestores: number;

  constructor(
    readonly name: UnitName,
    readonly manner: Manner,
    readonly time: VirtualTime,
    readonly watcher: Watcher,
    readonly bug: Bug | undefined,
  ) {
    this.ahead = manner.ahead;
    this.badRestores = manner.cannotGoBack;
  }

  /** Its own clock, seconds since 1970. */
  clock(): number {
    return Math.floor(BEGIN / 1000 + this.time.now() + this.ahead);
  }

  state(path: string): FileState {
    return this.files.get(path) ?? { kind: 'absent' };
  }

  is(path: string, state: FileState): boolean {
    return encodeState(this.state(path)) === encodeState(state);
  }

  put(path: string, state: FileState, writer: Writer): void {
    const before = encodeState(this.state(path));
    this.files.set(path, state);
    this.watcher.wrote(this, path, before, encodeState(state), writer);
  }

  /** Somebody else writes a whole file. */
  write(path: string, text: string): void {
    this.contents.set(sha256(text), text);
    this.put(path, { kind: 'file', mode: '0644', owner: '0:0', sha256: sha256(text) }, 'somebody');
  }

  move(transaction: Transaction, state: TransactionState): void {
    const from = transaction.state;
    transaction.state = state;
    if (state === 'NONE') this.transactions.delete(transaction.id);
    this.watcher.moved(this, transaction, from);
  }

  disarm(transaction: Transaction): void {
    if (this.pending?.transaction === transaction.id) this.pending = undefined;
  }

  /** Paths of a transaction that are not as it left them. */
  drifted({ step }: Transaction): readonly string[] {
    return step.after.filter(({ path, state }) => !this.is(path, state)).map(({ path }) => path);
  }

  /** Nobody may go on with these: the next that is asked takes them back first. */
  halfway(): Transaction[] {
    return [...this.transactions.values()].filter(({ state }) => HALFWAY.includes(state));
  }

  isOverdue(transaction: Transaction): boolean {
    if (transaction.state !== 'PENDING' || !transaction.guarded) return false;
    return this.pending?.transaction !== transaction.id || this.time.now() >= this.pending.due;
  }

  /** What a transaction that rests came to, as the unit program describes it. */
  described(verb: Receipt['verb'], transaction: Transaction): Receipt {
    const drifted = this.drifted(transaction);
    const tell = (outcome: Outcome, code = '', message = ''): Receipt => this.receipt(verb, transaction, outcome, code, message);
    switch (transaction.state) {
      case 'PENDING':
        return drifted.length === 0 ? tell('pending', 'ALREADY') : tell('pending', 'DRIFTED', drifted.join(' '));
      case 'COMMITTED':
        return drifted.length === 0 ? tell('changed', 'ALREADY') : tell('conflict', 'CHANGED_SINCE_APPLY', drifted.join(' '));
      case 'REVERTED':
        return tell('reverted', 'ALREADY', transaction.settledBy);
      case 'CONFLICT':
        return tell('conflict', 'CONFLICT', 'left alone');
      case 'BROKEN':
        return tell('broken', 'BROKEN', 'neither before nor after');
      default:
        return tell('failed', 'NOT_APPLIED');
    }
  }

  receipt(
    verb: Order['verb'] | 'status',
    about: Transaction | TransactionId,
    outcome: Outcome,
    code = '',
    message = '',
  ): Receipt {
    const id = typeof about === 'string' ? about : about.id;
    const known = this.transactions.get(id);
    const state = known?.state ?? 'NONE';
    const left = this.secondsLeft(known);
    const window = left === undefined ? {} : { windowLeft: left, deadline: this.clock() + left };
    return { verb, transaction: id, outcome, state, code, message, paths: [], log: [], clock: this.clock(), ...window };
  }

  /** Seconds until an unconfirmed change is taken back; undefined when nothing does it. */
  secondsLeft(transaction: Transaction | undefined): number | undefined {
    const { pending } = this;
    if (transaction?.state !== 'PENDING' || pending?.transaction !== transaction.id || pending.generation === 0) return undefined;
    return Math.max(0, Math.floor(pending.due - this.time.now()));
  }
}

export const HALFWAY: readonly TransactionState[] = ['PREPARED', 'SWAPPING', 'ACTIVATING', 'REVERTING'];
