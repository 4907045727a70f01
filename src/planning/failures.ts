import { isGood, type Outcome } from '../domain/outcome.js';
import type { Step } from '../domain/plan.js';
import type { Run, RunUnit } from '../domain/run.js';
import type { UnitName } from '../domain/unit-set.js';

/**
 * The units of a run that count against `maxFailures`: those that ended otherwise than asked (unknown and unreachable ones too), and
 * those of a batch whose gate failed.
 */
export function failedUnits(run: Run): readonly UnitName[] {
  const badBatches = new Set(run.gates.filter((gate) => !gate.ok).map((gate) => gate.batch));
  const failed = (unit: RunUnit): boolean =>
    unit.phase === 'settled' && (!isGood(unit.outcome) || (badBatches.has(unit.batch) && isInEffect(unit.outcome)));
  return run.units.filter(failed).map((unit) => unit.unit);
}

/** More units failed than the plan bears, or one is neither as before nor as asked: no further batch is begun. */
export function mustStop(run: Run): boolean {
  return failedUnits(run).length > run.plan.rollout.maxFailures || run.units.some((unit) => unit.outcome === 'broken');
}

/** The change is there on the unit, kept or awaiting confirmation. */
export function isInEffect(outcome: Outcome): boolean {
  return outcome === 'changed' || outcome === 'pending';
}

/** Those of the steps whose change is there. */
export function stepsInEffect(run: Run, steps: readonly Step[]): readonly Step[] {
  return steps.filter((step) => run.units.some((unit) => unit.unit === step.unit && isInEffect(unit.outcome)));
}
