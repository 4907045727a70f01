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
  Probe,
  ProbeQuestion,
  Receipt,
  Transport,
  UnitEvent,
  Units,
} from '../../src/engine/ports.js';
import { sha256 } from '../../src/planning/sha256.js';

export const MODEL_UUID = '6a1b2c3d-0000-4000-8000-000000000001';

export interface FakeUnit {
  /** Text of each file, or another state. */
  readonly files: Map<string, FileState>;
  readonly contents: Map<string, string>;
  facts: Record<string, FactValue>;
  readonly transactions: Map<TransactionId, { state: TransactionState; step: Step }>;
  /** Goes silent: to everything, or only until it is asked what became of a change that it made. */
  silent?: 'all' | 'change-made' | 'change-lost';
  /** What Apache says to a staged change, when it does not like it. */
  invalid?: string;
  /** The change is made and taken back by the unit itself. */
  failsToStart?: boolean;
  /** haproxy servers do not come up again after a change. */
  staysDown?: boolean;
}

/** Units in memory that keep the promises of the unit program: identity, preconditions, all or nothing, one transaction once. */
export class FakeUnits implements Units {
  readonly units = new Map<UnitName, FakeUnit>();
  readonly sent: string[] = [];
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
          facts: { ...this.#unit(name).facts, ...this.#haproxy() },
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
    steps: readonly Step[],
    contents: Readonly<Record<string, string>>,
    _notAfter: Readonly<Record<UnitName, number>>,
    _options: DispatchOptions,
  ): AsyncIterable<UnitEvent<Receipt>> {
    this.sent.push(`${steps[0]?.verb} ${steps.map((step) => step.unit).join(' ')}`);
    yield this.#queued(steps.map((step) => step.unit));
    for (const step of steps) {
      const unit = this.#unit(step.unit);
      if (unit.silent !== 'change-lost' && unit.silent !== 'all') {
        const receipt = step.verb === 'apply' ? this.#apply(step, contents) : this.#rollback(step);
        if (unit.silent === undefined) {
          yield { kind: 'answer', unit: step.unit, value: receipt, milliseconds: 5 };
          continue;
        }
      }
      yield silence(step.unit);
    }
  }

  async *transactionStatus(transactions: Readonly<Record<UnitName, TransactionId>>): AsyncIterable<UnitEvent<Receipt>> {
    for (const [name, id] of Object.entries(transactions)) {
      const state = this.#unit(name).transactions.get(id)?.state ?? 'NONE';
      if (this.#unit(name).silent === 'all') yield silence(name);
      else yield { kind: 'answer', unit: name, value: receiptOf(id, 'status', 'unchanged', state), milliseconds: 5 };
    }
  }

  #apply(step: Step, contents: Readonly<Record<string, string>>): Receipt {
    const unit = this.#unit(step.unit);
    const moved = step.before.find((path) => !sameState(this.#state(step.unit, path.path), path.state));
    if (moved)
      return { ...receiptOf(step.transaction, 'apply', 'refused', 'NONE'), code: 'CHANGED_SINCE_PLAN', message: moved.path };
    unit.transactions.set(step.transaction, { state: unit.failsToStart ? 'REVERTED' : 'COMMITTED', step });
    if (unit.failsToStart) {
      return {
        ...receiptOf(step.transaction, 'apply', 'reverted', 'REVERTED'),
        code: 'START_FAILED',
        log: ['AH00072: make_sock'],
      };
    }
    for (const { path, state } of step.after) this.#put(step.unit, path, state);
    for (const [hash, text] of Object.entries(contents)) unit.contents.set(hash, text);
    return receiptOf(step.transaction, 'apply', 'changed', 'COMMITTED', step.after);
  }

  #rollback(step: Step): Receipt {
    const done = this.#unit(step.unit).transactions.get(step.transaction);
    if (done?.state === 'COMMITTED') {
      for (const { path, state } of done.step.before) this.#put(step.unit, path, state);
      done.state = 'REVERTED';
    }
    return receiptOf(step.transaction, 'rollback', 'reverted', 'REVERTED');
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
      identity: { modelUuid: MODEL_UUID, unit: name, machineId: `machine-of-${name}` },
      clock: 1_000_000,
      bootId: 'boot-1',
      facts: unit.facts,
      paths,
      contents: Object.fromEntries(unit.contents),
      transactions: [],
      ...(question.staged ? { validation: { ok: unit.invalid === undefined, message: unit.invalid ?? 'Syntax OK' } } : {}),
    };
  }

  #haproxy(): Record<string, FactValue> {
    return Object.fromEntries(
      [...this.units].map(([name, unit]) => {
        const changed = [...unit.transactions.values()].some((transaction) => transaction.state === 'COMMITTED');
        return [`haproxy.public-port.${name.replace('/', '-')}.status`, unit.staysDown && changed ? 'DOWN' : 'UP'];
      }),
    );
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

function receiptOf(
  transaction: TransactionId,
  verb: Receipt['verb'],
  outcome: Receipt['outcome'],
  state: TransactionState,
  paths: readonly PathState[] = [],
): Receipt {
  return { verb, transaction, outcome, state, code: '', message: '', paths, log: [], clock: 1_000_000 };
}
