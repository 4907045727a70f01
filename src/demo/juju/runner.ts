import { isUtf8 } from 'node:buffer';
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Cloud, folderName, type UnitSpec, uuidOf } from '../cloud.js';
import { reboot, wantsReboot } from '../reboot.js';
import { rerender } from '../rerender.js';
import { STAND_INS_WRITE } from '../stand-ins.js';
import { liveUntil, type UnitFolder } from '../timers.js';
import { ensureUnit } from '../unit-folder.js';
import { cannedAnswer } from './canned.js';
import type { TaskResults } from './operations.js';
import type { Place } from './place.js';
import { onTask, type Scenario } from './scenario.js';
import { spoilUnit } from './unit-faults.js';

export interface Job {
  readonly unit: UnitSpec;
  readonly script: string;
  /** Real milliseconds; 0: no limit. */
  readonly timeoutMs: number;
  readonly taskId: string;
  /** Which task of this unit it is, from 1. */
  readonly number: number;
}

export interface Run {
  readonly failed: boolean;
  readonly message?: string;
  /** Absent when the agent cannot say what became of it. */
  readonly results?: TaskResults;
}

/** More than this the agent does not keep (juju-contract 4.3). */
const MOST_OUTPUT = 16 * 1024 * 1024;

/** Runs a script on a unit as its agent would, and says what Juju would say of it (juju-contract 4.2 to 4.5). */
export async function runOnUnit(place: Place, job: Job): Promise<Run> {
  const { unit } = job;
  const { runner } = unit;
  if (runner === undefined) throw new Error(`unit ${unit.name} has no runner`);
  const { scenario } = place.live;
  const hang = onTask(place.live, scenario.hang, unit.name, job.number);
  const killed = onTask(place.live, scenario.killed, unit.name, job.number);
  const down = onTask(place.live, scenario.reboot, unit.name, job.number);
  const restarted = onTask(place.live, scenario.restart, unit.name, job.number);
  const limit = Math.min(
    killed?.afterMs ?? Number.POSITIVE_INFINITY,
    restarted?.afterMs ?? Number.POSITIVE_INFINITY,
    down?.afterMs ?? Number.POSITIVE_INFINITY,
    job.timeoutMs > 0 ? job.timeoutMs : Number.POSITIVE_INFINITY,
  );
  if (hang !== undefined) {
    await stall(place.dir, Math.min(hang.seconds * 1000, limit));
    if (hang.seconds * 1000 >= limit) return restarted ? terminated : cancelled(Buffer.alloc(0), Buffer.alloc(0));
  }
  if (runner.kind === 'canned') {
    const text = await cannedAnswer(place.dir, unit, runner.template, job.script, () => askTemplate(place, job, runner.template));
    return finished(0, Buffer.from(text), Buffer.alloc(0));
  }
  if (runner.kind === 'command') {
    const [program = '', ...argv] = runner.argv;
    return runOnStdin(place, job, { program, argv, env: { ...process.env, ...hookEnvironment(place, job) }, limit });
  }
  const root = join(place.dir, runner.root);
  ensureUnit(root, place.cloud, principalOf(place.cloud, unit));
  const again = onTask(place.live, scenario.rerender, unit.name, job.number);
  if (again !== undefined) await rerender(root, place.cloud, principalOf(place.cloud, unit), again);
  const repair = spoilUnit(root, place.cloud, unit, place.live, job.number);
  const ran = said(
    await runInFolder(place, job, root, limit).finally(repair),
    onTask(place.live, scenario.prints, unit.name, job.number),
  );
  if (restarted !== undefined && ran.failed) return terminated;
  if (down === undefined && !wantsReboot(root)) return ran;
  await reboot(folderOf(place, unit, root), place.now());
  // The agent comes back and knows nothing of how the command went (juju-contract 4.5).
  return down === undefined ? ran : { failed: true, message: 'action terminated', results: { 'return-code': 0 } };
}

