import { encodeState } from '../../src/domain/change.js';
import type { Entry, TransactionState } from '../../src/domain/event.js';
import type { TransactionId } from '../../src/domain/plan.js';
import type { UnitName } from '../../src/domain/unit-set.js';
import type { RunOrder } from '../../src/engine/send.js';
import type { Cloud } from './cloud.js';
import { Moments } from './moments.js';
import { isTrue, ReferenceRun, type Version } from './reference-run.js';
import { HALFWAY, type Transaction, type UnitDisk, type Watcher, type Writer } from './unit-disk.js';
import type { Process } from './virtual-time.js';

/** What haproxy shows of a unit may be so old when another one is sent a change. */
const VIEW_LASTS_SECONDS = 150;

/**
 * Sees everything that happens on units, in journals and between them, and knows what may never happen (safe-change.md, P2 to P7, I1, I3,
 * I4, I8). It uses nothing of the engine.
 */
export class ReferenceModel implements Watcher {
  readonly problems: string[] = [];
  readonly runs = new Map<string, ReferenceRun>();
  readonly #runOf = new Map<Process, string>();
  readonly #lookedAt = new Map<Process, number>();
  readonly #versions = new Map<TransactionId, Version[]>();
  /** When somebody else than the run of a transaction last did something to a unit. */
  readonly #disturbed = new Moments();
  readonly #foreign = new Map<UnitDisk, Set<string>>();
  readonly #allowed = new Set<TransactionId>();
  /** Changes that were there for good at some time: with that their timer was gone, and to take them back later starts none. */
  readonly #kept = new Set<TransactionId>();
  #cloud: Cloud | undefined;

  /** The cloud that is watched; before, nothing in it counts. */
  watch(cloud: Cloud): void {
    this.#cloud = cloud;
  }

  disturb(unit: UnitName): void {
    this.#disturbed.note(unit, this.#now());
  }

  /** The machine is gone, with all that was on it. */
  gone(disk: UnitDisk): void {
    this.disturb(disk.name);
    for (const id of disk.transactions.keys()) this.#versions.get(id)?.push({ at: this.#now(), state: 'NONE', isAfter: false });
  }

  // --- the wire ---

  /** Orders leave a process: each was announced in its journal before, and is of the plan. */
  sent(process: Process, orders: readonly RunOrder[]): void {
    const id = this.#runOf.get(process) ?? '';
    const run = this.runs.get(id);
    for (const order of orders) {
      const unit = run?.units.get(order.unit);
      const transaction = order.verb === 'apply' ? order.step.transaction : order.transaction;
      const planned = run?.step(order.unit);
      if (!run || !unit || !planned) {
        this.#wrong(`P2: ${order.verb} is sent to ${order.unit}, which is not in the plan`);
        continue;
      }
      if (planned.transaction !== transaction) this.#wrong(`P2: ${order.unit} is asked for a transaction that is not its own`);
      if (order.verb === 'apply') this.#sentApply(run, order);
      const sent = (unit.sent.get(order.verb) ?? 0) + 1;
      unit.sent.set(order.verb, sent);
      if (sent > (unit.intents.get(order.verb) ?? 0))
        this.#wrong(`I3: ${order.verb} of ${order.unit} is sent before it is in the journal`);
      if (order.verb === 'confirm') {
        this.#allowed.add(transaction);
        unit.acceptsDrift ||= order.acceptDrift;
      }
      if (order.verb === 'rollback' && run.plan.kind === 'rollback') this.disturb(order.unit);
      unit.askedAt = this.#now();
    }
  }

  /** A process is told by Juju how the model is. */
  looked(process: Process): void {
    this.#lookedAt.set(process, this.#now());
  }

