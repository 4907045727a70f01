import { encodeState, type PathState, sameState } from '../domain/change.js';
import { Failure } from '../domain/failure.js';
import type { Plan, Step } from '../domain/plan.js';
import type { UnitName } from '../domain/unit-set.js';
import { textDiff } from '../planning/diff.js';
import type { Probe } from './ports.js';

/**
 * Throws `Failure('refused')` when a unit is not as the plan found it: another machine under the same name, or a path that moved.
 * Says what changed since, as a diff where both contents are known.
 */
export function requireFresh(plan: Plan, probes: ReadonlyMap<UnitName, Probe>): void {
  const problems = plan.steps.flatMap((step) => {
    const probe = probes.get(step.unit);
    return probe ? staleness(plan, step, probe) : [`${step.unit} is not in the model any more`];
  });
  if (problems.length === 0) return;
  throw new Failure('refused', 'the plan is stale: what it was made for has changed since; nothing was changed', {
    problems,
    hint: 'make the plan again and look at the new diff',
  });
}

function staleness(plan: Plan, step: Step, probe: Probe): string[] {
  if (probe.identity.machineId !== step.identity.machineId) {
    return [
      `${step.unit} is another machine now (machine-id ${probe.identity.machineId}, planned for ${step.identity.machineId})`,
    ];
  }
  const now = new Map(probe.paths.map((path) => [path.path, path.state]));
  return step.before.flatMap((planned) => {
    const current = now.get(planned.path) ?? { kind: 'absent' as const };
    return sameState(current, planned.state) ? [] : [moved(plan, step, probe, planned, { path: planned.path, state: current })];
  });
}

function moved(plan: Plan, step: Step, probe: Probe, planned: PathState, current: PathState): string {
  const before = planned.state.kind === 'file' ? plan.contents[planned.state.sha256] : undefined;
  const after = current.state.kind === 'file' ? probe.contents[current.state.sha256] : undefined;
  const diff =
    before !== undefined && after !== undefined && before !== after ? `\n${textDiff(planned.path, before, after)}` : '';
  const states = diff === '' ? ` (was ${encodeState(planned.state)}, is ${encodeState(current.state)})` : '';
  return `${step.unit}: ${planned.path} changed since the plan was made${states}${diff}`;
}
