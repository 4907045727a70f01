import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');
export const executable = join(root, 'src/launcher/juju-tune.cjs');
const demo = join(root, 'dist/demo.mjs');

const SCOPE = process.env.TEST_SCOPE;
/** TEST_SCOPE=full: every dialect, format and action, where one or few of them do otherwise. */
export const FULL = SCOPE === 'full' || SCOPE === 'rest';
/** TEST_SCOPE=rest, as .ci/run asks after npm cit: of that only what npm cit has not tried. */
export const REST = SCOPE === 'rest';

export type Dialect = '2.9' | '3.6' | '4.0';

export interface Result {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface DemoOptions {
  readonly dialect?: Dialect;
  readonly units?: number;
  readonly scenario?: object;
  readonly speed?: number;
}

/** A demo cloud in a folder of its own, and the real executable on it. */
export class DemoCloud {
  readonly dir: string;
  readonly env: Record<string, string>;

  constructor(options: DemoOptions = {}) {
    this.dir = mkdtempSync(join(tmpdir(), 'juju-tune-demo-'));
    const flags = ['--dir', join(this.dir, 'cloud')];
    if (options.dialect) flags.push('--dialect', options.dialect);
    if (options.units) flags.push('--units', String(options.units));
    if (options.speed) flags.push('--speed', String(options.speed));
    if (!options.units) execFileSync('/bin/cp', ['-a', '--reflink=auto', preparedCloud(), this.cloud]);
    const { env } = setUp(flags);
    this.env = { ...cleanEnvironment(), ...env, PATH: `${env.PATH}:${process.env.PATH}` };
    if (options.scenario) this.scenario(options.scenario);
  }

  get cloud(): string {
    return join(this.dir, 'cloud');
  }

  /** What goes wrong from now on. */
  scenario(scenario: object): void {
    writeFileSync(join(this.cloud, 'scenario.json'), JSON.stringify(scenario));
  }

  start(
    argv: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): { readonly pid: number; readonly done: Promise<Result> } {
    const child = spawn(process.execPath, [executable, ...argv], {
      env: { ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const done = new Promise<Result>((resolveResult) => {
      child.on('close', (code, signal) => resolveResult({ code, signal, stdout, stderr }));
    });
    return { pid: child.pid ?? 0, done };
  }

  run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Result> {
    return this.start(argv, env).done;
  }

  /** Runs and parses its JSON; throws with what it said when it ended otherwise than told. */
  async json<T>(argv: readonly string[], code = 0): Promise<T> {
    const result = await this.run([...argv, '--format', 'json']);
    if (result.code !== code) throw new Error(`${argv.join(' ')} ended with ${result.code}: ${result.stderr}${result.stdout}`);
    return JSON.parse(result.stdout) as T;
  }

  /** Every byte, mode and link that a tuning may touch on a unit. */
  tree(unit: string): Record<string, string> {
    return treeOf(join(this.cloud, 'units', unit.replace('/', '-')));
  }

  unitFile(unit: string, path: string): string {
    return join(this.cloud, 'units', unit.replace('/', '-'), path);
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

interface DemoSetup {
  readonly env: Readonly<Record<string, string>>;
}

/** What the demo says of itself; one that is there is taken up, in the dialect and at the speed that are asked for. */
function setUp(flags: readonly string[]): DemoSetup {
  return JSON.parse(execFileSync(process.execPath, [demo, 'setup', ...flags], { encoding: 'utf8' })) as DemoSetup;
}

/** A demo cloud as it is set up, made once for all test files of a run; nobody changes it. */
function preparedCloud(): string {
  const shared = process.env.JUJU_TUNE_TEST_FOLDER;
  if (!shared) throw new Error('vitest.config.ts did not prepare a folder for this run');
  const prepared = join(shared, 'cloud');
  if (existsSync(prepared)) return prepared;
  const own = mkdtempSync(join(shared, 'part-'));
  setUp(['--dir', join(own, 'cloud')]);
  try {
    renameSync(join(own, 'cloud'), prepared);
  } catch (error) {
    // Another file was faster, and its cloud is as good.
    if (!existsSync(prepared)) throw error;
  }
  return prepared;
}

/** Every byte, mode and link that a tuning may touch in a unit's folder. */
export function treeOf(folder: string): Record<string, string> {
  return Object.fromEntries(['etc', 'var/lib/apache2'].flatMap((part) => walk(folder, part)));
}

function walk(base: string, path: string): [string, string][] {
  const stat = lstatSync(join(base, path));
  const mode = (stat.mode & 0o7777).toString(8);
  if (stat.isSymbolicLink()) return [[path, `link ${readlinkSync(join(base, path))}`]];
  if (!stat.isDirectory()) return [[path, `${mode} ${readFileSync(join(base, path), 'latin1')}`]];
  // What systemd is told on a unit is not a tuning's (safe-change.md 3, step 9).
  const inside = readdirSync(join(base, path))
    .filter((name) => join(path, name) !== 'etc/systemd')
    .sort();
  return [[path, `dir ${mode}`], ...inside.flatMap((name) => walk(base, join(path, name)))];
}

/** The environment without what would change how juju-tune behaves. */
export function cleanEnvironment(): Record<string, string> {
  const dropped = ['CI', 'NO_COLOR', 'FORCE_COLOR', 'JUJU_MODEL', 'JUJU_CONTROLLER', 'JUJU_DATA', 'JUJU_BIN'];
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || dropped.includes(name) ? [] : [[name, value]],
    ),
  );
}
