import { defineConfig } from 'vitest/config';
import { shellText } from './test/shell-text.js';
import { SlowFirst } from './test/slow-first.js';

// Where .ci/run wants the results as JSON, to add them up; each of its parts under a name of its own.
const reports = process.env.TEST_REPORTS;
const report = `${reports}/test-bed-${process.env.TEST_PART ?? 'all'}.json`;

const shared = { testTimeout: 300_000, hookTimeout: 600_000 };
/** Counts what units serve, and how late a guard is: neither is a measure of a change on a machine that does much else. */
const MEASURED = ['test/bed/incident.test.ts', 'test/bed/window.test.ts'];

export default defineConfig({
  test: {
    ...(reports ? { reporters: ['default', 'json'], outputFile: report } : {}),
    sequence: { sequencer: SlowFirst },
    projects: [
      {
        plugins: [shellText],
        test: { ...shared, name: 'measured', include: MEASURED, fileParallelism: false, sequence: { groupOrder: 0 } },
      },
      {
        plugins: [shellText],
        // Every file has a bed of its own, which keeps one core busy.
        test: {
          ...shared,
          name: 'bed',
          include: ['test/bed/**/*.test.ts'],
          exclude: MEASURED,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
