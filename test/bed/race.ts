import { setTimeout as wait } from 'node:timers/promises';
import type { FileState } from '../../src/domain/change.js';
import type { Step } from '../../src/domain/plan.js';
import type { Order, OrderNumber, Receipt, UnitEvent } from '../../src/engine/ports.js';
import type { Sending } from '../../src/engine/send.js';
import { sha256 } from '../../src/planning/sha256.js';
import type { Believed } from '../../src/unit/frame.js';
import { readReceipt } from '../../src/unit/receipt.js';
import { changeScripts, statusScripts } from '../../src/unit/request.js';
import type { Random } from '../prove/random.js';
import { answered, type Held, wish } from '../unit/race/client.js';
import { judge, type Race, type Rest, readState, type Variant, WISHES } from '../unit/race/judge.js';
import { type PlantedPart, withPlanted } from '../unit/run-program.js';
import type { Bed } from './bed.js';
import { type BedUnit, MODEL_UUID } from './units.js';

/** How far a start may be from where it was meant to be, milliseconds. */
const SPREAD = 400;
const FIRST_WINDOW = 8;
const EXTENDED = 600;
const FAR_SECONDS = 3600;
/** A reload is over, and a guard has ended, within so many seconds, however busy the machine is. */
const PATIENCE = 60;

const FILE = '/etc/apache2/conf-available/zz-juju-tune-race.conf';
const LINK = '/etc/apache2/conf-enabled/zz-juju-tune-race.conf';

/** What a change moves: the files, the daemons, and what Apache answers by the configuration that it took. */
interface Live {
  readonly tree: readonly string[];
  readonly processes: readonly string[];
  readonly served: string;
}

/** A unit between two races. */
export interface Standing {
  readonly unit: BedUnit;
  readonly machineId: string;
  /** Number of the race whose change was kept last; 0 when there was none. */
  readonly kept: number;
  readonly live: Live;
  /** Long enough for a change to be made in it, and a moment more. */
  readonly windowSeconds: number;
}

export interface RaceOptions {
  readonly number: number;
  readonly variant: Variant;
  /** How long before the end of the window the first order is sent, milliseconds. */
  readonly lead: number;
  readonly random: Random;
  /** Parts of the unit's program that stand otherwise, to see that a race notices. */
  readonly planted?: readonly PlantedPart[];
}

export async function standingOf(bed: Bed, unit: BedUnit): Promise<Standing> {
  const machineId = (await bed.sh(unit.name, 'cat /etc/machine-id')).trim();
  return { unit, machineId, kept: 0, live: await lookAt(bed, unit.name), windowSeconds: FIRST_WINDOW };
}

/** A change of one unit with a short window, and orders that reach it as that ends: a real timer of systemd's is the other racer. */
export async function raceOn(bed: Bed, standing: Standing, options: RaceOptions): Promise<Race & { standing: Standing }> {
  const { variant, number, planted = [] } = options;
  const name = standing.unit.name;
  const wishes = WISHES[variant];
  const { held, windowSeconds } = await holdOn(bed, standing, number, planted);
  const { transaction } = held.step;
  const before = standing.live;
  const after: Live = { ...before, tree: await bed.tree(name), served: servedBy(number) };
  const due = await dueOn(bed, name);
  const jitter = (): number => (options.random.below(200) / 100 - 1) * SPREAD;
  const at = due - options.lead + jitter();
  const told = await Promise.all(
    wishes.map(async (what, index) => {
      await until(index === 0 ? at : at + jitter());
      return wish(what, held, index);
    }),
  );
  await until(due + 2000);
  const rest = await restOf(bed, name, transaction, { before, after });
  const { winner, problems } = judge({ variant, unit: name, transaction, before, after, rest, told });
  const failed = await bed.sh(name, 'systemctl --failed --no-legend');
  const more = failed === '' ? [] : [`${variant}: systemd lists as failed: ${failed.trim()}`];
  const isKept = rest.state.startsWith('COMMITTED');
  // What was given more time is of no more use.
  if (rest.state.startsWith('PENDING') && (await wish('rollback', held, wishes.length)).code !== 6)
    more.push(`${variant}: cannot be taken back afterwards`);
  const now = { ...standing, windowSeconds, kept: isKept ? number : standing.kept, live: isKept ? after : before };
  return { winner, problems: [...problems, ...more], standing: now };
}

/** Makes a change that awaits confirmation, in a window that is not over yet. */
export async function holdOn(
  bed: Bed,
  { unit, machineId, kept, windowSeconds }: Standing,
  number: number,
  planted: RaceOptions['planted'] = [],
) {
  const text = textOf(number);
  const contents = { [sha256(text)]: text };
  let seconds = windowSeconds;
  for (let attempt = 1; attempt <= 3; attempt++) {
    const step = stepOf(unit, machineId, { from: kept, to: number, attempt });
    const held: Held = { units: unitsOf(bed, unit, planted), clock: CLOCK, step, contents, windowSeconds: EXTENDED };
    const order: Order = { verb: 'apply', unit: unit.name, step, windowSeconds: seconds, guard: true };
    const began = Date.now();
    const receipt = await orderOn(bed, unit, order, { contents, number: { run: 'race', number: 1 }, planted });
    const took = Math.ceil((Date.now() - began) / 1000);
    if (!receipt.ok) throw new Error(`${unit.name}: ${receipt.message}`);
    const left = receipt.value.state === 'PENDING' ? (receipt.value.windowLeft ?? 0) : 0;
    if (left > 1) return { held, windowSeconds: took + 5 };
    // The machine was so busy that the window was over before the change was made. Once it is taken back, with more time.
    await wish('rollback', held);
    seconds = took + 10 * attempt;
  }
  throw new Error(`${unit.name}: a change takes longer than ${seconds} s`);
}

