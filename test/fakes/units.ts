import type { Diagnostic } from '../../src/domain/action.js';
import { encodeState, type FileState, type PathState, sameState } from '../../src/domain/change.js';
import type { TransactionState } from '../../src/domain/event.js';
import type { Facts, FactValue } from '../../src/domain/finding.js';
import type { Step, TransactionId } from '../../src/domain/plan.js';
import type { UnitName } from '../../src/domain/unit-set.js';
import type {
  Collected,
  DispatchOptions,
  NoAnswer,
  Order,
  Probe,
  ProbeQuestion,
  Receipt,
  StatusQuestion,
  Terms,
  Transport,
  UnitEvent,
  Units,
} from '../../src/engine/ports.js';
import { sha256 } from '../../src/planning/sha256.js';
import { FAKE_NOW } from './model.js';

export const MODEL_UUID = '6a1b2c3d-0000-4000-8000-000000000001';

interface FakeTransaction {
  state: TransactionState;
  readonly step: Step;
  /** Unit clock, seconds; of a guarded change that awaits confirmation. */
  deadline?: number;
}

export interface FakeUnit {
  /** Text of each file, or another state. */
  readonly files: Map<string, FileState>;
  readonly contents: Map<string, string>;
  facts: Record<string, FactValue>;
  readonly transactions: Map<TransactionId, FakeTransaction>;
  /** Goes silent: to everything, or only until it is asked what became of a change that it made. */
  silent?: 'all' | 'change-made' | 'change-lost';
  /** It cannot write down that an order is void. */
  cannotEnd?: boolean;
  /** What Apache says to a staged change, when it does not like it. */
  invalid?: string;
  /** What it tells beside its facts when it stages a change. */
  factsWhenStaging?: Facts;
  /** The change is made and taken back by the unit itself. */
  failsToStart?: boolean;
  /** It cannot be taken back, either. */
  breaks?: boolean;
  /** haproxy servers do not come up again after a change. */
  staysDown?: boolean;
  /** haproxy servers are down, whatever is done. */
  isDown?: boolean;
  /** What it tells beside its facts once it is changed. */
  factsOnceChanged?: Facts;
  /** Of another machine under the same name. */
  machineId?: string;
  /** Seconds by which its clock is ahead of the others. */
  ahead?: number;
  /** Nothing here could take a change back by itself. */
  unguarded?: boolean;
}

/**
 * Units in memory that keep the promises of the unit program: identity, preconditions, all or nothing, one transaction once, and one that
 * awaits confirmation taken back in time.
 */
export class FakeUnits implements Units {
  readonly units = new Map<UnitName, FakeUnit>();
  readonly sent: string[] = [];
  /** The clock of every unit, seconds since 1970; a test moves it on. */
  seconds = Date.parse(FAKE_NOW) / 1000;
  #operation = 0;

  add(name: UnitName, files: Readonly<Record<string, string>> = {}, facts: Facts = {}): FakeUnit {
    const unit: FakeUnit = { files: new Map(), contents: new Map(), facts: { ...facts }, transactions: new Map() };
    this.units.set(name, unit);
    for (const [path, text] of Object.entries(files)) this.write(name, path, text);
    return unit;
  }

  write(name: UnitName, path: string, text: string): void {
    const unit = this.#unit(name);
    unit.files.set(path, { kind: 'file', mode: '0644', owner: '0:0', sha256: sha256(text) });
    unit.contents.set(sha256(text), text);
  }

  /** Everything on the unit as text, to be compared whole. */
  tree(name: UnitName): Record<string, string> {
    return Object.fromEntries([...this.#unit(name).files].map(([path, state]) => [path, encodeState(state)]).sort());
  }

  async *probe(question: ProbeQuestion, units: readonly UnitName[]): AsyncIterable<UnitEvent<Probe>> {
    this.sent.push(`probe ${units.join(' ')}`);
    yield this.#queued(units);
    for (const name of units) yield this.#answer(name, () => this.#probeOf(name, question));
  }

  async *collect(
    diagnostics: readonly Diagnostic[],
    _params: Readonly<Record<string, string>>,
    units: readonly UnitName[],
    options: { readonly transport?: Transport },
  ): AsyncIterable<UnitEvent<readonly Collected[]>> {
    yield this.#queued(units);
    for (const name of units) {
      const value = (): readonly Collected[] =>
        diagnostics.map((diagnostic) => ({
          diagnostic: diagnostic.id,
          facts: { ...this.#facts(this.#unit(name)), ...this.#haproxy() },
          evidence: {},
          cutBytes: 0,
        }));
      // A silent unit is one whose agent is stuck: its machine answers.
      yield options.transport === 'ssh'
        ? { kind: 'answer', unit: name, value: value(), milliseconds: 5 }
        : this.#answer(name, value);
    }
  }

  async *change(
    orders: readonly Order[],
    contents: Readonly<Record<string, string>>,
    _terms: Readonly<Record<UnitName, Terms>>,
    _options: DispatchOptions,
  ): AsyncIterable<UnitEvent<Receipt>> {
    this.sent.push(sentence(orders));
    yield this.#queued(orders.map((order) => order.unit));
    for (const order of orders) {
      const unit = this.#unit(order.unit);
      if (unit.silent !== 'change-lost' && unit.silent !== 'all') {
        const receipt = this.#carryOut(order, contents);
        if (unit.silent === undefined) {
          yield { kind: 'answer', unit: order.unit, value: receipt, milliseconds: 5 };
          continue;
        }
      }
      yield silence(order.unit);
    }
  }

  #carryOut(order: Order, contents: Readonly<Record<string, string>>): Receipt {
    this.#expire(order.unit);
    switch (order.verb) {
      case 'apply':
        return this.#apply(order, contents);
      case 'confirm':
        return this.#confirm(order);
      case 'extend':
        return this.#extend(order);
      case 'rollback':
        return this.#rollback(order);
      case 'gc':
        return this.#receipt(order.unit, '', 'gc', 'unchanged', 'NONE');
    }
  }

  /** What a guard does when its time has come. */
  #expire(name: UnitName): void {
    for (const transaction of this.#unit(name).transactions.values()) {
      if (transaction.state === 'PENDING' && transaction.deadline !== undefined && transaction.deadline <= this.seconds) {
        this.#putBack(name, transaction);
      }
    }
  }

  #putBack(name: UnitName, transaction: FakeTransaction): void {
    for (const { path, state } of transaction.step.before) this.#put(name, path, state);
    transaction.state = 'REVERTED';
    delete transaction.deadline;
  }

