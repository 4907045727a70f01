import type { Entry } from '../../domain/event.js';
import { Failure } from '../../domain/failure.js';
import { EXIT } from '../../domain/outcome.js';
import type { Plan } from '../../domain/plan.js';
import { deadlineOf, exitCodeOf, pendingUnits, type Run, reduceRun } from '../../domain/run.js';
import { foldUnits, type UnitName } from '../../domain/unit-set.js';
import type { ResumeAction, Session } from '../../engine/session.js';
import { type AskPerson, type ConfirmWindow, type Decision, NOT_HELD } from '../../engine/window.js';
import { RUN_SIGNS } from '../paint.js';
import { count, moment } from '../text.js';
import { asFailure } from './failures.js';
import { Hold } from './hold.js';
import { isRunning, type Live, type Message } from './state.js';
import type { Store } from './store.js';
import { keysInRun } from './window.js';

export interface KeeperOptions {
  readonly measureSeconds: number;
  /** How long a person has to confirm a change, in his own seconds; 0: nothing is held for it. */
  readonly confirmSeconds: number;
}

/** Carries out one plan at a time: folds its entries, asks after the canary, stops and lets go when told to. */
export class RunKeeper {
  readonly #session: Session;
  readonly #store: Store;
  readonly #options: KeeperOptions;
  #stop = new AbortController();
  #detach = new AbortController();
  #hold = new Hold();
  #answer: ((goOn: boolean) => void) | undefined;
  #decide: ((decision: Decision) => void) | undefined;
  #ending: Promise<void> = Promise.resolve();
  #exitCode: number = EXIT.ok;
  #farewell: string | undefined;
  /** For the lines that are printed when the screen is left. */
  readonly finished: Run[] = [];

  constructor(session: Session, store: Store, options: KeeperOptions) {
    this.#session = session;
    this.#store = store;
    this.#options = options;
  }

  /** Of the last run that was carried out from here; 0 without one. */
  get exitCode(): number {
    return this.#exitCode;
  }

  /** What to say of a run that is no longer watched, when there is one. */
  get farewell(): string | undefined {
    return this.#farewell;
  }

  carryOut(plan: Plan): Promise<void> {
    return this.#watch(undefined, (emit) => this.#session.apply(plan, this.#applyOptions(plan), emit));
  }

  /** Takes a run up again. */
  resume(run: Run, action: ResumeAction): Promise<void> {
    return this.#watch(run, async (emit) => {
      const options = { action, reason: '', pause: this.#hold, stop: this.#stop.signal, detach: this.#detach.signal };
      return (await this.#session.resume(run, options, emit)).run;
    });
  }

