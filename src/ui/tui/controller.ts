import type { CheckReport } from '../../domain/check.js';
import type { Failure } from '../../domain/failure.js';
import type { Plan } from '../../domain/plan.js';
import type { Run } from '../../domain/run.js';
import type { Progress, ResumeAction, Session } from '../../engine/session.js';
import { joinReports } from '../../planning/join-reports.js';
import { failedText, summaryOf } from './check-words.js';
import type { ControllerOptions } from './controller-options.js';
import { asFailure, sentence } from './failures.js';
import { formProblems, requestOf, withoutFailure } from './form.js';
import { opened } from './health.js';
import { askWhatBecomes } from './questions.js';
import { RunKeeper } from './run-keeper.js';
import { type Asked, isRunning, type Message, type Screen, type ScreenOf, type State, shown, withScreen } from './state.js';
import type { Store } from './store.js';
import { Taker } from './taker.js';
import { waitingAfter, waitingFor } from './waiting.js';
import { countdown, isAsking } from './window.js';

const CALLS_KEPT = 500;

/** Does with the session what keys ask for, and writes what comes of it into the store. Knows nothing of React. */
export class Controller {
  readonly store: Store;
  readonly keeper: RunKeeper;
  readonly taker: Taker;
  readonly #session: Session;
  readonly #options: ControllerOptions;
  #leave: (() => void) | undefined;
  /** What ctrl-c ends: the check or the dry run that is under way. */
  #abort: AbortController | undefined;
  /** Ends what runs behind the screen, when the screen is left. */
  readonly #life = new AbortController();
  #leaves = false;
  #clock: NodeJS.Timeout | undefined;

  constructor(session: Session, store: Store, options: ControllerOptions) {
    this.#session = session;
    this.store = store;
    this.#options = options;
    this.taker = new Taker(store, options);
    this.keeper = new RunKeeper(session, store, options);
    session.onCall((call) => store.update((state) => ({ ...state, calls: [...state.calls, call].slice(-CALLS_KEPT) })));
  }

  /** Begins to ask Juju; resolves when the person leaves. */
  async watch(): Promise<void> {
    this.#clock = setInterval(() => this.tick(), 1000);
    void this.load();
    void this.loadRuns();
    await new Promise<void>((resolve) => {
      this.#leave = resolve;
    });
    clearInterval(this.#clock);
    this.#abort?.abort();
    this.#life.abort();
  }

  leave(): void {
    this.#leave?.();
  }

  /** Leaves as soon as the run that is on has ended. */
  leaveAfterRun(): void {
    this.#leaves = true;
    if (!isRunning(this.store.state)) this.leave();
  }

  tick(): void {
    const before = this.store.state;
    this.store.update((state) => ({ ...state, now: this.#options.now(), modelNow: this.#options.modelNow() }));
    const run = this.store.state.live?.run;
    if (run && countdown(before, run)?.tone === 'warn' && countdown(this.store.state, run)?.tone === 'bad')
      this.#options.bell?.();
  }

  say(text: string, tone: Message['tone'] = 'plain'): void {
    this.store.update((state) => ({ ...state, message: { text, tone } }));
  }

  push(screen: Screen): void {
    this.store.update((state) => ({ ...state, stack: [...state.stack, screen] }));
  }

  async load(): Promise<void> {
    if (this.store.state.inventory.since !== undefined) return;
    await this.#ask(
      this.store.state.inventory,
      (asked) => (state) => ({
        ...state,
        inventory: asked,
        catalogue: this.#session.catalogue,
        open: state.inventory.value ? state.open : opened(asked.value),
      }),
      () => this.#session.inventory(this.#life.signal),
    );
    const { inventory, stack, canChoose } = this.store.state;
    if (inventory.failure?.choose !== 'model' || !canChoose || stack.some((screen) => screen.kind === 'models')) return;
    this.push({ kind: 'models', cursor: 0, filter: '' });
    this.store.flush();
    await this.loadModels();
  }

  async loadModels(): Promise<void> {
    const { choice } = this.#options;
    if (!choice) return;
    await this.#ask(
      this.store.state.models,
      (asked) => (state) => ({ ...state, models: asked }),
      () => choice.list(),
    );
  }

  /** Opens another model; nothing of the one before stays on the screen. */
  choose(target: string): void {
    this.#options.choice?.choose(target);
    this.store.update((state) => ({
      ...state,
      inventory: {},
      check: {},
      runs: {},
      live: undefined,
      open: new Set(),
      marked: new Set(),
      stack: [{ kind: 'inventory', cursor: 0, filter: '' }],
    }));
    void this.load();
    void this.loadRuns();
  }

  async loadRuns(): Promise<void> {
    await this.#ask(
      this.store.state.runs,
      (asked) => (state) => ({ ...state, runs: asked }),
      () => this.#session.runs(),
    );
  }

  async check(targets: readonly string[]): Promise<void> {
    await this.#check('checking', (progress, signal) => this.#session.check({ targets }, progress, signal));
  }

  /** Asks the units of the last check that nothing was heard of over ssh, and joins what they say to the rest. */
  async checkUnreached(): Promise<void> {
    const before = this.store.state.check.value;
    if (!before || before.unreached.length === 0) return;
    await this.#check(
      'checking over ssh',
      async (progress, signal) => {
        const later = await this.#session.check({ targets: before.unreached, transport: 'ssh' }, progress, signal);
        return joinReports(before, later, this.#session.catalogue);
      },
      before,
    );
  }

  async #check(
    what: string,
    make: (progress: (event: Progress) => void, signal: AbortSignal) => Promise<CheckReport>,
    joins?: CheckReport,
  ): Promise<void> {
    const signal = this.#begin(what, joins);
    const report = await this.#ask(
      this.store.state.check,
      (asked) => (state) => ({ ...state, check: asked }),
      () => make((event) => this.#progress(event), signal),
    );
    this.#end();
    const { text, tone } = report
      ? summaryOf(report)
      : { text: failedText(this.store.state.check.failure, signal), tone: 'warn' as const };
    this.say(text, tone);
    this.store.flush();
  }

