import { appendFileSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { folderName } from '../cloud.js';
import { readJson } from '../files.js';

/** Real seconds since the scenario file was written; `until` absent: for ever. */
interface Span {
  readonly after?: number;
  readonly until?: number;
}

interface OnUnit extends Span {
  readonly unit: string;
  /** Only the k-th task on this unit, counted from 1; absent: every one. */
  readonly task?: number;
}

/** One answer of juju that is put in place of the right one, for the calls number `from` to `to` of a command. */
interface WrongCall {
  readonly command: string;
  readonly from?: number;
  readonly to?: number;
  /** `partial` cuts stdout in half, `malformed` breaks its JSON, `empty` drops it; absent: stdout, stderr and code as given. */
  readonly as?: 'partial' | 'malformed' | 'empty';
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code?: number;
}

/** `scenario.json`: how the demo's juju misbehaves. Read at every call, so it may change while the demo runs. */
export interface Scenario {
  readonly latencyMs?: number;
  readonly lost?: readonly OnUnit[];
  /** Machines whose agent is down. */
  readonly down?: readonly string[];
  /** The command hangs that many real seconds before it does anything. */
  readonly hang?: readonly (OnUnit & { readonly seconds: number })[];
  /** The task stays pending that many real seconds, whoever waits. */
  readonly late?: readonly (OnUnit & { readonly seconds: number })[];
  readonly hook?: readonly (Span & { readonly unit: string; readonly name: string })[];
  /** The agent kills the command after that many real milliseconds. */
  readonly killed?: readonly (OnUnit & { readonly afterMs: number })[];
  /** The machine goes down after that many real milliseconds of the k-th task, and comes up again. */
  readonly reboot?: readonly (OnUnit & { readonly afterMs: number })[];
  /** Before the k-th task the charm renders its files anew and restarts Apache. */
  readonly rerender?: readonly (OnUnit & { readonly path?: string; readonly content?: string })[];
  readonly calls?: readonly WrongCall[];
  readonly login?: 'password' | 'browser';
  /** That many calls find the client store locked. */
  readonly storeLock?: number;
  readonly permissionDenied?: boolean;
  readonly controllerDown?: Span;
  readonly noControllers?: boolean;
  readonly noCurrentModel?: boolean;
  readonly modelType?: 'iaas' | 'caas';
  readonly version?: string;
}

export interface LiveScenario {
  readonly scenario: Scenario;
  /** Real milliseconds when it began. */
  readonly since: number;
  readonly dir: string;
}

export function readScenario(dir: string): LiveScenario {
  const path = join(dir, 'scenario.json');
  const scenario = readJson<Scenario>(path);
  return scenario === undefined ? { scenario: {}, since: 0, dir } : { scenario, since: statSync(path).mtimeMs, dir };
}

export function holds(live: LiveScenario, span: Span): boolean {
  const seconds = (Date.now() - live.since) / 1000;
  return seconds >= (span.after ?? 0) && seconds < (span.until ?? Number.POSITIVE_INFINITY);
}

/** Counts an event on disk, for all processes; the first is 1. */
export function count(dir: string, what: string): number {
  const folder = join(dir, 'calls');
  const path = join(folder, folderName(what));
  try {
    appendFileSync(path, '.');
  } catch {
    mkdirSync(folder, { recursive: true });
    appendFileSync(path, '.');
  }
  return statSync(path).size;
}

/** The entry that applies to the k-th task of a unit. */
export function onTask<T extends OnUnit>(
  live: LiveScenario,
  entries: readonly T[] | undefined,
  unit: string,
  task: number,
): T | undefined {
  return entries?.find((entry) => entry.unit === unit && (entry.task === undefined || entry.task === task) && holds(live, entry));
}

/** How long a unit's agent stays away from now, in milliseconds; 0 when it is there, infinite when nothing says otherwise. */
export function awayFor(live: LiveScenario, unit: string, tasksSoFar: number): number {
  let longest = 0;
  for (const entry of live.scenario.lost ?? []) {
    if (entry.unit !== unit || !holds(live, entry) || tasksSoFar + 1 < (entry.task ?? 0)) continue;
    longest = Math.max(
      longest,
      entry.until === undefined ? Number.POSITIVE_INFINITY : live.since + entry.until * 1000 - Date.now(),
    );
  }
  return longest;
}

export function wrongCall(live: LiveScenario, command: string): WrongCall | undefined {
  const entries = live.scenario.calls?.filter((entry) => entry.command === command) ?? [];
  if (entries.length === 0) return undefined;
  const number = count(live.dir, `call-${command}`);
  return entries.find(({ from = 1, to = from }) => number >= from && number <= to);
}
