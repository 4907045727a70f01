import type { Entry, RunEvent } from '../domain/event.js';
import { type Run, reduceRun } from '../domain/run.js';
import type { Journal } from './ports.js';

/** The one way an event becomes true: first in the journal, then in the fold, then shown. */
export interface Recorder {
  /** Resolves once the event is durable; a view that throws stops nothing. Throws `Failure` when the journal cannot be written. */
  record(event: RunEvent): Promise<Run>;
  /** The fold so far. Throws before `run-opened`. */
  run(): Run;
}

/** `before`: a run that is taken up again, as its journal tells it so far. */
export function createRecorder(journal: Journal, emit: (entry: Entry) => void, before?: Run): Recorder {
  let run = before;
  const current = (): Run => {
    if (!run) throw new Error('no run was opened');
    return run;
  };
  return {
    run: current,
    async record(event) {
      const entry = await journal.append(event);
      run = reduceRun(run, entry);
      try {
        emit(entry);
      } catch {
        // A view is not worth a unit that is left half-way.
      }
      return current();
    },
  };
}
