import type { Entry, RunEvent } from '../../src/domain/event.js';
import { Failure } from '../../src/domain/failure.js';
import { foldRun, type Run } from '../../src/domain/run.js';
import type { RunStore } from '../../src/engine/model-session.js';
import type { Clock, Journal } from '../../src/engine/ports.js';

/** Journals in memory. `fullAfter`: the disk is full after that many entries. */
export class FakeRuns implements RunStore {
  readonly journals: Entry[][] = [];
  fullAfter = Number.POSITIVE_INFINITY;

  async list(): Promise<readonly Run[]> {
    return this.journals.flatMap((entries) => foldRun(entries) ?? []);
  }

  async find(word: string): Promise<Run> {
    const runs = await this.list();
    const run =
      word === ''
        ? runs.findLast((candidate) => candidate.plan.kind === 'apply')
        : runs.find((candidate) => candidate.shortId === word || candidate.id === word);
    if (!run) throw new Failure('usage', `no run is called "${word}"`);
    return run;
  }

  async open(applications: readonly string[]): Promise<Journal> {
    return this.#journal(this.journals.push([]), `${applications[0]}-${this.journals.length}`);
  }

  async reopen(run: Run): Promise<Journal> {
    return this.#journal(this.journals.findIndex(([first]) => first?.run === run.id) + 1, run.shortId);
  }

  #journal(number: number, shortId: string): Journal {
    const entries = this.journals[number - 1] ?? [];
    return {
      run: `01JD000000000000000000000${number}`,
      shortId,
      append: async (event: RunEvent) => {
        if (entries.length >= this.fullAfter) throw new Failure('refused', 'cannot write the journal: no space left on device');
        const entry: Entry = {
          sequence: entries.length + 1,
          at: '2026-11-23T14:02:11.000Z',
          run: `01JD000000000000000000000${number}`,
          event,
        };
        entries.push(entry);
        return entry;
      },
      close: async () => undefined,
    };
  }
}

/** A clock that moves only when somebody sleeps. */
export class FakeClock implements Clock {
  readonly rate = 1;
  #now = Date.parse('2026-11-23T14:02:11Z');

  now(): number {
    return this.#now;
  }

  /** Others get their turn: somebody who waits in steps must not keep them from theirs. */
  async sleep(seconds: number): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#now += seconds * 1000;
  }
}
