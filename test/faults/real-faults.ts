import type { Step } from '../../src/domain/plan.js';
import type { Order, Receipt } from '../../src/engine/ports.js';
import type { Believed } from '../../src/unit/frame.js';
import { fileOf, OWNER, sha256, stepOf, type UnitFolder, unitFolder } from '../unit/unit-folder.js';
import { FAULTS, type Fault, FaultyUnit } from './faulty-unit.js';
import { MountNamespace } from './mount-namespace.js';

/** Before each of these, the disk may get its fault. */
const POINTS = 'apache2ctl chmod chown cp flock ln mkdir mv rm rmdir sleep sync systemctl timeout'.split(' ');

const COUNTER = `#!/bin/sh
read -r n <"$ROOT/run/count"
n=$((n + 1))
echo "$n" >"$ROOT/run/count"
if [ "$n" = "$FAULT_AT" ]; then
  echo "\${0##*/}" >"$ROOT/run/hit"
  bash "$ROOT/run/fault" >"$ROOT/run/fault.said" 2>&1 || echo "$?" >>"$ROOT/run/fault.said"
fi
name=\${0##*/}
if [ -x "$ROOT/usr/bin/$name" ]; then PATH=/usr/bin:/bin exec "$ROOT/usr/bin/$name" "$@"; fi
exec "/usr/bin/$name" "$@"
`;

const NEW_SITE = `WSGIDaemonProcess keystone-public processes=6 threads=1 user=keystone display-name=%{GROUP}\n${'# a site of some length\n'.repeat(400)}`;
const NEW_CONF = 'SetEnv proxy-initial-not-pooled 1\n';
/** The last line of the unit's program. */
const MAIN = '\nmain "$@"';
const WINDOW_SECONDS = 600;
const CONTENTS = { [sha256(NEW_SITE)]: NEW_SITE, [sha256(NEW_CONF)]: NEW_CONF };

export interface FaultRun {
  readonly done: number;
  /** How often each act ended how, as the unit said it: `apply: reverted REVERTED`. */
  readonly ends: ReadonlyMap<string, number>;
  /** One sentence each: where, what happened, and what was not so. */
  readonly failures: readonly string[];
}

interface Only {
  readonly act: Act;
  readonly fault: string;
}

export interface FaultOptions {
  /** Try only every n-th point of each fault, the first of them by `seed`. */
  readonly stride: number;
  readonly seed: number;
  readonly workers: number;
  readonly report?: (done: number) => void;
  readonly only?: Only;
  /** Bash that spoils the unit's program; ends with the first thing that is found wrong. */
  readonly spoiledBy?: string;
}

type Live = Readonly<Record<string, string>>;

/** What is asked of a unit while its disk fails, and how the unit stands before. `guard` is asked by systemd, and answers nobody. */
const ACTS = {
  apply: 'prepared',
  'apply with a window': 'prepared',
  confirm: 'pending',
  extend: 'pending',
  guard: 'pending',
  rollback: 'committed',
} as const;
type Act = keyof typeof ACTS;

/** How each ends on a disk that is well. */
const ENDS: Readonly<Record<Act, string>> = {
  apply: 'COMMITTED',
  'apply with a window': 'PENDING',
  confirm: 'COMMITTED',
  extend: 'PENDING',
  guard: 'REVERTED',
  rollback: 'REVERTED',
};

interface World {
  readonly prepared: UnitFolder;
  readonly pending: UnitFolder;
  readonly committed: UnitFolder;
  readonly step: Step;
  readonly before: Live;
  readonly after: Live;
}

interface Workshop extends World {
  readonly namespace: MountNamespace;
  readonly spoiledBy: string;
  readonly ends: Map<string, number>;
}

interface Trial {
  readonly act: Act;
  readonly fault: Fault;
  readonly at: number;
}

/** Lets each fault happen to the real file system of a unit before each command of all that it can be asked, and holds every word of it against what is there. */
export async function tryFaults(options: FaultOptions): Promise<FaultRun> {
  const namespace = await MountNamespace.open();
  const world = await makeWorld();
  const failures: string[] = [];
  const ends = new Map<string, number>();
  let done = 0;
  try {
    for (const act of Object.keys(ACTS) as Act[]) await worksWithout(act, world, namespace);
    const { only } = options;
    const all = FAULTS.flatMap((fault, index) =>
      (Object.keys(ACTS) as Act[]).map((act) => ({ act, fault, at: 1 + ((options.seed + index) % options.stride) })),
    );
    const queue = all.filter(({ act, fault }) => only === undefined || (act === only.act && fault.name === only.fault));
    const worker = async (): Promise<void> => {
      for (let trial = queue.shift(); trial !== undefined; trial = queue.shift()) {
        // From point to point until the program has ended before the fault's turn came.
        for (let at = trial.at; ; at += options.stride) {
          if (options.spoiledBy !== undefined && failures.length > 0) return;
          const found = await one({ ...trial, at }, { ...world, namespace, ends, spoiledBy: options.spoiledBy ?? '' });
          if (found === undefined) break;
          failures.push(...found);
          done++;
          options.report?.(done);
        }
      }
    };
    await Promise.all(Array.from({ length: options.workers }, worker));
    return { done, ends, failures };
  } finally {
    namespace.close();
    for (const unit of [world.prepared, world.pending, world.committed]) unit.remove();
  }
}

