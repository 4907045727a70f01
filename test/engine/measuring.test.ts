import { expect, test } from 'vitest';
import type { Run } from '../../src/domain/run.js';
import { baselineSeconds } from '../../src/engine/measuring.js';

const NOW = Date.parse('2026-11-23T14:00:00Z');

/** As much of a run as the baseline looks at. */
const run = (unit: string, endedAt: string, intended = true): Run =>
  ({ startedAt: '2026-11-23T13:00:00Z', endedAt, units: [{ unit, intended }] }) as unknown as Run;

test('numbers before a change do not reach past the last change on these units', () => {
  const seconds = (runs: readonly Run[]): number => baselineSeconds(runs, ['keystone/0', 'keystone/1'], NOW);

  expect(seconds([])).toBe(900);
  expect(seconds([run('keystone/1', '2026-11-23T13:55:00Z')])).toBe(300);
  expect(seconds([run('keystone/1', '2026-11-23T13:59:59Z')])).toBe(30);
  expect(seconds([run('gnocchi/0', '2026-11-23T13:55:00Z'), run('keystone/0', '2026-11-23T13:58:00Z', false)])).toBe(900);
});
