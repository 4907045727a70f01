import { renameSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../../prove/random.js';
import { live, type Subject, TRANSACTION, WINDOW } from '../sweep/subject.js';
import type { Ran, UnitFolder } from '../unit-folder.js';
import { type Told, type Wish, wish } from './client.js';

/** Who is set going at about the same time as the guard. */
export type Variant =
  | 'confirm and guard'
  | 'two confirms and guard'
  | 'confirm, rollback and guard'
  | 'extend and guard'
  | 'confirm as the window ends';

const WISHES: Readonly<Record<Variant, readonly Wish[]>> = {
  'confirm and guard': ['confirm'],
  'two confirms and guard': ['confirm', 'confirm'],
  'confirm, rollback and guard': ['confirm', 'rollback'],
  'extend and guard': ['extend'],
  'confirm as the window ends': ['confirm'],
};

export const VARIANTS = Object.keys(WISHES) as readonly Variant[];

/** Who had the last word on a unit; each of a variant's must have it now and then, or there was no race. */
export type Winner = Wish | 'guard';

export function winnersOf(variant: Variant): readonly Winner[] {
  return [...new Set(WISHES[variant]), 'guard'];
}

/** How far a start may be from where it was meant to be, milliseconds: a race is a matter of chance. */
const SPREAD = 20;
const STEP = { first: 16, least: 1, most: 40 };

/** How long before the guard an order has to start so that either may win; that differs from machine to machine and from moment to moment. */
export class Leads {
  readonly #leads = new Map<Variant, { lead: number; step: number; last: Winner | undefined }>();

  of(variant: Variant): number {
    return this.#leads.get(variant)?.lead ?? 0;
  }

  /** Towards the one that lost; in longer steps as long as the same one wins. */
  learn(variant: Variant, winner: Winner): void {
    const { lead, step, last } = this.#leads.get(variant) ?? { lead: 0, step: STEP.first, last: undefined };
    const same = last === undefined || (winner === 'guard') === (last === 'guard');
    const next = Math.min(STEP.most, Math.max(STEP.least, same ? step * 1.2 : step / 2));
    this.#leads.set(variant, { lead: lead + (winner === 'guard' ? next : -next), step: next, last: winner });
  }
}

export interface Race {
  readonly winner: Winner;
  /** What disagrees. */
  readonly problems: readonly string[];
}

/** One race on a unit whose change awaits confirmation, and which is then of no more use. */
export async function race(variant: Variant, subject: Subject, unit: UnitFolder, lead: number, random: Random): Promise<Race> {
  const wishes = WISHES[variant];
  const [due, command] = dueOf(unit);
  setUptime(unit, due - 1);
  const jitter = (): number => (random.below(200) / 100 - 1) * SPREAD;
  const wishesAt = wishes.map((_, index) => (index === 0 ? 0 : jitter()));
  const guardAt = lead + jitter();
  const start = performance.now() - Math.min(...wishesAt, guardAt);
  const at = (milliseconds: number): Promise<unknown> => wait(Math.max(0, start + milliseconds - performance.now()));
  const told = Promise.all(wishes.map((what, index) => at(wishesAt[index] ?? 0).then(() => wish(what, unit, subject))));
  await at(guardAt);
  setUptime(unit, due);
  // A timer may fire up to a second after the end of the window (AccuracySec).
  if (variant === 'confirm as the window ends') await told;
  const guard = await unit.start(command);
  return judge({ variant, subject, unit, due, guard, told: await told });
}

function dueOf(unit: UnitFolder): readonly [due: number, command: string] {
  const [timer] = unit.timers();
  if (!timer) throw new Error('there is no timer to race with');
  return [timer[1], timer[2]];
}

/** The monotonic clock, which nobody may find half-written. */
function setUptime(unit: UnitFolder, seconds: number): void {
  writeFileSync(unit.at('proc/uptime.new'), `${seconds}.00 0.00\n`);
  renameSync(unit.at('proc/uptime.new'), unit.at('proc/uptime'));
}

interface Finish {
  readonly variant: Variant;
  readonly subject: Subject;
  readonly unit: UnitFolder;
  readonly due: number;
  readonly guard: Ran;
  readonly told: readonly Told[];
}

function judge(finish: Finish): Race {
  const { variant, unit, guard, told } = finish;
  const [state = '', by = ''] = stateOf(unit);
  const problems = [...diskProblems(finish, state), ...guardProblems(guard, state)];
  WISHES[variant].forEach((what, index) => {
    const words = told[index];
    if (words) problems.push(...toldProblems(what, words, state, by));
  });
  return { winner: winnerOf(finish, state, by), problems: problems.map((problem) => `${variant}: ${problem}`) };
}

function stateOf(unit: UnitFolder): readonly [state: string, by: string] {
  const text = unit.text(`var/lib/juju-tune/tx/${TRANSACTION}/state`);
  return [text.split(/\s/)[0] ?? '', / by=([a-z]+)/.exec(text)?.[1] ?? ''];
}

function winnerOf({ variant, told }: Finish, state: string, by: string): Winner {
  if (by === 'timer') return 'guard';
  const confirmed = WISHES[variant].some((what, index) => what === 'confirm' && told[index]?.code === 0);
  if (by === 'operator') return confirmed ? 'confirm' : 'rollback';
  return state === 'PENDING' ? 'extend' : 'confirm';
}

/** The disk with itself: the files and daemons are what the state says, and what guards a change is there only while it awaits. */
function diskProblems({ subject, unit, due }: Finish, state: string): string[] {
  const problems: string[] = [];
  const should = state === 'REVERTED' ? subject.before : state === 'COMMITTED' || state === 'PENDING' ? subject.after : undefined;
  if (!should) problems.push(`rests as ${state}`);
  else if (JSON.stringify(live(unit)) !== JSON.stringify(should))
    problems.push(`says ${state}, and the files or the daemons are not so`);
  const guarded = unit.state('/var/lib/juju-tune/pending').kind === 'file';
  const timers = unit.timers().map(([name]) => name);
  const wanted = state === 'PENDING' ? [`juju-tune-guard-${TRANSACTION}-2`] : [];
  if (guarded !== (state === 'PENDING'))
    problems.push(`${state}, and the mark of a change that awaits is ${guarded ? '' : 'not '}there`);
  if (JSON.stringify(timers) !== JSON.stringify(wanted)) problems.push(`${state}, and the timers are: ${timers.join(' ')}`);
  if (state === 'PENDING' && (unit.timers()[0]?.[1] ?? 0) < due - 1 + WINDOW) problems.push('its window was not extended');
  return problems;
}

/** systemd would list a guard that does not end well as failed, and start it again. */
function guardProblems({ code, stdout, stderr }: Ran, state: string): string[] {
  const problems = code === 0 && stderr === '' ? [] : [`the guard ended with ${code}: ${stdout}${stderr}`];
  if (stdout.includes(': REVERTED') && state !== 'REVERTED') problems.push(`the guard says REVERTED, and it is ${state}`);
  return problems;
}

interface Claim {
  readonly what: string;
  /** The states in which it is true. */
  readonly states: readonly string[];
  /** What is printed, and what must not be printed beside it. */
  readonly says: RegExp;
  readonly never: RegExp;
}

const KEPT = /^ {2}keystone\/0 {2}\+ changed/m;
const BACK = /^ {2}keystone\/0 {2}! taken back/m;
const AWAITS = /^ {2}keystone\/0 {2}! awaits confirmation/m;
const EITHER_OTHER = (mine: RegExp): RegExp =>
  new RegExp(
    [KEPT, BACK, AWAITS]
      .filter((one) => one !== mine)
      .map((one) => one.source)
      .join('|'),
    'm',
  );

/** What an exit code claims. */
const CLAIMS: Readonly<Record<number, Claim>> = {
  0: { what: 'kept', states: ['COMMITTED'], says: KEPT, never: EITHER_OTHER(KEPT) },
  6: { what: 'taken back', states: ['REVERTED'], says: BACK, never: EITHER_OTHER(BACK) },
  7: { what: 'longer', states: ['PENDING'], says: AWAITS, never: EITHER_OTHER(AWAITS) },
};

const CODES: Readonly<Record<Wish, readonly number[]>> = { confirm: [0, 6], extend: [6, 7], rollback: [6] };

function toldProblems(what: Wish, { code, lines }: Told, state: string, by: string): string[] {
  const text = lines.join('\n');
  const claim = CLAIMS[code];
  if (!claim || !CODES[what].includes(code)) return [`${what} ended with ${code}, and it is ${state}: ${text}`];
  const problems: string[] = [];
  // What was kept may be taken back by whoever asks for that afterwards, and by nobody else.
  const takenLater = what === 'confirm' && code === 0 && state === 'REVERTED' && by === 'operator';
  if (!claim.states.includes(state) && !takenLater)
    problems.push(`${what} ended with ${code}, ${claim.what}, and it is ${state} by ${by}`);
  if (!claim.says.test(text) || claim.never.test(text))
    problems.push(`${what} ended with ${code}, ${claim.what}, and says: ${text}`);
  if (code === 6 && by === 'timer' && !text.includes('not confirmed in time'))
    problems.push(`${what} does not say why it was taken back: ${text}`);
  return problems;
}
