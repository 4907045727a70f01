import type { Told, Wish } from './client.js';

/** Who is set going at about the same time as the guard. */
export type Variant =
  | 'confirm and guard'
  | 'two confirms and guard'
  | 'confirm, rollback and guard'
  | 'extend and guard'
  | 'confirm as the window ends';

export const WISHES: Readonly<Record<Variant, readonly Wish[]>> = {
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

/** What is found on a unit once all have ended. */
export interface Rest {
  /** The line of its state file: `REVERTED activated by=timer at=…`. */
  readonly state: string;
  /** Files and daemons, to be compared. */
  readonly live: unknown;
  /** Is there a mark that a change awaits confirmation? */
  readonly guarded: boolean;
  /** Names of the guard's timers that run. */
  readonly timers: readonly string[];
}

export interface Finish {
  readonly variant: Variant;
  readonly unit: string;
  readonly transaction: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly rest: Rest;
  /** One for each wish of the variant. */
  readonly told: readonly Told[];
}

export interface Race {
  readonly winner: Winner;
  /** What disagrees. */
  readonly problems: readonly string[];
}

export function judge(finish: Finish): Race {
  const { variant, told } = finish;
  const settled = readState(finish.rest.state);
  const problems = diskProblems(finish, settled.state);
  WISHES[variant].forEach((what, index) => {
    const words = told[index];
    if (words) problems.push(...toldProblems(what, words, finish.unit, settled));
  });
  return { winner: winnerOf(finish, settled), problems: problems.map((problem) => `${variant}: ${problem}`) };
}

interface Settled {
  readonly state: string;
  /** Who took it back. */
  readonly by: string;
}

export function readState(line: string): Settled {
  return { state: line.split(/\s/)[0] ?? '', by: / by=([a-z]+)/.exec(line)?.[1] ?? '' };
}

function winnerOf({ variant, told }: Finish, { state, by }: Settled): Winner {
  if (by === 'timer') return 'guard';
  const confirmed = WISHES[variant].some((what, index) => what === 'confirm' && told[index]?.code === 0);
  if (by === 'operator') return confirmed ? 'confirm' : 'rollback';
  return state === 'PENDING' ? 'extend' : 'confirm';
}

/** The disk with itself: the files and daemons are what the state says, and what guards a change is there only while it awaits. */
function diskProblems({ transaction, before, after, rest }: Finish, state: string): string[] {
  const problems: string[] = [];
  const waits = state === 'PENDING';
  if (state !== 'REVERTED' && state !== 'COMMITTED' && !waits) problems.push(`rests as ${state}`);
  else if (JSON.stringify(rest.live) !== JSON.stringify(state === 'REVERTED' ? before : after))
    problems.push(`says ${state}, and the files or the daemons are not so`);
  if (rest.guarded !== waits)
    problems.push(`${state}, and the mark of a change that awaits is ${rest.guarded ? '' : 'not '}there`);
  // Only an extension leaves a change that awaits.
  const wanted = waits ? `juju-tune-guard-${transaction}-2` : '';
  if (rest.timers.join(' ') !== wanted) problems.push(`${state}, and the timers are: ${rest.timers.join(' ')}`);
  return problems;
}

/** What an exit code claims: the state in which it is true, and the sign that is printed beside the unit's name. */
const CLAIMS: Readonly<Record<number, { readonly state: string; readonly sign: string }>> = {
  0: { state: 'COMMITTED', sign: '+ changed' },
  6: { state: 'REVERTED', sign: '! taken back' },
  7: { state: 'PENDING', sign: '! awaits confirmation' },
};

const CODES: Readonly<Record<Wish, readonly number[]>> = { confirm: [0, 6], extend: [6, 7], rollback: [6] };

function toldProblems(what: Wish, { code, lines }: Told, unit: string, { state, by }: Settled): string[] {
  const said = `${what} ended with ${code}, and it is ${state}${by === '' ? '' : ` by ${by}`}: ${lines.join(' | ')}`;
  const claim = CLAIMS[code];
  if (!claim || !CODES[what].includes(code)) return [said];
  // What was kept may be taken back by whoever asks for that afterwards, and by nobody else.
  const takenLater = what === 'confirm' && code === 0 && state === 'REVERTED' && by === 'operator';
  const isTrue = claim.state === state || takenLater;
  const signs = lines.filter((text) => text.startsWith(`  ${unit}  `) && !text.includes('  reading-back  '));
  const isSaid = signs.length === 1 && signs[0]?.startsWith(`  ${unit}  ${claim.sign}`) === true;
  const saysWhy = code !== 6 || by !== 'timer' || lines.join(' ').includes('not confirmed in time');
  return isTrue && isSaid && saysWhy ? [] : [said];
}
