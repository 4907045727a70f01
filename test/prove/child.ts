import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Line, LineContext, LineResult } from './line.js';

/** What a line's process needs to know; the rest of its context is made there. */
export type Order = Pick<LineContext, 'full' | 'seed' | 'workers' | 'words' | 'folder' | 'root'> & {
  readonly name: string;
  readonly built: string;
};
export type Message = { readonly done: number; readonly goal: number } | { readonly result: LineResult };

/** A machine that does other things at the same time may take so many times as long. */
const PATIENCE = 3;
const LONGEST_NEWS_MILLISECONDS = 30_000;
const MEMORY = '/dev/shm';
const running = new Set<ChildProcess>();

/** Ends every line that is running, with all its processes. */
export function endLines(): void {
  for (const child of running) endGroup(child);
}

function endGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // All of them have ended already.
  }
}

/** Runs a line in a process of its own and says what it found; a line that dies or takes too long has failed. */
export async function runLine(line: Line, order: Omit<Order, 'folder'>, say: (text: string) => void): Promise<LineResult> {
  const folder = mkdtempSync(join(line.inMemory && existsSync(MEMORY) ? MEMORY : tmpdir(), `juju-tune-prove-${order.name}-`));
  const minutes = PATIENCE * (order.full ? line.minutes.full : line.minutes.short);
  let latest = { done: 0, goal: 0 };
  let result: LineResult | undefined;
  const child = spawn(process.execPath, [join(order.built, 'child-main.mjs')], {
    // A group of its own, so that nothing it started outlives it.
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  running.add(child);
  child.on('message', (message: Message) => {
    if ('result' in message) result = message.result;
    else latest = message;
  });
  child.send({ ...order, folder } satisfies Order);
  const news = setInterval(() => say(`${latest.done} of ${latest.goal}`), LONGEST_NEWS_MILLISECONDS);
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    endGroup(child);
  }, minutes * 60_000);
  const ended = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ? `it was ended by ${signal}` : `it ended with ${code}`));
  });
  clearInterval(news);
  clearTimeout(limit);
  endGroup(child);
  running.delete(child);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  if (result) return result;
  const why = late ? `not done after ${minutes} minutes` : `no result: ${ended}`;
  return { ...latest, failed: 1, notes: [], failures: [why] };
}

/** The line of that name, as compiled. */
export async function loadLine(built: string, name: string): Promise<Line> {
  const { line } = (await import(pathToFileURL(join(built, 'lines', `${name}.mjs`)).href)) as { line?: Line };
  if (!line) throw new Error(`test/prove/lines/${name}.ts exports no "line"`);
  return line;
}
