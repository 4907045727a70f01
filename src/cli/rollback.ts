import { type CarryOutOptions, carryOut, requireExec } from './apply.js';
import type { Verb } from './invocation.js';
import { progressLines } from './progress.js';
import { oneRun } from './settle.js';

export const rollback: Verb<CarryOutOptions> = async (words, options, invocation) => {
  requireExec(invocation);
  const word = oneRun(words);
  const session = await invocation.session();
  const progress = progressLines(invocation.output, invocation.common.verbose === true);
  const plan = await session.planRollback(word, progress, invocation.signal);
  return carryOut(plan, options, invocation);
};
