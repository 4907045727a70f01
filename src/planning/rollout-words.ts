import { Failure } from '../domain/failure.js';
import type { Rollout } from '../domain/plan.js';
import { parseSeconds } from './length-of-time.js';

/** The rollout as a person writes it; what is absent is as in DEFAULT_ROLLOUT. */
export interface RolloutWords {
  readonly bake?: string;
  readonly maxFailures?: string;
  readonly onFailure?: string;
}

export const ON_FAILURE: readonly Rollout['onFailure'][] = ['batch', 'all'];

/** What was written, as the plan wants it. Throws `Failure('usage')` for a number, a time or a word that is none. */
export function parseRollout({ bake, maxFailures, onFailure }: RolloutWords): Partial<Rollout> {
  return {
    ...(maxFailures === undefined ? {} : { maxFailures: parseMaxFailures(maxFailures) }),
    ...(onFailure === undefined ? {} : { onFailure: parseOnFailure(onFailure) }),
    ...(bake === undefined ? {} : { bakeSeconds: parseSeconds(bake, '--bake') }),
  };
}

function parseMaxFailures(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new Failure('usage', `"--max-failures ${text}" is no number of units`, { hint: '--max-failures 1' });
}

function parseOnFailure(text: string): Rollout['onFailure'] {
  const found = ON_FAILURE.find((one) => one === text);
  if (found) return found;
  throw new Failure('usage', `"--on-failure ${text}" is none of ${ON_FAILURE.join(', ')}`, { hint: '--on-failure all' });
}
