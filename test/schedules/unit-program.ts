import { encodeState } from '../../src/domain/change.js';
import type { Outcome } from '../../src/domain/outcome.js';
import type { TransactionId } from '../../src/domain/plan.js';
import type { OrderNumber, Receipt, StatusQuestion, Terms } from '../../src/engine/ports.js';
import type { RunOrder } from '../../src/engine/send.js';
import type { Transaction, UnitDisk } from './unit-disk.js';

/** Pauses in seconds, at each of which whoever carries it out may die; then what it came to. */
export type Script<T> = Generator<number, T, void>;

const LOCK_SECONDS = 5;
const GUARD_LOCK_SECONDS = 300;
const RETRY_SECONDS = 5;
const RETRIES = 5;
const WORK_SECONDS = 0.2;

/** The unit program (src/unit) as a small machine: one transaction, all or nothing, taken back unless confirmed. */
export class UnitProgram {
  readonly #disk: UnitDisk;
  #isLocked = false;

  constructor(disk: UnitDisk) {
    this.#disk = disk;
  }

  /** Carries a script out until it ends or dies; `paused` is told before each pause, and true lets it die there. */
  run<T>(script: Script<T>, ended: (value: T) => void, paused: (times: number) => boolean = () => false): { die(): void } {
    const { time } = this.#disk;
    const { boots } = this.#disk;
    let times = 0;
    let isOver = false;
    const die = (): void => {
      if (isOver) return;
      isOver = true;
      script.return(undefined as never);
    };
    const go = (): void => {
      if (this.#disk.boots !== boots) die();
      if (isOver) return;
      const next = script.next();
      if (next.done) {
        isOver = true;
        ended(next.value);
      } else if (paused(++times)) die();
      else time.after(next.value, go);
    };
    go();
    return { die };
  }

  *change(order: RunOrder, terms: Terms): Script<Receipt> {
    const id = order.verb === 'apply' ? order.step.transaction : order.transaction;
    const disk = this.#disk;
    const receipt = yield* this.#locked(
      LOCK_SECONDS,
      () => disk.receipt(order.verb, id, disk.transactions.has(id) ? 'unknown' : 'refused', 'LOCKED'),
      () => this.#asked(order, terms),
    );
    const { outcome, state } = receipt;
    if (outcome === 'refused' || (outcome === 'failed' && state === 'NONE')) this.#end(id, terms.number);
    return receipt;
  }

