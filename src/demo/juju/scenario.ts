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

/** Ways in which juju asks a person to log in (juju-contract 2.6), or says that he has to. */
export type Login = 'password' | 'browser' | 'device' | 'expired';

/** One program of a unit that does not do what it should; without `words` always, with them only when they are among its arguments. */
interface BadProgram extends OnUnit {
  readonly name: string;
  readonly words?: string;
  /** Absent: 1. */
  readonly code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/**
 * `scenario.json`: how the demo's juju and its units misbehave. Read at every call, so it may change while the demo runs. What it may
 * make of which fault is told by test/prove/fault-table.ts.
 */
export interface Scenario {
  readonly latencyMs?: number;
  readonly lost?: readonly OnUnit[];
  /** Units that the model does not have: with `after` one that is removed, with `until` one that is added. */
  readonly absent?: readonly (Span & { readonly unit: string })[];
  /** These lead their applications. */
  readonly leader?: readonly (Span & { readonly unit: string })[];
  /** From this task on another machine stands behind the name, and stays there. */
  readonly replaced?: readonly OnUnit[];
  /** Machines whose agent is down. */
  readonly down?: readonly string[];
  /** The command hangs that many real seconds before it does anything. */
  readonly hang?: readonly (OnUnit & { readonly seconds: number })[];
  /** The task stays pending that many real seconds, whoever waits. */
  readonly late?: readonly (OnUnit & { readonly seconds: number })[];
  readonly hook?: readonly (Span & { readonly unit: string; readonly name: string })[];
  /** The agent kills the command after that many real milliseconds. */
  readonly killed?: readonly (OnUnit & { readonly afterMs: number })[];
  /** The agent is started anew after that many real milliseconds, and the command ends with it. */
  readonly restart?: readonly (OnUnit & { readonly afterMs: number })[];
  /** The machine goes down after that many real milliseconds of the k-th task, and comes up again. */
  readonly reboot?: readonly (OnUnit & { readonly afterMs: number })[];
  /** Before the k-th task the charm renders its files anew and restarts Apache. */
  readonly rerender?: readonly (OnUnit & { readonly path?: string; readonly content?: string })[];
  /** The clock of a unit is so many seconds ahead, or behind when negative; its monotonic clock is not. */
  readonly clock?: readonly (OnUnit & { readonly seconds: number })[];
  readonly program?: readonly BadProgram[];
  /** A path of the unit that is taken away before the task, and stays away. */
  readonly missing?: readonly (OnUnit & { readonly path: string })[];
  /** What the command prints in place of what it would: a text, bytes in base64, or so many of the letter x. */
  readonly prints?: readonly (OnUnit & { readonly text?: string; readonly base64?: string; readonly many?: number })[];
  readonly calls?: readonly WrongCall[];
  readonly login?: Login;
  /** That many calls find the client store locked. */
  readonly storeLock?: number;
  readonly permissionDenied?: boolean;
  readonly controllerDown?: Span;
  readonly noControllers?: boolean;
  readonly noCurrentModel?: boolean;
  /** What somebody has switched to in another shell. */
  readonly currentModel?: string;
  readonly modelType?: 'iaas' | 'caas';
  readonly version?: string;
}

/** Every word of the language: one that is misspelled would go wrong by nothing going wrong. */
export const WORDS: Readonly<Record<keyof Scenario, true>> = {
  latencyMs: true,
  lost: true,
  absent: true,
  leader: true,
  replaced: true,
  down: true,
  hang: true,
  late: true,
  hook: true,
  killed: true,
  restart: true,
  reboot: true,
  rerender: true,
  clock: true,
  program: true,
  missing: true,
  prints: true,
  calls: true,
  login: true,
  storeLock: true,
  permissionDenied: true,
  controllerDown: true,
  noControllers: true,
  noCurrentModel: true,
  currentModel: true,
  modelType: true,
  version: true,
};

/** Throws when it is no object, or has a word that there is not. */
export function checkScenario(scenario: unknown): Scenario {
  if (typeof scenario !== 'object' || scenario === null || Array.isArray(scenario)) throw new Error('a scenario is an object');
  const unknown = Object.keys(scenario).filter((word) => !Object.hasOwn(WORDS, word));
  if (unknown.length > 0) {
    throw new Error(`a scenario has no word ${unknown.map((word) => `"${word}"`).join(', ')}: ${Object.keys(WORDS).join(' ')}`);
  }
  return scenario;
}

export interface LiveScenario {
  readonly scenario: Scenario;
  /** Real milliseconds when it began. */
  readonly since: number;
  readonly dir: string;
}

export function readScenario(dir: string): LiveScenario {
  const path = join(dir, 'scenario.json');
  const read = readJson<unknown>(path);
  return read === undefined
    ? { scenario: {}, since: 0, dir }
    : { scenario: checkScenario(read), since: statSync(path).mtimeMs, dir };
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
