import { Failure } from '../domain/failure.js';
import type { UnitName } from '../domain/unit-set.js';
import type { Fanout } from './fanout.js';
import { entries, field, isRecord, items, parseJson, text } from './json.js';
import type { JujuClient } from './juju-client.js';
import { pauseFor } from './pause.js';
import { type Scheduled, startOperation } from './scheduled.js';
import { isFinal, readTask, type TaskEnd } from './task-result.js';

const POLL_SECONDS = 30;
const TASK_SECONDS = 30;
const CANCEL_SECONDS = 15;
/** After an abort the person waits for this at most. */
const PARTING_SECONDS = 5;
const EAGER_MILLISECONDS = 250;
/** Each poll brings every result again (juju-contract 5.2), so that many units are asked about less often, and the next time later. */
const EAGER_PER_UNIT_MILLISECONDS = 14;
const CALMER = 1.3;
const CALM_MILLISECONDS = 1000;
/** A controller, or a machine, that is slow to answer is asked less often: the pause is so many times what the answer took. */
const PAUSE_PER_POLL = 4;
const TROUBLE_MILLISECONDS = 500;
const MOST_MILLISECONDS = 5000;
const FETCH_TRIES = 4;

/**
 * Runs a script on at most 50 units as one background operation (3.x, 4.x) and settles each unit as its task ends. What is given
 * up is cancelled and its state read once more. Throws `Failure` when nothing was sent.
 */
export async function runOperation(
  client: JujuClient,
  fanout: Fanout,
  units: readonly UnitName[],
  script: string,
): Promise<void> {
  const scheduled = await startOperation(client, fanout, units, script);
  if (scheduled === undefined) return;
  await new Operation(client, fanout, units, scheduled).follow();
}

interface Task {
  readonly id: string;
  status: string;
  started: boolean;
}

class Operation {
  readonly #client: JujuClient;
  readonly #fanout: Fanout;
  readonly #units: readonly UnitName[];
  readonly #scheduled: Scheduled;
  readonly #tasks = new Map<UnitName, Task>();
  readonly #leaving = new Map<UnitName, Promise<void>>();
  #announced = false;
  #lastPoll = '';

