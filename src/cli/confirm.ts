import { createInterface } from 'node:readline/promises';
import { Failure } from '../domain/failure.js';
import { changedApplications, type Plan } from '../domain/plan.js';
import { count } from '../ui/text.js';
import { type Context, isInteractive } from './context.js';

/**
 * Has the plan confirmed as its ladder asks: on a terminal by typing, elsewhere by `--yes APPLICATION,…`.
 * Resolves false when the person said no. Throws `Failure('usage')` when nobody can be asked and the flag does not cover the plan.
 */
export async function confirmPlan(plan: Plan, yes: string | undefined, context: Context): Promise<boolean> {
  const applications = changedApplications(plan);
  if (isAllowed(applications, yes, context)) return true;
  const { question, answer } = asked(plan);
  return (await ask(question, context)) === answer;
}

/** The same for something smaller than a plan: `y` on a terminal. */
export async function confirmStep(
  question: string,
  applications: readonly string[],
  yes: string | undefined,
  context: Context,
): Promise<boolean> {
  return isAllowed(applications, yes, context) || (await ask(`${question} type y: `, context)) === 'y';
}

/** True by `--yes`; false when a person can be asked. Throws `Failure('usage')` when neither is so. */
function isAllowed(applications: readonly string[], yes: string | undefined, context: Context): boolean {
  if (yes !== undefined) {
    const allowed = yes.split(',').map((word) => word.trim());
    const missing = applications.filter((application) => !allowed.includes(application));
    if (missing.length === 0) return true;
    throw new Failure('usage', `"--yes ${yes}" does not allow changes of ${missing.join(', ')}`, {
      hint: `--yes ${applications.join(',')}`,
    });
  }
  if (!isInteractive(context)) {
    throw new Failure('usage', 'this changes units, and there is no terminal to confirm it on', {
      hint: `the same with --yes ${applications.join(',')}`,
    });
  }
  return false;
}

function asked(plan: Plan): { readonly question: string; readonly answer: string } {
  const { confirmation } = plan;
  switch (confirmation.kind) {
    case 'none':
    case 'yes':
      return { question: `apply to ${count(plan.steps.length, 'unit')}? type y: `, answer: 'y' };
    case 'count':
      return { question: 'apply? type the number of units that change: ', answer: String(confirmation.count) };
    case 'application':
      return {
        question: `risk ${plan.risk}. Apply? type the name of the application (${confirmation.application}): `,
        answer: confirmation.application,
      };
  }
}

/**
 * One line from the terminal; empty at its end. The question goes to stderr: stdout is for results.
 * Throws `Failure('interrupted')` on Ctrl-C.
 */
export async function ask(question: string, context: Context): Promise<string> {
  const reader = createInterface({ input: context.stdin, output: context.stderr });
  const interrupt = new AbortController();
  reader.on('SIGINT', () => interrupt.abort());
  reader.on('close', () => interrupt.abort());
  try {
    return (await reader.question(question, { signal: interrupt.signal })).trim();
  } catch {
    context.err('');
    throw new Failure('interrupted', 'interrupted at the question');
  } finally {
    reader.close();
  }
}
