import { Failure } from '../domain/failure.js';
import { EXIT, type ExitCode, type Outcome } from '../domain/outcome.js';
import { changedApplications, changedUnits, type Plan } from '../domain/plan.js';
import { exitCodeOf, partsOf, type Run } from '../domain/run.js';
import { foldUnits } from '../domain/unit-set.js';
import type { Session } from '../engine/session.js';
import { parseSeconds } from '../planning/length-of-time.js';
import { runJson } from '../ui/json.js';
import { planText } from '../ui/plain/plan.js';
import { conflictText, leftText, measuredText } from '../ui/plain/run.js';
import { awaitingText, decidingCommands, unknownText } from '../ui/plain/window.js';
import { count } from '../ui/text.js';
import { ask, confirmPlan } from './confirm.js';
import { isInteractive } from './context.js';
import type { Invocation, Verb } from './invocation.js';
import { makePlan, type PlanOptions } from './plan.js';
import { watchRun } from './watch.js';
import { clockFor, type WindowOptions, windowFor } from './window.js';

export interface CarryOutOptions extends WindowOptions {
  readonly yes?: string;
  readonly reason?: string;
  /** False for `--no-pause`. */
  readonly pause?: boolean;
  readonly measure?: string;
  /** Why a lock that somebody holds on this machine is passed over. */
  readonly breakLock?: string;
}

interface ApplyOptions extends PlanOptions, CarryOutOptions {
  readonly plan?: string;
}

const MEASURE = '60s';

export const apply: Verb<ApplyOptions> = async (words, options, invocation) => {
  requireExec(invocation);
  const plan =
    options.plan === undefined
      ? await makePlan(words, options, invocation)
      : await readPlan(options.plan, [...words, ...flagsOf(options)]);
  return carryOut(plan, options, invocation);
};

/** Throws `Failure('usage')` for a change over ssh, before a run is opened for it. */
export function requireExec({ common }: Invocation): void {
  if (common.transport === 'exec') return;
  throw new Failure('usage', 'a change is not made over ssh: Juju would keep no record of it', {
    hint: 'the same without --transport ssh',
  });
}

/** The flags that make a plan: one that is made already is not narrowed by them, and must not look as if it were. */
function flagsOf(options: PlanOptions): string[] {
  const { where = [], except = [], param = [], batch, maxFailures, onFailure, bake } = options;
  return [
    ...where.map((term) => `--where ${term}`),
    ...except.map((target) => `--except ${target}`),
    ...param.map((pair) => `--param ${pair}`),
    ...(batch === undefined ? [] : [`--batch ${batch}`]),
    ...(maxFailures === undefined ? [] : [`--max-failures ${maxFailures}`]),
    ...(onFailure === undefined ? [] : [`--on-failure ${onFailure}`]),
    ...(bake === undefined ? [] : [`--bake ${bake}`]),
  ];
}

async function readPlan(file: string, words: readonly string[]): Promise<Plan> {
  if (words.length > 0) {
    throw new Failure('usage', `"--plan ${file}" says it all: ${words.map((word) => `"${word}"`).join(' ')} cannot be added`, {
      hint: `juju-tune apply --plan ${file}`,
    });
  }
  const { readPlanFile } = await import('../adapters/plan-file.js');
  const plan = await readPlanFile(file);
  if (changedUnits(plan).length > 0 || plan.refused.length > 0) return plan;
  // What was so when it was made need not be so now, and a plan without a step is held against nothing.
  throw new Failure('refused', `the plan in "${file}" has nothing to do: the units were as asked when it was made`, {
    hint: 'make the plan again: it says how the units are now',
  });
}

/** Shows the plan, has it confirmed, carries it out and tells how it went; the exit code says the same. */
export async function carryOut(plan: Plan, options: CarryOutOptions, invocation: Invocation): Promise<ExitCode> {
  const { output, context } = invocation;
  if (output.format === 'text') output.lines(planText(plan, output.paint));
  if (plan.refused.length > 0) {
    throw new Failure('refused', `nothing was changed: ${plan.refused.map((left) => `${left.unit}: ${left.reason}`)[0]}`, {
      problems: plan.refused.slice(1).map((left) => `${left.unit}: ${left.reason}`),
      hint:
        changedUnits(plan).length > 0
          ? `the same with ${plan.refused.map((left) => `--except ${left.unit}`).join(' ')}`
          : `juju-tune actions ${plan.action.id}`,
    });
  }
  if (changedUnits(plan).length === 0) {
    if (output.format !== 'text')
      output.json({ schema: 'juju-tune/nothing-to-do/1', demo: plan.demo, unchanged: plan.unchanged, leftOut: plan.leftOut });
    return plan.leftOut.length > 0 ? EXIT.failed : EXIT.ok;
  }
  const measureSeconds = parseSeconds(options.measure ?? MEASURE, '--measure');
  if (!(await confirmPlan(lockedPlan(plan, options.breakLock), options.yes, context))) {
    throw new Failure('refused', 'not confirmed; nothing was changed');
  }
  return told(await applied(await invocation.session(), plan, { ...options, measureSeconds }, invocation), invocation);
}

