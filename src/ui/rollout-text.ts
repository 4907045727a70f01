import type { Plan, Rollout } from '../domain/plan.js';
import { applicationOf } from '../domain/unit-set.js';
import { count, duration, period } from './text.js';

/** When the run would stop by itself, what it would then take back, and what each batch is held against. */
export function rolloutLines({ kind, rollout, batches }: Plan): readonly string[] {
  if (kind === 'rollback') return [];
  const { maxFailures, onFailure, bakeSeconds } = rollout;
  const many = batches.length > 1;
  const stops = !many
    ? 'if it fails'
    : maxFailures === 0
      ? 'stops at the first unit that fails'
      : `stops when more than ${count(maxFailures, 'unit')} failed`;
  const back =
    many && onFailure === 'all'
      ? 'every unit that the run changed is taken back'
      : 'that batch is taken back, and the ones before it unless they are confirmed';
  const watched = `each batch is watched for ${duration(bakeSeconds)} and held against the units that are not changed yet`;
  return [`${stops}${many ? ':' : ','} ${many ? back : 'it is taken back'}`, ...(bakeSeconds > 0 && many ? [watched] : [])];
}

/**
 * The same in one line, for a screen: `batches of 1, watched 30 s each; a failed gate takes it back`. `watches`: there is something to
 * watch, for the change has effect at once.
 */
export function rolloutSentence(batches: string, { maxFailures, onFailure, bakeSeconds }: Rollout, watches = true): string {
  const watched = bakeSeconds > 0 && watches ? `watched ${period(bakeSeconds)} each` : 'not watched';
  const all = onFailure === 'all';
  if (maxFailures === 0) return `${batches}, ${watched}; a failed gate takes ${all ? 'all' : 'it'} back`;
  const ends = all ? 'all is taken back' : 'the run stops';
  return `${batches}, ${watched}; a failed gate takes it back, and ${ends} when more than ${count(maxFailures, 'unit')} failed`;
}

/** That line for a plan; empty for one that has no such rules: a rollback, charm options, or nothing to do. */
export function planRolloutLine({ kind, rollout, batches, steps }: Plan): string {
  if (kind === 'rollback' || steps.length === 0) return '';
  const watches = steps.some((step) => step.activate !== 'none');
  return rolloutSentence(batches.length === 1 ? 'one batch' : `batches of ${sizesOf(batches)}`, rollout, watches);
}

/** How many units of one application go together at most, batch by batch. */
export function batchSizes(batches: Plan['batches']): readonly number[] {
  return batches.map(({ units }) => {
    const names = units.map(applicationOf);
    return Math.max(...names.map((name) => names.filter((other) => other === name).length));
  });
}

/** `1`, `1, 3`, `1 to 8`. */
function sizesOf(batches: Plan['batches']): string {
  const sizes = [...new Set(batchSizes(batches))];
  return sizes.length > 3 ? `${Math.min(...sizes)} to ${Math.max(...sizes)}` : sizes.join(', ');
}
