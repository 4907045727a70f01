import type { RunEvent } from '../../src/domain/event.js';
import { sampleEvents } from '../fakes/run-events.js';
import { type Random, seeded, seedOf } from './random.js';

/** Characters that take one to four bytes, the one that stands for broken bytes, and what JSON has to escape. */
const CHARACTERS = [...'abc /"\\{}:,\n\t\u0000\u007f\u0085äß€\u2028\ufffd✓𝄞'];
const LONGEST = 50_000;
/** Words are cut out of this text, anywhere, so that a long one costs no more than a short one. */
const TEXT = textOf(seeded(1), 5000).repeat(12);
const SAMPLES = sampleEvents('keystone-1');
const MIDDLE = SAMPLES.slice(1, -1);

/** The event that has this number in the journal of this seed: every kind there is, from 60 bytes to some 100 KB. */
export function journalEvent(seed: number, sequence: number): RunEvent {
  const random = seeded(seedOf(seed, sequence));
  if (sequence === 1) return SAMPLES[0] ?? fail();
  const words = (length: number): string => wordsOf(length, random);
  const unit = `keystone/${random.below(40)}`;
  const sample = random.pick(MIDDLE);
  if (random.chance(0.4)) return sample;
  const length = random.chance(0.04) ? random.below(LONGEST) : random.below(200);
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
      tasks: { [unit]: String(random.below(999)), [keyOf(words(3))]: words(3) },
    },
  ]);
}

/**
 * Without backslashes, which no key of a journal has: once V8 13.6 has read a key with one, its JSON.parse takes others with an escape at
 * that place for the same (`{"k":{"u":1,"ab\\\\":2}}`, then `{"k":{"u":1,"ab\\n":2}}`).
 */
function keyOf(text: string): string {
  return text.replaceAll('\\', '/');
}

function textOf(random: Random, length: number): string {
  return Array.from({ length }, () => random.pick(CHARACTERS)).join('');
}

function wordsOf(length: number, random: Random): string {
  const at = random.below(TEXT.length - length);
  return TEXT.slice(at, at + length);
}

function fail(): never {
  throw new Error('a run opens with run-opened');
}
