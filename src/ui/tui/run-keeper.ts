import type { Entry } from '../../domain/event.js';
import type { Failure } from '../../domain/failure.js';
import { EXIT, exitCodeOfRun } from '../../domain/outcome.js';
import type { Plan } from '../../domain/plan.js';
import { type Run, reduceRun } from '../../domain/run.js';
import { foldUnits, type UnitName } from '../../domain/unit-set.js';
import type { Session } from '../../engine/session.js';
import { RUN_SIGNS } from '../paint.js';
import { count } from '../text.js';
import { asFailure } from './failures.js';
import { Hold } from './hold.js';
import { isRunning, type Live, type Message } from './state.js';
import type { Store } from './store.js';

/** Carries out one plan at a time: folds its entries, asks after the canary, stops and lets go when told to. */
export class RunKeeper {
  readonly #session: Session;
  readonly #store: Store;
  readonly #measureSeconds: number;
  #stop = new AbortController();
  #detach = new AbortController();
  #hold = new Hold();
  #answer: ((goOn: boolean) => void) | undefined;
  #exitCode: number = EXIT.ok;
  #farewell: string | undefined;
  /** For the lines that are printed when the screen is left. */
  readonly finished: Run[] = [];

  constructor(session: Session, store: Store, measureSeconds: number) {
    this.#session = session;
    this.#store = store;
    this.#measureSeconds = measureSeconds;
  }

  /** Of the last run that was carried out from here; 0 without one. */
  get exitCode(): number {
    return this.#exitCode;
  }

  /** What to say of a run that is no longer watched, when there is one. */
  get farewell(): string | undefined {
    return this.#farewell;
  }

