import { type Channel, createChannel } from '../../src/adapters/channel.js';
import type { Diagnostic } from '../../src/domain/action.js';
import type { PathState } from '../../src/domain/change.js';
import { Failure } from '../../src/domain/failure.js';
import type { UnitName } from '../../src/domain/unit-set.js';
import type {
  Collected,
  DispatchOptions,
  Juju,
  Probe,
  ProbeQuestion,
  Receipt,
  TaskState,
  Terms,
  UnitEvent,
  Units,
} from '../../src/engine/ports.js';
import type { RunOrder } from '../../src/engine/send.js';
import { MODEL_UUID } from '../fakes/units.js';
import type { Agent, Task, TaskEnd } from './agent.js';
import type { Cloud } from './cloud.js';
import type { Script } from './unit-program.js';
import type { Process } from './virtual-time.js';

const LATENCY_SECONDS = 0.5;
const HOOK_SECONDS = 300;
const RECHECK_SECONDS = 20;
const START_SECONDS = 60;
/** Nothing is carried out without. */
const NO_TERMS: Terms = { notAfter: 0, number: { run: '', number: 0 } };
const ENDED = ['completed', 'failed', 'cancelled'];

/** What the process has to hear of what it sends. */
export interface Sent {
  orders(orders: readonly RunOrder[]): void;
  asked(units: readonly UnitName[]): void;
  /** It is told how the model is now. */
  looked(): void;
  /** True: the controller takes it, and the process does not hear of it. */
  isUnheard(): boolean;
}

/** Juju and the units as one process reaches them: with delays, deadlines and cancelled tasks as in the real adapters. */
export function portsOf(cloud: Cloud, process: Process, sent: Sent): { readonly juju: Juju; readonly units: Units } {
  const port = new Port(cloud, process, sent);
  return {
    juju: {
      clientVersion: '3.6.11',
      status: (signal) =>
        port.ask(signal, () => {
          sent.looked();
          return cloud.inventory();
        }),
      endTasks: (ids, signal) => port.ask(signal, () => port.endTasks(ids)),
    },
    units: {
      probe: (question, units, options) => port.look(units, options, (unit) => probeOf(cloud, unit, question)),
      collect: (diagnostics, { window = '0' }, units, options) => {
        const haproxy = cloud.haproxy();
        return port.look(units, options, (unit) => collectedOf(cloud, unit, diagnostics, { haproxy, window: Number(window) }));
      },
      change: (orders, _, terms, options) => {
        const asked = orders as readonly RunOrder[];
        const scripts = asked.map((order) => {
          const { [order.unit]: told = NO_TERMS } = terms;
          return [order.unit, (cloud: Cloud) => cloud.place(order.unit).agent.program.change(order, told)] as const;
        });
        return port.dispatch(new Map(scripts), options, () => sent.orders(asked));
      },
      transactionStatus: (questions, options) => {
        const scripts = Object.entries(questions).map(
          ([unit, question]) => [unit, (cloud: Cloud) => cloud.place(unit).agent.program.status(question)] as const,
        );
        return port.dispatch(new Map(scripts), options, () => sent.asked(Object.keys(questions)));
      },
    },
  };
}

type Scripts = ReadonlyMap<UnitName, (cloud: Cloud) => Script<Receipt>>;

class Port {
  constructor(
    readonly cloud: Cloud,
    readonly process: Process,
    readonly sent: Sent,
  ) {}