  async *transactionStatus(questions: Readonly<Record<UnitName, StatusQuestion>>): AsyncIterable<UnitEvent<Receipt>> {
    for (const [name, { transaction: id, endsUpTo }] of Object.entries(questions)) {
      if (this.#unit(name).silent === 'all') {
        yield silence(name);
        continue;
      }
      this.#expire(name);
      const state = this.#unit(name).transactions.get(id)?.state ?? 'NONE';
      const outcome = state === 'PENDING' ? 'pending' : 'unchanged';
      const ended = endsUpTo === undefined || this.#unit(name).cannotEnd ? {} : { ended: true as const };
      const value = { ...this.#receipt(name, id, 'status', outcome, state), ...ended };
      yield { kind: 'answer', unit: name, value, milliseconds: 5 };
    }
  }

  #apply(order: Extract<Order, { verb: 'apply' }>, contents: Readonly<Record<string, string>>): Receipt {
    const { step } = order;
    const unit = this.#unit(step.unit);
    const answer = (outcome: Receipt['outcome'], state: TransactionState, more: Partial<Receipt> = {}): Receipt => ({
      ...this.#receipt(step.unit, step.transaction, 'apply', outcome, state),
      ...more,
    });
    const guarded = order.windowSeconds > 0 && order.guard;
    if (guarded && unit.unguarded) return answer('refused', 'NONE', { code: 'NO_GUARD', message: 'no systemd here' });
    const holder = [...unit.transactions].find(([, transaction]) => transaction.state === 'PENDING');
    if (holder) return answer('refused', 'NONE', { code: 'PENDING', message: `${holder[0]} awaits confirmation here` });
    const moved = step.before.find((path) => !sameState(this.#state(step.unit, path.path), path.state));
    if (moved) return answer('refused', 'NONE', { code: 'CHANGED_SINCE_PLAN', message: moved.path });
    const state = unit.breaks ? 'BROKEN' : unit.failsToStart ? 'REVERTED' : order.windowSeconds > 0 ? 'PENDING' : 'COMMITTED';
    const deadline = guarded && state === 'PENDING' ? { deadline: this.seconds + order.windowSeconds } : {};
    unit.transactions.set(step.transaction, { state, step, ...deadline });
    if (unit.breaks) return answer('broken', state, { code: 'BROKEN', message: 'neither before nor after' });
    if (unit.failsToStart) return answer('reverted', state, { code: 'START_FAILED', log: ['AH00072: make_sock'] });
    for (const { path, state: after } of step.after) this.#put(step.unit, path, after);
    for (const [hash, text] of Object.entries(contents)) unit.contents.set(hash, text);
    return answer(state === 'PENDING' ? 'pending' : 'changed', state, { paths: step.after });
  }

  #confirm({ unit, transaction, acceptDrift }: Extract<Order, { verb: 'confirm' }>): Receipt {
    const one = this.#unit(unit).transactions.get(transaction);
    const answer = (outcome: Receipt['outcome'], code = '', message = ''): Receipt => ({
      ...this.#receipt(unit, transaction, 'confirm', outcome, one?.state ?? 'NONE'),
      code,
      message,
    });
    if (one?.state === 'COMMITTED') return answer('changed', 'ALREADY');
    if (one?.state === 'REVERTED') return answer('reverted', 'EXPIRED', 'it was taken back before it was confirmed');
    if (one?.state !== 'PENDING') return answer('refused', 'NOT_PENDING');
    const drifted = one.step.after.filter(({ path, state }) => !sameState(this.#state(unit, path), state));
    if (drifted.length > 0 && !acceptDrift) return answer('refused', 'DRIFTED', drifted.map(({ path }) => path).join(' '));
    one.state = 'COMMITTED';
    delete one.deadline;
    return answer('changed');
  }

  #extend({ unit, transaction, windowSeconds }: Extract<Order, { verb: 'extend' }>): Receipt {
    const one = this.#unit(unit).transactions.get(transaction);
    const state = one?.state ?? 'NONE';
    if (state !== 'PENDING') {
      const outcome = state === 'REVERTED' ? 'reverted' : 'refused';
      const code = state === 'REVERTED' ? 'EXPIRED' : 'NOT_PENDING';
      return { ...this.#receipt(unit, transaction, 'extend', outcome, state), code };
    }
    if (one?.deadline !== undefined) one.deadline = this.seconds + windowSeconds;
    return this.#receipt(unit, transaction, 'extend', 'pending', state);
  }

  #rollback({ unit, transaction }: Extract<Order, { verb: 'rollback' }>): Receipt {
    const one = this.#unit(unit).transactions.get(transaction);
    if (one?.state === 'COMMITTED' || one?.state === 'PENDING') this.#putBack(unit, one);
    return this.#receipt(unit, transaction, 'rollback', 'reverted', 'REVERTED');
  }

  #receipt(
    name: UnitName,
    transaction: TransactionId,
    verb: Receipt['verb'],
    outcome: Receipt['outcome'],
    state: TransactionState,
  ): Receipt {
    const clock = this.seconds;
    const deadline = this.#unit(name).transactions.get(transaction)?.deadline;
    const window = deadline === undefined ? {} : { deadline, windowLeft: deadline - clock };
    return { verb, transaction, outcome, state, code: '', message: '', paths: [], log: [], clock, ...window };
  }

  #put(name: UnitName, path: string, state: FileState): void {
    if (state.kind === 'absent') this.#unit(name).files.delete(path);
    else this.#unit(name).files.set(path, state);
  }

