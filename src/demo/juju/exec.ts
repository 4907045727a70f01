import { spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { applicationOf } from '../cloud.js';
import { isSet, JujuError, milliseconds, type Parsed } from './arguments.js';
import { isFinal, type Operation, type OperationStore, type Task } from './operations.js';
import { inFormat, type Output, yaml } from './output.js';
import { type Place, taskTime } from './place.js';

const FIVE_MINUTES_MS = 300_000;
const UNIT_NAME = /^[a-z](?:[a-z0-9]*-?[a-z0-9])*\/(?:\d+|leader)$/;

/** Starts the process that carries out an operation and outlives this one, unless this one stays and carries it out itself. */
export function startAgent(place: Place, id: string): void {
  if (place.carryOut) {
    place.carryOut(place.dir, id);
    return;
  }
  const child = spawn(process.execPath, [process.argv[1] ?? '', '--agent', place.dir, id], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
  });
  child.unref();
}

interface Targets {
  readonly units: readonly string[];
  readonly missing: readonly string[];
}

function resolveTargets(place: Place, parsed: Parsed): Targets {
  const list = (name: string): string[] => (parsed.values.get(name) ?? '').split(',').filter((word) => word !== '');
  const units = list('unit');
  const applications = list('app');
  const machines = list('machine');
  const all = isSet(parsed, 'all');
  if (all && units.length + applications.length + machines.length > 0) {
    throw new JujuError('You cannot specify --all and individual machines, applications or units', 2);
  }
  if (!all && units.length + applications.length + machines.length === 0) {
    throw new JujuError('You must specify a target, either through --all, --machine, --application or --unit', 2);
  }
  const bad = units.filter((name) => !UNIT_NAME.test(name)).map((name) => `  "${name}" is not a valid unit name`);
  if (bad.length > 0) throw new JujuError(`The following exec targets are not valid:\n${bad.join('\n')}`, 2);
  if (all || machines.length > 0) throw new JujuError('machine targets are not part of this demo');
  const chosen = applications.flatMap((name) => unitsOfApplication(place, name));
  const named = units.map((name) => (name.endsWith('/leader') ? leaderOf(place, applicationOf(name)) : name));
  const known = new Set(place.cloud.units.map(({ name }) => name));
  const wanted = [...new Set([...chosen, ...named])];
  return { units: wanted.filter((name) => known.has(name)), missing: wanted.filter((name) => !known.has(name)) };
}

function unitsOfApplication(place: Place, application: string): string[] {
  if (!place.cloud.applications.some(({ name }) => name === application)) {
    const text = `application "${application}" not found`;
    throw new JujuError(
      place.cloud.dialect === '4.0' ? `starting exec operation: getting units for applications [${application}]: ${text}` : text,
    );
  }
  return place.cloud.units.filter(({ name }) => applicationOf(name) === application).map(({ name }) => name);
}

function leaderOf(place: Place, application: string): string {
  const leader = place.cloud.units.find(({ name, leader: leads }) => leads && applicationOf(name) === application);
  if (leader === undefined) throw new JujuError(`could not determine leader for "${application}"`);
  return leader.name;
}

