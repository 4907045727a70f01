import type { Tuning } from '../domain/action.js';

/** What a tuning makes of Apache: `reload`, `restart`, `no reload`, or `at once` (on all units), for what the charm does with an option of its own. */
export function activationWords(tuning: Tuning): string {
  if (tuning.options) return 'at once';
  return tuning.activate === 'none' ? 'no reload' : tuning.activate;
}
