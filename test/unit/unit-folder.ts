import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Check } from '../../src/domain/action.js';
import type { FileState, PathState } from '../../src/domain/change.js';
import type { Sha256, Step } from '../../src/domain/plan.js';
import type { Order, Receipt, Terms } from '../../src/engine/ports.js';
import type { Believed } from '../../src/unit/frame.js';
import { readProbe, readReceipt } from '../../src/unit/receipt.js';
import { changeScripts, probeScripts, statusScripts } from '../../src/unit/request.js';
import { type PlantedPart, type Ran, runProgram, withPlanted } from './run-program.js';
import { STAND_INS } from './stand-ins.js';
import { FILES, LINKS, MACHINE } from './unit-files.js';

export const MODEL = '6a1b2c3d-0000-4000-8000-000000000001';
export const UNIT = 'keystone/0';
export const OWNER = `${process.getuid?.()}:${process.getgid?.()}`;
/** Whose orders a unit gets. */
export const RUN = '01KABCDEFGHJKMNPQRSTVWXYZ0';
/** A transaction's deadline that no test run reaches. */
const FAR = 4_000_000_000;

/** In memory where possible: the many `sync` of a change then cost nothing. */
const FOLDERS = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** The bash that plays the units'; JUJU_TUNE_TEST_BASH names another, such as one of version 4.4. */
const BASH = process.env.JUJU_TUNE_TEST_BASH ?? '/bin/bash';

const template = { path: '' };

/** A unit that is a folder: real bash, small stand-ins for Apache and systemd. */
export class UnitFolder {
  readonly root: string;
  /** The user that the unit's programs run as, when it is not ours. */
  runAs: number | undefined;
  /** Parts of the unit's program that stand otherwise, to see that a test would notice. */
  planted: readonly PlantedPart[] = [];
  /** How many orders it was sent: each counts anew. */
  #orders = 0;
  /** Argv before every program of the unit, and its root as they see it: for a unit that lies elsewhere for others. */
  protected readonly enter: readonly string[] = [];
  protected readonly within: string;

  constructor(root: string, within = root) {
    this.root = root;
    this.within = within;
  }

  at(path: string): string {
    return join(this.root, path);
  }

