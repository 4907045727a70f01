import type { UnitName } from '../../src/domain/unit-set.js';
import type { Receipt } from '../../src/engine/ports.js';
import type { UnitDisk } from './unit-disk.js';
import { type Script, UnitProgram } from './unit-program.js';
import type { VirtualTime } from './virtual-time.js';

/** What happens to one task on its way to a unit and back. `at`: at which pause of the unit program. */
export type Fate =
  | { readonly kind: 'never begins' }
  | { readonly kind: 'behind a hook'; readonly seconds: number }
  /** What is sent after it is carried out before it, and nobody can cancel it: 2.9 has no way. */
  | { readonly kind: 'overtaken'; readonly seconds: number }
  | { readonly kind: 'cut off'; readonly at: number }
  | { readonly kind: 'outlives its task'; readonly at: number }
  | { readonly kind: 'answer lost' }
  | { readonly kind: 'answer garbled' }
  | { readonly kind: 'made twice' }
  | { readonly kind: 'not to be cancelled' };

export type TaskEnd =
  | { readonly kind: 'receipt'; readonly receipt: Receipt }
  | { readonly kind: 'none'; readonly code: string; readonly mayHaveRun: boolean };

/** A task as the controller keeps it. */
export class Task {
  status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled' = 'pending';
  end: TaskEnd | undefined;
  ended: () => void = () => undefined;

  constructor(
    readonly id: string,
    readonly unit: UnitName,
    readonly fate: Fate | undefined,
    readonly script: () => Script<Receipt>,
  ) {}

  finish(status: 'completed' | 'failed' | 'cancelled', end: TaskEnd): void {
    this.status = status;
    this.end = end;
    this.ended();
  }
}

/** A unit with its agent, which takes the tasks that the controller has for it one after the other. */
export class Agent {
  readonly program: UnitProgram;
  readonly #time: VirtualTime;
  readonly #queue: Task[] = [];
  #current: { readonly task: Task; readonly die: () => void } | undefined;
  #life = 0;
  /** Seconds, on the clock that nobody sets. */
  #awayUntil = 0;
  #hookUntil = 0;
  /** Since when it is away, if it is. */
  wentAway = 0;
  isGone = false;

  constructor(readonly disk: UnitDisk) {
    this.#time = disk.time;
    this.program = new UnitProgram(disk);
  }

  get isAway(): boolean {
    return this.isGone || this.#awayUntil > this.#time.now();
  }

  /** Runs a hook of the charm; tasks wait. */
  get hasHook(): boolean {
    return this.#hookUntil > this.#time.now();
  }

  /** Until it can begin something else: it is there, and runs no hook. */
  get busySeconds(): number {
    if (this.isGone) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#awayUntil - this.#time.now(), this.#hookUntil - this.#time.now());
  }

  queue(task: Task): void {
    if (task.fate?.kind === 'overtaken') this.#time.after(task.fate.seconds, () => this.#take(task));
    else this.#take(task);
  }

  #take(task: Task): void {
    this.#queue.push(task);
    if (task.fate?.kind === 'made twice') this.#queue.push(new Task(`${task.id}-again`, task.unit, undefined, task.script));
    this.#next();
  }

  /** True when it had not begun, and cannot any more. */
  cancel(task: Task): boolean {
    const isStubborn = task.fate?.kind === 'not to be cancelled' || task.fate?.kind === 'overtaken';
    if (task.status !== 'pending' || isStubborn) return false;
    task.finish('cancelled', { kind: 'none', code: 'CANCELLED', mayHaveRun: false });
    return true;
  }

  /** Its agent dies, what it carries out with it, and is back after so many seconds. */
  lose(seconds: number): void {
    if (this.isAway) return;
    this.#awayUntil = this.#time.now() + seconds;
    this.wentAway = this.#time.now();
    this.#life++;
    const cut = this.#current;
    this.#current = undefined;
    cut?.die();
    this.#hookUntil = 0;
    this.#time.after(seconds, () => {
      cut?.task.finish('failed', { kind: 'none', code: 'KILLED', mayHaveRun: true });
      this.#next();
    });
  }

  /** The machine goes down, and is up again after so many seconds. */
  reboot(seconds: number): void {
    if (this.isGone) return;
    this.lose(seconds);
    this.disk.boots++;
    this.#time.after(seconds, () => {
      if (!this.isGone) this.program.boot();
    });
  }

  remove(): void {
    this.lose(Number.POSITIVE_INFINITY);
    this.isGone = true;
    this.disk.boots++;
  }

  #next(): void {
    if (this.isAway || this.#current) return;
    // Of one that never begins the agent never hears; the controller keeps it.
    const isToDo = ({ status, fate }: Task): boolean => status === 'pending' && fate?.kind !== 'never begins';
    let task = this.#queue.shift();
    while (task && !isToDo(task)) task = this.#queue.shift();
    if (!task) return;
    if (task.fate?.kind === 'behind a hook') this.#wait(task, task.fate.seconds);
    else this.#begin(task);
  }

  #wait(task: Task, seconds: number): void {
    const life = this.#life;
    this.#hookUntil = this.#time.now() + seconds;
    this.#current = { task, die: () => this.#queue.unshift(task) };
    this.#time.after(seconds, () => {
      if (this.#life !== life) return;
      this.#current = undefined;
      if (task.status === 'pending') this.#begin(task);
      else this.#next();
    });
  }

  #begin(task: Task): void {
    const { fate } = task;
    const life = this.#life;
    const isMine = (): boolean => this.#life === life && this.#current?.task === task;
    task.status = 'running';
    const over = (status: 'completed' | 'failed', end: TaskEnd): void => {
      if (!isMine()) return;
      this.#current = undefined;
      task.finish(status, end);
      this.#next();
    };
    const killed = { kind: 'none', code: 'KILLED', mayHaveRun: true } as const;
    let die = (): void => undefined;
    this.#current = { task, die: () => die() };
    const running = this.program.run(
      task.script(),
      (receipt) => over('completed', answerOf(receipt, fate)),
      (times) => {
        if (fate?.kind === 'cut off' && times === fate.at) {
          over('failed', killed);
          return true;
        }
        if (fate?.kind === 'outlives its task' && times === fate.at) over('failed', killed);
        return false;
      },
    );
    die = running.die;
  }
}

function answerOf(receipt: Receipt, fate: Fate | undefined): TaskEnd {
  if (fate?.kind === 'answer garbled') return { kind: 'none', code: 'BAD_ANSWER', mayHaveRun: true };
  // The controller forgot it, or nobody can read it: it is waited for in vain.
  if (fate?.kind === 'answer lost') return { kind: 'none', code: '', mayHaveRun: true };
  return { kind: 'receipt', receipt };
}
