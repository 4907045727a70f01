import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { folderName, hash, type UnitSpec } from '../cloud.js';
import { readText } from '../files.js';
import { agentAway, runningHook } from './hooks.js';
import { isFinal, type Operation, type OperationStore, type Task } from './operations.js';
import { openPlace, type Place } from './place.js';
import { machineOf, type Run, runOnUnit } from './runner.js';
import { count, onTask } from './scenario.js';

const POLL_MS = 15;

/** Carries out the tasks of one operation; lives as long as they do, whatever becomes of the client. */
export async function runAgent(dir: string, id: string): Promise<void> {
  const store = openPlace(dir).store();
  const operation = store.read(id);
  const left = await Promise.all(operation.tasks.map((task) => guarded(dir, () => runTask(dir, store, operation, task.id))));
  const waiting = join(dir, 'waiting', id);
  if (left.includes(true)) {
    mkdirSync(join(dir, 'waiting'), { recursive: true });
    writeFileSync(waiting, '');
  } else rmSync(waiting, { force: true });
}

async function guarded(dir: string, work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work();
  } catch (error) {
    if (existsSync(dir)) appendFileSync(join(dir, 'agent.log'), `${(error as Error).stack}\n`);
    return false;
  }
}

/** Resolves true when the task stays pending because nobody can say when its unit comes back. */
async function runTask(dir: string, store: OperationStore, operation: Operation, id: string): Promise<boolean> {
  for (;;) {
    const place = openPlace(dir);
    const task = store.task(operation, id);
    if (isFinal(task)) return false;
    const unit = place.cloud.units.find(({ name }) => name === task.unit);
    if (unit === undefined) return false;
    const pause = notYet(place, unit, task);
    if (pause === Number.POSITIVE_INFINITY) return true;
    if (pause > 0) {
      await wait(Math.min(pause, 50));
      continue;
    }
    if (unit.runner?.kind === 'canned') {
      if (store.claim(id)) await carryOut(place, store, operation, task, unit);
      return false;
    }
    const lock = await takeLock(place, unit);
    if (lock === undefined) {
      await wait(POLL_MS);
      continue;
    }
    try {
      if (store.claim(id)) await carryOut(place, store, operation, task, unit);
    } finally {
      lock.close();
    }
    return false;
  }
}

/** Real milliseconds that the unit's agent will not look at its tasks: away, told to be late, or in a hook. */
function notYet(place: Place, unit: UnitSpec, task: Task): number {
  const soFar = taskCount(place, unit.name);
  const away = agentAway(place, unit.name, soFar);
  if (away > 0) return away;
  const late = onTask(place.live, place.live.scenario.late, unit.name, soFar + 1);
  if (late !== undefined) {
    const waited = (place.now() - task.enqueued) / place.rate;
    if (waited < late.seconds * 1000) return late.seconds * 1000 - waited;
  }
  return hookOf(place, unit)?.endsInMs ?? 0;
}

/** 3.x waits for the unit's own hook; 2.9 and 4.x take the machine lock, so for any hook on the machine (juju-contract 6). */
function hookOf(place: Place, unit: UnitSpec): { readonly endsInMs: number } | undefined {
  const own = runningHook(place, unit.name);
  if (own !== undefined || place.cloud.dialect === '3.6') return own;
  const machine = machineOf(place.cloud, unit);
  for (const other of place.cloud.units) {
    if (machineOf(place.cloud, other) !== machine) continue;
    const hook = runningHook(place, other.name);
    if (hook !== undefined) return hook;
  }
  return undefined;
}

function taskCount(place: Place, unit: string): number {
  return readText(join(place.dir, 'calls', folderName(`task-${unit}`)))?.length ?? 0;
}

/** A name that the kernel frees with the process that holds it. */
function takeLock(place: Place, unit: UnitSpec): Promise<Server | undefined> {
  const what = place.cloud.dialect === '3.6' ? unit.name : `machine ${machineOf(place.cloud, unit)}`;
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen({ path: `\0juju-tune-demo/${hash(place.dir).toString(16)}/${what}`, exclusive: true }, () => resolve(server));
  });
}

async function carryOut(place: Place, store: OperationStore, operation: Operation, task: Task, unit: UnitSpec): Promise<void> {
  const started = place.now();
  const running: Task = { ...task, status: 'running', started };
  const mark = join(place.dir, 'running', folderName(unit.name));
  const canned = unit.runner?.kind === 'canned';
  if (!canned) {
    store.writeTask(running);
    mkdirSync(join(place.dir, 'running'), { recursive: true });
    writeFileSync(mark, `${process.pid} ${task.id}`);
  }
  const number = canned ? 1 : count(place.dir, `task-${unit.name}`);
  let end: Run;
  try {
    end = await runOnUnit(place, { unit, script: operation.command, timeoutMs: operation.timeoutMs, taskId: task.id, number });
  } catch (error) {
    if (!existsSync(join(place.dir, 'cloud.json'))) throw error;
    end = { message: `cannot run: ${(error as Error).message}`, failed: true, results: { 'return-code': 0 } };
  }
  if (!canned) rmSync(mark, { force: true });
  store.writeTask({
    ...running,
    status: end.failed ? 'failed' : 'completed',
    completed: place.now(),
    ...(end.message !== undefined && { message: end.message }),
    ...(end.results !== undefined && { results: end.results }),
  });
}
