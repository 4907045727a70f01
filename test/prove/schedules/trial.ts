import { setTimeout as wait } from 'node:timers/promises';
import type { Ran, SmallCloud, Tree } from './cloud.js';
import { type Act, CHANGES, type Schedule, UNITS, type UnitOfCloud } from './schedule.js';

/** Longer than this an operator waits for nothing, unless told. */
const PATIENCE_MILLISECONDS = 40_000;
const PARTING_MILLISECONDS = 12_000;
/** A task that is late or hangs is so for a few seconds. */
const QUIET_MILLISECONDS = 180_000;
/** Longer than any window, and than a change may be late. */
const LONG_SECONDS = 3 * 86_400;

/** A unit's files as they were and as the change wants them. */
export interface Ends {
  readonly before: Tree;
  readonly after: Tree;
}

export interface Prepared {
  readonly template: SmallCloud;
  /** By the number of the change. */
  readonly plans: readonly string[];
  readonly ends: readonly Readonly<Record<UnitOfCloud, Ends>>[];
}

interface RunReport {
  readonly id: string;
  readonly kind: 'apply' | 'rollback';
  readonly status: string;
  readonly outcome: string | null;
  readonly results: readonly { readonly unit: UnitOfCloud; readonly outcome: string; readonly state: string }[];
}

export interface Trial {
  /** What is wrong, each in a sentence; empty when every promise was kept. */
  readonly problems: readonly string[];
  /** How each command ended: `apply 0`, `resume killed`. */
  readonly ends: readonly string[];
}

/** Carries a schedule out in a cloud of its own and holds the units to what is said of them. */
export async function tryOut(
  cloud: SmallCloud,
  prepared: Prepared,
  schedule: Schedule,
  patience = PATIENCE_MILLISECONDS,
): Promise<Trial> {
  const ends = prepared.ends[schedule.change];
  const plan = prepared.plans[schedule.change];
  if (ends === undefined || plan === undefined) throw new Error(`no change ${schedule.change}`);
  const problems: string[] = [];
  const ended: string[] = [];
  for (const [index, act] of schedule.acts.entries()) {
    const ran = await carryOut(cloud, act, plan, patience);
    problems.push(...spoken(cloud, schedule, act, ran, ends).map((what) => `act ${index + 1}: ${what}`));
    ended.push(`${act.words[0]} ${ran.code ?? 'killed'}`);
    cloud.pass(act.pass);
  }
  problems.push(...(await settled(cloud, schedule, ends)));
  return { problems, ends: ended };
}

async function carryOut(cloud: SmallCloud, act: Act, plan: string, patience: number): Promise<Ran> {
  cloud.scenario(act.scenario);
  const run = act.words.includes('RUN') ? 'keystone-1' : '';
  const had = cloud.records();
  const child = cloud.start(act.words.map((word) => (word === 'PLAN' ? plan : word === 'RUN' ? run : word)));
  const ended = child.done.then(() => true as const);
  const since = Date.now();
  const { fate, sleep } = act;
  const due = [
    ...(fate === undefined ? [] : [{ at: fate.afterRecords, happen: () => child.kill(fate.signal) }]),
    ...(fate?.twice ? [{ at: fate.afterRecords + 1, happen: () => child.kill(fate.signal) }] : []),
    ...(sleep === undefined ? [] : [{ at: sleep.afterRecords, happen: () => cloud.pass(sleep.seconds) }]),
  ];
  while (!(await Promise.race([ended, wait(15, false)]))) {
    const records = cloud.records() - had;
    for (const one of due.splice(0)) {
      if (records >= one.at) one.happen();
      else due.push(one);
    }
    const waited = Date.now() - since;
    if (waited > patience + PARTING_MILLISECONDS) child.kill('SIGKILL');
    else if (waited > patience) child.kill('SIGTERM');
  }
  return child.done;
}

/** Whether what a command said by its exit code is so. */
function spoken(
  cloud: SmallCloud,
  schedule: Schedule,
  act: Act,
  ran: Ran,
  ends: Readonly<Record<UnitOfCloud, Ends>>,
): readonly string[] {
  const said = `${act.words[0]} ended with ${ran.code}`;
  if (ran.code === 70 || /a fault of ours|\n {4}at /.test(ran.stderr)) return [`${said}: ${ran.stderr.slice(-400)}`];
  if (ran.code !== 0 || act.words.length === 1 || act.words[0] === 'extend') return [];
  const wanted = act.words[0] === 'rollback' || act.words.includes('--revert') ? 'before' : 'after';
  const bad = CHANGES[schedule.change]?.targets.filter((unit) => {
    return !mayBeRendered(act, unit) && !isEqual(cloud.tree(unit), ends[unit][wanted]);
  });
  return bad?.map((unit) => `${said}, and ${unit} is not ${wanted}: ${differences(cloud.tree(unit), ends[unit][wanted])}`) ?? [];
}

