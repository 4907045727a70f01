import type { Plan } from '../domain/plan.js';
import { count, duration } from './text.js';

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