  /** What the person says of a change that awaits confirmation. While the units are told one answer, the only other is to leave. */
  decide(decision: Decision): void {
    if (this.#decide) this.#decide(decision);
    else if (decision.kind === 'leave') this.#letGo();
    else this.#say('the units are still being told what was answered before', 'warn');
    this.#decide = undefined;
  }

  /** The terminal goes away, or the system ends us: what is known is recorded, and the units go on by themselves. */
  async letGoFor(signal: string): Promise<void> {
    this.#stop.abort();
    this.#detach.abort(signal);
    await this.#ending;
  }

  #watch(before: Run | undefined, carryOut: (emit: (entry: Entry) => void) => Promise<Run>): Promise<void> {
    if (isRunning(this.#store.state)) return Promise.resolve();
    this.#ending = this.#watched(before, carryOut);
    return this.#ending;
  }

  async #watched(before: Run | undefined, carryOut: (emit: (entry: Entry) => void) => Promise<Run>): Promise<void> {
    this.#stop = new AbortController();
    this.#detach = new AbortController();
    this.#hold = new Hold();
    this.#exitCode = EXIT.unknown;
    this.#farewell = undefined;
    this.#store.update((state) => ({
      ...state,
      live: { run: before, stopping: false, paused: false, detached: false, over: false, note: '' },
      stack: [
        { kind: 'runs', cursor: 0, filter: '' },
        { kind: 'run', run: before?.id ?? '', cursor: 0, filter: '' },
      ],
    }));
    try {
      const run = await carryOut((entry) => this.#fold(entry));
      this.#exitCode = exitCodeOf(run);
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

  #applyOptions(plan: Plan) {
    const asks = plan.batches.length > 1 ? { afterCanary: (run: Run) => this.#askAfterCanary(run) } : {};
    const measureSeconds = plan.kind === 'rollback' || plan.measures.length === 0 ? 0 : this.#options.measureSeconds;
    const ends = { stop: this.#stop.signal, detach: this.#detach.signal };
    return { reason: '', measureSeconds, ...asks, window: this.windowFor(plan), pause: this.#hold, ...ends };
  }

  /**
   * How the change is held until the person says what becomes of it. Where nothing could take it back, the name of the application was
   * typed for that.
   */
  windowFor(plan: Plan): ConfirmWindow {
    if (plan.kind === 'rollback' || this.#options.confirmSeconds === 0) return NOT_HELD;
    const seconds = Math.ceil(this.#options.confirmSeconds * this.#store.state.modelRate);
    return { seconds, guard: (plan.unguarded ?? []).length === 0, confirm: this.#askPerson };
  }

  /** Not a dialog: the run screen shows the countdown, and the person may look around until C, E or R. */
  #askPerson: AskPerson = (run, signal) =>
    new Promise((resolve, reject) => {
      const drifted = pendingUnits(run).filter((unit) => unit.code === 'DRIFTED');
      const keys = (words: string): string => keysInRun(this.#store.state, run, words);
      this.#say(
        drifted.length > 0
          ? `${foldUnits(drifted.map((unit) => unit.unit))} is not as it was applied: ${keys('C shows it and asks again')}`
          : `${run.shortId} awaits confirmation: ${keys('C keeps it, R takes it back')}`,
        drifted.length > 0 ? 'bad' : 'warn',
      );
      this.#decide = resolve;
      const over = (): void => {
        this.#decide = undefined;
        this.#store.update((state) => ({ ...state, dialog: undefined }));
        reject(new Failure('interrupted', 'the question is over'));
      };
      if (signal.aborted) over();
      else signal.addEventListener('abort', over, { once: true });
      this.#store.flush();
    });

  #letGo(): void {
    this.#stop.abort();
    this.#detach.abort('stopped watching');
    this.#sayLetGo();
  }

  #sayLetGo(): void {
    this.#farewell = letGoText(this.#store.state.live?.run);
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
    this.#mark({ run, stopping: false, over: true });
    if (this.#store.state.live?.detached) this.#sayLetGo();
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

function closingText(run: Run): readonly [string, Message['tone']] {
  const until = deadlineOf(run.units);
  const waits = until === '' ? 'awaits confirmation' : `takes itself back at ${moment(until)} unless confirmed`;
  const open = pendingUnits(run).length > 0 ? waits : 'not closed';
  const word = run.outcome === undefined ? open : RUN_SIGNS[run.outcome].word;
  const verdicts = [...new Set(run.measures.map((one) => `${one.title}: ${one.verdict}`))].join(', ');
  return [`${run.shortId}: ${word}${verdicts === '' ? '' : `; ${verdicts}`}`, run.outcome === 'done' ? 'good' : 'warn'];
}

/** What is not known of a run that nobody watches, what its units do by themselves, and what tells. */
function letGoText(run: Run | undefined): string {
  if (!run) return 'stopped watching; nothing was sent yet';
  const open = run.units.filter((unit) => unit.intended && (unit.phase !== 'settled' || unit.outcome === 'unknown'));
  const flying = open.length === 0 ? '' : `; ${count(open.length, 'unit')} may be half-way`;
  const until = deadlineOf(run.units);
  const held = until === '' ? '' : `; what awaits confirmation is taken back at ${moment(until)} unless confirmed`;
  return `stopped watching${flying}${held}: \`juju-tune resume ${run.shortId}\` tells and goes on`;
}
