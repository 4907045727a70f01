import { execFile, spawn } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Cloud } from '../../../src/demo/cloud.js';
import { writeAtomically } from '../../../src/demo/files.js';
import type { Operation, Task } from '../../../src/demo/juju/operations.js';
import type { Scenario } from '../../../src/demo/juju/scenario.js';
import { type Dialect, UNITS, type UnitOfCloud } from './schedule.js';

const run = promisify(execFile);
/** Fast enough that nobody waits for haproxy, slow enough that logs are cheap. */
const SPEED = 20;

/** By then all that a program said before it ended is here. */
const DRAINED_MILLISECONDS = 2000;

/** What ran, and how it ended. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type Tree = Readonly<Record<string, string>>;

/** A demo cloud with two units of keystone and nothing else, in a folder of its own. */
export class SmallCloud {
  readonly dir: string;
  readonly #product: string;
  readonly #madeAt = Date.now();

  /** `product` is the file that node runs as juju-tune. */
  constructor(dir: string, product: string) {
    this.dir = dir;
    this.#product = product;
  }

  /** The first of them, from which the others are copied. */
  static async template(dir: string, root: string, product: string): Promise<SmallCloud> {
    await run(process.execPath, [join(root, 'dist/demo.mjs'), 'setup', '--dir', dir, '--speed', String(SPEED)]);
    const cloud = JSON.parse(readFileSync(join(dir, 'cloud.json'), 'utf8')) as Cloud;
    const isKept = (name: string): boolean => UNITS.some((unit) => unit === name);
    const kept = {
      ...cloud,
      hooks: false,
      applications: cloud.applications.filter(({ name }) => name === 'keystone'),
      units: cloud.units.filter(({ name }) => isKept(name)),
    };
    writeFileSync(join(dir, 'cloud.json'), JSON.stringify(kept));
    for (const folder of readdirSync(join(dir, 'units'))) {
      const place = join(dir, 'units', folder);
      if (!isKept(folder.replace(/-(\d+)$/, '/$1'))) rmSync(place, { recursive: true });
      else {
        const backends = join(place, '.demo/backends');
        const lines = readFileSync(backends, 'utf8').split('\n');
        writeFileSync(backends, lines.filter((line) => !line.includes('keystone-2')).join('\n'));
      }
    }
    return new SmallCloud(dir, product);
  }

