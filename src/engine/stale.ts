import { encodeState, type PathState, sameState } from '../domain/change.js';
import { Failure } from '../domain/failure.js';
import type { Plan, Step } from '../domain/plan.js';
import type { UnitName } from '../domain/unit-set.js';
import { textDiff } from '../planning/diff.js';
import type { Probe } from './ports.js';

/**
 * Throws `Failure('refused')` when a unit is not as the plan found it: another machine under the same name, a path that moved, or not
 * as asked any more. `now` is what a plan made now says of the units that were as asked; a rollback has none.
 * Says what changed since, as a diff where both contents are known.
 */
export function requireFresh(plan: Plan, probes: ReadonlyMap<UnitName, Probe>, now?: Plan): void {
  const looked = [...plan.steps.map((step) => step.unit), ...(now ? plan.unchanged : [])];
  const problems = [
    ...looked.flatMap((unit) => (probes.has(unit) ? [] : [`${unit} is not in the model any more`])),
    ...plan.steps.flatMap((step) => staleness(plan, step, probes.get(step.unit))),
    ...(now ? notAsAsked(now) : []),
  ];
  if (problems.length === 0) return;
  throw new Failure('refused', 'the plan is stale: what it was made for has changed since; nothing was changed', {
    problems,
    hint: 'make the plan again and look at the new diff',
  });
}

function notAsAsked(now: Plan): string[] {
  return [
    ...now.steps.flatMap((step) =>
      step.after.flatMap((asked, index) => {
        const current = step.before[index];
        return current ? [moved(step.unit, asked, current, now.contents)] : [];
      }),
    ),
    ...now.refused.map(({ unit, reason }) => `${unit} was as asked: ${reason}`),
  ];
}

function staleness(plan: Plan, step: Step, probe: Probe | undefined): string[] {
  if (!probe) return [];
  if (probe.identity.machineId !== step.identity.machineId) {
    return [
      `${step.unit} is another machine now (machine-id ${probe.identity.machineId}, planned for ${step.identity.machineId})`,
    ];
  }
  const now = new Map(probe.paths.map((path) => [path.path, path.state]));
  const contents = { ...probe.contents, ...plan.contents };
  return step.before.flatMap((planned) => {
    const current = now.get(planned.path) ?? { kind: 'absent' as const };
    return sameState(current, planned.state) ? [] : [moved(step.unit, planned, { path: planned.path, state: current }, contents)];
  });
}

function moved(unit: UnitName, planned: PathState, current: PathState, contents: Plan['contents']): string {
  const before = planned.state.kind === 'file' ? contents[planned.state.sha256] : undefined;
  const after = current.state.kind === 'file' ? contents[current.state.sha256] : undefined;
  const diff =
    before !== undefined && after !== undefined && before !== after ? `\n${textDiff(planned.path, before, after)}` : '';
  const states = diff === '' ? ` (was ${encodeState(planned.state)}, is ${encodeState(current.state)})` : '';
  return `${unit}: ${planned.path} changed since the plan was made${states}${diff}`;
}
