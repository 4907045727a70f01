import type { Tally } from '../../prove/line.js';
import { type Race, type Variant, type Winner, winnersOf } from './judge.js';

/** Where one side wins less often than this, percent, it was no race. */
const LEAST_SHARE = 2;
/** So few races say nothing of shares. */
const FEW = 10;

/** What came of the races of one variant. */
export interface Races {
  readonly done: number;
  readonly failed: number;
  readonly won: ReadonlyMap<Winner, number>;
  /** Each tells which race it was. */
  readonly failures: readonly string[];
}

export const NO_RACES: Races = { done: 0, failed: 0, won: new Map(), failures: [] };

export function withRace({ done, failed, won, failures }: Races, { winner, problems }: Race, where: string): Races {
  return {
    done: done + 1,
    failed: failed + (problems.length > 0 ? 1 : 0),
    won: new Map([...won, [winner, (won.get(winner) ?? 0) + 1]]),
    failures: [...failures, ...problems.map((problem) => `${where}: ${problem}`)],
  };
}

/** Whether each side has won often enough for it to have been a race. */
export function isRace(variant: Variant, { done, won }: Races): boolean {
  return winnersOf(variant).every((winner) => ((won.get(winner) ?? 0) / Math.max(done, 1)) * 100 >= LEAST_SHARE);
}

export interface Tallied extends Tally {
  readonly failures: readonly string[];
  readonly note: string;
}

/** The races as a line of evidence tells them. Where one side hardly ever wins, that has failed too. */
export function tallied(variant: Variant, { done, failed, won, failures }: Races, goal: number): Tallied {
  const shares = winnersOf(variant).map((winner) => ({ winner, share: ((won.get(winner) ?? 0) / Math.max(done, 1)) * 100 }));
  const walkovers = shares.flatMap(({ winner, share }) =>
    done > FEW && share < LEAST_SHARE ? [`${variant}: ${winner} won ${share.toFixed(1)} % only, which is no race`] : [],
  );
  const told = shares.map(({ winner, share }) => `${winner} ${share.toFixed(1)} %`).join(', ');
  return {
    goal,
    done,
    failed: failed + walkovers.length,
    failures: [...failures, ...walkovers],
    note: `${variant}: won by ${told}.`,
  };
}
