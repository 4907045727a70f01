import type { Facts } from '../../src/domain/finding.js';
import type { Inventory, Unit } from '../../src/domain/inventory.js';
import type { UnitName } from '../../src/domain/unit-set.js';
import type { Receipt } from '../../src/engine/ports.js';
import { fakeInventory } from '../fakes/model.js';
import { Agent, type Fate, Task } from './agent.js';
import type { Bug } from './bugs.js';
import { type Manner, UnitDisk, type Watcher } from './unit-disk.js';
import type { Script } from './unit-program.js';
import type { VirtualTime } from './virtual-time.js';

export const SITES = ['/etc/apache2/sites-enabled/wsgi-public.conf', '/etc/apache2/sites-enabled/wsgi-admin.conf'] as const;
/** More haproxies than this say the same of the same servers. */
const HAPROXIES = 2;

/** What a unit is like, and what the change does to it; the operator knows nothing of it. */
export interface UnitSketch extends Omit<Manner, 'machineId'> {
  readonly host: number;
  readonly holdsVip: boolean;
  /** Once changed: haproxy does not see it UP, or its API answers errors. */
  readonly onceChanged: 'well' | 'stays down' | 'answers 5xx';
}

interface Place {
  readonly sketch: UnitSketch;
  agent: Agent;
  host: number;
  machines: number;
}

const BASE = fakeInventory(1);
const [TEMPLATE] = BASE.applications.flatMap((one) => (one.name === 'keystone' ? one.units : []));

/** One controller with keystone in a model, its tasks, and all that can happen to its units. */
export class Cloud {
  readonly places = new Map<UnitName, Place>();
  readonly tasks = new Map<string, Task>();
  #fates: ReadonlyMap<string, Fate>;
  readonly #sent = new Map<UnitName, number>();
  #leader: UnitName;
  #downUntil = 0;
  #tasksMade = 0;

  constructor(
    readonly time: VirtualTime,
    sketches: readonly UnitSketch[],
    leader: number,
    fates: ReadonlyMap<string, Fate>,
    readonly watcher: Watcher,
    readonly bug: Bug | undefined,
  ) {
    this.#fates = fates;
    for (const sketch of sketches) this.add(sketch);
    this.#leader = `keystone/${leader % sketches.length}`;
  }

  get isDown(): boolean {
    return this.#downUntil > this.time.now();
  }

  secondsDown(): number {
    return Math.max(0, this.#downUntil - this.time.now());
  }

  goDown(seconds: number): void {
    this.#downUntil = Math.max(this.#downUntil, this.time.now() + seconds);
  }

  lead(unit: UnitName): void {
    this.#leader = unit;
  }

  add(sketch: UnitSketch): void {
    const name = `keystone/${this.places.size}`;
    this.places.set(name, { sketch, agent: this.#agent(name, sketch, 1), host: sketch.host, machines: 1 });
  }

  remove(unit: UnitName): void {
    this.place(unit).agent.remove();
  }

  /** Another machine under the same name. */
  replace(unit: UnitName): void {
    const place = this.place(unit);
    place.agent.remove();
    place.machines++;
    place.agent = this.#agent(unit, place.sketch, place.machines);
  }

  place(unit: UnitName): Place {
    const place = this.places.get(unit);
    if (!place) throw new Error(`no unit ${unit}`);
    return place;
  }

  /** Units that the controller knows. */
  present(): Place[] {
    return [...this.places.values()].filter(({ agent }) => !agent.isGone);
  }

  queue(unit: UnitName, script: () => Script<Receipt>): Task {
    const count = this.#sent.get(unit) ?? 0;
    this.#sent.set(unit, count + 1);
    const task = new Task(String(++this.#tasksMade), unit, this.#fates.get(`${unit} ${count}`), script);
    this.tasks.set(task.id, task);
    this.place(unit).agent.queue(task);
    return task;
  }

  inventory(): Inventory {
    const units = this.present().map((place) => this.#unit(place));
    const applications = BASE.applications.map((one) => (one.name === 'keystone' ? { ...one, units } : { ...one, units: [] }));
    return { ...BASE, applications };
  }

  /** What haproxy sees of every unit: the same wherever one runs. */
  haproxy(): Facts {
    const rows = [...this.places].map(([name, place]) => {
      return [`haproxy.public.${name.replace('/', '-')}.status`, this.isServing(place) ? 'UP' : 'DOWN'] as const;
    });
    return Object.fromEntries(rows);
  }

  hasHaproxy(unit: UnitName): boolean {
    return this.present().findIndex(({ agent }) => agent.disk.name === unit) < HAPROXIES;
  }

  isServing(place: Place): boolean {
    return !place.agent.isGone && this.servedLast(place);
  }

  /** Of one that is gone: until then. */
  servedLast({ agent, sketch }: Place): boolean {
    return !(isChanged(agent.disk) && sketch.onceChanged === 'stays down') && !isBroken(agent.disk);
  }

  /** What its logs say of the last seconds, and its workers of now. */
  figures({ agent, sketch }: Place, seconds: number): Facts {
    const isBad = isChanged(agent.disk) && sketch.onceChanged === 'answers 5xx';
    return {
      'log.requests': seconds > 0 ? 500 : 0,
      'log.status-5xx': isBad && seconds > 0 ? 200 : 0,
      'log.px-lost': 0,
      'queue.total': 0,
      'busy.total': 3,
      'capacity.total': 12,
      'vip.held': sketch.holdsVip ? 'yes' : 'no',
      'guard.possible': agent.disk.manner.canGuard ? 'yes' : 'no',
    };
  }

  #agent(name: UnitName, sketch: UnitSketch, machine: number): Agent {
    const disk = new UnitDisk(name, { ...sketch, machineId: `${name}-${machine}` }, this.time, this.watcher, this.bug);
    for (const [index, path] of SITES.entries()) {
      const group = `keystone-${index}`;
      disk.write(path, `WSGIDaemonProcess ${group} processes=12 user=keystone\n`);
    }
    return new Agent(disk);
  }

  #unit({ agent, host }: Place): Unit {
    if (!TEMPLATE) throw new Error('the model has no keystone');
    const { name } = agent.disk;
    const { trouble: _, ...well } = TEMPLATE;
    return {
      ...well,
      name,
      machine: String(host),
      host: String(host),
      leader: name === this.#leader,
      address: `10.30.1.${10 + Number(name.slice('keystone/'.length))}`,
      ...(agent.isAway ? { trouble: 'lost', reason: 'agent lost' } : {}),
    };
  }
}

/** The change is there, for good or for a while. */
function isChanged(disk: UnitDisk): boolean {
  return [...disk.transactions.values()].some(({ state }) => state === 'COMMITTED' || state === 'PENDING');
}

function isBroken(disk: UnitDisk): boolean {
  return [...disk.transactions.values()].some(({ state }) => state === 'BROKEN');
}