  async carryOut(plan: Plan): Promise<void> {
    if (isRunning(this.#store.state)) return;
    this.#stop = new AbortController();
    this.#detach = new AbortController();
    this.#hold = new Hold();
    this.#exitCode = EXIT.unknown;
    this.#farewell = undefined;
    this.#store.update((state) => ({
      ...state,
      live: { run: undefined, stopping: false, paused: false, detached: false, note: '' },
      stack: [
        { kind: 'runs', cursor: 0, filter: '' },
        { kind: 'run', run: '', cursor: 0, filter: '' },
      ],
    }));
    try {
      const run = await this.#session.apply(plan, this.#options(plan), (entry) => this.#fold(entry));
      this.#exitCode = run.outcome === undefined ? EXIT.unknown : exitCodeOfRun(run.outcome);
      this.#settle(run);
    } catch (error) {
      const failure = asFailure(error);
      this.#exitCode = this.#store.state.live?.run ? EXIT.unknown : EXIT.refused;
      this.#close(failure);
    }
    this.#store.flush();
  }

  /** First: no further unit is started. Second: stop watching. */
  interrupt(): void {
    if (!this.#stop.signal.aborted) this.stop();
    else if (!this.#detach.signal.aborted) this.#letGo();
  }

  stop(): void {
    this.#stop.abort();
    this.answer(false);
    const flying = this.#flying();
    this.#mark({ stopping: true });
    this.#say(
      flying.length === 0
        ? 'stopping: no further unit is started'
        : `stopping: ${foldUnits(flying)} in flight is finished first, no further unit is started`,
      'warn',
    );
  }

  /** Holds the run before its next batch, or lets it go on. */
  pause(): void {
    const paused = this.#hold.toggle();
    this.#mark({ paused });
    this.#say(
      paused ? 'the batch under way is finished, the next one waits: P goes on' : 'it goes on',
      paused ? 'warn' : 'plain',
    );
  }

  /** The answer to the question after the canary. */
  answer(goOn: boolean): void {
    this.#answer?.(goOn);
    this.#answer = undefined;
    this.#store.update((state) => ({ ...state, dialog: undefined }));
  }

  #options(plan: Plan) {
    const asks = plan.batches.length > 1 ? { afterCanary: (run: Run) => this.#askAfterCanary(run) } : {};
    const measureSeconds = plan.kind === 'rollback' || plan.measures.length === 0 ? 0 : this.#measureSeconds;
    return { reason: '', measureSeconds, ...asks, pause: this.#hold, stop: this.#stop.signal, detach: this.#detach.signal };
  }

  #letGo(): void {
    const flying = this.#flying();
    this.#detach.abort();
    this.#sayLetGo(flying);
  }

  #sayLetGo(units: readonly UnitName[]): void {
    this.#farewell = letGoText(units);
    this.#mark({ detached: true, note: this.#farewell });
    this.#say('stopped watching', 'bad');
  }

  #flying(): readonly UnitName[] {
    const units = this.#store.state.live?.run?.units ?? [];
    return units.filter((unit) => unit.intended && unit.phase !== 'settled').map((unit) => unit.unit);
  }

  #fold(entry: Entry): void {
    this.#store.update((state) => {
      const run = reduceRun(state.live?.run, entry);
      if (!run || !state.live) return state;
      const stack = state.stack.map((screen) =>
        screen.kind === 'run' && screen.run === '' ? { ...screen, run: run.id } : screen,
      );
      return { ...state, live: { ...state.live, run }, stack };
    });
  }

  #askAfterCanary(run: Run): Promise<boolean> {
    if (this.#stop.signal.aborted) return Promise.resolve(false);
    const settled = run.units.filter((unit) => unit.phase === 'settled').map((unit) => unit.unit);
    const rest = run.units.length - settled.length;
    const gate = run.gates.at(-1)?.checks.map((check) => `${check.name}: ${check.detail}`) ?? [];
    return new Promise((resolve) => {
      this.#answer = resolve;
      const numbers = run.measures.map((one) => `${one.title}: ${one.verdict}. ${one.detail}`);
      this.#store.update((state) => ({
        ...state,
        dialog: {
          title: `The canary ${foldUnits(settled)} is changed and passed its gate. Go on with ${count(rest, 'more unit')}?`,
          tone: 'good',
          text: [...numbers, ...gate],
          focus: 0,
          choices: [
            { label: 'stop here', take: () => this.answer(false) },
            { label: 'go on', key: 'y', take: () => this.answer(true) },
          ],
        },
      }));
      this.#store.flush();
    });
  }

  #settle(run: Run): void {
    this.finished.push(run);
    this.#store.update((state) => (state.live ? { ...state, live: { ...state.live, run, stopping: false } } : state));
    if (this.#store.state.live?.detached) this.#sayLetGo(unknownOf(run));
    else this.#say(...closingText(run));
  }

  /** A run that ended by a failure has no closing entry; it is no longer carried out from here. */
  #close(failure: Failure): void {
    this.#mark({ detached: true });
    const close = (): void => this.#store.update((state) => ({ ...state, dialog: undefined }));
    this.#store.update((state) => ({
      ...state,
      dialog: {
        title: failure.message,
        tone: 'bad',
        text: [...failure.problems, ...(failure.hint === undefined ? [] : [`try: ${failure.hint}`])],
        focus: 0,
        choices: [{ label: 'close', take: close }],
      },
      stack: state.stack.filter((screen) => screen.kind !== 'run' || screen.run !== ''),
    }));
  }

  #mark(change: Partial<Live>): void {
    this.#store.update((state) => (state.live ? { ...state, live: { ...state.live, ...change } } : state));
  }

  #say(text: string, tone: Message['tone']): void {
    this.#store.update((state) => ({ ...state, message: { text, tone } }));
  }
}

function unknownOf(run: Run): readonly UnitName[] {
  return run.units.filter((unit) => unit.outcome === 'unknown').map((unit) => unit.unit);
}

function closingText(run: Run): readonly [string, Message['tone']] {
  const word = run.outcome === undefined ? 'not closed' : RUN_SIGNS[run.outcome].word;
  const verdicts = [...new Set(run.measures.map((one) => `${one.title}: ${one.verdict}`))].join(', ');
  return [`${run.shortId}: ${word}${verdicts === '' ? '' : `; ${verdicts}`}`, run.outcome === 'done' ? 'good' : 'warn'];
}

function letGoText(units: readonly UnitName[]): string {
  return units.length === 0
    ? 'stopped watching; no unit was in flight: `juju-tune runs` tells how it stands'
    : `stopped watching; ${count(units.length, 'unit')} may be half-way until \`juju-tune runs\` and \`juju-tune rollback\``;
}