/** All is well again, and no time is left for anything: how do the units stand, and what is said of them? */
async function settled(
  cloud: SmallCloud,
  schedule: Schedule,
  ends: Readonly<Record<UnitOfCloud, Ends>>,
): Promise<readonly string[]> {
  const problems: string[] = [];
  cloud.scenario({});
  await cloud.quiet(QUIET_MILLISECONDS);
  cloud.pass(LONG_SECONDS);
  // Timers of the demo go off when somebody looks.
  await cloud.juju('exec', '--unit', UNITS.join(','), '--', 'true');
  const isHeld = !schedule.acts.some(({ words }) => words.includes('off'));
  const unasked = isHeld ? UNITS.flatMap((unit) => cloud.leftovers(unit).map((path) => ({ unit, path }))) : [];
  const runs = await reports(cloud);
  for (const unit of UNITS) {
    const tree = cloud.tree(unit);
    const stand = isEqual(tree, ends[unit].before) ? 'before' : isEqual(tree, ends[unit].after) ? 'after' : 'half-way';
    const claim = claimOf(runs, unit);
    const isSure = !schedule.acts.some((act) => mayBeRendered(act, unit));
    if (stand === 'half-way' && claim !== 'named') problems.push(`${unit} is half-way: ${differences(tree, ends[unit].before)}`);
    if (claim === 'unknown') problems.push(`${unit} is ${stand}, and nothing is known of it: ${JSON.stringify(runs)}`);
    else if (isSure && claim !== 'named' && stand !== claim && stand !== 'half-way')
      problems.push(`${unit} is ${stand}, and is said to be ${claim}: ${JSON.stringify(runs)}`);
    if (claim === 'named') continue;
    const left = [...unasked.flatMap((one) => (one.unit === unit ? [one.path] : [])), ...cloud.leftovers(unit)];
    problems.push(...new Set(left.map((path) => `${unit} still has ${path}`)));
  }
  return problems;
}

/** The runs as they are told once those that are open, or ended without knowing how a unit stands, were taken up again. */
async function reports(cloud: SmallCloud): Promise<readonly RunReport[]> {
  const { runs } = await told<{ runs: readonly RunReport[] }>(cloud, ['runs']);
  for (const { id, status, outcome } of runs) {
    if (status !== 'closed' || outcome === 'unknown') await cloud.start(['resume', id, '--format', 'json']).done;
  }
  return Promise.all(runs.map(({ id }) => told<RunReport>(cloud, ['runs', id])));
}

async function told<T>(cloud: SmallCloud, words: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await cloud.start([...words, '--format', 'json']).done;
  try {
    return JSON.parse(stdout) as T;
  } catch {
    throw new Error(`${words.join(' ')} ended with ${code} and no JSON: ${stderr.slice(-400)}`);
  }
}

type Claim = 'before' | 'after' | 'unknown' | 'named';

/** How a unit stands by what the runs say of it, oldest first. */
function claimOf(runs: readonly RunReport[], unit: UnitOfCloud): Claim {
  let claim: Claim = 'before';
  for (const { kind, results } of runs.toSorted((a, b) => number(a.id) - number(b.id))) {
    const outcome = results.find((result) => result.unit === unit)?.outcome;
    if (outcome === 'broken' || outcome === 'conflict') claim = 'named';
    else if (outcome === 'unknown' || outcome === 'pending') claim = 'unknown';
    else if (outcome === 'changed') claim = kind === 'rollback' ? 'before' : 'after';
    else if (outcome === 'reverted') claim = 'before';
  }
  return claim;
}

const number = (id: string): number => Number(/\d+$/.exec(id)?.[0] ?? 0);

/** The charm may have written its own files over ours: then nothing was promised of them. */
function mayBeRendered({ scenario }: Act, unit: UnitOfCloud): boolean {
  return scenario.rerender?.some((entry) => entry.unit === unit) === true;
}

function isEqual(one: Tree, other: Tree): boolean {
  const paths = Object.keys(one);
  return paths.length === Object.keys(other).length && paths.every((path) => one[path] === other[path]);
}

/** The paths in which two trees differ. */
function differences(one: Tree, other: Tree): string {
  const paths = [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((path) => one[path] !== other[path]);
  return paths.slice(0, 6).join(' ') || 'nothing differs';
}
