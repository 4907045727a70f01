import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeAtomically } from '../files.js';

export type TaskStatus = 'pending' | 'running' | 'completed' | 'failed' | 'cancelled' | 'aborting';

export interface TaskResults {
  readonly 'return-code': number;
  readonly stdout?: string;
  readonly 'stdout-encoding'?: string;
  readonly stderr?: string;
  readonly 'stderr-encoding'?: string;
}

/** Times are virtual milliseconds since 1970. */
export interface Task {
  readonly id: string;
  readonly unit: string;
  readonly status: TaskStatus;
  readonly enqueued: number;
  readonly started?: number;
  readonly completed?: number;
  readonly message?: string;
  readonly results?: TaskResults;
}

export interface Operation {
  readonly id: string;
  readonly command: string;
  /** Real milliseconds after which the agent kills the command; 0: never. */
  readonly timeoutMs: number;
  readonly enqueued: number;
  readonly tasks: readonly { readonly id: string; readonly unit: string }[];
  readonly failures: readonly string[];
}

/** Operations are kept on disk: they belong to the controller, not to the client that asked. */
export class OperationStore {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
    for (const name of ['operations', 'tasks']) mkdirSync(join(dir, name), { recursive: true });
  }

  #operationPath(id: string): string {
    return join(this.#dir, 'operations', `${id}.json`);
  }

  ids(): number[] {
    return readdirSync(join(this.#dir, 'operations'))
      .map((name) => Number(name.slice(0, -5)))
      .filter((id) => Number.isInteger(id))
      .sort((a, b) => a - b);
  }

  /** Takes the next free ids: one for the operation, one for each task; the file appears whole or not at all. */
  create(request: Omit<Operation, 'id' | 'tasks'> & { readonly units: readonly string[] }): Operation {
    const { units, ...rest } = request;
    for (;;) {
      const last = this.ids().at(-1);
      const first = last === undefined ? 1 : last + this.read(`${last}`).tasks.length + 1;
      const operation: Operation = { id: `${first}`, ...rest, tasks: units.map((unit, n) => ({ id: `${first + 1 + n}`, unit })) };
      const temporary = join(this.#dir, 'operations', `new.${process.pid}.${Math.random()}`);
      writeFileSync(temporary, JSON.stringify(operation));
      try {
        linkSync(temporary, this.#operationPath(operation.id));
        return operation;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      } finally {
        rmSync(temporary, { force: true });
      }
    }
  }

  read(id: string): Operation {
    return JSON.parse(readFileSync(this.#operationPath(id), 'utf8')) as Operation;
  }

  find(id: string): Operation | undefined {
    return /^\d+$/.test(id) ? readJson<Operation>(this.#operationPath(id)) : undefined;
  }

  /** The operation that a task belongs to: the last one that began before it. */
  operationOfTask(id: string): Operation | undefined {
    if (!/^\d+$/.test(id)) return undefined;
    const before = this.ids()
      .filter((each) => each < Number(id))
      .at(-1);
    const operation = before === undefined ? undefined : this.find(`${before}`);
    return operation?.tasks.some((task) => task.id === id) ? operation : undefined;
  }

  task(operation: Operation, id: string): Task {
    const unit = operation.tasks.find((task) => task.id === id)?.unit ?? '';
    return (
      readJson<Task>(join(this.#dir, 'tasks', `${id}.json`)) ?? { id, unit, status: 'pending', enqueued: operation.enqueued }
    );
  }

  tasks(operation: Operation): Task[] {
    return operation.tasks.map(({ id }) => this.task(operation, id));
  }

  writeTask(task: Task): void {
    writeAtomically(join(this.#dir, 'tasks', `${task.id}.json`), JSON.stringify(task));
  }

  /** Whoever claims a pending task decides about it: the agent that starts it, or the client that cancels it. */
  claim(id: string): boolean {
    try {
      writeFileSync(join(this.#dir, 'tasks', `${id}.claim`), `${process.pid}`, { flag: 'wx' });
      return true;
    } catch {
      return false;
    }
  }
}

export function isFinal(task: Task): boolean {
  return task.status === 'completed' || task.status === 'failed' || task.status === 'cancelled';
}