  write(path: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), text);
    chmodSync(this.at(path), mode);
  }

  link(path: string, target: string): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    symlinkSync(target, this.at(path));
  }

  replaceByLink(path: string, target: string): void {
    rmSync(this.at(path));
    this.link(path, target);
  }

  text(path: string): string {
    return readFileSync(this.at(path), 'utf8');
  }

  /** The commands that Apache and systemd were asked, since the last call. */
  calls(): string[] {
    const calls = existsSync(this.at('run/calls')) ? this.text('run/calls').trimEnd().split('\n') : [];
    rmSync(this.at('run/calls'), { force: true });
    return calls;
  }

  state(path: string): FileState {
    const place = this.at(path);
    const stat = lstatSync(place, { throwIfNoEntry: false });
    if (!stat) return { kind: 'absent' };
    if (stat.isSymbolicLink()) return { kind: 'link', target: readlinkSync(place) };
    const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0');
    const owner = `${stat.uid}:${stat.gid}`;
    if (stat.isDirectory()) return { kind: 'dir', mode, owner };
    return { kind: 'file', mode, owner, sha256: sha256(readFileSync(place)) };
  }

  /** Everything below a folder but systemd's own: kind, mode, owner, content or target, and with `times` when it was last changed. */
  tree(folder: string, times = false): Record<string, string> {
    const found: Record<string, string> = {};
    if (!existsSync(this.at(folder))) return found;
    const entries = readdirSync(this.at(folder), { recursive: true, encoding: 'utf8' });
    for (const entry of ['', ...entries].sort()) {
      const path = join(folder, entry);
      if (/^etc\/systemd(\/|$)/.test(path)) continue;
      const changed = times ? ` ${lstatSync(this.at(path), { bigint: true }).mtimeNs}` : '';
      found[path] = JSON.stringify(this.state(path)) + changed;
    }
    return found;
  }

  run(script: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const all = {
      PATH: '/usr/bin:/bin',
      HOME: '/',
      JUJU_TUNE_ROOT: this.within,
      JUJU_TUNE_STAND_INS: 'proc:run',
      JUJU_UNIT_NAME: UNIT,
      JUJU_MODEL_UUID: MODEL,
      ...env,
    };
    const text = this.planted.length === 0 ? script : withPlanted(script, this.planted);
    return runProgram([...this.enter, BASH, '-s'], all, {
      stdin: text,
      ...(this.runAs === undefined ? {} : { runAs: this.runAs }),
    });
  }

  /** Sends one order and reads its receipt. */
  async order(
    order: Order,
    env: Readonly<Record<string, string>> = {},
    contents: Readonly<Record<Sha256, string>> = {},
  ): Promise<Believed<Receipt>> {
    const ran = await this.run(orderText(order, contents, { number: ++this.#orders }), env);
    return readReceipt(ran.stdout, order.verb, UNIT);
  }

  /** Lets so many seconds pass, and then starts what systemd has to start. The words of what ran are in `said`. */
  async pass(seconds: number, env: Readonly<Record<string, string>> = {}): Promise<Ran[]> {
    this.write('run/clock', `${Number(this.text('run/clock')) + seconds}\n`);
    const uptime = Number.parseFloat(this.text('proc/uptime')) + seconds;
    this.write('proc/uptime', `${uptime}.00 0.00\n`);
    const ran: Ran[] = [];
    for (const [name, due, command] of this.timers()) {
      // Another one may have stopped it.
      if (due <= uptime && existsSync(this.at(`run/timers/${name}`))) ran.push(await this.start(command, env));
    }
    return ran;
  }

  /** Timers that systemd keeps: name, when they are due on the monotonic clock, and what they start. */
  timers(): (readonly [name: string, due: number, command: string])[] {
    if (!existsSync(this.at('run/timers'))) return [];
    return readdirSync(this.at('run/timers'))
      .sort()
      .map((name) => {
        const [due = '', ...command] = this.text(`run/timers/${name}`).trim().split(' ');
        return [name, Number(due), command.join(' ')] as const;
      });
  }

  /** Starts a command as systemd would: with nothing of what a hook has, and with no pipe of ours. */
  start(command: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const words = command.split(' ').map((word) => (word.startsWith('/var/') ? join(this.within, word) : word));
    return runProgram([...this.enter, ...words], { PATH: '/usr/bin:/bin', JUJU_TUNE_ROOT: this.within, ...env });
  }

  /** The machine goes down and comes up: another boot, no transient timers, the boot guard before Apache, then Apache. */
  async reboot(env: Readonly<Record<string, string>> = {}): Promise<Ran[]> {
    this.write('proc/sys/kernel/random/boot_id', `${sha256(this.text('proc/sys/kernel/random/boot_id')).slice(0, 8)}\n`);
    this.write('run/service/active', 'inactive\n');
    for (const gone of ['run/timers', 'proc/4242', 'run/service/starts', 'run/service/jobs'])
      rmSync(this.at(gone), { recursive: true, force: true });
    this.write('run/service/starts', '');
    const wanted = this.state('etc/systemd/system/multi-user.target.wants/juju-tune-boot-guard.service').kind === 'link';
    const [, command = ''] = wanted
      ? (/^ExecStart=(.*)$/m.exec(this.text('etc/systemd/system/juju-tune-boot-guard.service')) ?? [])
      : [];
    const ran: Ran[] = [];
    if (command !== '' && existsSync(this.at('var/lib/juju-tune/pending'))) ran.push(await this.start(command, env));
    await this.startApache();
    return ran;
  }

  async startApache(): Promise<void> {
    const ran = await this.run(`ROOT="$JUJU_TUNE_ROOT" "$JUJU_TUNE_ROOT/usr/bin/systemctl" restart apache2`);
    if (ran.code !== 0) throw new Error(ran.stderr);
  }

  async change(step: Step, contents: Readonly<Record<Sha256, string>>, more: ChangeOptions = {}): Promise<Believed<Receipt>> {
    const { number = ++this.#orders, notAfter } = more;
    const terms = notAfter === undefined ? { number } : { number, notAfter };
    const ran = await this.run(orderText(orderOf(step), contents, terms), more.env);
    return readReceipt(ran.stdout, step.verb, more.unit ?? UNIT);
  }

  /** With `endsUpTo` the orders up to that one are void from then on. */
  async status(transaction: string, env: Readonly<Record<string, string>> = {}, endsUpTo?: number): Promise<Believed<Receipt>> {
    const ends = endsUpTo === undefined ? {} : { endsUpTo: { run: RUN, number: endsUpTo } };
    const [script] = statusScripts(MODEL, { [UNIT]: { transaction, ...ends } });
    const ran = await this.run(script?.text ?? '', env);
    return readReceipt(ran.stdout, 'status', UNIT);
  }

  async probe(paths: readonly string[], globs: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const [script] = probeScripts(MODEL, { paths, globs }, [UNIT]);
    const ran = await this.run(script?.text ?? '', env);
    return readProbe(ran.stdout, UNIT);
  }

  /** A second unit that is the same in everything. */
  async copy(): Promise<UnitFolder> {
    const root = mkdtempSync(join(FOLDERS, 'juju-tune-unit-'));
    await promisify(execFile)('/bin/cp', ['-a', `${this.root}/.`, root]);
    const copy = new UnitFolder(root);
    copy.#orders = this.#orders;
    return copy;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export interface ChangeOptions {
  readonly notAfter?: number;
  /** Which of the run's orders it is; without it a new one. */
  readonly number?: number;
  /** The unit that answers, when it is not the one that was meant. */
  readonly unit?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The order that a step without a window is. */
export function orderOf(step: Step): Order {
  const { unit, transaction, budgetSeconds } = step;
  if (step.verb === 'apply') return { verb: 'apply', unit, step, windowSeconds: 0, guard: true };
  return { verb: 'rollback', unit, transaction, budgetSeconds };
}

export function orderText(
  order: Order,
  contents: Readonly<Record<Sha256, string>> = {},
  { notAfter = FAR, number = 1 }: Pick<ChangeOptions, 'notAfter' | 'number'> = {},
): string {
  return changeScripts(MODEL, [order], contents, { [order.unit]: termsOf(number, notAfter) })[0]?.text ?? '';
}

export function termsOf(number = 1, notAfter = FAR): Terms {
  return { notAfter, number: { run: RUN, number } };
}

/** A running unit, copied from one that is made once. */
export async function unitFolder(): Promise<UnitFolder> {
  if (template.path === '') template.path = await makeTemplate();
  return new UnitFolder(template.path).copy();
}

async function makeTemplate(): Promise<string> {
  const unit = new UnitFolder(mkdtempSync(join(FOLDERS, 'juju-tune-template-')));
  process.on('exit', () => unit.remove());
  for (const [path, text] of Object.entries(FILES)) unit.write(path, text);
  for (const [path, target] of Object.entries(LINKS)) unit.link(path, target);
  for (const [name, text] of Object.entries(STAND_INS)) unit.write(`usr/bin/${name}`, text, 0o755);
  symlinkSync(BASH, unit.at('usr/bin/bash'));
  mkdirSync(unit.at('var/lib/apache2/conf/enabled_by_admin'), { recursive: true });
  for (const folder of ['var/log/apache2', 'tmp']) mkdirSync(unit.at(folder), { recursive: true });
  mkdirSync(unit.at('etc/systemd/system'), { recursive: true });
  await unit.startApache();
  unit.calls();
  unit.write('run/service/starts', '');
  return unit.root;
}

export function sha256(content: string | Buffer): Sha256 {
  return createHash('sha256').update(content).digest('hex');
}

export function fileOf(text: string, mode = '0644'): FileState {
  return { kind: 'file', mode, owner: OWNER, sha256: sha256(text) };
}

export interface Wanted {
  readonly path: string;
  readonly after: FileState;
}

/** A step from what is on the unit now to what is wanted. */
export function stepOf(unit: UnitFolder, wanted: readonly Wanted[], more: Partial<Step> = {}): Step {
  const paths = (state: (one: Wanted) => FileState): PathState[] => wanted.map((one) => ({ path: one.path, state: state(one) }));
  const checks: readonly Check[] = [{ kind: 'apache-active' }];
  return {
    unit: UNIT,
    application: 'keystone',
    host: '0',
    address: '10.0.0.1',
    leader: true,
    identity: { modelUuid: MODEL, unit: UNIT, machineId: MACHINE },
    verb: 'apply',
    transaction: 'run-0001-keystone-0',
    before: paths((one) => unit.state(one.path)),
    after: paths((one) => one.after),
    activate: 'reload',
    validate: true,
    checks,
    commands: [],
    budgetSeconds: 60,
    summary: [],
    ...more,
  };
}
