import { parseAction } from '../../src/adapters/action-file.js';
import { readJournalText } from '../../src/adapters/journal-record.js';
import { entries, parseJson } from '../../src/adapters/json.js';
import { parseConfig } from '../../src/adapters/juju-config.js';
import { parseStatus } from '../../src/adapters/juju-status.js';
import { parsePlan } from '../../src/adapters/plan-file.js';
import { readScheduled } from '../../src/adapters/scheduled.js';
import { readTask } from '../../src/adapters/task-result.js';
import { readCall } from '../../src/adapters/unit-calls.js';
import { Failure } from '../../src/domain/failure.js';
import { foldRun } from '../../src/domain/run.js';
import { readCollected } from '../../src/unit/collected.js';
import { readProbe, readReceipt } from '../../src/unit/receipt.js';
import { fakeInventory } from '../fakes/model.js';
import {
  configInput,
  execInput,
  type InputMaker,
  journalInput,
  operationInput,
  planInput,
  receiptInput,
  statusInput,
  yamlInput,
} from './parsers-inputs.js';
import { seeded, seedOf } from './random.js';
import type { Work } from './workers.js';

export type ParserName = 'status' | 'exec' | 'operations' | 'config' | 'YAML' | 'plan files' | 'receipts' | 'journal';
export type PlantedParser = 'crash on null' | 'hang on a long word' | 'writes to a prototype';

export interface ParsersShare {
  readonly seed: number;
  readonly goal: number;
  readonly parser: ParserName | PlantedParser;
  /** One find is enough. */
  readonly isPlanted: boolean;
  /** Texts of `juju status` and of action files. */
  readonly samples: { readonly status: readonly string[]; readonly actions: readonly string[] };
}

export interface ParsersResult {
  readonly done: number;
  readonly pastSyntax: number;
  readonly failed: number;
  readonly failures: readonly string[];
}

const HANG_MILLISECONDS = 100;
const UNIT = 'keystone/0';

interface Subject {
  readonly make: InputMaker;
  /** Gives a value or throws a `Failure`; anything else is a crash. */
  readonly parse: (text: string) => unknown;
}

function subjectOf({ parser, samples }: ParsersShare): Subject {
  const { model } = fakeInventory();
  switch (parser) {
    case 'status':
      return { make: statusInput(samples.status), parse: (text) => parseStatus(text, model, '2026-11-24T00:00:00Z') };
    case 'exec':
      return { make: execInput, parse: parseExec };
    case 'operations':
      return { make: operationInput, parse: (text) => entries(parseJson(text, 'x'), 'tasks').map(([, task]) => readTask(task)) };
    case 'config':
      return { make: configInput, parse: (text) => parseConfig('keystone', text) };
    case 'YAML':
      return { make: yamlInput(samples.actions), parse: (text) => parseAction(text, 'x.yaml') };
    case 'plan files':
      return { make: planInput(), parse: (text) => parsePlan('x.json', text) };
    case 'receipts':
      return { make: receiptInput, parse: parseReceipt };
    case 'journal':
      return { make: journalInput, parse: parseJournal };
    case 'crash on null':
      return { make: operationInput, parse: (text) => Object.keys((safely(text) as { tasks: object }).tasks) };
    case 'hang on a long word':
      return { make: operationInput, parse: (text) => /a{2000}/.test(text) && spin() };
    case 'writes to a prototype':
      return { make: operationInput, parse: (text) => merge({}, safely(text)) };
  }
}

function parseExec(text: string): unknown {
  const result = { exitCode: 0, stdout: text, stderr: '', end: 'exited', milliseconds: 1 } as const;
  return [readCall(UNIT, result), readCall(UNIT, { ...result, stdout: '', stderr: text }), readScheduled(text, text, [UNIT])];
}

function parseReceipt(text: string): unknown {
  return [readReceipt(text, 'apply', UNIT), readProbe(text, UNIT), readCollected(text, UNIT)];
}

/** Records that are whole are ours, so that their run can be told, in whatever order they are. */
function parseJournal(text: string): unknown {
  const read = readJournalText(text);
  return read.damage === undefined ? foldRun(read.entries) : read;
}

/** One share of the trials of one parser. */
export const work: Work<ParsersShare, ParsersResult> = (share, report) => {
  // A mistake is told by its sentence; where it was made costs as much as making it.
  Error.stackTraceLimit = 0;
  const { make, parse } = subjectOf(share);
  const failures: string[] = [];
  let [done, pastSyntax, failed] = [0, 0, 0];
  while (done < share.goal) {
    const seed = seedOf(share.seed, share.parser, done);
    const input = make(seeded(seed));
    const trouble = troubleOf(parse, input.text);
    done++;
    if (input.pastSyntax) pastSyntax++;
    if (trouble !== undefined) {
      failed++;
      failures.push(`${share.parser}, seed ${seed}: ${trouble}`);
      if (share.isPlanted) break;
    }
    if (done % 2000 === 0) report(done);
  }
  return { done, pastSyntax, failed, failures: failures.slice(0, 20) };
};

function troubleOf(parse: Subject['parse'], text: string): string | undefined {
  const first = timed(parse, text);
  if (first.crash !== undefined) return first.crash;
  const polluted = pollution();
  if (polluted !== undefined) return polluted;
  // A machine may stall, or be busy with other things; a text that always takes so long of a core's time does not.
  const slow = first.milliseconds > HANG_MILLISECONDS && [1, 2, 3].every(() => busy(parse, text) > HANG_MILLISECONDS);
  return slow ? `takes ${Math.round(first.milliseconds)} ms` : undefined;
}

function timed(parse: Subject['parse'], text: string): { readonly milliseconds: number; readonly crash: string | undefined } {
  const started = performance.now();
  let crash: string | undefined;
  try {
    parse(text);
  } catch (error) {
    if (!(error instanceof Failure)) crash = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
  return { milliseconds: performance.now() - started, crash };
}

/** Milliseconds of a core's time that it takes; with a Node that cannot tell, of any time. */
function busy(parse: Subject['parse'], text: string): number {
  const before = coreMilliseconds();
  timed(parse, text);
  return coreMilliseconds() - before;
}

function coreMilliseconds(): number {
  const used = process.threadCpuUsage?.();
  return used === undefined ? performance.now() : (used.user + used.system) / 1000;
}

/** What an object has that nobody gave it; taken away again. */
function pollution(): string | undefined {
  const found = Object.keys(Object.prototype);
  for (const name of found) delete (Object.prototype as Record<string, unknown>)[name];
  return found.length === 0 ? undefined : `every object has "${found[0]}" now`;
}

function safely(text: string): unknown {
  return parseJson(text, 'x');
}

/** Of a core's time: on a busy machine as much of any other is no hang. */
function spin(): void {
  const until = coreMilliseconds() + 2 * HANG_MILLISECONDS;
  while (coreMilliseconds() < until);
}

/** As many a program merges, and should not. */
function merge(into: Record<string, unknown>, from: unknown): unknown {
  if (from === null || typeof from !== 'object') return from;
  for (const [key, value] of Object.entries(from)) {
    const here = into[key];
    into[key] = here !== null && typeof here === 'object' ? merge(here as Record<string, unknown>, value) : merge({}, value);
  }
  return into;
}
