import { Failure } from '../domain/failure.js';
import type { TaskState } from '../engine/ports.js';
import { parseJson, text } from './json.js';
import type { JujuResult } from './juju-cli.js';
import type { ModelCommand } from './juju-client.js';
import { isFinal } from './task-result.js';

const TASK_SECONDS = 30;

type Run = (command: ModelCommand) => Promise<JujuResult>;

/**
 * Cancels the tasks that have not begun, and says how each stands then. A task that runs is left alone: it is a change on a unit, which
 * is not cut off half-way. Throws `Failure('juju')` when Juju cannot be asked.
 */
export async function endTasks(run: Run, ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, TaskState>> {
  const states = await showAll(run, ids, signal);
  const waiting = [...states].flatMap(([id, { status }]) => (status === 'pending' ? [id] : []));
  if (waiting.length === 0) return states;
  const cancel = { verb: 'cancel-task', args: [...waiting, '--format', 'json'], timeoutSeconds: TASK_SECONDS, signal };
  // It may have begun meanwhile, so that only a second look tells.
  await run(cancel);
  return new Map([...states, ...(await showAll(run, waiting, signal))]);
}

async function showAll(run: Run, ids: readonly string[], signal: AbortSignal): Promise<Map<string, TaskState>> {
  const shown = await Promise.all(ids.map(async (id) => [id, await show(run, id, signal)] as const));
  return new Map(shown.flatMap(([id, state]) => (state ? [[id, state]] : [])));
}

async function show(run: Run, id: string, signal: AbortSignal): Promise<TaskState | undefined> {
  if (!/^\d{1,12}$/.test(id)) return undefined;
  const args = [id, '--format', 'json', '--utc'];
  const { stdout, exitCode } = await run({ verb: 'show-task', args, timeoutSeconds: TASK_SECONDS, signal });
  if (exitCode !== 0) return undefined;
  try {
    const status = text(parseJson(stdout, 'juju show-task'), 'status');
    return status === '' ? undefined : stateOf(status);
  } catch (error) {
    // An answer that is none says nothing of the task.
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function stateOf(status: string): TaskState {
  return { status, over: isFinal(status) };
}
