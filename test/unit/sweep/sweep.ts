import pMap from 'p-map';
import type { Receipt } from '../../../src/engine/ports.js';
import type { Believed } from '../../../src/unit/frame.js';
import type { PlantedPart } from '../run-program.js';
import { orderOf, UNIT, type UnitFolder } from '../unit-folder.js';
import { type Aftermath, Aftermaths } from './aftermath.js';
import { type Fault, fateOf, placeCounters, programsOf, wasHit } from './faults.js';
import { live, type Subject, TAKE_BACK, TRANSACTION, WINDOW } from './subject.js';

/** What is being done when something goes wrong. */
export type Deed = 'apply' | 'apply with window' | 'confirm' | 'extend' | 'rollback' | 'take back' | 'guard' | 'boot guard';

export const DEEDS: readonly Deed[] = [
  'apply',
  'apply with window',
  'confirm',
  'extend',
  'rollback',
  'take back',
  'guard',
  'boot guard',
];

export interface SweepOptions {
  readonly subject: Subject;
  readonly deed: Deed;
  readonly fault: Fault;
  /** Only what is called this. */
  readonly program?: string;
  /** Every so manieth program, beginning with this one. */
  readonly stride?: number;
  readonly first?: number;
  /** Points at a time. */
  readonly parallel: number;
  /** How many programs each deed of the subject starts, as another fault's sweep, which counts the same ones, has seen. */
  readonly started?: Map<Deed, number>;
  /** What earlier sweeps of the subject found out; the program must be the same. */
  readonly aftermaths?: Aftermaths;
  /** Parts of the program that stand otherwise, to see that the sweep notices; it ends with the first thing it finds wrong. */
  readonly planted?: readonly PlantedPart[];
  readonly report?: (done: number) => void;
}

export interface SweepResult {
  readonly points: number;
  readonly wrong: readonly string[];
}

