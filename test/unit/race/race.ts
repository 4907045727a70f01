import { renameSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../../prove/random.js';
import type { Ran } from '../run-program.js';
import { live, type Subject, TRANSACTION, WINDOW } from '../sweep/subject.js';
import { NOW } from '../unit-files.js';
import { UNIT, type UnitFolder } from '../unit-folder.js';
import { type Held, wish } from './client.js';
import { judge, type Race, type Rest, readState, type Variant, WISHES } from './judge.js';
import { unitsOf } from './units-of-folder.js';

/** How far a start may be from where it was meant to be, milliseconds: a race is a matter of chance. */
const SPREAD = 20;

/** One race on a unit whose change awaits confirmation, and which is then of no more use. `lead`: milliseconds before the guard. */
export async function race(variant: Variant, subject: Subject, unit: UnitFolder, lead: number, random: Random): Promise<Race> {
  const wishes = WISHES[variant];
  const [due, command] = dueOf(unit);
  setUptime(unit, due - 1);
  const held = heldOn(unit, subject);
  const jitter = (): number => (random.below(200) / 100 - 1) * SPREAD;
  const wishesAt = wishes.map((_, index) => (index === 0 ? 0 : jitter()));
  const guardAt = lead + jitter();
  const start = performance.now() - Math.min(...wishesAt, guardAt);
  const at = (milliseconds: number): Promise<unknown> => wait(Math.max(0, start + milliseconds - performance.now()));
  const told = Promise.all(wishes.map((what, index) => at(wishesAt[index] ?? 0).then(() => wish(what, held, index))));
  await at(guardAt);
  setUptime(unit, due);
  // A timer may fire up to a second after the end of the window (AccuracySec).
  if (variant === 'confirm as the window ends') await told;
  const guard = await unit.start(command);
  const { before, after } = subject;
  const words = await told;
  // Not before all have ended: a rollback may still follow a guard that found the change confirmed.
  const rest = restOf(unit);
  const found = judge({ variant, unit: UNIT, transaction: TRANSACTION, before, after, rest, told: words });
  return { ...found, problems: [...found.problems, ...guardProblems(guard, rest), ...extensionProblems(unit, rest, due)] };
}

function heldOn(unit: UnitFolder, { step, contents }: Subject): Held {
  const clock = { rate: 1, now: () => NOW * 1000, sleep: async () => undefined };
  return { units: unitsOf(unit), clock, step, contents, windowSeconds: WINDOW };
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

function restOf(unit: UnitFolder): Rest {
  return {
    state: unit.text(`var/lib/juju-tune/tx/${TRANSACTION}/state`),
    live: live(unit),
    guarded: unit.state('/var/lib/juju-tune/pending').kind === 'file',
    timers: unit.timers().map(([name]) => name),
  };
}

/** systemd would list a guard that does not end well as failed, and start it again. */
function guardProblems({ code, stdout, stderr }: Ran, rest: Rest): string[] {
  const { state } = readState(rest.state);
  const problems = code === 0 && stderr === '' ? [] : [`the guard ended with ${code}: ${stdout}${stderr}`];
  if (stdout.includes(': REVERTED') && state !== 'REVERTED') problems.push(`the guard says REVERTED, and it is ${state}`);
  return problems;
}

function extensionProblems(unit: UnitFolder, rest: Rest, due: number): string[] {
  const isShort = rest.state.startsWith('PENDING') && (unit.timers()[0]?.[1] ?? 0) < due - 1 + WINDOW;
  return isShort ? ['its window was not extended'] : [];
}
