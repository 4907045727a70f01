import { defineConfig } from 'vitest/config';
import { shellText } from './test/shell-text.js';

// Where .ci/run wants the results as JSON, to add them up.
const reports = process.env.TEST_REPORTS;

export default defineConfig({
  plugins: [shellText],
  test: {
    ...(reports ? { reporters: ['default', 'json'], outputFile: `${reports}/test-bed.json` } : {}),
    include: ['test/bed/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});
