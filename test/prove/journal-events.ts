import type { RunEvent } from '../../src/domain/event.js';
import { sampleEvents } from '../fakes/run-events.js';
import { seeded, seedOf } from './random.js';

/** Characters that take one to four bytes, the one that stands for broken bytes, and what JSON has to escape. */
const CHARACTERS = [...'abc /"\\{}:,\n\t\u0000\u007f\u0085äß€\u2028\ufffd✓𝄞'];

/** The event that has this number in the journal of this seed: every kind there is, from 60 bytes to some 100 KB. */
export function journalEvent(seed: number, sequence: number): RunEvent {
  const random = seeded(seedOf(seed, sequence));
  const samples = sampleEvents('keystone-1');
  if (sequence === 1) return samples[0] ?? fail();
  const words = (length: number): string => Array.from({ length }, () => random.pick(CHARACTERS)).join('');
  const unit = `keystone/${random.below(40)}`;
  const sample = random.pick(samples.slice(1, -1));
  if (random.chance(0.4)) return sample;
  const length = random.chance(0.04) ? random.below(50_000) : random.below(200);
  return random.pick<RunEvent>([
    { type: 'decision', text: words(length), by: words(5) },
    { type: 'unit-phase', unit, phase: 'applying', detail: words(length) },
    {
      type: 'gate',
      batch: random.below(9),
      ok: random.chance(0.5),
      checks: [{ name: words(9), ok: true, detail: words(length) }],
    },
    {
      type: 'task-queued',
      operation: String(random.below(99)),
      tasks: { [unit]: String(random.below(999)), [words(3)]: words(3) },
    },
  ]);
}

function fail(): never {
  throw new Error('a run opens with run-opened');
}
