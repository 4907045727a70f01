import type { Entry, RunEvent } from '../../src/domain/event.js';
import { Failure } from '../../src/domain/failure.js';
import { changedApplications } from '../../src/domain/plan.js';
import { deadlineOf, foldRun, type Run } from '../../src/domain/run.js';
import type { RunStore } from '../../src/engine/model-session.js';
import type { Journal } from '../../src/engine/ports.js';
import type { Process } from './virtual-time.js';

/** The journals of one machine: what was appended survives whoever is killed; its locks go free then. */
export class MachineRuns {
  readonly journals = new Map<string, Entry[]>();
  readonly #locks = new Map<string, Process>();

  constructor(
    readonly machine: number,
    /** Told of an entry as soon as it would survive a power cut. */
    readonly appended: (entry: Entry, process: Process) => void,
  ) {}

  /** As one process sees and uses them. */
  storeFor(process: Process): RunStore {
    const list = (): Run[] => [...this.journals.values()].flatMap((entries) => this.#told(entries, process) ?? []);
    return {
      list: async () => list(),
      find: async (word) => {
        const runs = list();
        const run = word === '' ? runs.at(-1) : runs.find((one) => one.shortId === word || one.id === word);
        if (!run) throw new Failure('usage', `there is no run "${word}"`);
        return run;
      },
      open: async (applications) => {
        const number = this.journals.size + 1;
        const id = `01JD${this.machine}${String(number).padStart(21, '0')}`;
        const names = [...applications, id];
        this.#lock(names, process);
        this.journals.set(id, []);
        return this.#journal(id, `${applications[0]}-${number}`, names, process);
      },
      reopen: async (run) => {
        const names = [...changedApplications(run.plan), run.id];
        this.#lock(names, process);
        return this.#journal(run.id, run.shortId, names, process);
      },
    };
  }

  /** The run with what was recorded so far. */
  run(id: string): Run | undefined {
    return foldRun(this.journals.get(id) ?? []);
  }

  #told(entries: readonly Entry[], process: Process): Run | undefined {
    const run = foldRun(entries);
    if (!run || run.status === 'closed' || this.#locks.get(run.id)?.isAlive) return run;
    const until = deadlineOf(run.units);
    const awaits = run.status === 'awaiting-confirmation' && (until === '' || Date.parse(until) > process.clock.now());
    return awaits ? run : { ...run, status: 'unfinished' };
  }

  #lock(names: readonly string[], process: Process): void {
    if (names.some((name) => this.#locks.get(name)?.isAlive)) throw new Failure('refused', 'another process works on it');
    for (const name of names) this.#locks.set(name, process);
  }

  #journal(id: string, shortId: string, names: readonly string[], process: Process): Journal {
    const entries = this.journals.get(id) ?? [];
    return {
      run: id,
      shortId,
      append: async (event: RunEvent) => {
        if (!process.isAlive) return new Promise<never>(() => undefined);
        const at = new Date(process.clock.now()).toISOString();
        const entry: Entry = { sequence: entries.length + 1, at, run: id, event };
        entries.push(entry);
        this.appended(entry, process);
        return entry;
      },
      close: async () => {
        for (const name of names) if (this.#locks.get(name) === process) this.#locks.delete(name);
      },
    };
  }
}
