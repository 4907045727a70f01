import type { Facts } from '../domain/finding.js';
import type { Run } from '../domain/run.js';
import type { UnitName } from '../domain/unit-set.js';
import { compareMeasures } from '../planning/measure.js';
import type { Execution } from './execute.js';
import { gatherAnswers } from './gather.js';

/** How far back the numbers before a change go at most: the catalogue's window for all log evidence. */
const BEFORE_SECONDS = 900;
/** Less than this says nothing. */
const LEAST_SECONDS = 30;
const MEASURE_TIMEOUT_SECONDS = 60;

/**
 * How far back the numbers before a change on these units may go: not past the last change of ours there, whose effect they would
 * mix with what was before it. Seconds; `now` in milliseconds since 1970.
 */
export function baselineSeconds(runs: readonly Run[], units: readonly UnitName[], now: number): number {
  const touched = runs.filter((run) => run.units.some((unit) => unit.intended && units.includes(unit.unit)));
  const last = Math.max(0, ...touched.map((run) => Date.parse(run.endedAt || run.startedAt)));
  return Math.max(LEAST_SECONDS, Math.min(BEFORE_SECONDS, Math.floor((now - last) / 1000)));
}

type FactsByUnit = ReadonlyMap<UnitName, Facts>;

/** Waits for the measuring time, reads the same facts over it and records whether the change helped. */
export async function measureAgain(execution: Execution, before: FactsByUnit): Promise<void> {
  const { plan, recorder, clock, measureSeconds } = execution;
  if (measureSeconds <= 0 || plan.measures.length === 0) return;
  await recorder.record({ type: 'measuring', seconds: measureSeconds });
  await clock.sleep(measureSeconds, execution.stop);
  if (execution.stop.aborted) {
    // A window of the whole length would reach back to before the change.
    await recorder.record({ type: 'decision', text: 'stopped before it was measured whether this helped', by: 'operator' });
    return;
  }
  const after = await factsOver(execution, measureSeconds);
  const measures = compareMeasures(plan.measures, before, execution.baselineSeconds, after, measureSeconds);
  await recorder.record({ type: 'measured', measures });
}

async function factsOver(execution: Execution, windowSeconds: number): Promise<FactsByUnit> {
  const ids = measuredBy(execution);
  const diagnostics = execution.catalogue.filter((diagnostic) => ids.includes(diagnostic.id));
  if (diagnostics.length === 0) return new Map();
  const { charm, steps } = execution.plan;
  const units = charm?.units ?? steps.map((step) => step.unit);
  const options = { timeoutSeconds: MEASURE_TIMEOUT_SECONDS, signal: execution.detach };
  const events = execution.units.collect(diagnostics, { window: String(windowSeconds) }, units, options);
  const { answers } = await gatherAnswers(events, undefined, units);
  return new Map(
    [...answers].map(([unit, answer]) => [unit, Object.assign({}, ...answer.value.map((part) => part.facts)) as Facts]),
  );
}

/** The diagnostics that give the measured facts: `log.*` comes from `log-signatures`, `queue.*` and `busy.*` from `saturation`. */
export function measuredBy({ plan, measureSeconds }: Execution): readonly string[] {
  if (measureSeconds <= 0) return [];
  const names = plan.measures.flatMap((entry) => [entry.fact, entry.per ?? entry.fact]);
  return [...new Set(names.map((name) => (name.startsWith('log.') ? 'log-signatures' : 'saturation')))];
}
