import { isGood, type Outcome, type RunOutcome } from '../domain/outcome.js';
import type { Step } from '../domain/plan.js';
import { outcomeOf, partsOf, type Run, type RunUnit } from '../domain/run.js';
import type { UnitName } from '../domain/unit-set.js';

/**
 * The units of a run that count against `maxFailures`: those that ended otherwise than asked (unknown and unreachable ones too), and
 * those of a batch whose gate failed.
 */
export function failedUnits(run: Run): readonly UnitName[] {
  const inBadBatch = unitsInBadBatch(run);
  const failed = (unit: RunUnit): boolean => unit.phase === 'settled' && (!isGood(unit.outcome) || inBadBatch.includes(unit));
  return run.units.filter(failed).map((unit) => unit.unit);
}

/** More units failed than the plan bears, or one is neither as before nor as asked. */
export function exceedsFailures(run: Run): boolean {
  return failedUnits(run).length > run.plan.rollout.maxFailures || run.units.some((unit) => unit.outcome === 'broken');
}

/** No further batch is begun, and nothing is confirmed unasked: too many failed, or what failed its gate is not taken back. */
export function mustStop(run: Run): boolean {
  return exceedsFailures(run) || (run.plan.kind === 'apply' && unitsInBadBatch(run).length > 0);
}

/** What a run comes to with which nothing more is done: one of which a gate failed is not done, though its units are as asked. */
export function endOf(run: Run): RunOutcome {
  const byParts = outcomeOf(run.plan.kind, partsOf(run));
  return byParts === 'done' && (failedUnits(run).length > 0 || brokeHooks(run)) ? 'failed' : byParts;
}

/** Charm options are of no batch: the gate of their run is for all units together. */
function brokeHooks({ options, gates }: Run): boolean {
  return options !== undefined && gates.some((gate) => !gate.ok);
}

/** Whose change is there though their gate failed. */
function unitsInBadBatch({ gates, units }: Run): readonly RunUnit[] {
  const bad = new Set(gates.filter((gate) => !gate.ok).map((gate) => gate.batch));
  return units.filter((unit) => bad.has(unit.batch) && isInEffect(unit.outcome));
}

/** The change is there on the unit, kept or awaiting confirmation. */
export function isInEffect(outcome: Outcome): boolean {
  return outcome === 'changed' || outcome === 'pending';
}

/** Those of the steps whose change is there. */
export function stepsInEffect(run: Run, steps: readonly Step[]): readonly Step[] {
  return steps.filter((step) => run.units.some((unit) => unit.unit === step.unit && isInEffect(unit.outcome)));
}