  constructor(client: JujuClient, fanout: Fanout, units: readonly UnitName[], scheduled: Scheduled) {
    this.#client = client;
    this.#fanout = fanout;
    this.#units = units;
    this.#scheduled = scheduled;
    for (const [unit, id] of scheduled.tasks) this.#tasks.set(unit, { id, status: 'pending', started: false });
    fanout.onOverdue((overdue) => this.#giveUp(overdue));
  }

  async follow(): Promise<void> {
    for (const unit of this.#units) if (this.#fanout.isOpen(unit)) this.#fanout.sent(unit);
    if (this.#units.every((unit) => this.#tasks.has(unit) || !this.#fanout.isOpen(unit))) this.#announce();
    let troubles = 0;
    let calm = EAGER_MILLISECONDS + EAGER_PER_UNIT_MILLISECONDS * this.#units.length;
    while (this.#watched().length > 0 && !this.#fanout.signal.aborted) {
      await pauseFor(
        troubles === 0 ? calm : Math.min(MOST_MILLISECONDS, TROUBLE_MILLISECONDS * 2 ** (troubles - 1)),
        this.#fanout.signal,
      );
      const asked = performance.now();
      troubles = this.#fanout.signal.aborted || (await this.#poll()) ? 0 : troubles + 1;
      calm = Math.min(CALM_MILLISECONDS, Math.max(calm * CALMER, PAUSE_PER_POLL * (performance.now() - asked)));
    }
    if (this.#fanout.signal.aborted) await this.#part();
    await Promise.all(this.#leaving.values());
  }

  /** Units whose task is still looked at by polls. */
  #watched(): UnitName[] {
    return this.#units.filter((unit) => this.#fanout.isOpen(unit) && !this.#leaving.has(unit));
  }

  /** True when the controller gave a usable answer. */
  async #poll(): Promise<boolean> {
    try {
      const args = [this.#scheduled.operation, '--format', 'json', '--utc'];
      const { signal } = this.#fanout;
      const result = await this.#client.run({ verb: 'show-operation', args, timeoutSeconds: POLL_SECONDS, signal });
      if (result.exitCode !== 0 || result.end !== 'exited') return false;
      if (result.stdout === this.#lastPoll) return true;
      const operation = parseJson(result.stdout, 'juju show-operation');
      if (!isRecord(field(operation, 'tasks'))) return false;
      this.#lastPoll = result.stdout;
      this.#take(operation);
      return true;
    } catch (error) {
      if (!(error instanceof Failure) || error.code === 'fault') throw error;
      if (error.hint?.startsWith('juju login')) this.#loseLogin(error);
      return false;
    }
  }

  #take(operation: unknown): void {
    for (const [id, task] of entries(operation, 'tasks')) this.#see(text(task, 'host'), id, task);
    this.#announce();
    for (const unit of this.#watched()) {
      if (this.#tasks.has(unit)) continue;
      this.#fanout.settle(unit, { kind: 'none', code: 'MISSING', message: 'Juju made no task for this unit', mayHaveRun: false });
    }
  }

  #see(unit: UnitName, id: string, task: unknown): void {
    if (!this.#units.includes(unit)) return;
    const status = text(task, 'status');
    const started = text(task, 'timing', 'started') !== '' || status === 'running';
    this.#tasks.set(unit, { id, status, started });
    if (!this.#fanout.isOpen(unit) || this.#leaving.has(unit)) return;
    if (started) this.#fanout.running(unit);
    const end = readTask(task);
    if (end) this.#fanout.settle(unit, end);
    else if (isFinal(status)) this.#leave(unit, this.#fetch(unit, id));
  }

  #announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    const ids = [...this.#tasks].map(([unit, task]) => [unit, task.id]);
    this.#fanout.queued(this.#scheduled.operation, Object.fromEntries(ids));
  }

  #leave(unit: UnitName, ending: Promise<void>): void {
    this.#fanout.rest(unit);
    this.#leaving.set(unit, ending);
  }

  /** The output of a task that is over, asked for once, and again only when the controller was away. */
  async #fetch(unit: UnitName, id: string): Promise<void> {
    let trouble = '';
    for (let attempt = 1; attempt <= FETCH_TRIES && !this.#fanout.signal.aborted; attempt++) {
      const shown = await this.#show(id, this.#fanout.signal, 'unit');
      // A task that completed without any results was a script that said nothing.
      const end = shown.task === undefined ? undefined : (readTask(shown.task) ?? silentEnd(shown.task));
      if (end) return this.#fanout.settle(unit, end);
      trouble = shown.trouble;
      await pauseFor(500 * 2 ** attempt, this.#fanout.signal);
    }
    if (this.#fanout.signal.aborted) return;
    const message = `its task ${id} is over, but its output cannot be read: ${trouble}`;
    this.#fanout.settle(unit, { kind: 'none', code: 'NO_ANSWER', message, mayHaveRun: true });
  }

  async #show(
    id: string,
    signal: AbortSignal,
    purpose: 'unit' | 'control',
  ): Promise<{ readonly task?: unknown; readonly trouble: string }> {
    try {
      const args = [id, '--format', 'json', '--utc'];
      const result = await this.#client.mustRun({ verb: 'show-task', args, timeoutSeconds: TASK_SECONDS, signal, purpose });
      const task = parseJson(result.stdout, 'juju show-task');
      return text(task, 'status') === '' ? { trouble: 'juju shows no such task' } : { task, trouble: '' };
    } catch (error) {
      return { trouble: error instanceof Error ? error.message : String(error) };
    }
  }

  #giveUp(overdue: readonly UnitName[]): void {
    const units = overdue.filter((unit) => this.#units.includes(unit) && !this.#leaving.has(unit) && this.#fanout.isOpen(unit));
    if (units.length === 0) return;
    const excuses = new Map(units.map((unit) => [unit, this.#fanout.excuse(unit)]));
    const cancelled = this.#cancel(units, CANCEL_SECONDS, this.#fanout.signal);
    for (const unit of units) this.#leave(unit, this.#lastLook(unit, excuses.get(unit) ?? '', cancelled));
  }

  /** After the cancel: what the task came to. It may have ended just before. */
  async #lastLook(unit: UnitName, excuse: string, cancelled: Promise<ReadonlyMap<string, string>>): Promise<void> {
    const id = this.#tasks.get(unit)?.id;
    const answer = await cancelled;
    const shown = id === undefined ? { trouble: 'its task is not known' } : await this.#show(id, this.#fanout.signal, 'control');
    if (this.#fanout.signal.aborted) return;
    this.#fanout.settle(unit, givenUp(excuse, id, shown.task, id === undefined ? '' : (answer.get(id) ?? '')));
  }

  /** Cancels the units' tasks; their status afterwards, by id, of those that Juju says something about. */
  async #cancel(units: readonly UnitName[], seconds: number, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const ids = units.flatMap((unit) => this.#tasks.get(unit)?.id ?? []);
    if (ids.length === 0) return new Map();
    try {
      const args = [...ids, '--format', 'json'];
      const { stdout } = await this.#client.run({ verb: 'cancel-task', args, timeoutSeconds: seconds, signal });
      const actions = items(parseJson(stdout, 'juju cancel-task'), 'actions');
      return new Map(actions.map((action) => [text(action, 'id'), text(action, 'status')]));
    } catch {
      return new Map();
    }
  }

  /** The caller goes away: what has not begun is cancelled, so that it does not run later behind his back. */
  async #part(): Promise<void> {
    const open = this.#units.filter((unit) => this.#fanout.isOpen(unit));
    const pending = open.filter((unit) => this.#tasks.get(unit)?.started !== true);
    const answer = await this.#cancel(pending, PARTING_SECONDS, AbortSignal.timeout(PARTING_SECONDS * 1000));
    for (const unit of open) {
      const id = this.#tasks.get(unit)?.id ?? '';
      const gone = answer.get(id) === 'cancelled';
      const message = gone ? 'interrupted; its task was cancelled before it began' : `interrupted; task ${id} may still run`;
      this.#fanout.settle(unit, { kind: 'none', code: 'CANCELLED', message, mayHaveRun: !gone });
    }
  }

  #loseLogin(failure: Failure): void {
    for (const unit of this.#watched()) {
      const message = `sent, but its answer cannot be read: ${failure.message}`;
      this.#fanout.settle(unit, { kind: 'none', code: 'NO_LOGIN', message, mayHaveRun: true });
    }
  }
}

function silentEnd(task: unknown): TaskEnd | undefined {
  return text(task, 'status') === 'completed' ? { kind: 'output', stdout: '', stderr: '', returnCode: 0 } : undefined;
}

function givenUp(excuse: string, id: string | undefined, task: unknown, answer: string): TaskEnd {
  const status = text(task, 'status');
  const end = status === 'completed' ? (readTask(task) ?? silentEnd(task)) : undefined;
  if (end) return end;
  const started = text(task, 'timing', 'started') !== '';
  if ((status === 'cancelled' && !started) || (status === '' && answer === 'cancelled')) {
    return { kind: 'none', code: 'NO_ANSWER', message: `${excuse}; its task was cancelled before it began`, mayHaveRun: false };
  }
  const may = status === 'pending' || status === '' ? 'may still run' : 'had begun and may still run';
  const message = `${excuse}; task ${id ?? ''} ${may}`.replace('  ', ' ');
  return { kind: 'none', code: 'NO_ANSWER', message, mayHaveRun: true };
}
