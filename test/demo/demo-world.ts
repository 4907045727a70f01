import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type DemoPlace, type SetupOptions, setUp } from '../../src/demo/setup.js';
import { buildDemo } from '../../src/launcher/build-demo.mjs';

export const projectRoot = resolve(import.meta.dirname, '..', '..');

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

export interface Child {
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly cwd?: string;
}

export function run(argv: readonly string[], child: Child = {}): Promise<Said> {
  const [program = '', ...words] = argv;
  const started = performance.now();
  return new Promise((done, fail) => {
    // bash would take a pipe of Node's for a network connection and read somebody's .bashrc.
    const stdin = child.input === undefined ? 'ignore' : 'pipe';
    const process = spawn(program, words, { stdio: [stdin, 'pipe', 'pipe'], ...child });
    let [stdout, stderr] = ['', ''];
    process.stdout?.on('data', (chunk) => {
      stdout += chunk;
    });
    process.stderr?.on('data', (chunk) => {
      stderr += chunk;
    });
    process.stdin?.on('error', () => undefined);
    process.stdin?.end(child.input);
    process.on('error', fail);
    process.on('close', (code) => done({ code: code ?? -1, stdout, stderr, milliseconds: performance.now() - started }));
  });
}

/** A demo cloud of its own in a temporary folder, with the programs as they are shipped. */
export class DemoWorld {
  readonly dir: string;
  readonly place: DemoPlace;
  readonly #home: string;

  private constructor(home: string, place: DemoPlace) {
    this.#home = home;
    this.dir = place.dir;
    this.place = place;
  }

  /** Speed 1 unless told, so that a test decides what time does. */
  static async make(options: Partial<SetupOptions> = {}): Promise<DemoWorld> {
    const home = mkdtempSync(join(tmpdir(), 'juju-tune-test-'));
    const bundles = join(home, 'dist');
    await buildDemo(projectRoot, bundles);
    const place = await setUp({ dir: join(home, 'cloud'), node: process.execPath, bundles, ...options });
    const world = new DemoWorld(home, place);
    world.#quiet();
    return world;
  }

  /** Update-status hooks would make times depend on the moment. */
  #quiet(): void {
    const path = join(this.dir, 'cloud.json');
    const cloud = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...cloud, hooks: false }));
  }

  get demoProgram(): readonly string[] {
    return [process.execPath, join(this.#home, 'dist', 'demo.mjs')];
  }

  get environment(): NodeJS.ProcessEnv {
    return { PATH: `${this.place.env.PATH}:/usr/bin:/bin`, JUJU_DATA: this.place.env.JUJU_DATA };
  }

  root(unit: string): string {
    return join(this.dir, 'units', unit.replace('/', '-'));
  }

  juju(...argv: string[]): Promise<Said> {
    return run([join(this.dir, 'bin', 'juju'), ...argv], { env: this.environment });
  }

  async json(...argv: string[]): Promise<unknown> {
    const said = await this.juju(...argv, '--format', 'json');
    return JSON.parse(said.stdout);
  }

  /** Runs bash in a unit's folder as a unit program would, without juju. */
  on(unit: string, script: string): Promise<Said> {
    const root = this.root(unit);
    const PATH = `${root}/usr/sbin:${root}/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
    return run(['/bin/bash', '-c', script], { env: { PATH, ROOT: root, JUJU_TUNE_ROOT: root, TZ: 'UTC' }, cwd: root });
  }

  scenario(scenario: object): void {
    writeFileSync(join(this.dir, 'scenario.json'), JSON.stringify(scenario));
  }

  dispose(): void {
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

/** Waits until something holds; throws when it does not within the time. */
export async function until<T>(look: () => T | undefined | Promise<T | undefined>, milliseconds = 10_000): Promise<T> {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error('it did not come true in time');
    await new Promise((next) => setTimeout(next, 20));
  }
}
