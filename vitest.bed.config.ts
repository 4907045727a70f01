import { defineConfig } from 'vitest/config';
import { shellText } from './test/shell-text.js';

export default defineConfig({
  plugins: [shellText],
  test: { include: ['test/bed/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 600_000, fileParallelism: false },
});
