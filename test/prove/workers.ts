import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { LineContext } from './line.js';

/** What `test/prove/NAME.ts` exports to be run in a thread: one share of the work, told from time to time how far it is. */
export type Work<Share, Result> = (share: Share, report: (done: number) => void) => Result | Promise<Result>;

export interface Assignment {
  readonly program: string;
  readonly share: unknown;
}

/**
 * The results of the shares, each worked off by `work` of `test/prove/NAME.ts` in a thread of its own, as many at a time as the line may
 * use. `done` is told as their sum. A thread that dies makes it throw.
 */
export async function inThreads<Share, Result>(
  context: LineContext,
  name: string,
  shares: readonly Share[],
  report: (done: number) => void,
): Promise<Result[]> {
  const program = context.program(name);
  const results: Result[] = [];
  const done = shares.map(() => 0);
  let next = 0;
  const runner = async (): Promise<void> => {
    for (let at = next++; at < shares.length; at = next++) {
      results[at] = await inThread<Result>(program, shares[at], (count) => {
        done[at] = count;
        report(done.reduce((sum, one) => sum + one, 0));
      });
    }
  };
  await Promise.all(Array.from({ length: context.workers }, runner));
  return results;
}

function inThread<Result>(program: string, share: unknown, report: (done: number) => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(join(program, '..', 'worker-main.mjs'), { workerData: { program, share } satisfies Assignment });
    worker.on('message', (message: { done: number } | { result: Result }) => {
      if ('result' in message) resolve(message.result);
      else report(message.done);
    });
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread of ${program} ended with ${code} and no result`)));
  });
}

/** A goal in about equal shares. */
export function sharesOf(goal: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => Math.floor((goal * (at + 1)) / count) - Math.floor((goal * at) / count));
}
