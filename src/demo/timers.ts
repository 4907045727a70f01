import { spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cloud, UnitSpec } from './cloud.js';
import { readText, writeAtomically } from './files.js';
import { materialise } from './materialise.js';

/** A unit folder, as the demo knows it. */
export interface UnitFolder {
  readonly root: string;
  readonly cloud: Cloud;
  /** The unit itself, or the one that it is a subordinate of. */
  readonly unit: UnitSpec;
}

interface Timer {
  readonly path: string;
  /** Virtual milliseconds. */
  readonly due: number;
  /** How long after its command ended it is due again; 0: never. */
  readonly again: number;
  readonly command: readonly string[];
}

/** More than a guard ever tries again. */
const MOST_STARTS = 50;

/**
 * Brings a unit's folder up to the virtual time `now` (milliseconds): what its systemd had to start until then was started, each at its own
 * time, and the logs tell of it. Nothing of the demo runs while nobody looks; whoever looks next finds what would have happened.
 */
export async function liveUntil(folder: UnitFolder, now: number): Promise<void> {
  for (let starts = 0; starts < MOST_STARTS; starts++) {
    const timer = timers(folder.root)
      .sort((a, b) => a.due - b.due)
      .find(({ due }) => due <= now);
    if (timer === undefined) break;
    materialise(folder.root, folder.cloud, folder.unit, timer.due);
    const ended = await startAt(folder, timer.command, timer.due);
    // Whoever stopped it has taken its file away.
    if (!existsSync(timer.path)) continue;
    if (timer.again === 0) rmSync(timer.path, { force: true });
    else writeAtomically(timer.path, [ended + timer.again, timer.again, ...timer.command, ''].join('\n'));
  }
  writeUptime(folder.root, now);
  if (apacheDies(folder.root) <= now)
    await startAt(folder, [join(folder.root, 'usr/bin/systemctl'), 'is-active', 'apache2'], now);
  materialise(folder.root, folder.cloud, folder.unit, now);
}

/** When its Apache ends by itself; whoever looks must find that it did. */
function apacheDies(root: string): number {
  const [, at] = /^dies (\d+)$/m.exec(readText(join(root, '.demo/apache')) ?? '') ?? [];
  return at === undefined ? Number.POSITIVE_INFINITY : Number(at);
}

function timers(root: string): Timer[] {
  const dir = join(root, '.demo/timers');
  if (!existsSync(dir)) return [];
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    const [due = '', again = '', ...command] = (readText(path) ?? '').trimEnd().split('\n');
    return name.startsWith('.') || command.length === 0 ? [] : [{ path, due: Number(due), again: Number(again), command }];
  });
}

/** Runs a command as systemd would, its clock beginning at `at`. Resolves to the virtual time at which it ended. */
export async function startAt({ root, unit }: UnitFolder, command: readonly string[], at: number): Promise<number> {
  const clock = join(root, '.demo/timer-clock');
  const began = Date.now();
  writeFileSync(clock, `${Math.floor(at)} ${began}\n`);
  writeUptime(root, at);
  const env = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    JUJU_TUNE_ROOT: root,
    JUJU_TUNE_TASK_CLOCK: clock,
    JUJU_TUNE_UNIT_HOST: unit.address,
  };
  await ended(command, env);
  const slept = (readText(clock) ?? '')
    .trim()
    .split('\n')
    .slice(1)
    .reduce((sum, line) => sum + Number(line), 0);
  rmSync(clock, { force: true });
  return at + (Date.now() - began) + slept;
}

function ended([program = '', ...argv]: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(program, argv, { env, stdio: 'ignore' });
    child.on('error', () => resolve());
    child.on('close', () => resolve());
  });
}

/** Virtual time at which the machine came up; the demo's machines had been up for a month. */
const UP_BEFORE_MS = 2_764_800_110;

/** The monotonic clock of the unit; the stand-in of sleep moves it on. */
function writeUptime(root: string, now: number): void {
  const path = join(root, '.demo/booted');
  const known = readText(path);
  const booted = known === undefined ? now - UP_BEFORE_MS : Number(known);
  if (known === undefined) writeAtomically(path, `${Math.floor(booted)}\n`);
  const seconds = ((now - booted) / 1000).toFixed(2);
  writeAtomically(join(root, 'proc/uptime'), `${seconds} ${(Number(seconds) * 29).toFixed(2)}\n`);
}