  /** A process asks units how they stand. */
  asked(process: Process, units: readonly UnitName[]): void {
    const run = this.runs.get(this.#runOf.get(process) ?? '');
    for (const unit of units) {
      const told = run?.units.get(unit);
      if (told) told.askedAt = this.#now();
    }
  }

  /** An entry is durable: what it says of a unit was so at some moment since the unit was last asked. */
  appended(entry: Entry, process: Process): void {
    this.#runOf.set(process, entry.run);
    if (entry.event.type === 'run-opened') this.runs.set(entry.run, new ReferenceRun(entry.event.plan));
    const run = this.runs.get(entry.run);
    const { event } = entry;
    if (run && event.type === 'intent' && event.verb === 'apply')
      this.#checkFloor(run, event.unit, this.#lookedAt.get(process) ?? 0);
    const unit = run?.take(entry);
    const told = unit === undefined ? undefined : run?.units.get(unit);
    if (run && unit !== undefined && told) {
      const { outcome, code, askedAt } = told;
      const since = this.#since(run.step(unit)?.transaction ?? '', askedAt);
      if (!since.some((version) => isTrue(run.plan.kind, told, version)) && !this.#disturbed.isSince(unit, askedAt - 1))
        this.#wrong(`P7: ${unit} is said to be ${outcome} ${code}, and is ${since.map(({ state }) => state).join(', ')}`);
    }
    if (entry.event.type === 'run-closed' && run?.isDone) this.succeeded(entry.run);
  }

  /** Success was reported: every unit of the plan is as asked, unless somebody else came since. */
  succeeded(id: string): void {
    const run = this.runs.get(id);
    if (!run) return;
    const [failed] = run.failedGate;
    if (failed !== undefined) this.#wrong(`P7: success is reported, and ${failed} did not pass its gate`);
    for (const { unit, transaction } of run.plan.steps) {
      const told = run.units.get(unit);
      const version = this.#latest(transaction);
      const wanted = run.plan.kind === 'rollback' ? 'REVERTED' : 'COMMITTED';
      const isSo = version.state === wanted && (run.plan.kind === 'rollback' || version.isAfter || told?.acceptsDrift === true);
      if (!isSo && !this.#disturbed.isSince(unit, (told?.askedAt ?? 0) - 1))
        this.#wrong(`P7: success is reported, and ${unit} is ${version.state}`);
    }
  }

  // --- units ---

  wrote(disk: UnitDisk, path: string, before: string, after: string, writer: Writer): void {
    const foreign = this.#foreign.get(disk) ?? new Set();
    this.#foreign.set(disk, foreign);
    if (writer === 'somebody') {
      foreign.add(after);
      this.disturb(disk.name);
      for (const transaction of disk.transactions.values()) this.#note(disk, transaction);
      return;
    }
    if (!foreign.has(before)) return;
    const planned = writer.transaction.step.before.find((one) => one.path === path);
    const isShown = writer.way === 'forward' && planned !== undefined && encodeState(planned.state) === before;
    if (!isShown) this.#wrong(`P5: ${path} of ${disk.name} was edited by somebody else, and is overwritten`);
  }

  moved(disk: UnitDisk, transaction: Transaction, from: TransactionState): void {
    const { state, id } = transaction;
    const [runId, run] = this.#runWith(id);
    if (state === 'COMMITTED') this.#kept.add(id);
    this.#note(disk, transaction);
    const notAfter = run?.units.get(disk.name)?.notAfter ?? 0;
    if (state === 'PREPARED' && disk.clock() > notAfter) this.#wrong(`${disk.name} begins a change that came too late`);
    const drifted = disk.drifted(transaction);
    const foreign = this.#foreign.get(disk);
    const isBack = transaction.step.before.every(
      ({ path, state: was }) => disk.is(path, was) || foreign?.has(encodeState(disk.state(path))),
    );
    if (state === 'REVERTED' && !isBack) this.#wrong(`I1: ${disk.name} says REVERTED, and is not as before`);
    if (state === 'REVERTED' && transaction.settledBy === 'operator') this.#checkUnasked(disk, transaction);
    if (from !== 'ACTIVATING' && !(from === 'PENDING' && state === 'COMMITTED')) return;
    if (run) this.#countHurt(run, disk, transaction);
    if (state !== 'PENDING' && state !== 'COMMITTED') return;
    if (from === 'ACTIVATING' && drifted.length > 0) this.#wrong(`I1: ${disk.name} says ${state}, and is not as planned`);
    const others = [...disk.transactions.values()].filter((other) => other !== transaction && other.state === 'PENDING');
    if (others.length > 0) this.#wrong(`two changes await confirmation on ${disk.name}`);
    if (state === 'COMMITTED' && !this.#allowed.has(id)) this.#wrong(`P4: ${disk.name} keeps a change that nobody confirmed`);
    const told = run?.units.get(disk.name)?.outcome;
    const isDenied = told === 'failed' || told === 'refused' || told === 'reverted';
    if (from === 'ACTIVATING' && isDenied)
      this.#wrong(`P7: ${disk.name} was said to be ${told} in ${runId}, and the change comes after that`);
  }

  /** Nobody has done anything for a long time: what was not confirmed is back, and no timer leaves anything half-way. */
  atRest(disks: Iterable<UnitDisk>): void {
    for (const disk of disks) {
      for (const transaction of disk.transactions.values()) {
        if (transaction.guarded && transaction.state === 'PENDING')
          this.#wrong(`P4: ${disk.name} still has a change that nobody confirmed`);
        if (HALFWAY.includes(transaction.state)) this.#leftHalfway(disk, transaction);
      }
    }
  }

  /**
   * What has a timer is ended by it. What has none (a change without a window, the rollback of one that was kept) whoever comes next
   * ends (fault 16; `atEnd` looks), and until then a run says that it does not know how the unit stands.
   */
  #leftHalfway({ name }: UnitDisk, { id, guarded, state }: Transaction): void {
    if (guarded && !this.#kept.has(id)) this.#wrong(`P3: ${name} is left ${state}`);
    const isTold = [...this.runs.values()].some((run) => {
      return run.units.get(name)?.outcome === 'unknown' && run.unitOf(id) === name;
    });
    if (!isTold) this.#wrong(`P3: ${name} is left ${state}, and no run says that it is unknown`);
  }

  /** Each unit was asked once more, so that what was cut off is ended: its tree is whole. */
  atEnd(disks: Iterable<UnitDisk>): void {
    for (const disk of disks) {
      const foreign = this.#foreign.get(disk);
      const latest = [...disk.transactions.values()].at(-1);
      if (!latest) continue;
      const { before, after } = latest.step;
      const ours = after.map(({ path }, index) => {
        const now = encodeState(disk.state(path));
        const isBefore = now === encodeState(before[index]?.state ?? { kind: 'absent' });
        const isAfter = now === encodeState(after[index]?.state ?? { kind: 'absent' });
        return isBefore ? 'before' : isAfter ? 'after' : foreign?.has(now) ? undefined : 'neither';
      });
      const sides = new Set(ours.filter((side) => side !== undefined));
      if (sides.has('neither') || (sides.size > 1 && latest.state !== 'BROKEN' && latest.state !== 'CONFLICT'))
        this.#wrong(`I1: ${disk.name} is neither before nor after (${latest.state}: ${ours.join(', ')})`);
    }
  }

  /** A change that is sent goes as shown. */
  #sentApply(run: ReferenceRun, order: Extract<RunOrder, { verb: 'apply' }>): void {
    const { step } = order;
    if (order.windowSeconds === 0) this.#allowed.add(step.transaction);
    const planned = run.step(step.unit);
    if (planned !== step && JSON.stringify(planned) !== JSON.stringify(step))
      this.#wrong(`P2: ${step.unit} is sent another step than was shown`);
  }

  /** A change that is decided on leaves another unit that serves. What the machine sleeps before it is sent nobody can make good. */
  #checkFloor(run: ReferenceRun, unit: UnitName, lookedAt: number): void {
    const cloud = this.#cloud;
    const { targets, others, leftOut } = run.plan;
    if (!cloud || run.step(unit)?.activate === 'none' || targets.length + others.length + leftOut.length < 2) return;
    if (!this.#isWell(unit, this.#now(), this.#now())) return;
    const rest = [...cloud.places.keys()].filter((name) => !run.batch.includes(name));
    if (!rest.some((name) => this.#isWell(name, lookedAt, this.#now() - VIEW_LASTS_SECONDS)))
      this.#wrong(`floor: ${unit} is changed while no other unit of its application is well`);
  }

  /** An order that was given up, and told as not done, is carried out after all. */
  #checkUnasked(disk: UnitDisk, { id }: Transaction): void {
    const told = [...this.runs.values()].flatMap((run) => (run.unitOf(id) === disk.name ? (run.units.get(disk.name) ?? []) : []));
    const isAsked = told.some(({ outcome }) => outcome === 'unknown' || outcome === 'broken' || outcome === 'conflict');
    if (!isAsked)
      this.#wrong(`P7: ${disk.name} goes back, and no run says that it might (${told.map(({ outcome }) => outcome).join(', ')})`);
  }

  /** Its agent was there when somebody looked at the model, and it served when somebody looked at haproxy. */
  #isWell(name: UnitName, lookedAt: number, viewedAt: number): boolean {
    const place = this.#cloud?.places.get(name);
    if (!place) return false;
    if (place.agent.isAway && place.agent.wentAway < lookedAt) return false;
    if (this.#cloud?.isServing(place)) return true;
    // Removed since then, a moment before the change was sent: it was seen there and serving.
    if (place.agent.isGone && place.agent.wentAway >= viewedAt && this.#cloud?.servedLast(place)) return true;
    const since = [...place.agent.disk.transactions.values()].map(({ id }) => this.#latest(id).at);
    return Math.max(0, ...since) >= viewedAt;
  }

  /** P6: the change is bad for this unit, and for no more than the batch and the failures that were allowed. */
  #countHurt(run: ReferenceRun, disk: UnitDisk, transaction: Transaction): void {
    const place = this.#cloud?.places.get(disk.name);
    if (!place || run.plan.kind !== 'apply') return;
    const isInEffect = ({ id, state }: Transaction): boolean =>
      id !== transaction.id && (state === 'COMMITTED' || state === 'PENDING');
    const alone = ![...(this.#cloud?.places.values() ?? [])].some(({ agent }) =>
      [...agent.disk.transactions.values()].some((other) => isInEffect(other) && this.#runWith(other.id)[1] !== run),
    );
    const { sketch } = place;
    const isSeen =
      sketch.onceChanged === 'stays down' || (sketch.onceChanged === 'answers 5xx' && run.plan.rollout.bakeSeconds > 0);
    if (!(sketch.failsToStart || isSeen) || !alone) return;
    run.hurt.add(disk.name);
    if (run.hurt.size > run.plan.rollout.maxFailures + run.batch.length)
      this.#wrong(`P6: ${run.hurt.size} units are hurt by one change (${[...run.hurt].join(', ')})`);
  }

  #runWith(transaction: TransactionId): readonly [string, ReferenceRun | undefined] {
    for (const [id, run] of this.runs) if (run.plan.kind === 'apply' && run.unitOf(transaction) !== undefined) return [id, run];
    return ['', undefined];
  }

  #note(disk: UnitDisk, transaction: Transaction): void {
    const versions = this.#versions.get(transaction.id) ?? [];
    this.#versions.set(transaction.id, versions);
    versions.push({ at: this.#now(), state: transaction.state, isAfter: disk.drifted(transaction).length === 0 });
  }

  #latest(transaction: TransactionId): Version {
    return this.#versions.get(transaction)?.at(-1) ?? { at: 0, state: 'NONE', isAfter: false };
  }

  /** How it stood from that moment on. */
  #since(transaction: TransactionId, moment: number): readonly Version[] {
    const versions = [{ at: -1, state: 'NONE', isAfter: false }, ...(this.#versions.get(transaction) ?? [])];
    const first = versions.findLastIndex(({ at }) => at < moment);
    return versions.slice(Math.max(0, first));
  }

  #now(): number {
    return this.#cloud?.time.now() ?? 0;
  }

  #wrong(problem: string): void {
    if (this.problems.length < 5) this.problems.push(problem);
  }
}
