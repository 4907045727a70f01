import { Failure } from '../domain/failure.js';
import type { UnitName } from '../domain/unit-set.js';
import type { Answer, NoAnswer, UnitEvent } from './ports.js';

/** Code of a unit to which nothing was sent, because Juju took nothing at all. */
export const NOT_SENT = 'NOT_SENT';

export interface Gathered<T> {
  readonly answers: ReadonlyMap<UnitName, Answer<T>>;
  readonly silent: readonly NoAnswer[];
}

/**
 * Waits for a whole fan-out; `seen` hears each event as it comes. With `asked`, a Juju that cannot be used is the silence of those
 * units that were not heard (`NOT_SENT`): in the middle of a run it must not end what has to be said of them. What `seen` throws is thrown.
 */
export async function gatherAnswers<T>(
  events: AsyncIterable<UnitEvent<T>>,
  seen: (event: UnitEvent<T>) => void | Promise<void> = () => undefined,
  asked: readonly UnitName[] = [],
): Promise<Gathered<T>> {
  const answers = new Map<UnitName, Answer<T>>();
  const silent: NoAnswer[] = [];
  for await (const event of withoutJuju(events, asked)) {
    if (event.kind === 'answer') answers.set(event.unit, event);
    if (event.kind === 'no-answer') silent.push(event);
    await seen(event);
  }
  return { answers, silent };
}

async function* withoutJuju<T>(events: AsyncIterable<UnitEvent<T>>, asked: readonly UnitName[]): AsyncIterable<UnitEvent<T>> {
  const open = new Set(asked);
  try {
    for await (const event of events) {
      if (event.kind === 'answer' || event.kind === 'no-answer') open.delete(event.unit);
      yield event;
    }
  } catch (error) {
    const about = error instanceof Failure && (error.code === 'juju' || error.code === 'refused');
    if (!about || asked.length === 0) throw error;
    for (const unit of open) {
      yield { kind: 'no-answer', unit, code: NOT_SENT, message: error.message, mayHaveRun: false, milliseconds: 0 };
    }
  }
}
