import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type ApplicationSpec, type Cloud, type MachineSpec, type Runner, readCloud } from '../../src/demo/cloud.js';
import { placeUnit, startApache } from '../../src/demo/unit-folder.js';
import { Screen } from '../pty/screen.js';
import { type Bed, type Ended, run } from './bed.js';
import { PROJECT } from './place.js';
import { type BedUnit, MODEL_UUID, UNITS } from './units.js';

const LAUNCHER = join(PROJECT, 'src', 'launcher', 'juju-tune.cjs');
const STAND_IN = join(PROJECT, 'dist', 'demo-juju.mjs');

/** As an agent does it: the script is a file of its own, and nothing is on its stdin. */
const RUN_SCRIPT =
  'd=$(mktemp -d) && cat > "$d/script.sh" && { /bin/bash "$d/script.sh" < /dev/null; code=$?; rm -rf "$d"; exit $code; }';

/** One unit's part of `juju-tune/run/1`. */
export interface UnitResult {
  readonly unit: string;
  readonly outcome: string;
  readonly state: string;
  readonly code: string;
  readonly detail: string;
  readonly log: readonly string[];
}

/** What tests read of `juju-tune/run/1`. */
export interface RunResult {
  readonly id: string;
  readonly outcome: string;
  readonly results: readonly UnitResult[];
  readonly gates: readonly { readonly ok: boolean }[];
  readonly measures: readonly { readonly fact: string; readonly verdict: string; readonly detail: string }[];
}

/** What tests read of `juju-tune/event/1`. */
export interface RunEvent {
  readonly type: string;
  readonly run: string;
  /** Of `measured`. */
  readonly measures?: RunResult['measures'];
}