async function makeWorld(): Promise<World> {
  const prepared = await unitFolder();
  prepared.write('etc/apache2/conf-available/old.conf', 'Timeout 300\n', 0o640);
  prepared.link('etc/apache2/conf-enabled/old.conf', '../conf-available/old.conf');
  for (const name of POINTS) prepared.write(`usr/sbin/${name}`, COUNTER, 0o755);
  const step = stepOf(
    prepared,
    [
      { path: '/etc/apache2/sites-enabled/wsgi-openstack-api.conf', after: fileOf(NEW_SITE) },
      { path: '/etc/apache2/extra', after: { kind: 'dir', mode: '0755', owner: OWNER } },
      { path: '/etc/apache2/extra/new.conf', after: fileOf(NEW_CONF, '0640') },
      { path: '/etc/apache2/conf-enabled/old.conf', after: { kind: 'link', target: '../extra/new.conf' } },
      { path: '/etc/apache2/conf-available/old.conf', after: { kind: 'absent' } },
    ],
    { checks: [{ kind: 'apache-active' }, { kind: 'daemon-group', group: 'keystone-public', processes: 6 }] },
  );
  const before = live(prepared);
  const [pending, committed] = [await prepared.copy(), await prepared.copy()];
  const asked = [await ask(pending, 'apply with a window', step, 0), await ask(committed, 'apply', step, 0)];
  const states = asked.map((receipt) => (receipt?.ok ? receipt.value.state : JSON.stringify(receipt)));
  if (states.join() !== 'PENDING,COMMITTED') throw new Error(`without a fault: ${states.join()}`);
  return { prepared, pending, committed, step, before, after: live(committed) };
}

/** On a disk that is well, every act must come to its end: else a fault would spoil nothing. */
async function worksWithout(act: Act, world: World, namespace: MountNamespace): Promise<void> {
  const unit = FaultyUnit.copyOf(world[ACTS[act]], namespace);
  await ask(unit, act, world.step, 0);
  const rests = await unit.status(world.step.transaction);
  const state = rests.ok ? rests.value.state : rests.message;
  const isSo = same(live(unit), THERE.includes(state) ? world.after : world.before);
  unit.remove();
  if (state !== ENDS[act] || !isSo) throw new Error(`${act} without a fault: ${state}, ${isSo ? 'as it says' : 'and is not so'}`);
}

/** What must be before or after as one: the files, and the daemons that run with them. */
function live(unit: UnitFolder): Live {
  return {
    ...unit.tree('etc'),
    ...unit.tree('var/lib/apache2'),
    daemons: `${unit.text('run/service/active')}${unit.text('run/service/ps')}`,
  };
}

/** What the unit answered; undefined where nobody waits for an answer. */
async function ask(unit: UnitFolder, act: Act, step: Step, at: number): Promise<Believed<Receipt> | undefined> {
  unit.write('run/count', '0\n');
  const env = { FAULT_AT: String(at) };
  if (act === 'guard') {
    unit.write('proc/uptime', `${Number.parseFloat(unit.text('proc/uptime')) + 2 * WINDOW_SECONDS}.00 0.00\n`);
    for (const [, , command] of unit.timers()) await unit.start(command, env);
    return undefined;
  }
  return unit.order(orderOf(act, step), env, CONTENTS);
}

function orderOf(act: Exclude<Act, 'guard'>, step: Step): Order {
  const { unit, transaction } = step;
  switch (act) {
    case 'apply':
    case 'apply with a window':
      return { verb: 'apply', unit, step, windowSeconds: act === 'apply' ? 0 : WINDOW_SECONDS, guard: true };
    case 'confirm':
      return { verb: 'confirm', unit, transaction, acceptDrift: false };
    case 'extend':
      return { verb: 'extend', unit, transaction, windowSeconds: 2 * WINDOW_SECONDS };
    case 'rollback':
      return { verb: 'rollback', unit, transaction, budgetSeconds: step.budgetSeconds };
  }
}

