import { mountObstacle } from '../../faults/mount-namespace.js';
import { PLANTED, tryFaults } from '../../faults/real-faults.js';
import type { Line } from '../line.js';

/** Every so many commands the disk gets its fault. */
const STRIDE = { short: 60, full: 6 };
const GOAL = { short: 20, full: 500 };

export const line: Line = {
  title:
    'a disk that fills up, runs out of inodes, or turns read-only or immutable under a change: every word true, before or after',
  workers: 1,
  minutes: { short: 6, full: 30 },
  async run({ full, seed, workers, report }) {
    const size = full ? 'full' : 'short';
    const goal = GOAL[size];
    const reason = mountObstacle();
    if (reason) return { goal, done: 0, failed: 0, notes: [`not to be shown here: ${reason}`] };
    const planted = [];
    for (const { name, ...bug } of PLANTED) {
      const { failures } = await tryFaults({ stride: 5, seed: 0, workers, ...bug });
      planted.push({ name, found: failures.length > 0 });
    }
    const { done, ends, failures } = await tryFaults({
      stride: STRIDE[size],
      seed,
      workers,
      report: (count) => report(count, goal),
    });
    const told = [...ends].sort().map(([end, count]) => `${end} ${count}`);
    return { goal, done, failed: failures.length, failures, planted, notes: [`What the units said: ${told.join(', ')}.`] };
  },
};