  *status({ transaction: id, endsUpTo }: StatusQuestion): Script<Receipt> {
    const disk = this.#disk;
    const looked = function* (this: UnitProgram): Script<Receipt> {
      if (!(yield* this.#recovered(''))) return disk.receipt('status', id, 'refused', 'UNFINISHED');
      const known = disk.transactions.get(id);
      if (endsUpTo && disk.bug !== 'an order that is told as void is carried out') this.#end(id, endsUpTo);
      const ended = endsUpTo ? { ended: true as const } : {};
      if (!known) return { ...disk.receipt('status', id, 'failed', 'NOT_APPLIED'), ...ended };
      const told = disk.described('status', known);
      return { ...told, ...(told.code === 'ALREADY' ? { code: '' } : {}), ...ended };
    };
    const locked = (): Receipt => disk.receipt('status', id, disk.transactions.has(id) ? 'unknown' : 'refused', 'LOCKED');
    return yield* this.#locked(LOCK_SECONDS, locked, () => looked.call(this));
  }

  /** The machine went down and is up again: nothing of before runs any more, and the boot guard comes before Apache. */
  boot(): void {
    const disk = this.#disk;
    disk.boots++;
    this.#isLocked = false;
    const script = function* (this: UnitProgram): Script<boolean> {
      const settled = yield* this.#recovered('boot');
      const left = disk.pending && disk.transactions.get(disk.pending.transaction);
      if (left?.state === 'BROKEN') yield* this.#takeBack(left, 'boot');
      return settled;
    };
    if (disk.pending) this.run(script.call(this), () => undefined);
  }

  /** With the lock, which goes free when its holder dies; `refused` when somebody keeps it. */
  *#locked<T>(seconds: number, refused: () => T, work: () => Script<T>): Script<T> {
    for (let waited = 0; this.#isLocked; waited++) {
      if (waited >= seconds) return refused();
      yield 1;
    }
    const { boots } = this.#disk;
    this.#isLocked = true;
    try {
      return yield* work();
    } finally {
      if (this.#disk.boots === boots) this.#isLocked = false;
    }
  }

  *#asked(order: RunOrder, { notAfter, number }: Terms): Script<Receipt> {
    yield WORK_SECONDS;
    const disk = this.#disk;
    const id = order.verb === 'apply' ? order.step.transaction : order.transaction;
    if (!(yield* this.#recovered(''))) return disk.receipt(order.verb, id, 'refused', 'UNFINISHED');
    const known = disk.transactions.get(id);
    const isVoid = (disk.void.get(`${number.run} ${id}`) ?? 0) >= number.number;
    const isLate = (disk.clock() > notAfter && disk.bug !== 'a unit begins what came too late') || isVoid;
    switch (order.verb) {
      case 'apply':
        return known ? disk.described('apply', known) : yield* this.#apply(order, isLate);
      case 'confirm':
        return this.#confirm(order, known, isLate);
      case 'extend':
        return this.#extend(order, known, isLate);
      case 'rollback':
        return yield* this.#rollback(order.transaction, known, isLate);
    }
  }

  #end(id: TransactionId, { run, number }: OrderNumber): void {
    const ended = this.#disk.void;
    ended.set(`${run} ${id}`, Math.max(number, ended.get(`${run} ${id}`) ?? 0));
  }

  *#apply({ step, windowSeconds, guard }: Extract<RunOrder, { verb: 'apply' }>, isLate: boolean): Script<Receipt> {
    const disk = this.#disk;
    const tell = (outcome: Outcome, code = '', message = ''): Receipt =>
      disk.receipt('apply', step.transaction, outcome, code, message);
    if (step.identity.machineId !== disk.manner.machineId) return tell('refused', 'WRONG_UNIT');
    if (isLate) return tell('refused', 'EXPIRED');
    const holder = [...disk.transactions.values()].find(({ state }) => state === 'PENDING' || state === 'BROKEN');
    if (holder && disk.bug !== 'a change begins beside one that is pending') return tell('refused', 'PENDING', holder.id);
    if (step.before.some(({ path, state }) => !disk.is(path, state))) return tell('refused', 'CHANGED_SINCE_PLAN');
    const guarded = windowSeconds > 0 && guard;
    if (guarded && !disk.manner.canGuard) return tell('refused', 'NO_GUARD');
    const transaction: Transaction = { id: step.transaction, step, guarded, state: 'NONE', settledBy: '' };
    disk.transactions.set(transaction.id, transaction);
    disk.move(transaction, 'PREPARED');
    this.#arm(transaction, guarded ? 1 : 0, windowSeconds);
    if (disk.bug === 'a unit says done before it did it')
      disk.time.after(60, () =>
        this.run(
          this.#locked(
            900,
            () => false,
            () => this.#carryOut(transaction, windowSeconds),
          ),
          () => undefined,
        ),
      );
    else if (!(yield* this.#carryOut(transaction, windowSeconds))) {
      yield* this.#takeBack(transaction, 'failure');
      return { ...disk.described('apply', transaction), code: 'START_FAILED' };
    }
    if (transaction.state === 'COMMITTED') disk.disarm(transaction);
    return tell(windowSeconds > 0 ? 'pending' : 'changed');
  }

  *#carryOut(transaction: Transaction, windowSeconds: number): Script<boolean> {
    const disk = this.#disk;
    const { step } = transaction;
    yield WORK_SECONDS;
    disk.move(transaction, 'SWAPPING');
    for (const [index, { path, state }] of step.after.entries()) {
      const before = step.before[index];
      if (before && !disk.is(path, before.state)) return false;
      disk.put(path, state, { transaction, way: 'forward' });
      yield WORK_SECONDS;
    }
    disk.move(transaction, 'ACTIVATING');
    yield disk.manner.activationSeconds;
    if (disk.manner.failsToStart || disk.drifted(transaction).length > 0) return false;
    disk.move(transaction, windowSeconds > 0 ? 'PENDING' : 'COMMITTED');
    return true;
  }

