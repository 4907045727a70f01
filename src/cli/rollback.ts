import { Failure } from '../domain/failure.js';
import { type CarryOutOptions, carryOut, requireExec } from './apply.js';
import type { Verb } from './invocation.js';
import { progressLines } from './progress.js';

export const rollback: Verb<CarryOutOptions> = async (words, options, invocation) => {
  requireExec(invocation);
  if (words.length > 1) {
    throw new Failure('usage', `one run at a time, not ${words.map((word) => `"${word}"`).join(' and ')}`, {
      hint: 'juju-tune runs',
    });
  }
  const session = await invocation.session();
  const progress = progressLines(invocation.output, invocation.common.verbose === true);
  const plan = await session.planRollback(words[0] ?? '', progress, invocation.signal);
  return carryOut(plan, options, invocation);
};