  /** The dry run that the form describes; its plan is shown when it is there. */
  async plan(form: ScreenOf<'form'>): Promise<void> {
    const [problem] = formProblems(form);
    if (problem !== undefined) {
      this.say(problem, 'warn');
      return;
    }
    const signal = this.#begin('dry run');
    const since = this.#options.now();
    this.store.update((state) => ({ ...withScreen(state, withoutFailure(form)), planning: { since } }));
    await this.#showPlan(
      () => this.#session.plan(requestOf(form), (event) => this.#progress(event), signal),
      (failure) =>
        this.store.update((state) => ({
          ...state,
          stack: state.stack.map((one) => (one.kind === 'form' ? { ...one, failure } : one)),
        })),
      { from: form.kind, left: 'the dry run is done, but you left it: enter in the form makes it again' },
    );
  }

  async planRollback(run: Run): Promise<void> {
    const signal = this.#begin(`planning to take back ${run.shortId}`);
    await this.#showPlan(
      () => this.#session.planRollback(run.id, (event) => this.#progress(event), signal),
      (failure) => this.say(sentence(failure), 'warn'),
      { from: shown(this.store.state).kind, left: 'the plan is done, but you left it: R on the run makes it again' },
    );
  }

  /** ctrl-c: the run first, then what is under way, then leaving. */
  interrupt(): void {
    if (isRunning(this.store.state)) this.#interruptRun();
    else if (this.#abort) this.#abort.abort();
    else this.leave();
  }

  #interruptRun(): void {
    const { state } = this.store;
    const run = state.live?.run;
    if (!run || !isAsking(state)) this.keeper.interrupt();
    else if (state.dialog) {
      this.store.update((now) => ({ ...now, dialog: undefined }));
      this.keeper.decide({ kind: 'leave' });
    } else askWhatBecomes(this, run);
  }

  async apply(plan: Plan): Promise<void> {
    await this.#carriedOut(this.keeper.carryOut(plan));
  }

  /** Takes a run up again: how its units stand is told, and done with it what is wanted. */
  async resume(run: Run, action: ResumeAction): Promise<void> {
    await this.#carriedOut(this.keeper.resume(run, action));
  }

  async #carriedOut(ending: Promise<void>): Promise<void> {
    await ending;
    if (this.#leaves) {
      this.leave();
      return;
    }
    await this.loadRuns();
    void this.load();
  }

  /** The plan is shown `from` where it was asked for; `left` is said to somebody who went elsewhere meanwhile, and is not dragged back. */
  async #showPlan(
    make: () => Promise<Plan>,
    refuse: (failure: Failure) => void,
    { from, left }: { readonly from: Screen['kind']; readonly left: string },
  ): Promise<void> {
    try {
      const plan = await make();
      if (shown(this.store.state).kind === from && !this.#abort?.signal.aborted)
        this.push({ kind: 'plan', plan, cursor: 0, filter: '' });
      else this.say(left);
    } catch (error) {
      refuse(asFailure(error));
    }
    this.store.update((state) => ({ ...state, planning: {} }));
    this.#end();
    this.store.flush();
  }

  async #ask<T>(
    before: Asked<T>,
    put: (asked: Asked<T>) => (state: State) => State,
    ask: () => Promise<T>,
  ): Promise<T | undefined> {
    const kept = before.value === undefined ? {} : { value: before.value };
    this.store.update(put({ ...kept, since: this.#options.now() }));
    try {
      const value = await ask();
      this.store.update(put({ value }));
      this.store.flush();
      return value;
    } catch (error) {
      this.store.update(put({ ...kept, failure: asFailure(error) }));
      this.store.flush();
      return undefined;
    }
  }

  #begin(what: string, joins?: CheckReport): AbortSignal {
    const abort = new AbortController();
    this.#abort = abort;
    const waiting = waitingFor(what, this.#options.now(), joins);
    this.store.update((state) => ({ ...state, waiting }));
    return abort.signal;
  }

  #end(): void {
    this.#abort = undefined;
    this.store.update((state) => ({ ...state, waiting: undefined }));
  }

  #progress(event: Progress): void {
    this.store.update((state) => (state.waiting ? { ...state, waiting: waitingAfter(state.waiting, event) } : state));
  }
}
