import type { Run } from '../../domain/run.js';
import { foldUnits, type UnitName } from '../../domain/unit-set.js';
import { failedUnits, mustStop } from '../../planning/failures.js';
import { isRunning, type State } from './state.js';
import { isAsking, secondsLeft } from './window.js';

/** Units of the run that no batch has reached. */
export function unitsLeft(run: Run): readonly UnitName[] {
  return run.units.filter((unit) => unit.outcome === 'not-started').map((unit) => unit.unit);
}

/**
 * Why the run cannot go on with the units that are left, as far as this machine knows; undefined when it may. What is unknown speaks
 * against nothing here: its units are asked before anything is sent, and what they say then decides.
 */
export function goOnReason(state: State, run: Run | undefined): string | undefined {
  if (!run) return 'no run is under the cursor';
  if (isAsking(state) && state.live?.run?.id === run.id) return 'say first what becomes of its change: C, R, or ctrl-c leaves it';
  if (isRunning(state)) return 'a run is on';
  if (run.status === 'closed') return 'it is over';
  if (unitsLeft(run).length === 0) return 'no unit of it is left';
  const known = { ...run, units: run.units.filter((unit) => unit.outcome !== 'unknown') };
  if (mustStop(known)) return `no further unit is changed: ${foldUnits(failedUnits(known))} did not end as asked`;
  const left = secondsLeft(state, run);
  return left !== undefined && left <= 0 ? 'its time to be confirmed is over: u asks the units' : undefined;
}

/** What F would do with the run, for whoever looks at it; undefined where it can do nothing. */
export function goOnWords(state: State, run: Run): string | undefined {
  if (goOnReason(state, run) !== undefined) return undefined;
  const unheard = run.units.filter((unit) => unit.intended && unit.outcome === 'unknown').map((unit) => unit.unit);
  return `F ${unheard.length === 0 ? '' : `asks ${foldUnits(unheard)} and `}goes on with ${foldUnits(unitsLeft(run))}`;
}
