import { redact } from '../domain/redact.js';
import { field, isRecord, number, text } from './json.js';

/** What a task left behind: output of a script that ended, or why there is none. */
export type TaskEnd = TaskOutput | NoOutput;

export interface TaskOutput {
  readonly kind: 'output';
  readonly stdout: string;
  readonly stderr: string;
  readonly returnCode: number;
}

export interface NoOutput {
  readonly kind: 'none';
  /** Codes of `NoAnswer`. */
  readonly code: 'NO_ANSWER' | 'KILLED' | 'CANCELLED' | 'MISSING' | 'NO_LOGIN' | 'BAD_ANSWER';
  readonly message: string;
  readonly mayHaveRun: boolean;
}

const FINAL = new Set(['completed', 'failed', 'cancelled', 'aborted', 'error']);

/** True once nothing more will become of a task with this status. */
export function isFinal(status: string): boolean {
  return FINAL.has(status);
}

/**
 * What one entry of `show-task` or of `show-operation` comes to; undefined while the task is not over, or when it is over and its
 * output is not in this entry (4.x keeps it for `show-task`, juju-contract 5.1). The status is read before the return code: a
 * killed command has return code 0.
 */
export function readTask(task: unknown): TaskEnd | undefined {
  const message = text(task, 'message') || text(task, 'error');
  switch (text(task, 'status')) {
    case 'completed':
      return isRecord(field(task, 'results')) ? readResults(field(task, 'results')) : undefined;
    case 'failed':
      return { kind: 'none', code: 'KILLED', message: killed(message), mayHaveRun: true };
    case 'cancelled':
      return {
        kind: 'none',
        code: 'CANCELLED',
        message: 'its task was cancelled',
        mayHaveRun: text(task, 'timing', 'started') !== '',
      };
    case 'aborted':
      return { kind: 'none', code: 'CANCELLED', message: 'its task was aborted while it ran', mayHaveRun: true };
    case 'error':
      return errorOf(message);
    default:
      return undefined;
  }
}

function killed(message: string): string {
  return message === 'command cancelled'
    ? 'the unit killed the command at its time limit'
    : `its task failed: ${redact(message) || 'no reason given'}`;
}

/** A task that Juju could not make or carry out. */
export function errorOf(message: string): NoOutput {
  if (/\bunit\b[^\n]{0,300}not found/.test(message)) return missingUnit(message);
  return { kind: 'none', code: 'KILLED', message: redact(message) || 'its task ended in error', mayHaveRun: true };
}

/** Juju knows no such unit. */
export function missingUnit(message: string): NoOutput {
  return { kind: 'none', code: 'MISSING', message: redact(message), mayHaveRun: false };
}

function notRead(end: NoOutput): NoOutput {
  return end.mayHaveRun ? { ...end, code: 'NO_ANSWER' } : end;
}

/** One entry of the list that `juju exec` of 2.9 prints, which has no status (juju-contract 4.5). */
export function readListEntry(entry: unknown): TaskEnd {
  const error = text(entry, 'Error') || text(entry, 'error');
  // Of a task that it cannot read (`action not found`), nobody knows whether it is over.
  if (error !== '') return notRead(errorOf(error));
  const message = text(entry, 'message') || text(entry, 'Message');
  if (message !== '') return { kind: 'none', code: 'KILLED', message: killed(message), mayHaveRun: true };
  return readResults(entry);
}

/** `results` of a task, its text decoded. An absent return code is 0. */
export function readResults(results: unknown): TaskOutput {
  return {
    kind: 'output',
    stdout: output(results, 'stdout', 'Stdout'),
    stderr: output(results, 'stderr', 'Stderr'),
    returnCode: number(results, 'return-code') ?? number(results, 'ReturnCode') ?? 0,
  };
}

/** What is not UTF-8 comes as base64, marked under one of four names (juju-contract 4.4). */
function output(results: unknown, ...names: readonly string[]): string {
  for (const name of names) {
    const found = text(results, name);
    if (found === '') continue;
    const encoding = text(results, `${name}-encoding`) || text(results, `${name}Encoding`);
    return encoding === 'base64' ? Buffer.from(found, 'base64').toString('utf8') : found;
  }
  return '';
}