  #confirm(order: Extract<RunOrder, { verb: 'confirm' }>, known: Transaction | undefined, isLate: boolean): Receipt {
    const disk = this.#disk;
    const tell = (outcome: Outcome, code = '', message = ''): Receipt =>
      disk.receipt('confirm', order.transaction, outcome, code, message);
    if (!known) return tell('refused', 'NOT_PENDING');
    if (disk.bug === 'a confirm does not look at the state') return { ...tell('changed'), state: 'COMMITTED' };
    if (known.state !== 'PENDING') return this.#settled('confirm', known);
    if (isLate) return tell('refused', 'EXPIRED');
    const drifted = disk.drifted(known);
    if (drifted.length > 0 && !order.acceptDrift) return tell('refused', 'DRIFTED', drifted.join(' '));
    disk.move(known, 'COMMITTED');
    disk.disarm(known);
    return tell('changed', drifted.length > 0 ? 'DRIFTED' : '');
  }

  #extend(order: Extract<RunOrder, { verb: 'extend' }>, known: Transaction | undefined, isLate: boolean): Receipt {
    const disk = this.#disk;
    if (!known) return disk.receipt('extend', order.transaction, 'refused', 'NOT_PENDING');
    if (known.state !== 'PENDING') return this.#settled('extend', known);
    if (isLate) return disk.receipt('extend', known, 'refused', 'EXPIRED');
    const { pending } = disk;
    if (pending?.transaction !== known.id || pending.generation === 0)
      return disk.receipt('extend', known, 'pending', 'NO_GUARD');
    this.#arm(known, pending.generation + 1, order.windowSeconds);
    return disk.receipt('extend', known, 'pending');
  }

  *#rollback(id: TransactionId, known: Transaction | undefined, isLate: boolean): Script<Receipt> {
    const disk = this.#disk;
    if (!known) return disk.receipt('rollback', id, 'refused', 'NO_SNAPSHOT');
    if (!['PENDING', 'COMMITTED', 'BROKEN'].includes(known.state)) return disk.described('rollback', known);
    if (isLate) return disk.receipt('rollback', known, 'refused', 'EXPIRED');
    if (disk.pending === undefined) this.#arm(known, 0, 0);
    yield* this.#takeBack(known, 'operator');
    return { ...disk.described('rollback', known), code: '' };
  }

  #settled(verb: 'confirm' | 'extend', known: Transaction): Receipt {
    const told = this.#disk.described(verb, known);
    return known.state === 'REVERTED' ? { ...told, code: 'EXPIRED' } : told;
  }

  #arm({ id }: Transaction, generation: number, seconds: number): void {
    const disk = this.#disk;
    disk.pending = { transaction: id, generation, due: disk.time.now() + seconds };
    if (generation > 0) this.#startTimer(id, generation, seconds, RETRIES);
  }

  #startTimer(id: TransactionId, generation: number, seconds: number, tries: number): void {
    const disk = this.#disk;
    if (disk.bug === 'the guard never fires' || tries === 0) return;
    const { boots } = disk;
    const isMine = (): boolean =>
      disk.boots === boots && disk.pending?.transaction === id && disk.pending.generation === generation;
    disk.time.after(seconds, () => {
      if (!isMine()) return;
      const script = this.#locked(
        GUARD_LOCK_SECONDS,
        () => false,
        () => this.#takeBackDue(id, isMine),
      );
      this.run(script, (settled) => {
        if (!settled) this.#startTimer(id, generation, RETRY_SECONDS, tries - 1);
      });
    });
  }

  *#takeBackDue(id: TransactionId, isMine: () => boolean): Script<boolean> {
    if (!isMine()) return true;
    const due = this.#disk.transactions.get(id);
    yield* this.#recovered('timer');
    if (due?.state === 'BROKEN') yield* this.#takeBack(due, 'timer');
    return due?.state !== 'BROKEN';
  }

  /** Ends what somebody left half-way, and what nobody confirmed in time. */
  *#recovered(by: '' | 'timer' | 'boot'): Script<boolean> {
    const disk = this.#disk;
    for (const transaction of [...disk.transactions.values()]) {
      const { state } = transaction;
      if (state === 'PREPARED') {
        disk.disarm(transaction);
        disk.move(transaction, 'NONE');
      } else if (['SWAPPING', 'ACTIVATING', 'REVERTING'].includes(state)) {
        if (disk.bug === 'what was cut off is left half-way') continue;
        yield* this.#takeBack(transaction, by || 'recovery');
      } else if (disk.isOverdue(transaction) && disk.bug !== 'the guard never fires') {
        yield* this.#takeBack(transaction, by || 'timer');
      } else if (by === 'boot' && state === 'PENDING' && transaction.guarded) {
        yield* this.#takeBack(transaction, 'boot');
      }
    }
    return disk.bug === 'what was cut off is left half-way' || disk.halfway().length === 0;
  }

  /** Back to before, last path first; what is neither before nor after is somebody else's and stays. */
  *#takeBack(transaction: Transaction, by: Transaction['settledBy']): Script<void> {
    const disk = this.#disk;
    const { before, after } = transaction.step;
    disk.move(transaction, 'REVERTING');
    yield WORK_SECONDS;
    if (disk.badRestores > 0) {
      disk.badRestores--;
      disk.move(transaction, 'BROKEN');
      return;
    }
    let isConflict = false;
    for (const [index, { path, state }] of [...before.entries()].reverse()) {
      const left = after[index];
      if (disk.is(path, state)) continue;
      const isOurs = left !== undefined && encodeState(disk.state(path)) === encodeState(left.state);
      if (isOurs || disk.bug === 'going back overwrites what others edited') {
        disk.put(path, state, { transaction, way: 'back' });
        yield WORK_SECONDS;
      } else isConflict = true;
    }
    yield disk.manner.activationSeconds;
    transaction.settledBy = by;
    disk.move(transaction, isConflict ? 'CONFLICT' : 'REVERTED');
    disk.disarm(transaction);
  }
}
