import { setTimeout as wait } from 'node:timers/promises';
import { isSet, JujuError, milliseconds, type Parsed } from './arguments.js';
import { sorted, startAgent, taskEntry, taskTiming } from './exec.js';
import { isFinal, type Operation, type OperationStore, type Task } from './operations.js';
import { inFormat, type Output } from './output.js';
import { type Place, taskTime } from './place.js';

/** 3.x: running, pending, failed, cancelled, completed in this order; 4.x: pending last but one (juju-contract 5.1). */
function operationStatus(tasks: readonly Task[]): string {
  for (const status of ['running', 'aborting', 'pending', 'failed', 'cancelled']) {
    if (tasks.some((task) => task.status === status)) return status === 'aborting' ? 'running' : status;
  }
  return 'completed';
}

function summaryOf(place: Place, operation: Operation): string {
  if (place.cloud.dialect === '4.0') return `exec "${operation.command}"`;
  return `juju-exec run on ${operation.tasks.map(({ unit }) => `unit-${unit.replace('/', '-')}`).join(',')}`;
}

type Detail = 'full' | 'brief';

function operationEntry(place: Place, operation: Operation, tasks: readonly Task[], detail: Detail): Record<string, unknown> {
  const started = tasks
    .map((task) => task.started ?? Number.POSITIVE_INFINITY)
    .reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const over = tasks.length > 0 && tasks.every(isFinal);
  const completed = Math.max(...tasks.map((task) => task.completed ?? 0));
  const results = place.cloud.dialect !== '4.0' && detail === 'full';
  return {
    summary: summaryOf(place, operation),
    status: operation.failures.length > 0 && tasks.length === 0 ? 'error' : operationStatus(tasks),
    ...(operation.failures.length > 0 && { fail: operation.failures.join('\n') }),
    action: {
      name: 'juju-exec',
      parameters: {
        command: operation.command,
        timeout: operation.timeoutMs * 1_000_000,
        ...(place.cloud.dialect !== '4.0' && { 'workload-context': false }),
      },
    },
    timing: {
      enqueued: taskTime(operation.enqueued),
      ...(Number.isFinite(started) && { started: taskTime(started) }),
      ...(over && { completed: taskTime(completed) }),
    },
    tasks: Object.fromEntries(
      tasks.map((task) => [
        task.id,
        {
          host: task.unit,
          status: task.status,
          timing: taskTiming(task),
          ...(task.message !== undefined && detail === 'full' && { message: task.message }),
          ...(results && task.results !== undefined && { results: sorted(task.results) }),
        },
      ]),
    ),
  };
}

function formatOf(parsed: Parsed): string {
  return parsed.values.get('format') ?? 'yaml';
}

async function polled<T>(parsed: Parsed, look: () => T, done: (value: T) => boolean, expired: string): Promise<T> {
  const limit = parsed.values.get('wait');
  const watch = isSet(parsed, 'watch') || limit !== undefined;
  const deadline = limit === undefined ? Number.POSITIVE_INFINITY : Date.now() + milliseconds(limit);
  for (;;) {
    const value = look();
    if (!watch || done(value)) return value;
    if (Date.now() >= deadline) throw new JujuError(expired);
    await wait(50);
  }
}

export async function showOperation(place: Place, parsed: Parsed, output: Output): Promise<number> {
  const id = oneWord(parsed, 'no operation ID specified');
  const store = place.store();
  const operation = store.find(id);
  if (operation === undefined) throw new JujuError(`operation "${id}" not found`);
  const tasks = await polled(
    parsed,
    () => store.tasks(operation),
    (all) => all.every(isFinal),
    'timeout reached',
  );
  output.write(inFormat(operationEntry(place, operation, tasks, 'full'), formatOf(parsed)));
  return 0;
}

function oneWord(parsed: Parsed, missing: string): string {
  const [word, extra] = parsed.words;
  if (word === undefined) throw new JujuError(missing, 2);
  if (extra !== undefined) throw new JujuError(`unrecognized args: ${JSON.stringify(parsed.words.slice(1))}`, 2);
  return word;
}

export async function showTask(place: Place, parsed: Parsed, output: Output): Promise<number> {
  const id = oneWord(parsed, 'no task ID specified');
  const store = place.store();
  const operation = store.operationOfTask(id);
  if (operation === undefined) throw new JujuError(`task "${id}" not found`);
  const task = await polled(parsed, () => store.task(operation, id), isFinal, 'maximum wait time reached');
  output.write(inFormat(taskEntry(task), formatOf(parsed)));
  return 0;
}

export function operations(place: Place, parsed: Parsed, output: Output): number {
  const store = place.store();
  const wanted = parsed.values.get('status')?.split(',');
  const units = parsed.values.get('units')?.split(',');
  const limit = Number(parsed.values.get('limit') ?? 50);
  const offset = Number(parsed.values.get('offset') ?? 0);
  const found: [string, Record<string, unknown>][] = [];
  for (const id of store.ids()) {
    const operation = store.read(`${id}`);
    const entry = operationEntry(place, operation, store.tasks(operation), 'brief');
    if (wanted !== undefined && !wanted.includes(String(entry.status))) continue;
    if (units !== undefined && !operation.tasks.some(({ unit }) => units.includes(unit))) continue;
    found.push([operation.id, entry]);
  }
  const page = found.slice(offset, offset + (limit > 0 ? Math.min(limit, 50) : 50));
  if (page.length === 0) output.info('no matching operations\n');
  else output.write(inFormat(Object.fromEntries(page), formatOf(parsed)));
  return 0;
}

export function cancelTask(place: Place, parsed: Parsed, output: Output): number {
  if (parsed.words.length === 0) throw new JujuError('no task IDs specified', 2);
  const store = place.store();
  const actions: Record<string, unknown>[] = [];
  for (const id of parsed.words) {
    const operation = store.operationOfTask(id);
    if (operation === undefined) {
      output.info(`WARNING task "${id}" not found\n`);
      continue;
    }
    const task = cancelOne(place, store, operation, id);
    actions.push({
      action: 'juju-exec',
      'completed at': task.completed === undefined ? 'n/a' : taskTime(task.completed),
      id,
      status: task.status,
      unit: task.unit,
    });
  }
  output.write(inFormat({ actions }, formatOf(parsed)));
  return 0;
}

/** A pending task is cancelled at once; a running one is only marked, since Juju does not kill commands (juju-contract 5.5). */
function cancelOne(place: Place, store: OperationStore, operation: Operation, id: string): Task {
  const task = store.task(operation, id);
  if (isFinal(task)) return task;
  if (store.claim(id)) {
    const cancelled: Task = { ...task, status: 'cancelled', completed: place.now(), message: 'action cancelled via the API' };
    store.writeTask(cancelled);
    return cancelled;
  }
  const running = store.task(operation, id);
  if (running.status !== 'running') return running;
  const aborting: Task = { ...running, status: 'aborting' };
  store.writeTask(aborting);
  return aborting;
}

/** Takes up operations whose units were away when their agent process last looked. */
export function resumeWaiting(place: Place, waiting: readonly string[], isBack: (unit: string) => boolean): void {
  const store = place.store();
  for (const id of waiting) {
    const operation = store.find(id);
    if (operation === undefined) continue;
    const open = store.tasks(operation).filter((task) => task.status === 'pending');
    if (open.some((task) => isBack(task.unit))) startAgent(place, id);
  }
}
