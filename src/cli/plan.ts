import type { Action } from '../domain/action.js';
import { Failure } from '../domain/failure.js';
import { EXIT } from '../domain/outcome.js';
import { changedUnits, type Plan, type Rollout } from '../domain/plan.js';
import { shellCommand } from '../domain/shell-words.js';
import { parseRollout } from '../planning/rollout-words.js';
import { nearest } from '../planning/select.js';
import { sortWords } from '../planning/sort-words.js';
import { planText } from '../ui/plain/plan.js';
import type { Invocation, NarrowingOptions, Verb } from './invocation.js';
import { progressLines } from './progress.js';

export interface PlanOptions extends NarrowingOptions {
  readonly param?: readonly string[];
  readonly batch?: string;
  readonly maxFailures?: string;
  readonly onFailure?: Rollout['onFailure'];
  readonly bake?: string;
  readonly output?: string;
  readonly exitCode?: boolean;
}

export const plan: Verb<PlanOptions> = async (words, options, invocation) => {
  const { output } = invocation;
  const made = await makePlan(words, options, invocation);
  if (options.output !== undefined) {
    const { writePlanFile } = await import('../adapters/plan-file.js');
    await writePlanFile(options.output, made);
    output.progress(
      `written: ${options.output}; apply exactly this with: ${shellCommand(['juju-tune', 'apply', '--plan', options.output])}`,
    );
  }
  if (output.format === 'text') output.lines(planText(made, output.paint));
  else output.json(made);
  if (made.refused.length > 0) return EXIT.refused;
  return options.exitCode && changedUnits(made).length > 0 ? EXIT.findings : EXIT.ok;
};

/** The plan that the words ask for. Throws `Failure`. */
export async function makePlan(words: readonly string[], options: PlanOptions, invocation: Invocation): Promise<Plan> {
  const catalogue = await invocation.catalogue();
  const sorted = sortWords(words, options.param ?? [], catalogue);
  if (sorted.action === undefined) {
    const unknown = sorted.targets.at(-1);
    throw new Failure('usage', `no tuning is named${unknown === undefined ? '' : `: ${noTuning(unknown, catalogue)}`}`, {
      hint: 'juju-tune actions',
    });
  }
  if (sorted.targets.length === 0) {
    throw new Failure('usage', `"${sorted.action}" on which units? No target is given`, {
      hint: `juju-tune plan keystone ${sorted.action}`,
    });
  }
  const session = await invocation.session();
  const request = {
    targets: sorted.targets,
    action: sorted.action,
    params: sorted.params,
    where: options.where ?? [],
    except: options.except ?? [],
    ...(options.batch === undefined ? {} : { batch: options.batch }),
    rollout: parseRollout(options),
  };
  return session.plan(request, progressLines(invocation.output, invocation.common.verbose === true), invocation.signal);
}

function noTuning(word: string, catalogue: readonly Action[]): string {
  const names = catalogue.filter((action) => action.kind === 'tuning').flatMap(({ id, aliases }) => [id, ...aliases]);
  const near = nearest(word, names);
  return `"${word}" is none${near === undefined ? '' : `: did you mean "${near}"`}`;
}
