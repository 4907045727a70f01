import { defineConfig } from 'vitest/config';
import { shellText } from './test/shell-text.js';

export default defineConfig({
  plugins: [shellText],
  test: { include: ['test/**/*.test.{ts,tsx}'], exclude: ['test/bed/**'], testTimeout: 30_000, hookTimeout: 60_000 },
});
