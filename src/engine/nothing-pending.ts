import { Failure } from '../domain/failure.js';
import type { Run } from '../domain/run.js';
import type { UnitName } from '../domain/unit-set.js';
import type { Probe } from './ports.js';

const ULID = /^([0-9a-hjkmnp-tv-z]{10})[0-9a-hjkmnp-tv-z]{16}-/;
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * Throws `Failure('refused')` when a change awaits confirmation on one of the units: there is one at a time, whoever made it. Names its
 * run, or when it was begun where the run is somebody else's, and what ends it.
 */
export function requireNothingPending(probes: ReadonlyMap<UnitName, Probe>, runs: readonly Run[], now: number): void {
  const found = [...probes].flatMap(([unit, { transactions }]) =>
    transactions.flatMap(({ id, state }) => (state === 'PENDING' ? [{ unit, id }] : [])),
  );
  const [first] = found;
  if (!first) return;
  const own = runOf(first.id, runs);
  const problems = found.map(({ unit, id }) => `${unit}: ${holderOf(id, runs, now)}`);
  throw new Failure('refused', `another change awaits confirmation on ${first.unit}; nothing was changed`, {
    problems,
    hint: own
      ? `juju-tune confirm ${own.shortId}, or juju-tune rollback ${own.shortId}`
      : 'wait until its operator confirms it, or until the unit takes it back',
  });
}

function runOf(transaction: string, runs: readonly Run[]): Run | undefined {
  return runs.find((run) => run.units.some((unit) => unit.transaction === transaction));
}

function holderOf(transaction: string, runs: readonly Run[], now: number): string {
  const run = runOf(transaction, runs);
  const began = beganAt(transaction);
  const age = began === undefined ? '' : `, begun ${Math.max(0, Math.round((now - began) / 60_000))} min ago`;
  return run ? `run ${run.shortId} of ${run.operator}${age}` : `a run of another operator (${transaction})${age}`;
}

/** The time in a ULID, milliseconds since 1970: runs are named by when they were opened. */
function beganAt(transaction: string): number | undefined {
  const time = ULID.exec(transaction)?.[1];
  return time === undefined ? undefined : [...time].reduce((sum, digit) => sum * 32 + DIGITS.indexOf(digit), 0);
}