  async copy(dir: string, dialect: Dialect, product = this.#product): Promise<SmallCloud> {
    await run('/bin/cp', ['-a', '--reflink=auto', this.dir, dir]);
    const copy = new SmallCloud(dir, product);
    const file = join(dir, 'cloud.json');
    writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as Cloud), dialect }));
    // As if it had been made just now: what nobody looked at need not be told.
    const { epochVirtual, epochReal } = this.#clock();
    copy.#setClock({ epochReal: Date.now(), epochVirtual: epochVirtual + (this.#madeAt - epochReal) * SPEED });
    return copy;
  }

  #clock(): { readonly epochReal: number; readonly epochVirtual: number; readonly rate: number } {
    return JSON.parse(readFileSync(join(this.dir, 'clock.json'), 'utf8'));
  }

  #setClock(clock: { readonly epochReal: number; readonly epochVirtual: number }): void {
    writeAtomically(join(this.dir, 'clock.json'), JSON.stringify({ ...clock, rate: SPEED }));
  }

  /** So many seconds of its time are over at once. */
  pass(seconds: number): void {
    if (seconds === 0) return;
    const { epochReal, epochVirtual } = this.#clock();
    this.#setClock({ epochReal, epochVirtual: epochVirtual + seconds * 1000 });
  }

  /** What goes wrong from now on, tasks and calls counted anew. */
  scenario(scenario: Scenario): void {
    rmSync(join(this.dir, 'calls'), { recursive: true, force: true });
    writeAtomically(join(this.dir, 'scenario.json'), JSON.stringify(scenario));
  }

  get environment(): Readonly<Record<string, string>> {
    return {
      PATH: `${join(this.dir, 'bin')}:${process.env.PATH ?? ''}`,
      HOME: this.dir,
      JUJU_DATA: join(this.dir, 'juju-data'),
      XDG_STATE_HOME: join(this.dir, 'state'),
      XDG_CONFIG_HOME: join(this.dir, 'config'),
      JUJU_TUNE_DEMO: this.dir,
      NO_COLOR: '1',
    };
  }

  /** Starts juju-tune; `done` when it has ended. */
  start(words: readonly string[]): { kill(signal: NodeJS.Signals): void; readonly done: Promise<Ran> } {
    const child = spawn(process.execPath, [this.#product, ...words], {
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const done = new Promise<Ran>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, stdout, stderr }));
      // A juju that outlives its operator keeps the output open.
      child.on('exit', (code) => void setTimeout(() => resolve({ code, stdout, stderr }), DRAINED_MILLISECONDS));
    });
    return { kill: (signal) => void child.kill(signal), done };
  }

  async juju(...words: string[]): Promise<string> {
    const { stdout } = await run(join(this.dir, 'bin/juju'), words, { env: this.environment });
    return stdout;
  }

  /** Records in all journals. */
  records(): number {
    const folder = join(this.dir, 'state/juju-tune/runs');
    try {
      return readdirSync(folder)
        .filter((name) => name.endsWith('.jsonl'))
        .reduce((sum, name) => sum + readFileSync(join(folder, name), 'latin1').split('\n').length - 1, 0);
    } catch {
      return 0;
    }
  }

  /** Resolves once no task is under way or will ever be; throws when one does not end. */
  async quiet(milliseconds: number): Promise<void> {
    const deadline = Date.now() + milliseconds;
    for (;;) {
      const open = this.#openTasks();
      if (open.length === 0) return;
      if (Date.now() > deadline)
        throw new Error(`tasks do not end: ${open.map(({ task, status }) => `${task} ${status}`).join(', ')}`);
      for (const { operation } of open) {
        mkdirSync(join(this.dir, 'waiting'), { recursive: true });
        writeFileSync(join(this.dir, 'waiting', operation), '');
      }
      // Whoever calls juju takes up what nobody carries out yet.
      await this.juju('status');
      await wait(100);
    }
  }

  #openTasks(): { readonly operation: string; readonly task: string; readonly status: string }[] {
    const read = <T>(...path: string[]): T | undefined => {
      try {
        return JSON.parse(readFileSync(join(this.dir, ...path), 'utf8')) as T;
      } catch {
        return undefined;
      }
    };
    const names = readdirSync(join(this.dir, 'operations')).filter((name) => name.endsWith('.json'));
    return names.flatMap((name) => {
      const operation = read<Operation>('operations', name);
      return (operation?.tasks ?? []).flatMap(({ id }) => {
        const status = read<Task>('tasks', `${id}.json`)?.status ?? 'pending';
        const isOpen = status === 'pending' || status === 'running' || status === 'aborting';
        return isOpen ? [{ operation: operation?.id ?? '', task: id, status }] : [];
      });
    });
  }

  /** Every byte, mode, owner and link that a change may touch. */
  tree(unit: UnitOfCloud): Tree {
    const root = this.#root(unit);
    return Object.fromEntries(['etc', 'var/lib/apache2'].flatMap((part) => entries(root, part)));
  }

  /** What would go on by itself, or should not be there: timers and markers of a guard, files made ready beside others. */
  leftovers(unit: UnitOfCloud): readonly string[] {
    const root = this.#root(unit);
    const list = (path: string): string[] => {
      try {
        return readdirSync(join(root, path), { recursive: true, encoding: 'utf8' }).map((name) => `${path}/${name}`);
      } catch {
        return [];
      }
    };
    const guards = list('.demo/timers').filter((path) => path.includes('juju-tune'));
    const marker = list('var/lib/juju-tune').filter((path) => path.endsWith('/pending'));
    return [...guards, ...marker, ...list('etc').filter((path) => path.includes('/.juju-tune-'))];
  }

  #root(unit: string): string {
    return join(this.dir, 'units', unit.replace('/', '-'));
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

function entries(root: string, path: string): [string, string][] {
  const stat = lstatSync(join(root, path));
  const mode = `${(stat.mode & 0o7777).toString(8)} ${stat.uid}:${stat.gid}`;
  if (stat.isSymbolicLink()) return [[path, `link ${readlinkSync(join(root, path))}`]];
  if (!stat.isDirectory()) return [[path, `${mode} ${readFileSync(join(root, path), 'latin1')}`]];
  // What systemd is told is not a tuning's.
  const inside = readdirSync(join(root, path)).filter((name) => join(path, name) !== 'etc/systemd');
  return [[path, `dir ${mode}`], ...inside.sort().flatMap((name) => entries(root, join(path, name)))];
}