/** What it printed, or what the scenario has it print. */
function said(ran: Run, prints: NonNullable<Scenario['prints']>[number] | undefined): Run {
  if (prints === undefined || ran.results === undefined) return ran;
  const { text, base64, many } = prints;
  const bytes = base64 === undefined ? Buffer.from(text ?? 'x'.repeat(many ?? 0)) : Buffer.from(base64, 'base64');
  const { stdout, 'stdout-encoding': encoding, ...rest } = ran.results;
  return { ...ran, results: { ...rest, ...encoded('stdout', bytes.subarray(0, MOST_OUTPUT)) } };
}

/** The folder that stands for a unit, or for the unit that it goes with. */
export function folderOf(place: Place, unit: UnitSpec, root: string): UnitFolder {
  return { root, cloud: place.cloud, unit: principalOf(place.cloud, unit) };
}

/** Waits, unless the demo is taken away meanwhile; then nothing may be left of this process. */
async function stall(dir: string, milliseconds: number): Promise<void> {
  const until = Date.now() + milliseconds;
  while (Date.now() < until) {
    if (!existsSync(join(dir, 'cloud.json'))) throw new Error(`the demo cloud "${dir}" is gone`);
    await wait(Math.min(250, until - Date.now()));
  }
}

/** The script goes to the program as a file on stdin: a pipe of Node's would look like a network connection to bash. */
async function runOnStdin(place: Place, job: Job, launch: Launch): Promise<Run> {
  const path = join(place.dir, 'tasks', `${job.taskId}.sh`);
  writeFileSync(path, job.script, { mode: 0o600 });
  const stdin = openSync(path, 'r');
  rmSync(path);
  try {
    return await run({ ...launch, stdin, endsWithAgent: true });
  } finally {
    closeSync(stdin);
  }
}

/** Runs a script in the folder that all canned units of a kind answer from. */
async function askTemplate(place: Place, job: Job, template: string): Promise<string> {
  const root = join(place.dir, template);
  const charm = template.replace(/^.*\//, '').replace(/-0$/, '');
  const unit: UnitSpec = { ...job.unit, name: `${charm}/0` };
  const { results } = await runInFolder(place, { ...job, unit }, root, Number.POSITIVE_INFINITY);
  return results?.stdout ?? '';
}

async function runInFolder(place: Place, job: Job, root: string, limit: number): Promise<Run> {
  const scratch = join(root, 'tmp', `juju-exec${job.taskId}`);
  const cwd = join(root, 'var/lib/juju/agents', `unit-${folderName(job.unit.name)}`, 'charm');
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  mkdirSync(cwd, { recursive: true });
  const script = join(scratch, 'script.sh');
  writeFileSync(script, job.script, { mode: 0o700 });
  const now = place.now();
  await liveUntil(folderOf(place, job.unit, root), now);
  const taskClock = join(root, '.demo', `clock-${job.taskId}`);
  writeFileSync(taskClock, `${Math.floor(now)} ${Date.now()}\n`);
  const env = {
    ...hookEnvironment(place, job),
    PATH: `${root}/usr/sbin:${root}/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin`,
    CHARM_DIR: cwd,
    JUJU_CHARM_DIR: cwd,
    TMPDIR: join(root, 'tmp'),
    TZ: 'UTC',
    JUJU_TUNE_ROOT: root,
    JUJU_TUNE_STAND_INS: STAND_INS_WRITE,
    JUJU_TUNE_TASK_CLOCK: taskClock,
    JUJU_TUNE_UNIT_HOST: job.unit.address,
  };
  try {
    return await run({ program: '/bin/bash', argv: [script], env, cwd, limit });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
    rmSync(taskClock, { force: true });
  }
}

/** What a hook finds in its environment; no HOME and no USER among it. */
function hookEnvironment(place: Place, job: Job): Record<string, string> {
  const { unit } = job;
  const { model } = place.cloud;
  const machine = machineOf(place.cloud, unit);
  const tag = folderName(unit.name);
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin',
    CHARM_DIR: `/var/lib/juju/agents/unit-${tag}/charm`,
    JUJU_CHARM_DIR: `/var/lib/juju/agents/unit-${tag}/charm`,
    JUJU_CONTEXT_ID: `${unit.name}-run-commands-${job.taskId}`,
    JUJU_HOOK_NAME: '',
    JUJU_AGENT_SOCKET_ADDRESS: `@/var/lib/juju/agents/unit-${tag}/agent.socket`,
    JUJU_AGENT_SOCKET_NETWORK: 'unix',
    JUJU_UNIT_NAME: unit.name,
    JUJU_MODEL_UUID: model.uuid,
    JUJU_MODEL_NAME: model.name,
    JUJU_API_ADDRESSES: '10.246.64.5:17070',
    JUJU_MACHINE_ID: machine,
    JUJU_PRINCIPAL_UNIT: unit.principal ?? '',
    JUJU_AVAILABILITY_ZONE: place.cloud.machines.find(({ id }) => id === machine.split('/')[0])?.az ?? '',
    JUJU_VERSION: place.version,
    JUJU_ACTION_NAME: 'juju-exec',
    JUJU_ACTION_UUID: job.taskId,
    JUJU_ACTION_TAG: `action-${uuidOf(job.taskId)}`,
    JUJU_CHARM_HTTP_PROXY: '',
    JUJU_CHARM_HTTPS_PROXY: '',
    JUJU_CHARM_NO_PROXY: '',
    DEBIAN_FRONTEND: 'noninteractive',
    APT_LISTCHANGES_FRONTEND: 'none',
    LANG: 'C.UTF-8',
    TERM: 'tmux-256color',
  };
}