  /** Throws `Failure('juju')` while the controller is away. */
  ask<T>(signal: AbortSignal, answer: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.process.after(LATENCY_SECONDS, () => {
        if (signal.aborted) reject(new Failure('interrupted', 'interrupted'));
        else if (this.cloud.isDown) reject(away());
        else resolve(answer());
      });
    });
  }

  endTasks(ids: readonly string[]): ReadonlyMap<string, TaskState> {
    const found = ids.flatMap((id) => this.cloud.tasks.get(id) ?? []);
    for (const task of found) this.cloud.place(task.unit).agent.cancel(task);
    return new Map(found.map(({ id, status }) => [id, { status, over: ENDED.includes(status) }]));
  }

  /** Looks at units without a transaction: what is answered is as it was in that moment. */
  look<T>(units: readonly UnitName[], options: DispatchOptions, value: (unit: UnitName) => T): AsyncIterable<UnitEvent<T>> {
    const channel = createChannel<UnitEvent<T>>(() => undefined);
    const { signal, timeoutSeconds } = options;
    this.process.after(LATENCY_SECONDS, () => {
      if (this.cloud.isDown) return channel.fail(away());
      let open = units.length;
      const settle = (event: UnitEvent<T>): void => {
        channel.push(event);
        if (--open === 0) channel.end();
      };
      const mute = new Map<UnitName, Agent>();
      for (const unit of units) {
        const agent = this.cloud.places.get(unit)?.agent;
        if (!agent || agent.isGone) settle(none(unit, { kind: 'none', code: 'MISSING', mayHaveRun: false }));
        else if (agent.busySeconds === 0) settle({ kind: 'answer', unit, value: value(unit), milliseconds: 500 });
        else mute.set(unit, agent);
      }
      if (open === 0) return channel.end();
      // The task waits in the controller, and is begun when the agent is there and has no hook any more.
      const wait = (unit: UnitName, agent: Agent): void => {
        if (agent.isGone) return;
        if (agent.busySeconds > 0) this.process.after(agent.busySeconds, () => wait(unit, agent));
        else if (mute.delete(unit)) settle({ kind: 'answer', unit, value: value(unit), milliseconds: 500 });
      };
      for (const [unit, agent] of mute) wait(unit, agent);
      const giveUp = (): void => {
        for (const unit of mute.keys()) settle(none(unit, { kind: 'none', code: 'NO_ANSWER', mayHaveRun: true }));
        mute.clear();
        this.cloud.time.woken();
      };
      signal.addEventListener('abort', giveUp, { once: true });
      if (signal.aborted) giveUp();
      this.process.after(timeoutSeconds, giveUp);
    });
    return channel;
  }

  /** Queues a task for each unit and follows it to its end, or until it is given up and cancelled. */
  dispatch(scripts: Scripts, options: DispatchOptions, queued: () => void): AsyncIterable<UnitEvent<Receipt>> {
    const channel = createChannel<UnitEvent<Receipt>>(() => undefined);
    this.process.after(LATENCY_SECONDS, () => {
      if (options.signal.aborted) return channel.fail(new Failure('interrupted', 'interrupted'));
      if (this.cloud.isDown) return channel.fail(away());
      queued();
      this.#follow(scripts, options, channel);
    });
    return channel;
  }

  #follow(scripts: Scripts, { signal, timeoutSeconds }: DispatchOptions, channel: Channel<UnitEvent<Receipt>>): void {
    const { cloud, process } = this;
    const open = new Set(scripts.keys());
    const settle = (unit: UnitName, end: TaskEnd): void => {
      if (!open.delete(unit)) return;
      channel.push(end.kind === 'receipt' ? { kind: 'answer', unit, value: end.receipt, milliseconds: 900 } : none(unit, end));
      if (open.size === 0) channel.end();
      cloud.time.woken();
    };
    const tasks: Task[] = [];
    for (const [unit, script] of scripts) {
      const agent = cloud.places.get(unit)?.agent;
      if (!agent || agent.isGone) settle(unit, { kind: 'none', code: 'MISSING', mayHaveRun: false });
      else tasks.push(cloud.queue(unit, () => script(cloud)));
    }
    if (open.size === 0) channel.end();
    if (tasks.length === 0) return;
    if (this.sent.isUnheard()) {
      process.after(START_SECONDS, () => {
        for (const { unit } of tasks) settle(unit, { kind: 'none', code: 'NO_ANSWER', mayHaveRun: true });
      });
      return;
    }
    channel.push({
      kind: 'queued',
      operation: tasks[0]?.id ?? '',
      tasks: Object.fromEntries(tasks.map(({ unit, id }) => [unit, id])),
    });
    for (const task of tasks) {
      task.ended = () => this.#hear(task, settle);
      if (task.end) this.#hear(task, settle);
      process.after(timeoutSeconds, () => this.#overdue(task, HOOK_SECONDS, settle));
    }
    const part = (): void => {
      for (const task of tasks) if (open.has(task.unit)) this.#giveUp(task, 'CANCELLED', settle);
    };
    signal.addEventListener('abort', part, { once: true });
    if (signal.aborted) part();
  }

  /** Results are fetched once the controller is there. */
  #hear(task: Task, settle: (unit: UnitName, end: TaskEnd) => void): void {
    this.process.after(LATENCY_SECONDS + this.cloud.secondsDown(), () => {
      if (this.cloud.isDown) return this.#hear(task, settle);
      if (task.end && (task.end.kind === 'receipt' || task.end.code !== '')) settle(task.unit, task.end);
    });
  }

  /** A hook in the way is waited for beside the unit's own time. */
  #overdue(task: Task, hookSeconds: number, settle: (unit: UnitName, end: TaskEnd) => void): void {
    if (task.status === 'pending' && this.cloud.place(task.unit).agent.hasHook && hookSeconds > 0) {
      this.process.after(RECHECK_SECONDS, () => this.#overdue(task, hookSeconds - RECHECK_SECONDS, settle));
      return;
    }
    this.#giveUp(task, 'NO_ANSWER', settle);
  }

  #giveUp(task: Task, code: string, settle: (unit: UnitName, end: TaskEnd) => void): void {
    const isOut = !this.cloud.isDown && this.cloud.place(task.unit).agent.cancel(task);
    settle(task.unit, { kind: 'none', code, mayHaveRun: !isOut });
  }
}

function away(): Failure {
  return new Failure('juju', 'cannot reach the controller');
}

function none(unit: UnitName, { code, mayHaveRun }: Extract<TaskEnd, { kind: 'none' }>): UnitEvent<never> {
  return { kind: 'no-answer', unit, code, message: 'did not answer', mayHaveRun, milliseconds: 0 };
}

function probeOf(cloud: Cloud, unit: UnitName, question: ProbeQuestion): Probe {
  const place = cloud.place(unit);
  const { disk } = place.agent;
  const asked = [...new Set([...question.paths, ...disk.files.keys()])];
  const transactions = [...disk.transactions.values()].map(({ id, state }) => ({ id, state }));
  const paths = asked.map((path): PathState => ({ path, state: disk.state(path) }));
  return {
    identity: { modelUuid: MODEL_UUID, unit, machineId: disk.manner.machineId },
    clock: disk.clock(),
    bootId: `boot-${disk.boots}`,
    facts: cloud.figures(place, 0),
    paths,
    contents: Object.fromEntries(disk.contents),
    wholes: {},
    transactions: disk.bug === 'a change begins beside one that is pending' ? [] : transactions,
    ...(question.staged ? { validation: { ok: true, message: 'Syntax OK' } } : {}),
  };
}

function collectedOf(
  cloud: Cloud,
  unit: UnitName,
  diagnostics: readonly Diagnostic[],
  { haproxy, window }: { readonly haproxy: Collected['facts']; readonly window: number },
): readonly Collected[] {
  const figures = cloud.figures(cloud.place(unit), window);
  const facts = cloud.hasHaproxy(unit) ? haproxy : {};
  return diagnostics.map(({ id }) => ({ diagnostic: id, facts: id === 'layers' ? facts : figures, evidence: {}, cutBytes: 0 }));
}