/** What is wrong; undefined when the program ended before the fault's turn came. */
async function one({ act, fault, at }: Trial, world: Workshop): Promise<string[] | undefined> {
  const { namespace, spoiledBy, ends } = world;
  const unit = FaultyUnit.copyOf(world[ACTS[act]], namespace);
  const wrong: string[] = [];
  try {
    if (spoiledBy !== '') unit.planted = [[MAIN, `\n${spoiledBy}${MAIN}`]];
    unit.write('run/fault', unit.spoiling(fault));
    const receipt = await ask(unit, act, world.step, at);
    if (unit.state('run/hit').kind === 'absent') return undefined;
    if (unit.text('run/fault.said') !== '') throw new Error(`${fault.name} did not happen: ${unit.text('run/fault.said')}`);
    const end = receipt?.ok ? `${act}: ${receipt.value.outcome} ${receipt.value.state}` : `${act}: no answer`;
    ends.set(end, (ends.get(end) ?? 0) + 1);
    wrong.push(...claims(receipt, live(unit), world).map((what) => `${what}, while the fault lasts`));
    const asked = await unit.status(world.step.transaction);
    wrong.push(...claims(asked, live(unit), world).map((what) => `${what}, asked again while the fault lasts`));
    unit.heal();
    wrong.push(...(await comesToRest(unit, world)));
    return wrong.map((what) => `${act}, ${fault.name} before command ${at} (${unit.text('run/hit').trim()}): ${what}`);
  } finally {
    unit.remove();
  }
}

/** Of these, a unit that refuses, fails or took back says that nothing of the change is there. */
const GONE = ['NONE', 'PREPARED', 'REVERTED'];
const THERE = ['PENDING', 'COMMITTED'];

/** A receipt that is believed may be careful (conflict, broken, unknown, half-way), never wrong. */
function claims(receipt: Believed<Receipt> | undefined, left: Live, world: World): string[] {
  if (!receipt?.ok) return [];
  const { verb, outcome, state, code } = receipt.value;
  const said = `says ${outcome} ${state} ${code}`.trim();
  if (outcome === 'unchanged') return [said];
  // To have refused to look says nothing of what is there.
  const looked = verb !== 'status' || outcome !== 'refused';
  const there = outcome === 'changed' || outcome === 'pending' || (looked && outcome !== 'conflict' && THERE.includes(state));
  if (there) return same(left, world.after) ? [] : [`${said}, and is not as after`];
  const gone = outcome === 'reverted' || (looked && (outcome === 'refused' || outcome === 'failed') && GONE.includes(state));
  return gone && !same(withoutTemporary(left), world.before) ? [`${said}, and is not as before`] : [];
}

/** Once the disk is well again, one more request ends what is half-way, and a rollback leads back to where all began. */
async function comesToRest(unit: FaultyUnit, world: World): Promise<string[]> {
  const found: string[] = [];
  const rests = await unit.status(world.step.transaction);
  const state = rests.ok ? rests.value.state : rests.message;
  if (state !== 'BROKEN') {
    const tree = THERE.includes(state) ? world.after : GONE.includes(state) ? world.before : undefined;
    if (tree === undefined || !same(live(unit), tree)) found.push(`healed, it says ${state} and is not so`);
  }
  if (state === 'BROKEN' || THERE.includes(state)) {
    const rolled = await ask(unit, 'rollback', world.step, 0);
    if (!same(live(unit), world.before)) found.push(`healed and ${state}, it cannot be rolled back: ${JSON.stringify(rolled)}`);
  }
  return found;
}

/** Bugs put in on purpose, as bash, each with the trials that must find it out. */
export const PLANTED: readonly { readonly name: string; readonly spoiledBy: string; readonly only: Only }[] = [
  {
    name: 'it believes what it wrote',
    spoiledBy: `eval "really_$(declare -f put_path)"
put_path() { really_put_path "$@"; return 0; }
all_are() { WRONG=; }`,
    only: { act: 'rollback', fault: 'the site file immutable' },
  },
  {
    name: 'a hollow snapshot',
    spoiledBy: `snapshot() { local i; for i in "\${!P_PATH[@]}"; do : >"$D/before/$i"; done; }`,
    only: { act: 'apply', fault: 'conf-enabled read-only' },
  },
  {
    name: 'a restore that failed is as good as one that did not',
    spoiledBy: `eval "really_$(declare -f restore)"
restore() { really_restore; return 0; }`,
    only: { act: 'rollback', fault: 'conf-enabled read-only' },
  },
];

/** What was made ready beside its place may be left while even removing it fails; the next request removes it. */
function withoutTemporary(tree: Live): Live {
  return Object.fromEntries(Object.entries(tree).filter(([path]) => !/\/\.juju-tune-[^/]*$/.test(path)));
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