/** Who breaks a lock says why, and types the name of the application. Throws `Failure('usage')` without a reason. */
function lockedPlan(plan: Plan, breakLock: string | undefined): Plan {
  if (breakLock === undefined) return plan;
  if (breakLock.trim() === '')
    throw new Failure('usage', 'a lock is broken for a reason', { hint: '--break-lock "its terminal hangs"' });
  return { ...plan, confirmation: { kind: 'application', application: changedApplications(plan)[0] ?? '' } };
}

function applied(
  session: Session,
  plan: Plan,
  options: CarryOutOptions & { readonly measureSeconds: number },
  invocation: Invocation,
): Promise<Run> {
  const pause = options.pause !== false && isInteractive(invocation.context) && plan.batches.length > 1;
  const window = windowFor(plan, options, invocation);
  return watchRun(invocation, undefined, ({ stop, detach, emit }) =>
    session.apply(
      plan,
      {
        reason: options.reason ?? '',
        measureSeconds: plan.kind === 'rollback' ? 0 : options.measureSeconds,
        ...(pause ? { afterCanary: (run: Run) => goOn(run, invocation) } : {}),
        ...(options.breakLock === undefined ? {} : { breakLock: options.breakLock }),
        window,
        stop,
        detach,
      },
      emit,
    ),
  );
}

async function goOn(run: Run, { context, output }: Invocation): Promise<boolean> {
  const canary = run.units.filter((unit) => unit.phase === 'settled').map((unit) => unit.unit);
  for (const measured of run.measures) output.progress(measuredText(measured, output.paint));
  const rest = run.units.length - canary.length;
  const question = `canary ${foldUnits(canary)} passed its gate; go on with ${count(rest, 'more unit')}? [y/N] `;
  try {
    return (await ask(question, context)).toLowerCase() === 'y';
  } catch (error) {
    // The canary is changed: what becomes of it is asked next.
    if (error instanceof Failure && error.code === 'interrupted') return false;
    throw error;
  }
}

/** Tells how it ended, where text is wanted, and gives the exit code that says the same. */
export function told(run: Run, invocation: Invocation): ExitCode {
  const { output } = invocation;
  if (output.format === 'json') output.json(runJson(run));
  if (output.format === 'text') output.lines(summary(run, invocation));
  const code = exitCodeOf(run);
  return code === EXIT.ok && run.plan.leftOut.length > 0 ? EXIT.failed : code;
}

function summary(run: Run, invocation: Invocation): string[] {
  const { paint } = invocation.output;
  const of = (...outcomes: readonly Outcome[]): string[] =>
    run.units.filter((unit) => outcomes.includes(unit.outcome)).map((unit) => unit.unit);
  const clock = clockFor(invocation, run.plan);
  const waiting = [...awaitingText(run, paint, clock), ...decidingCommands(run, clock), ...unknownText(run, paint)];
  const open =
    run.outcome === undefined && waiting.length === 0 ? [`not watched to its end: juju-tune resume ${run.shortId}`] : [];
  const apply = run.plan.kind === 'apply';
  const held = run.units.filter((unit) => unit.code === 'PENDING').map((unit) => unit.unit);
  const other =
    held.length > 0 ? [`${foldUnits(held)}: another change awaits confirmation there; confirm it or take it back first`] : [];
  const reverted = apply && of('reverted').length > 0 ? [`taken back: ${foldUnits(of('reverted'))} as before`] : [];
  const changed = partsOf(run).some(({ outcome }) => outcome === 'changed');
  const back = apply && changed ? [`take it back: juju-tune rollback ${run.shortId}`] : [];
  return [...open, ...conflictText(run), ...leftText(run), ...other, ...reverted, ...waiting, ...back];
}