/** One word goes as it is; several are joined with quotes only where Juju puts them (juju-contract 4.2). */
function commandText(words: readonly string[]): string {
  if (words.length === 0) throw new JujuError('no commands specified', 2);
  if (words.length === 1) return words[0] ?? '';
  return words.map((word) => (/[\s"$\\]/.test(word) || word === '' ? `"${word.replaceAll(/["$\\]/g, '\\$&')}"` : word)).join(' ');
}

export async function exec(place: Place, parsed: Parsed, output: Output): Promise<number> {
  const old = place.cloud.dialect === '2.9';
  if (isSet(parsed, 'background') && parsed.values.has('wait'))
    throw new JujuError('cannot specify both --wait and --background', 2);
  const command = commandText(parsed.words);
  const targets = resolveTargets(place, parsed);
  if (/juju-(run|exec)/.test(command)) throw new JujuError(`cannot use "${command}" as an action command`);
  if (place.live.scenario.permissionDenied) throw new JujuError('permission denied');
  const background = isSet(parsed, 'background');
  const limit = parsed.values.get(old ? 'timeout' : 'wait');
  const waitMs = limit === undefined ? FIVE_MINUTES_MS : milliseconds(limit);
  const failures = targets.missing.map((name) => `unit "${name}" not found`);
  const store = place.store();
  const operation = store.create({
    command,
    timeoutMs: background ? 0 : waitMs,
    enqueued: place.now(),
    units: targets.units,
    failures,
  });
  if (targets.units.length > 0) await begin(place, operation, background);
  if (old) return foregroundOld(store, operation, waitMs, parsed, output);
  if (background) return announce(operation, output);
  return foreground(store, operation, waitMs, parsed, output);
}

/** Canned answers that somebody waits for need no process of their own: nothing is carried out that could outlive the client. */
async function begin(place: Place, operation: Operation, background: boolean): Promise<void> {
  const names = new Set(operation.tasks.map(({ unit }) => unit));
  const canned = place.cloud.units.every(({ name, runner }) => !names.has(name) || runner?.kind === 'canned');
  if (background || !canned) startAgent(place, operation.id);
  else await (await import('./agent.js')).runAgent(place.dir, operation.id);
}

function announce(operation: Operation, output: Output): number {
  const { tasks, id } = operation;
  if (reportFailures(operation, output)) return 0;
  if (tasks.length === 1) {
    const task = tasks[0]?.id;
    output.info(
      `Scheduled operation ${id} with task ${task}\nCheck operation status with 'juju show-operation ${id}'\nCheck task status with 'juju show-task ${task}'\n`,
    );
    return 0;
  }
  output.info(
    `Scheduled operation ${id} with ${tasks.length} tasks\nCheck operation status with 'juju show-operation ${id}'\nCheck task status with 'juju show-task <id>'\n`,
  );
  output.write(yaml(Object.fromEntries(tasks.map((task) => [task.unit, { id: task.id }]))));
  return 0;
}

/** True when there is nothing else to say. */
function reportFailures(operation: Operation, output: Output): boolean {
  if (operation.failures.length === 0) return false;
  const none = operation.tasks.length === 0;
  output.info(
    `${none ? `Operation ${operation.id} failed to schedule any tasks` : 'Some actions could not be scheduled'}:\n${operation.failures.join('\n')}\n`,
  );
  return none;
}

/** Polls until all tasks are final or the time is over; the tasks go on in any case. */
async function waitFor(store: OperationStore, operation: Operation, waitMs: number): Promise<Task[]> {
  const deadline = Date.now() + waitMs;
  let pause = 20;
  for (;;) {
    const tasks = store.tasks(operation);
    const left = deadline - Date.now();
    if (tasks.every((task) => isFinal(task) || task.status === 'aborting') || left <= 0) return tasks;
    await wait(Math.min(pause, left));
    pause = Math.min(pause * 1.5, 250);
  }
}

const isOver = (task: Task): boolean => isFinal(task) || task.status === 'aborting';

async function foreground(
  store: OperationStore,
  operation: Operation,
  waitMs: number,
  parsed: Parsed,
  output: Output,
): Promise<number> {
  if (reportFailures(operation, output)) return 0;
  const tasks = await waitFor(store, operation, waitMs);
  const open = tasks.filter((task) => !isOver(task));
  if (open.length > 0) {
    throw new JujuError(
      `timed out waiting for result${open.length > 1 ? 's' : ''} from: ${open.map(({ unit }) => `unit ${unit}`).join(', ')}`,
    );
  }
  const entries = Object.fromEntries(tasks.map((task) => [task.unit, taskEntry(task)]));
  const format = parsed.values.get('format') ?? 'plain';
  output.write(format === 'plain' ? plainResults(tasks) : inFormat(entries, format));
  const bad = tasks.filter((task) => (task.results?.['return-code'] ?? 0) >= 1);
  if (bad.length === 0) return 0;
  const lines = bad.map((task) => ` - id "${task.id}" with return code ${task.results?.['return-code']}`).join('\n');
  const one = bad.length === 1;
  output.error(
    `the following task${one ? '' : 's'} failed:\n${lines}\n\nuse 'juju show-task' to inspect the failure${one ? '' : 's'}\n`,
  );
  return 1;
}

/** An entry of exec and show-task in 3.x and 4.x; keys in the order in which Go sorts them. */
export function taskEntry(task: Task): Record<string, unknown> {
  return {
    id: task.id,
    ...(task.message !== undefined && { message: task.message }),
    ...(task.results !== undefined && { results: sorted(task.results) }),
    status: task.status,
    timing: taskTiming(task),
    unit: task.unit,
  };
}

export function sorted(record: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function taskTiming(task: Task): Record<string, string> {
  return {
    ...(task.completed !== undefined && { completed: taskTime(task.completed) }),
    enqueued: taskTime(task.enqueued),
    ...(task.started !== undefined && { started: taskTime(task.started) }),
  };
}

function plainResults(tasks: readonly Task[]): string {
  const single = tasks.length === 1 ? tasks[0] : undefined;
  if (single !== undefined) return single.results?.stdout ?? '';
  const said = tasks.filter((task) => task.results?.stdout !== undefined);
  return said.map((task) => `${task.unit}:\n${(task.results?.stdout ?? '').replaceAll(/^(?=.)/gm, '  ')}\n`).join('');
}

async function foregroundOld(
  store: OperationStore,
  operation: Operation,
  waitMs: number,
  parsed: Parsed,
  output: Output,
): Promise<number> {
  for (const failure of operation.failures) output.info(`couldn't queue one action: ${failure}\n`);
  if (operation.tasks.length === 0) throw new JujuError('no actions were successfully enqueued, aborting');
  const tasks = await waitFor(store, operation, waitMs);
  const over = tasks.filter(isOver).sort((a, b) => (a.completed ?? 0) - (b.completed ?? 0));
  const format = parsed.values.get('format') ?? 'default';
  output.write(format === 'default' ? plainResults(over) : inFormat(over.map(oldEntry), format));
  const open = tasks.filter((task) => !isOver(task));
  if (open.length > 0) {
    output.error(
      `timed out waiting for result${open.length > 1 ? 's' : ''} from: ${open.map(({ unit }) => `unit ${unit}`).join(', ')}`,
    );
    return 1;
  }
  if (format === 'default' && over.length === 1) return over[0]?.results?.['return-code'] ?? 0;
  return 0;
}

function oldEntry(task: Task): Record<string, unknown> {
  const { results } = task;
  return {
    ...(task.message !== undefined && { message: task.message }),
    ...(results !== undefined && sorted(results)),
    unit: task.unit,
  };
}