/** The bed as `juju` shows it: the demo's stand-in in front of real units, and juju-tune with a state folder of its own. */
export class Front {
  private constructor(
    readonly dir: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  /** In front of the units of a bed. */
  static open(bed: Bed): Front {
    return Front.before((unit) => ({
      kind: 'command',
      argv: [...bed.execArgv(unit.name), '/bin/bash', '-c', RUN_SCRIPT],
      host: unit.name.replace('/', '-'),
      presence: bed.presenceOf(unit.name),
    }));
  }

  /** The same model, its units the demo's folders, with the demo's Apache running. */
  static async ofFolders(): Promise<Front> {
    const front = Front.before((unit) => ({ kind: 'folder', root: relative(unit.name) }));
    const cloud = readCloud(front.dir);
    for (const unit of cloud.units) {
      placeUnit(front.folderOf(unit.name), cloud, unit);
      await startApache(front.folderOf(unit.name));
    }
    return front;
  }

  folderOf(unit: string): string {
    return join(this.dir, relative(unit));
  }

  private static before(runnerOf: (unit: BedUnit) => Runner): Front {
    const dir = mkdtempSync(join(tmpdir(), 'juju-tune-bed-front-'));
    const now = Date.now();
    writeFileSync(join(dir, 'cloud.json'), JSON.stringify(cloudOf(runnerOf, now)));
    // Real units have real time.
    writeFileSync(join(dir, 'clock.json'), JSON.stringify({ epochReal: now, epochVirtual: now, rate: 1 }));
    for (const folder of ['juju-data', 'bin', 'state', 'config']) mkdirSync(join(dir, folder));
    const juju = join(dir, 'bin', 'juju');
    writeFileSync(juju, `#!/bin/sh\nexec '${process.execPath}' '${STAND_IN}' "$@"\n`);
    chmodSync(juju, 0o755);
    return new Front(dir, {
      PATH: `${join(dir, 'bin')}:${process.env.PATH ?? ''}`,
      JUJU_DATA: join(dir, 'juju-data'),
      XDG_STATE_HOME: join(dir, 'state'),
      XDG_CONFIG_HOME: join(dir, 'config'),
      NO_COLOR: '1',
    });
  }

  /** Runs the real executable. */
  tune(...words: readonly string[]): Promise<Ended> {
    return run([LAUNCHER, ...words], '', this.environment);
  }

  juju(...words: readonly string[]): Promise<Ended> {
    return run([join(this.dir, 'bin', 'juju'), ...words], '', this.environment);
  }

  /** Runs a verb that must end with `code`, and gives its JSON. */
  async json<T>(code: number, ...words: readonly string[]): Promise<T> {
    const ended = await this.tune(...words, '--format', 'json');
    if (ended.code !== code)
      throw new Error(`${words.join(' ')}: exit ${ended.code}: ${ended.stderr}${ended.stdout.slice(-4000)}`);
    return JSON.parse(ended.stdout) as T;
  }

  /** Runs a verb on a terminal, and kills it with signal 9 at its question whether to keep the change. Throws when it does not come to that. */
  async killedAtQuestion(...words: readonly string[]): Promise<void> {
    const screen = new Screen(LAUNCHER, words, { columns: 200, environment: this.environment });
    await screen.waitFor('confirm, extend', 300_000);
    // The launcher starts a newer node when it has to: both are to die.
    process.kill(-screen.pid, 'SIGKILL');
    await screen.exit;
  }

  /** Starts a verb that tells its events, and kills it with signal 9 at the first one of this type. Gives how it ended. */
  async killedAfter(type: string, ...words: readonly string[]): Promise<string> {
    const { code, signal, events } = await this.follow(words, (event, kill) => event.type === type && kill());
    return signal ?? `exit ${code}: ${JSON.stringify(events).slice(-2000)}`;
  }

  /** Runs a verb that tells its events, and `act` from the first one of this type until the verb ends. Throws unless it ends with 0. */
  async during(type: string, act: () => Promise<unknown>, ...words: readonly string[]): Promise<readonly RunEvent[]> {
    let ended = false;
    let acting: Promise<void> | undefined;
    const keepActing = async (): Promise<void> => {
      while (!ended) await act();
    };
    const { code, signal, events } = await this.follow(words, (event) => {
      if (event.type === type) acting ??= keepActing();
    });
    ended = true;
    await acting;
    if (code !== 0) throw new Error(`${words.join(' ')}: ${signal ?? `exit ${code}`}: ${JSON.stringify(events).slice(-4000)}`);
    return events;
  }

  private follow(
    words: readonly string[],
    heard: (event: RunEvent, kill: () => void) => void,
  ): Promise<{ readonly code: number | null; readonly signal: string | null; readonly events: readonly RunEvent[] }> {
    const child = spawn(LAUNCHER, [...words, '--format', 'jsonl'], {
      env: { ...process.env, ...this.environment },
      stdio: ['ignore', 'pipe', 'ignore'],
      // The launcher starts a newer node when it has to: both are to die.
      detached: true,
    });
    let killed = false;
    const kill = (): void => {
      killed = true;
      if (child.pid !== undefined && child.signalCode === null) process.kill(-child.pid, 'SIGKILL');
    };
    const events: RunEvent[] = [];
    createInterface(child.stdout).on('line', (line) => {
      // The last line of one that is killed may be half of one.
      if (killed) return;
      const event = JSON.parse(line) as RunEvent;
      events.push(event);
      heard(event, kill);
    });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve({ code, signal, events }));
    });
  }

  close(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function cloudOf(runnerOf: (unit: BedUnit) => Runner, now: number): Cloud {
  return {
    schema: 'juju-tune/demo-cloud/1',
    dialect: '3.6',
    seed: 1,
    controller: { name: 'bed', uuid: 'b0d5b0d5-0000-4000-8000-0000000c0de0' },
    model: { name: 'openstack', owner: 'admin', uuid: MODEL_UUID, cloud: 'bed', region: 'default' },
    since: now,
    machines: machines(),
    applications: [...new Set(UNITS.map((unit) => unit.application))].map(application),
    units: UNITS.map((unit) => ({
      name: unit.name,
      machine: unit.machine,
      leader: unit.leader,
      address: unit.address,
      message: 'Unit is ready',
      runner: runnerOf(unit),
    })),
    hooks: false,
  };
}

function relative(unit: string): string {
  return `units/${unit.replace('/', '-')}`;
}

function machines(): readonly MachineSpec[] {
  const hosts = [...new Set(UNITS.map((unit) => hostOf(unit)))];
  return [
    ...hosts.map((id) => ({ id, hostname: `host-${id}`, address: `10.77.0.${200 + Number(id)}`, az: `zone${Number(id) + 1}` })),
    ...UNITS.map((unit) => ({ id: unit.machine, hostname: unit.name.replace('/', '-'), address: unit.address })),
  ];
}

function hostOf(unit: BedUnit): string {
  return unit.machine.split('/')[0] ?? unit.machine;
}

function application(name: string): ApplicationSpec {
  return { name, charm: name, channel: '2024.1/stable', revision: 1 };
}