const CLOCK = { rate: 1, now: () => Date.now(), sleep: (seconds: number) => wait(seconds * 1000).then(() => undefined) };

function textOf(number: number): string {
  return `# managed by juju-tune: race\nRedirectMatch 302 ^/juju-tune-race$ ${servedBy(number)}\n`;
}

function servedBy(number: number): string {
  return number === 0 ? '' : `http://race.test/${number}`;
}

function stepOf(unit: BedUnit, machineId: string, { from, to, attempt }: { from: number; to: number; attempt: number }): Step {
  const file = (number: number): FileState =>
    number === 0 ? { kind: 'absent' } : { kind: 'file', mode: '0644', owner: '0:0', sha256: sha256(textOf(number)) };
  const link = (number: number): FileState =>
    number === 0 ? { kind: 'absent' } : { kind: 'link', target: '../conf-available/zz-juju-tune-race.conf' };
  const paths = (number: number) => [
    { path: FILE, state: file(number) },
    { path: LINK, state: link(number) },
  ];
  return {
    unit: unit.name,
    application: unit.application,
    host: unit.machine,
    address: unit.address,
    leader: unit.leader,
    identity: { modelUuid: MODEL_UUID, unit: unit.name, machineId },
    verb: 'apply',
    transaction: `race-${to}-${attempt}-${unit.name.replace('/', '-')}`,
    before: paths(from),
    after: paths(to),
    activate: 'reload',
    validate: true,
    checks: [{ kind: 'apache-active' }],
    commands: [],
    budgetSeconds: 120,
    summary: [],
  };
}

/** A unit of the bed, whose agent runs the very texts that Juju would send. */
function unitsOf(bed: Bed, unit: BedUnit, planted: RaceOptions['planted']): Sending['units'] {
  return {
    async *change([order], contents, terms): AsyncIterable<UnitEvent<Receipt>> {
      const number = terms[unit.name]?.number;
      if (order && number) yield answered(unit.name, await orderOn(bed, unit, order, { contents, number, planted }));
    },
    async *transactionStatus(questions): AsyncIterable<UnitEvent<Receipt>> {
      const [script] = statusScripts(MODEL_UUID, questions);
      const { stdout } = await bed.asJuju(unit.name, script?.text ?? '');
      yield answered(unit.name, readReceipt(stdout, 'status', unit.name));
    },
  };
}

interface Sent {
  readonly contents: Held['contents'];
  readonly number: OrderNumber;
  readonly planted: RaceOptions['planted'];
}

async function orderOn(
  bed: Bed,
  { name }: BedUnit,
  order: Order,
  { contents, number, planted = [] }: Sent,
): Promise<Believed<Receipt>> {
  const notAfter = Math.floor(Date.now() / 1000) + FAR_SECONDS;
  const [script] = changeScripts(MODEL_UUID, [order], contents, { [name]: { notAfter, number } });
  const { stdout } = await bed.asJuju(name, withPlanted(script?.text ?? '', planted));
  return readReceipt(stdout, order.verb, name);
}

/** When the window ends, on this machine's clock, milliseconds. */
async function dueOn(bed: Bed, unit: string): Promise<number> {
  const said = await bed.sh(unit, 'cat /var/lib/juju-tune/pending; cat /proc/uptime');
  const [pending = '', uptime = ''] = said.split('\n');
  return Date.now() + (Number(pending.split(' ')[3]) - Number.parseFloat(uptime)) * 1000;
}

async function until(time: number): Promise<void> {
  await wait(Math.max(0, time - Date.now()));
}

/** What is found once no guard is at work any more, and what was reloaded has been taken. */
async function restOf(
  bed: Bed,
  unit: string,
  transaction: string,
  { before, after }: { readonly before: Live; readonly after: Live },
): Promise<Rest> {
  const atWork = "systemctl list-units --plain --no-legend --state=activating,active,deactivating 'juju-tune-guard-*.service'";
  await bed.until(unit, `test -z "$(${atWork})"`, PATIENCE);
  const state = (await bed.sh(unit, `cat /var/lib/juju-tune/tx/${transaction}/state`)).trim();
  const wanted = readState(state).state === 'REVERTED' ? before : after;
  const deadline = Date.now() + PATIENCE * 1000;
  let live = await lookAt(bed, unit);
  while (JSON.stringify(live) !== JSON.stringify(wanted) && Date.now() < deadline) {
    await wait(500);
    live = await lookAt(bed, unit);
  }
  const timers = (await bed.sh(unit, "systemctl list-units --plain --no-legend 'juju-tune-guard-*.timer'"))
    .split('\n')
    .filter(Boolean);
  const guarded = (await bed.try(unit, 'test -e /var/lib/juju-tune/pending')).code === 0;
  return { state, live, guarded, timers: timers.map((line) => line.split(' ')[0]?.replace(/\.timer$/, '') ?? '') };
}

async function lookAt(bed: Bed, unit: string): Promise<Live> {
  const [tree, processes, served] = await Promise.all([
    bed.tree(unit),
    bed.processes(unit),
    bed.sh(unit, "curl -s -o /dev/null -w '%{redirect_url}' http://127.0.0.1/juju-tune-race"),
  ]);
  return { tree, processes, served };
}
