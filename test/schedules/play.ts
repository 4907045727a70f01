import type { Diagnostic, Tuning } from '../../src/domain/action.js';
import { createSession, type SessionParts } from '../../src/engine/model-session.js';
import { diagnostic, processes } from '../engine/rollout-world.js';
import { FakeCharmConfig } from '../fakes/charm-config.js';
import type { Bug } from './bugs.js';
import { withBug } from './bugs-wiring.js';
import { Cloud, SITES } from './cloud.js';
import { MachineRuns } from './machine-runs.js';
import { carryOut } from './operator.js';
import { ReferenceModel } from './reference-model.js';
import type { Act, Happening, OperatorSketch, Schedule } from './schedule.js';
import { portsOf } from './units-port.js';
import { Machine, Process, VirtualTime } from './virtual-time.js';

/** Longer than all commands take that do not wait for a person. */
const LONGEST_SECONDS = 40_000;
const REST_SECONDS = 100_000;
const MACHINES = 2;

const tuning: Tuning = {
  ...processes,
  params: [{ name: 'processes', type: 'amount', title: 'processes', required: true, min: 1, max: 256 }],
  changes: [{ kind: 'wsgi-daemon', processes: '{param.processes}' }],
};
const CATALOGUE: readonly (Diagnostic | Tuning)[] = [...['layers', 'log-signatures', 'saturation'].map(diagnostic), tuning];

/** What was wrong in one schedule, played from its beginning until all is at rest; empty when every promise was kept. */
export async function play(schedule: Schedule, bug?: Bug): Promise<readonly string[]> {
  return new Play(schedule, bug).toEnd();
}

class Play {
  readonly #time = new VirtualTime();
  readonly #model = new ReferenceModel();
  readonly #cloud: Cloud;
  readonly #machines = Array.from({ length: MACHINES }, () => new Machine(this.#time));
  readonly #runs: readonly MachineRuns[];
  readonly #schedule: Schedule;
  readonly #processes = new Set<Process>();
  #dispatches = 0;

  constructor(schedule: Schedule, bug: Bug | undefined) {
    this.#schedule = schedule;
    const name = (unit: number): string => `keystone/${unit % schedule.units.length}`;
    const fates = new Map(schedule.fates.map(({ unit, task, fate }) => [`${name(unit)} ${task}`, fate] as const));
    this.#cloud = new Cloud(this.#time, schedule.units, schedule.leader, fates, this.#model, bug);
    this.#model.watch(this.#cloud);
    this.#runs = this.#machines.map((_, machine) => {
      return new MachineRuns(machine, (entry, process) => this.#model.appended(entry, process));
    });
  }

  async toEnd(): Promise<readonly string[]> {
    for (const happening of this.#schedule.happenings) this.#time.after(happening.at, () => this.#happen(happening));
    let busy = this.#schedule.operators.length;
    for (const operator of this.#schedule.operators) {
      this.#work(operator).then(
        () => busy--,
        (error: unknown) => {
          busy--;
          this.#model.problems.push(`crash: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
        },
      );
    }
    await this.#time.pass(LONGEST_SECONDS, () => busy === 0 || this.#model.problems.length > 0);
    if (this.#model.problems.length > 0) return this.#model.problems;
    if (busy > [...this.#processes].filter(({ isAsking }) => isAsking).length) return ['a command does not end'];
    for (const process of this.#processes) process.isAlive = false;
    await this.#time.pass(this.#time.now() + REST_SECONDS, () => false);
    const agents = this.#cloud.present().map(({ agent }) => agent);
    const disks = agents.map(({ disk }) => disk);
    this.#model.atRest(disks);
    for (const { program } of agents) program.run(program.status({ transaction: '' }), () => undefined);
    await this.#time.pass(this.#time.now() + 1000, () => false);
    this.#model.atEnd(disks);
    return this.#model.problems;
  }

  async #work({ machine, acts }: OperatorSketch): Promise<void> {
    for (const act of acts) await this.#command(act, machine);
  }

  /** Resolves when the command has ended, or was killed. */
  async #command(act: Act, machine: number): Promise<void> {
    const computer = this.#machines[machine];
    const runs = this.#runs[machine];
    if (!computer || !runs) return;
    await new Process(this.#time, computer).sleep(act.wait, new AbortController().signal);
    const process = new Process(this.#time, computer);
    this.#processes.add(process);
    const over = (): void => void this.#processes.delete(process);
    await new Promise<void>((resolve, reject) => {
      carryOut(act, createSession(this.#parts(process, machine, runs)), process).then(({ run, exitCode }) => {
        if (run && exitCode === 0) this.#model.succeeded(run.id);
        over();
        resolve();
      }, reject);
      if (act.end?.kind !== 'killed') return;
      this.#time.after(act.end.after, () => {
        process.isAlive = false;
        this.#time.woken();
        over();
        resolve();
      });
    });
  }

  #parts(process: Process, machine: number, runs: MachineRuns): SessionParts {
    const sent = {
      orders: (orders: Parameters<ReferenceModel['sent']>[1]) => this.#model.sent(process, orders),
      asked: (units: readonly string[]) => this.#model.asked(process, units),
      looked: () => this.#model.looked(process),
      isUnheard: () => this.#schedule.unheard.includes(this.#dispatches++),
    };
    const parts = {
      tool: '0.1.0',
      operator: `operator@machine-${machine}`,
      model: this.#cloud.inventory().model,
      ...portsOf(this.#cloud, process, sent),
      charmConfig: new FakeCharmConfig(),
      clock: process.clock,
      catalogue: CATALOGUE,
      runs: runs.storeFor(process),
      onCall: () => undefined,
    };
    return withBug(parts, this.#cloud, process);
  }

  #happen(happening: Happening): void {
    const cloud = this.#cloud;
    const names = [...cloud.places.keys()];
    const unit = names[happening.unit % names.length] ?? '';
    const { agent, sketch } = cloud.place(unit);
    if (agent.isGone && happening.kind !== 'replaced') return;
    switch (happening.kind) {
      case 'agent lost':
        agent.lose(happening.seconds);
        break;
      case 'reboot':
        agent.reboot(happening.seconds);
        break;
      case 'controller down':
        cloud.goDown(happening.seconds);
        break;
      case 'edited':
        agent.disk.write(SITES[happening.path] ?? SITES[0], `# rendered at ${happening.at}\n${textOf(happening.path)}`);
        break;
      case 'removed':
        this.#model.gone(agent.disk);
        cloud.remove(unit);
        break;
      case 'replaced':
        this.#model.gone(agent.disk);
        cloud.replace(unit);
        break;
      case 'added':
        cloud.add(sketch);
        break;
      case 'leads':
        cloud.lead(unit);
        break;
      case 'clock set':
        agent.disk.ahead = happening.ahead;
        break;
      case 'machine sleeps':
        this.#machines[happening.machine]?.sleep(happening.seconds);
    }
  }
}

function textOf(path: number): string {
  return `WSGIDaemonProcess keystone-${path} processes=12 user=keystone\n`;
}