  #state(name: UnitName, path: string): FileState {
    return this.#unit(name).files.get(path) ?? { kind: 'absent' };
  }

  #probeOf(name: UnitName, question: ProbeQuestion): Probe {
    const unit = this.#unit(name);
    const paths: PathState[] = [...new Set([...question.paths, ...unit.files.keys()])].map((path) => ({
      path,
      state: this.#state(name, path),
    }));
    return {
      identity: { modelUuid: MODEL_UUID, unit: name, machineId: unit.machineId ?? `machine-of-${name}` },
      clock: this.seconds + (unit.ahead ?? 0),
      bootId: 'boot-1',
      facts: { ...unit.facts, ...(question.staged ? unit.factsWhenStaging : {}) },
      paths,
      contents: Object.fromEntries(unit.contents),
      wholes: {},
      transactions: [...unit.transactions].map(([id, { state }]) => ({ id, state })),
      ...(question.staged ? { validation: { ok: unit.invalid === undefined, message: unit.invalid ?? 'Syntax OK' } } : {}),
    };
  }

  #haproxy(): Record<string, FactValue> {
    return Object.fromEntries(
      [...this.units].map(([name, unit]) => {
        const isDown = unit.isDown || (unit.staysDown && isChanged(unit));
        return [`haproxy.public-port.${name.replace('/', '-')}.status`, isDown ? 'DOWN' : 'UP'];
      }),
    );
  }

  #facts(unit: FakeUnit): Facts {
    return { ...unit.facts, ...(isChanged(unit) ? unit.factsOnceChanged : {}) };
  }

  #answer<T>(name: UnitName, value: () => T): UnitEvent<T> {
    return this.#unit(name).silent === 'all' ? silence(name) : { kind: 'answer', unit: name, value: value(), milliseconds: 5 };
  }

  #queued<T>(units: readonly UnitName[]): UnitEvent<T> {
    this.#operation++;
    return {
      kind: 'queued',
      operation: String(this.#operation),
      tasks: Object.fromEntries(units.map((unit, index) => [unit, String(index)])),
    };
  }

  #unit(name: UnitName): FakeUnit {
    const unit = this.units.get(name);
    if (!unit) throw new Error(`no unit ${name}`);
    return unit;
  }
}

function isChanged({ transactions }: FakeUnit): boolean {
  return [...transactions.values()].some(({ state }) => state === 'COMMITTED' || state === 'PENDING');
}

function silence(unit: UnitName): NoAnswer {
  return {
    kind: 'no-answer',
    unit,
    code: 'NO_ANSWER',
    message: 'did not answer within 30 s',
    mayHaveRun: true,
    milliseconds: 30_000,
  };
}

/** `apply a/0 a/1, extend b/0`: what one call asks for. */
function sentence(orders: readonly Order[]): string {
  const verbs = [...new Set(orders.map(({ verb }) => verb))];
  return verbs
    .map((verb) => `${verb} ${orders.flatMap((order) => (order.verb === verb ? [order.unit] : [])).join(' ')}`)
    .join(', ');
}
