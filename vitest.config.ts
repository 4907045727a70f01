import { defineConfig } from 'vitest/config';
import { shellText } from './test/shell-text.js';
import { SlowFirst } from './test/slow-first.js';

// Where .ci/run wants the results as JSON, to add them up.
const reports = process.env.TEST_REPORTS;

/** Most tests start processes, and a shared machine may stall for a while; there, one more try tells a stall from a fault. */
const shared = { testTimeout: 120_000, hookTimeout: 120_000, retry: process.env.CI ? 1 : 0 };
/** Tests that compare times run when nothing else does. */
const TIMED = ['test/scenarios/hang.test.ts', 'test/scenarios/hang-tui.test.ts', 'test/adapters/juju-exec.test.ts'];

export default defineConfig({
  test: {
    ...(reports ? { reporters: ['default', 'json'], outputFile: `${reports}/npm-test.json` } : {}),
    // No test replaces modules or changes what others share, so that files need no fresh process each: a tenth of all the time.
    isolate: false,
    // Most tests wait for other processes: more of them than cores keep two cores busy.
    maxWorkers: 4,
    sequence: { sequencer: SlowFirst },
    globalSetup: './test/run-folder.ts',
    projects: [
      {
        plugins: [shellText],
        test: {
          ...shared,
          name: 'all',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: ['test/bed/**', ...TIMED],
          sequence: { groupOrder: 0 },
        },
      },
      {
        plugins: [shellText],
        test: { ...shared, name: 'timed', include: TIMED, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
