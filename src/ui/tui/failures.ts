import { Failure } from '../../domain/failure.js';

/** What was thrown, as something that can be shown; what is none of ours is a fault. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure('fault', error instanceof Error ? error.message : String(error), { cause: error });
}

/** A failure in one line, with what to type next. */
export function sentence(failure: Failure): string {
  return failure.hint === undefined ? failure.message : `${failure.message}; try: ${failure.hint}`;
}

/** What is wrong with what is read here, in the words of the one who reads; empty when it can be read. */
export function mistakesOf(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [error.message, ...error.problems];
  }
}