/** Does the deed again and again, with the fault befalling another program each time, and looks whether the unit is whole and tells the truth. */
export async function sweep(options: SweepOptions): Promise<SweepResult> {
  const { subject, deed, fault, stride = 1, first = 1, parallel, aftermaths = new Aftermaths(), planted = [] } = options;
  const wrong: string[] = [];
  let points = 0;
  const tried = async (at: number): Promise<Tried> => {
    const unit = await startOf(subject, deed).copy();
    unit.planted = planted;
    placeCounters(unit, fault, options.program);
    const one = await tryPoint({ subject, deed, fault, at, unit, aftermaths }, wrong);
    unit.remove();
    if (one.hit) points++;
    options.report?.(points);
    return one;
  };
  const found = (): boolean => planted.length > 0 && wrong.length > 0;
  const programs = options.started?.get(deed) ?? (await tried(NEVER)).programs;
  options.started?.set(deed, programs);
  let next = first;
  const worker = async (): Promise<void> => {
    while (next <= programs && !found()) {
      const at = next;
      next += stride;
      await tried(at);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  // A deed that waits for something can start one more than it did the first time.
  while (stride === 1 && !found() && (await tried(next)).hit) next++;
  return { points, wrong };
}

const DEEDS_AT_A_TIME = 4;

/** Sweeps of every deed, in their order. Side by side: each begins and ends with a trial that has to be waited for. */
export async function sweepDeeds({ report, ...options }: Omit<SweepOptions, 'deed'>): Promise<readonly SweepResult[]> {
  const points = new Map<Deed, number>();
  const reporting = (deed: Deed) => (done: number) => {
    points.set(deed, done);
    report?.([...points.values()].reduce((sum, count) => sum + count, 0));
  };
  return pMap(DEEDS, (deed) => sweep({ ...options, deed, report: reporting(deed) }), { concurrency: DEEDS_AT_A_TIME });
}

/** The turn of no program. */
const NEVER = 0;

interface Tried {
  readonly hit: boolean;
  /** So many were started. */
  readonly programs: number;
}

interface Trial {
  readonly subject: Subject;
  readonly deed: Deed;
  readonly fault: Fault;
  readonly at: number;
  readonly unit: UnitFolder;
  readonly aftermaths: Aftermaths;
}

/** What is wrong after it goes to the others. */
async function tryPoint({ subject, deed, fault, at, unit, aftermaths }: Trial, wrong: string[]): Promise<Tried> {
  const receipt = await perform(subject, deed, unit, fateOf(unit, fault, at));
  const [hit, programs] = [wasHit(unit), programsOf(unit)];
  const left = live(unit);
  const problems = judge({ subject, deed, fault, receipt, left, aftermath: await aftermaths.of(unit) });
  if (hit === undefined && !isDone(subject, deed, receipt, left)) problems.unshift('does not do its work');
  const where = hit === undefined ? 'without a fault' : `${fault} ${at} ${hit}`;
  for (const problem of problems) wrong.push(`${subject.name}: ${deed}, ${where}: ${problem}`);
  return { hit: hit !== undefined, programs };
}

function isDone(subject: Subject, deed: Deed, receipt: Believed<Receipt> | undefined, left: Record<string, string>): boolean {
  const state = receipt?.ok ? receipt.value.state : '';
  switch (deed) {
    case 'apply':
    case 'confirm':
      return state === 'COMMITTED' && same(left, subject.after);
    case 'apply with window':
    case 'extend':
      return state === 'PENDING' && same(left, subject.after);
    case 'rollback':
    case 'take back':
      return state === 'REVERTED' && same(left, subject.before);
    case 'guard':
    case 'boot guard':
      return same(left, subject.before);
  }
}

function startOf(subject: Subject, deed: Deed): UnitFolder {
  if (deed === 'apply' || deed === 'apply with window') return subject.prepared;
  return deed === 'rollback' ? subject.committed : subject.pending;
}

type Env = Readonly<Record<string, string>>;

async function perform(subject: Subject, deed: Deed, unit: UnitFolder, env: Env): Promise<Believed<Receipt> | undefined> {
  const { step, contents } = subject;
  switch (deed) {
    case 'apply':
      return unit.order(orderOf(step), env, contents);
    case 'apply with window':
      return unit.order({ verb: 'apply', unit: UNIT, step, windowSeconds: WINDOW, guard: true }, env, contents);
    case 'confirm':
      return unit.order({ verb: 'confirm', unit: UNIT, transaction: TRANSACTION, acceptDrift: false }, env);
    case 'extend':
      return unit.order({ verb: 'extend', unit: UNIT, transaction: TRANSACTION, windowSeconds: WINDOW }, env);
    case 'rollback':
    case 'take back':
      return unit.order(TAKE_BACK, env);
    case 'guard':
      await unit.pass(WINDOW, env);
      return undefined;
    case 'boot guard':
      await unit.reboot(env);
      return undefined;
  }
}

interface Point {
  readonly subject: Subject;
  readonly deed: Deed;
  readonly fault: Fault;
  readonly receipt: Believed<Receipt> | undefined;
  readonly left: Record<string, string>;
  readonly aftermath: Aftermath;
}

/** Everything that is not as it should be after a point. */
function judge(point: Point): string[] {
  const { subject, fault, receipt, aftermath } = point;
  const { first, rests, again, takenBack } = aftermath;
  const problems = [...claims(point), ...guardsLater(point)];
  const tree = treeOf(subject, first);
  if (receipt?.ok && receipt.value.outcome === 'changed' && first !== 'COMMITTED')
    problems.push(`claims changed, and says ${first} when it is asked`);
  if (first === 'BROKEN') {
    // Only a second request can tell whether the trouble lasts. Nothing breaks by being killed.
    if (fault === 'kill' || fault === 'kill after') problems.push('says BROKEN');
  } else if (!tree || !same(rests, tree)) problems.push(`says ${first}, and is not so${difference(rests, tree)}`);
  if (again !== first) problems.push(`says ${first}, then ${again}`);
  if (takenBack && !same(takenBack, subject.before))
    problems.push(`${first} cannot be taken back${difference(takenBack, subject.before)}`);
  if (aftermath.timersLeft > 0) problems.push('a timer is left');
  if (aftermath.markLeft) problems.push('the mark of a change that waits is left');
  return problems;
}

/** A receipt that is believed may be careful, never wrong. */
function claims({ subject, deed, receipt, left }: Point): string[] {
  if (!receipt?.ok) return [];
  const { outcome, state } = receipt.value;
  const problems: string[] = [];
  if ((outcome === 'changed' || outcome === 'pending') && !same(left, subject.after))
    problems.push(`claims ${outcome}, which is not there`);
  if (outcome === 'unchanged') problems.push('claims that nothing was to do');
  if (outcome === 'pending' && state !== 'PENDING') problems.push(`claims pending as ${state}`);
  if (outcome === 'changed' && deed === 'apply with window') problems.push('claims a change for good that was to be confirmed');
  // Who refuses has touched nothing: an order about a change that is in place leaves it there.
  const start = deed === 'apply' || deed === 'apply with window' ? subject.before : subject.after;
  if (outcome === 'refused' && !same(withoutTemporary(left), start)) problems.push('claims to have refused, and has not');
  const before = outcome === 'reverted' || outcome === 'failed';
  if (before && !same(withoutTemporary(left), subject.before)) problems.push(`claims ${outcome}, and is not as before`);
  return problems;
}

/** What waits for confirmation is taken back by the unit alone; what is confirmed stays. */
function guardsLater({ subject, deed, receipt, aftermath }: Point): string[] {
  const { state, alone } = aftermath;
  if (!alone) return [];
  const rests = withoutTemporary(alone);
  if (receipt?.ok && receipt.value.outcome === 'changed' && deed === 'confirm')
    return same(rests, subject.after) ? [] : ['claims to be confirmed, and was taken back'];
  const windowed = deed !== 'apply' && deed !== 'rollback' && deed !== 'boot guard';
  if (windowed && state !== '' && state !== 'COMMITTED' && state !== 'PREPARED' && !same(rests, subject.before))
    return [`left alone as ${state}, it is not taken back${difference(rests, subject.before)}`];
  return [];
}

/** The tree that a state tells of; undefined for states in which nothing may rest. */
function treeOf(subject: Subject, state: string): Record<string, string> | undefined {
  if (state === 'COMMITTED' || state === 'PENDING') return subject.after;
  return state === 'NONE' || state === 'REVERTED' ? subject.before : undefined;
}

/** What was made ready beside its place may be left when even removing it failed; the next request removes it. */
function withoutTemporary(tree: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(tree).filter(([path]) => !/\/\.juju-tune-[^/]*$/.test(path)));
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function difference(is: Record<string, string>, should: Record<string, string> | undefined): string {
  if (!should) return '';
  const path = [...new Set([...Object.keys(is), ...Object.keys(should)])].find((one) => is[one] !== should[one]);
  return path === undefined ? '' : ` (${path}: ${is[path] ?? 'not there'}, not ${should[path] ?? 'there'})`;
}
