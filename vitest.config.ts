import { defineConfig } from 'vitest/config';
import { shellText } from './test/shell-text.js';

// Where .ci/run wants the results as JSON, to add them up.
const reports = process.env.TEST_REPORTS;

export default defineConfig({
  plugins: [shellText],
  test: {
    ...(reports ? { reporters: ['default', 'json'], outputFile: `${reports}/npm-test.json` } : {}),
    include: ['test/**/*.test.{ts,tsx}'],
    exclude: ['test/bed/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
