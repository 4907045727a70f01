import type { UnitName } from '../domain/unit-set.js';
import type { Answer, NoAnswer, UnitEvent } from './ports.js';

/** Waits for a whole fan-out; `seen` hears each event as it comes. */
export async function gatherAnswers<T>(
  events: AsyncIterable<UnitEvent<T>>,
  seen: (event: UnitEvent<T>) => void | Promise<void> = () => undefined,
): Promise<{ readonly answers: ReadonlyMap<UnitName, Answer<T>>; readonly silent: readonly NoAnswer[] }> {
  const answers = new Map<UnitName, Answer<T>>();
  const silent: NoAnswer[] = [];
  for await (const event of events) {
    if (event.kind === 'answer') answers.set(event.unit, event);
    if (event.kind === 'no-answer') silent.push(event);
    await seen(event);
  }
  return { answers, silent };
}
