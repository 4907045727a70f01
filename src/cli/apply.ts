import type { Entry } from '../domain/event.js';
import { Failure } from '../domain/failure.js';
import { EXIT, type ExitCode, exitCodeOfRun } from '../domain/outcome.js';
import { changedUnits, type Plan } from '../domain/plan.js';
import { partsOf, type Run } from '../domain/run.js';
import { foldUnits } from '../domain/unit-set.js';
import type { Session } from '../engine/session.js';
import { entryJson, runJson } from '../ui/json.js';
import { planText } from '../ui/plain/plan.js';
import { entryText, measuredText } from '../ui/plain/run.js';
import { count } from '../ui/text.js';
import { ask, confirmPlan } from './confirm.js';
import { isInteractive } from './context.js';
import type { Invocation, Verb } from './invocation.js';
import { makePlan, type PlanOptions } from './plan.js';
import { parseSeconds } from './words.js';

export interface CarryOutOptions {
  readonly yes?: string;
  readonly reason?: string;
  /** False for `--no-pause`. */
  readonly pause?: boolean;
  readonly measure?: string;
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
  if (changedUnits(plan).length > 0) return plan;
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
      hint: `the same with ${plan.refused.map((left) => `--except ${left.unit}`).join(' ')}`,
    });
  }
  if (changedUnits(plan).length === 0) {
    if (output.format !== 'text')
      output.json({ schema: 'juju-tune/nothing-to-do/1', demo: plan.demo, unchanged: plan.unchanged, leftOut: plan.leftOut });
    return plan.leftOut.length > 0 ? EXIT.failed : EXIT.ok;
  }
  const measureSeconds = parseSeconds(options.measure ?? MEASURE, '--measure');
  if (!(await confirmPlan(plan, options.yes, context))) {
    throw new Failure('refused', 'not confirmed; nothing was changed');
  }
  const run = await watched(await invocation.session(), plan, { ...options, measureSeconds }, invocation);
  if (output.format === 'json') output.json(runJson(run));
  if (output.format === 'text') output.lines(summary(run));
  if (run.outcome === 'done' && plan.leftOut.length > 0) return EXIT.failed;
  return run.outcome === undefined ? EXIT.unknown : exitCodeOfRun(run.outcome);
}

async function watched(
  session: Session,
  plan: Plan,
  options: CarryOutOptions & { readonly measureSeconds: number },
  invocation: Invocation,
): Promise<Run> {
  const { context, output } = invocation;
  const stop = new AbortController();
  const detach = new AbortController();
  let seen: Run | undefined;
  const restore = context.onInterrupt(() => {
    if (!stop.signal.aborted) {
      context.err('stopping after the units in flight (Ctrl-C again stops watching)');
      stop.abort();
    } else if (!detach.signal.aborted) {
      context.err('stopped watching; units in flight may be half-way: juju-tune runs tells, juju-tune rollback takes back');
      detach.abort();
    }
  });
  const emit = (entry: Entry): void => {
    if (output.format === 'jsonl') output.json(entryJson(entry));
    else if (output.format === 'text') output.lines(entryText(entry, output.paint));
    else for (const line of entryText(entry, output.paint)) output.progress(line);
  };
  const pause = options.pause !== false && isInteractive(context) && plan.batches.length > 1;
  try {
    seen = await session.apply(
      plan,
      {
        reason: options.reason ?? '',
        measureSeconds: plan.kind === 'rollback' ? 0 : options.measureSeconds,
        ...(pause ? { afterCanary: (run: Run) => goOn(run, invocation) } : {}),
        stop: stop.signal,
        detach: detach.signal,
      },
      emit,
    );
    return seen;
  } finally {
    restore();
  }
}

async function goOn(run: Run, { context, output }: Invocation): Promise<boolean> {
  const canary = run.units.filter((unit) => unit.phase === 'settled').map((unit) => unit.unit);
  for (const measured of run.measures) output.progress(measuredText(measured, output.paint));
  const rest = run.units.length - canary.length;
  const answer = await ask(
    `canary ${foldUnits(canary)} passed its gate; go on with ${count(rest, 'more unit')}? [y/N] `,
    context,
  );
  return answer === 'y' || answer === 'Y';
}

function summary(run: Run): string[] {
  const changed = partsOf(run).filter(({ outcome }) => outcome === 'changed');
  const open = run.outcome === undefined ? ['not watched to its end: juju-tune runs tells how it stands'] : [];
  const left = run.plan.leftOut.map((unit) => unit.unit);
  const rest = left.length > 0 ? [`left as it is: ${foldUnits(left)}; later: juju-tune rollback ${run.plan.of ?? ''}`] : [];
  const back = run.plan.kind === 'apply' && changed.length > 0 ? [`take it back: juju-tune rollback ${run.shortId}`] : [];
  return [...open, ...rest, ...back];
}
