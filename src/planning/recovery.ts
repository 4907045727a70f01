import { type PathState, sameState } from '../domain/change.js';
import type { TransactionState } from '../domain/event.js';
import type { LeftOut, Plan, Step } from '../domain/plan.js';
import type { Run } from '../domain/run.js';
import type { UnitName } from '../domain/unit-set.js';
import type { ProbedUnit } from './plan.js';
import { DEFAULT_ROLLOUT } from './rollout.js';
import { sealPlan } from './seal.js';

/** What one unit of the run says now. */
export interface RecoveryUnit {
  readonly probed: ProbedUnit;
  /** Of the run's own transaction there. */
  readonly state: TransactionState;
}

export interface RecoveryInput {
  readonly tool: string;
  readonly createdAt: string;
  readonly demo: boolean;
  readonly run: Run;
  readonly units: readonly RecoveryUnit[];
  /** Units of the run that could not be asked, or that are not there any more. */
  readonly leftOut: readonly LeftOut[];
  readonly applicationUnits: Readonly<Record<string, readonly UnitName[]>>;
}

/**
 * Taking a run back, as a plan of its own: from what is there now to what was there before the run. A path that somebody edited
 * since is left as it is and named in the warnings. Pure.
 */
export function makeRollbackPlan(input: RecoveryInput): Plan {
  const { run } = input;
  const results = input.units.map((unit) => ({ unit, result: rollbackStep(run.plan, unit) }));
  const steps = results.flatMap(({ result }) => (result.step ? [result.step] : []));
  return sealPlan({
    tool: input.tool,
    demo: input.demo,
    kind: 'rollback',
    of: run.id,
    createdAt: input.createdAt,
    model: run.plan.model,
    action: run.plan.action,
    params: run.plan.params,
    steps,
    unchanged: results.flatMap(({ unit, result }) => (result.step ? [] : [unit.probed.unit.name])),
    leftOut: input.leftOut,
    refused: [],
    contents: Object.assign({}, run.plan.contents, ...input.units.map((unit) => unit.probed.contents)),
    warnings: results.flatMap(({ result }) => result.warnings),
    risk: run.plan.risk,
    measures: [],
    probed: input.units.map((unit) => unit.probed),
    applicationUnits: input.applicationUnits,
    // Going back is not compared with going on: the units were so before.
    rollout: { ...DEFAULT_ROLLOUT, bakeSeconds: 0 },
  });
}

function rollbackStep(plan: Plan, unit: RecoveryUnit): { readonly step?: Step; readonly warnings: readonly string[] } {
  const applied = plan.steps.find((step) => step.unit === unit.probed.unit.name);
  if (!applied || unit.state === 'NONE' || unit.state === 'REVERTED') return { warnings: [] };
  const now = new Map(unit.probed.paths.map((path) => [path.path, path.state]));
  const warnings: string[] = [];
  const before: PathState[] = [];
  const after: PathState[] = [];
  applied.before.forEach((original, index) => {
    const done = applied.after[index];
    const current = now.get(original.path) ?? { kind: 'absent' as const };
    if (sameState(current, original.state)) return;
    if (done && !sameState(current, done.state)) {
      warnings.push(`${applied.unit}: ${original.path} was edited since this run: it is left as it is`);
      return;
    }
    before.unshift({ path: original.path, state: current });
    after.unshift(original);
  });
  const step: Step = {
    ...applied,
    host: unit.probed.unit.host,
    address: unit.probed.unit.address,
    leader: unit.probed.unit.leader,
    identity: unit.probed.identity,
    verb: 'rollback',
    before,
    after,
    validate: false,
    checks: [],
    commands: applied.activate === 'none' ? [] : [`systemctl ${applied.activate} apache2`],
    summary: applied.summary.map((line) => `take back: ${line}`),
  };
  return { step, warnings };
}
