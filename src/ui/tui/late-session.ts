import type { Action } from '../../domain/action.js';
import type { CheckReport } from '../../domain/check.js';
import type { Entry } from '../../domain/event.js';
import type { Inventory } from '../../domain/inventory.js';
import type { Plan } from '../../domain/plan.js';
import type { Run } from '../../domain/run.js';
import type {
  ApplyOptions,
  CheckRequest,
  JujuCall,
  PlanRequest,
  Progress,
  ResumeOptions,
  Session,
} from '../../engine/session.js';
import type { Survey } from '../../engine/survey.js';

/**
 * A session that is opened when it is first asked for something, so that the screen is there before Juju has said who and where it is.
 * What cannot be opened is tried again with the next question; another model can be chosen. Until then the catalogue is empty.
 */
export class LateSession implements Session {
  readonly #open: (target?: string) => Promise<Session>;
  readonly #listeners: ((call: JujuCall) => void)[] = [];
  #opening: Promise<Session> | undefined;
  #catalogue: readonly Action[] = [];
  #target: string | undefined;

  constructor(open: (target?: string) => Promise<Session>) {
    this.#open = open;
  }

  get catalogue(): readonly Action[] {
    return this.#catalogue;
  }

  async inventory(signal: AbortSignal): Promise<Inventory> {
    return (await this.#session()).inventory(signal);
  }

  async check(request: CheckRequest, progress: (event: Progress) => void, signal: AbortSignal): Promise<CheckReport> {
    return (await this.#session()).check(request, progress, signal);
  }

  async plan(request: PlanRequest, progress: (event: Progress) => void, signal: AbortSignal): Promise<Plan> {
    return (await this.#session()).plan(request, progress, signal);
  }

  async planRollback(run: string, progress: (event: Progress) => void, signal: AbortSignal): Promise<Plan> {
    return (await this.#session()).planRollback(run, progress, signal);
  }

  async apply(plan: Plan, options: ApplyOptions, emit: (entry: Entry) => void): Promise<Run> {
    return (await this.#session()).apply(plan, options, emit);
  }

  async resume(run: Run, options: ResumeOptions, emit: (entry: Entry) => void): Promise<Survey> {
    return (await this.#session()).resume(run, options, emit);
  }

  async runs(): Promise<readonly Run[]> {
    return (await this.#session()).runs();
  }

  async run(word: string): Promise<Run> {
    return (await this.#session()).run(word);
  }

  onCall(listener: (call: JujuCall) => void): void {
    this.#listeners.push(listener);
  }

  /** From the next question on it is about this model: `controller:model`. */
  choose(target: string): void {
    this.#target = target;
    this.#opening = undefined;
    this.#catalogue = [];
  }

  #session(): Promise<Session> {
    this.#opening ??= this.#opened();
    return this.#opening;
  }

  async #opened(): Promise<Session> {
    try {
      const session = await this.#open(this.#target);
      session.onCall((call) => {
        for (const listener of this.#listeners) listener(call);
      });
      this.#catalogue = session.catalogue;
      return session;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }
}