export function principalOf(cloud: Cloud, unit: UnitSpec): UnitSpec {
  return cloud.units.find(({ name }) => name === unit.principal) ?? unit;
}

export function machineOf(cloud: Cloud, unit: UnitSpec): string {
  return unit.machine ?? principalOf(cloud, unit).machine ?? '';
}

interface Launch {
  readonly program: string;
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly stdin?: number;
  readonly limit: number;
  /** A signal that is not ours says that the agent ended before it. */
  readonly endsWithAgent?: boolean;
}

function run(launch: Launch): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(launch.program, launch.argv, {
      detached: true,
      stdio: [launch.stdin ?? 'ignore', 'pipe', 'pipe'],
      env: launch.env,
      ...(launch.cwd !== undefined && { cwd: launch.cwd }),
    });
    const out = new Sink();
    const err = new Sink();
    let killed = false;
    child.stdout?.on('data', (chunk: Buffer) => out.take(chunk));
    child.stderr?.on('data', (chunk: Buffer) => err.take(chunk));
    const kill = (): void => {
      killed = true;
      if (child.pid !== undefined) killGroup(child.pid);
    };
    const timer = Number.isFinite(launch.limit) ? setTimeout(kill, launch.limit) : undefined;
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (launch.endsWithAgent && signal !== null && !killed) return resolve(terminated);
      resolve(killed ? cancelled(out.content(), err.content()) : finished(code ?? -1, out.content(), err.content()));
    });
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself in this moment.
  }
}

class Sink {
  readonly #chunks: Buffer[] = [];
  #size = 0;

  take(chunk: Buffer): void {
    if (this.#size < MOST_OUTPUT) this.#chunks.push(chunk);
    this.#size += chunk.length;
  }

  content(): Buffer {
    return Buffer.concat(this.#chunks).subarray(0, MOST_OUTPUT);
  }
}

function finished(code: number, out: Buffer, err: Buffer): Run {
  return { failed: false, results: { 'return-code': code, ...encoded('stdout', out), ...encoded('stderr', err) } };
}

/** What Juju makes of a command that it killed: failed, with return code 0 (juju-contract 4.5). */
function cancelled(out: Buffer, err: Buffer): Run {
  return {
    failed: true,
    message: 'command cancelled',
    results: { 'return-code': 0, ...encoded('stdout', out), ...encoded('stderr', err) },
  };
}

/** What Juju makes of a command whose agent was restarted while it ran: failed, and no results (juju-contract 4.5). */
const terminated: Run = { failed: true, message: 'action terminated' };

function encoded(name: 'stdout' | 'stderr', content: Buffer): Record<string, string> {
  if (content.length === 0) return {};
  if (!isUtf8(content)) return { [name]: content.toString('base64'), [`${name}-encoding`]: 'base64' };
  return { [name]: content.toString('utf8').replaceAll('\r\n', '\n') };
}
