import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type ClockFile, readClock, setRate } from './clock.js';
import { type Cloud, type Dialect, readCloud } from './cloud.js';
import { defaultCloud, scaledCloud } from './default-cloud.js';
import { forgetFolders, place, readText, writeAtomically } from './files.js';
import { checkScenario } from './juju/scenario.js';
import { charmUnit, placeUnit, startApache } from './unit-folder.js';

export interface SetupOptions {
  readonly dir: string;
  readonly dialect?: Dialect;
  /** Scale mode: that many units with canned answers. */
  readonly units?: number;
  /** Path of a scenario file, copied to `<dir>/scenario.json`. */
  readonly scenario?: string;
  readonly speed?: number;
  readonly reset?: boolean;
  /** Absolute path of the node that runs the stand-in, and of the bundles. */
  readonly node: string;
  readonly bundles: string;
}

export interface DemoPlace {
  readonly dir: string;
  readonly env: {
    /** Prefix for PATH. */
    readonly PATH: string;
    readonly JUJU_DATA: string;
    readonly XDG_STATE_HOME: string;
    readonly XDG_CONFIG_HOME: string;
    readonly JUJU_TUNE_DEMO: string;
  };
}

export const DEFAULT_SPEED = 60;

function demoPlace(dir: string): DemoPlace {
  return {
    dir,
    env: {
      PATH: join(dir, 'bin'),
      JUJU_DATA: join(dir, 'juju-data'),
      XDG_STATE_HOME: join(dir, 'state'),
      XDG_CONFIG_HOME: join(dir, 'config'),
      JUJU_TUNE_DEMO: dir,
    },
  };
}

/**
 * Makes the demo cloud, or takes up the one that is there; a dialect, speed or scenario given is changed in place.
 * Throws an `Error` with a sentence when the folder is somebody else's.
 */
export async function setUp(options: SetupOptions): Promise<DemoPlace> {
  const dir = resolve(options.dir);
  const there = readText(join(dir, 'cloud.json')) !== undefined;
  if (!there && existsSync(dir) && existsSync(join(dir, 'units'))) throw new Error(`"${dir}" is not a demo cloud`);
  if (options.reset && there) removeDemo(dir);
  const known = existsSync(join(dir, 'ready')) && !changesScale(dir, options);
  if (!known) {
    if (there && !options.reset) removeDemo(dir);
    await build(dir, options);
  } else {
    adapt(dir, options);
  }
  writePrograms(dir, options);
  if (options.scenario !== undefined) writeScenario(dir, options.scenario);
  return demoPlace(dir);
}

function changesScale(dir: string, options: SetupOptions): boolean {
  const wanted = options.units;
  if (wanted === undefined) return false;
  return readCloud(dir).units.length !== wanted;
}

/** Removes what setup and the stand-ins made, and nothing else; the journal of runs stays unless the whole demo goes. */
export function removeDemo(dir: string): void {
  for (const name of [
    'ready',
    'units',
    'operations',
    'tasks',
    'running',
    'waiting',
    'juju-data',
    'cloud.json',
    'clock.json',
    'config.json',
    'scenario.json',
    'calls',
    'canned',
    'agent.log',
    'state',
    'config',
    'bin',
  ]) {
    rmSync(join(dir, name), { recursive: true, force: true });
  }
  forgetFolders();
}

function adapt(dir: string, options: SetupOptions): void {
  const cloud = readCloud(dir);
  if (options.dialect !== undefined && options.dialect !== cloud.dialect) writeCloud(dir, { ...cloud, dialect: options.dialect });
  const clock = readClock(dir);
  if (options.speed !== undefined && options.speed !== clock.rate) setRate(dir, clock, options.speed, Date.now());
}

function writeCloud(dir: string, cloud: Cloud): void {
  writeAtomically(join(dir, 'cloud.json'), `${JSON.stringify(cloud, null, 1)}\n`);
}

async function build(dir: string, options: SetupOptions): Promise<void> {
  const now = Date.now();
  const dialect = options.dialect ?? '3.6';
  for (const name of ['', 'units', 'operations', 'tasks', 'running', 'waiting', 'juju-data', 'state', 'config']) {
    mkdirSync(join(dir, name), { recursive: true, mode: 0o700 });
  }
  const clock: ClockFile = { epochReal: now, epochVirtual: now, rate: options.speed ?? DEFAULT_SPEED };
  writeAtomically(join(dir, 'clock.json'), `${JSON.stringify(clock)}\n`);
  const cloud = options.units === undefined ? defaultCloud(dialect, now) : scaledCloud(dialect, now, options.units);
  writeCloud(dir, cloud);
  writeAtomically(join(dir, 'juju-data', 'current.json'), `${JSON.stringify({ model: cloud.model.name })}\n`);
  await buildUnits(dir, options.units === undefined ? cloud : templates(defaultCloud(dialect, now)));
  writeAtomically(join(dir, 'ready'), '');
}

/** Scale mode needs one unit of each kind to read answers from. */
function templates(cloud: Cloud): Cloud {
  return { ...cloud, units: cloud.units.filter(({ name }) => name.endsWith('/0')) };
}

async function buildUnits(dir: string, cloud: Cloud): Promise<void> {
  const roots: string[] = [];
  for (const unit of cloud.units) {
    if (unit.runner?.kind !== 'folder' || charmUnit(cloud, unit) === undefined) continue;
    const root = join(dir, unit.runner.root);
    placeUnit(root, cloud, unit);
    roots.push(root);
  }
  const next = roots.values();
  const worker = async (): Promise<void> => {
    for (const root of next) await startApache(root);
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
}

/** Two-line programs with an absolute node, so that nothing depends on the caller's PATH. */
function writePrograms(dir: string, options: SetupOptions): void {
  const program = (...words: string[]) => `#!/bin/sh\nexec ${words.map(quote).join(' ')} "$@"\n`;
  place(dir, 'bin/juju', program(options.node, join(options.bundles, 'demo-juju.mjs')), 0o755);
  place(dir, 'bin/juju-tune', program(options.node, join(dirname(options.bundles), 'src/launcher/juju-tune.cjs')), 0o755);
}

export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function writeScenario(dir: string, file: string): void {
  const text = readText(file);
  if (text === undefined) throw new Error(`cannot read scenario "${file}"`);
  let scenario: unknown;
  try {
    scenario = JSON.parse(text);
  } catch (cause) {
    throw new Error(`scenario "${file}" is not JSON: ${(cause as Error).message}`);
  }
  checkScenario(scenario);
  writeAtomically(join(dir, 'scenario.json'), text);
}
