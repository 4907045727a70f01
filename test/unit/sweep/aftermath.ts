import { readdirSync } from 'node:fs';
import { sha256, type UnitFolder } from '../unit-folder.js';
import { removeCounters } from './faults.js';
import { live, TAKE_BACK, TRANSACTION, WINDOW } from './subject.js';

/** What becomes of a unit after something went wrong on it, when all goes well from then on. */
export interface Aftermath {
  /** State that it has on its disk, '' for none. */
  readonly state: string;
  /** Left alone until no timer is left to fire: its tree. Undefined where nothing waits. */
  readonly alone: Record<string, string> | undefined;
  /** What it says when it is asked, what it is then, and what it says the second time. */
  readonly first: string;
  readonly rests: Record<string, string>;
  readonly again: string;
  /** After a change that was in place, or BROKEN, was ordered back. */
  readonly takenBack: Record<string, string> | undefined;
  readonly timersLeft: number;
  readonly markLeft: boolean;
}

type Settled = Pick<Aftermath, 'again' | 'takenBack' | 'timersLeft' | 'markLeft'>;

/**
 * Finds out what becomes of units, once for each different disk: a unit is nothing but its disk, and most points of a sweep
 * leave it as the point before did.
 */
export class Aftermaths {
  readonly #known = new Map<string, Promise<Aftermath>>();
  readonly #settled = new Map<string, Promise<Settled>>();

  /** How many different disks there were. */
  get disks(): number {
    return this.#known.size;
  }

  /** The unit itself is used up by this. */
  of(unit: UnitFolder): Promise<Aftermath> {
    removeCounters(unit);
    const disk = diskOf(unit);
    const known = this.#known.get(disk) ?? this.#find(unit);
    this.#known.set(disk, known);
    return known;
  }

  async #find(unit: UnitFolder): Promise<Aftermath> {
    const state = stateOnDisk(unit);
    const alone = unit.timers().length > 0 || state === 'PENDING' ? await leftAlone(unit) : undefined;
    const first = await told(unit);
    const rests = live(unit);
    // Who was asked once is as before or as after, whatever it was that went wrong: few disks are left here.
    const disk = `${first} ${diskOf(unit)}`;
    const settled = this.#settled.get(disk) ?? settle(unit, first);
    this.#settled.set(disk, settled);
    return { state, alone, first, rests, ...(await settled) };
  }
}

/** What the figure of a sweep means. */
export function disksNote(disks: number): string {
  return `The points left ${disks} different disks. What becomes of a unit afterwards, asked, left alone and taken back, was tried once for each.`;
}

/** Everything of the disk that can make a difference, as one hash; not when files were made, for no state depends on that. */
function diskOf(unit: UnitFolder): string {
  const entries = readdirSync(unit.root, { recursive: true, encoding: 'utf8' }).filter((path) => !INDIFFERENT.test(path));
  return sha256(JSON.stringify(entries.sort().map((path) => [path, unit.state(path)])));
}

/**
 * The stand-ins, which are the same everywhere and whose calls nobody reads, the words in the lock: the number of a process that ended, and how
 * often Apache's processes were renewed.
 */
const INDIFFERENT = /^(usr(\/|$)|run\/calls$|run\/service\/generation$|var\/lib\/juju-tune\/lock$)/;

/** Asks a unit that has said what it is once more, and takes its change back. */
async function settle(unit: UnitFolder, first: string): Promise<Settled> {
  const again = await told(unit);
  let takenBack: Record<string, string> | undefined;
  if (first === 'PENDING' || first === 'COMMITTED' || first === 'BROKEN') {
    await unit.order(TAKE_BACK);
    takenBack = live(unit);
  }
  const markLeft = unit.state('/var/lib/juju-tune/pending').kind !== 'absent';
  return { again, takenBack, timersLeft: unit.timers().length, markLeft };
}

/** With nobody asking, the time passes; after a deed of the guard's own, systemd starts it again. */
async function leftAlone(unit: UnitFolder): Promise<Record<string, string>> {
  const alone = await unit.copy();
  try {
    for (let turn = 0; turn < 6 && alone.timers().length > 0; turn++) await alone.pass(WINDOW * 2);
    return live(alone);
  } finally {
    alone.remove();
  }
}

function stateOnDisk(unit: UnitFolder): string {
  const path = `var/lib/juju-tune/tx/${TRANSACTION}/state`;
  return unit.state(path).kind === 'file' ? (unit.text(path).split(' ')[0]?.trim() ?? '') : '';
}

async function told(unit: UnitFolder): Promise<string> {
  const receipt = await unit.status(TRANSACTION);
  return receipt.ok ? receipt.value.state : receipt.message;
}
