import { expect, test } from 'vitest';
import { readListEntry, readTask } from '../../src/adapters/task-result.js';

/** Code, and whether the unit may have done it or may do it yet. */
const told = (end: unknown): unknown => {
  const { code, mayHaveRun } = end as { readonly code?: string; readonly mayHaveRun?: boolean };
  return [code, mayHaveRun];
};

test('only a unit that Juju does not know has never got its task', () => {
  const errors = ['unit "keystone/9" not found', 'action not found', 'exec: "/bin/bash": executable file not found in $PATH'];

  // 3.x and 4.x tell it of a task that is over, 2.9 of one that it could not read.
  expect(errors.map((error) => told(readTask({ status: 'error', error })))).toEqual([
    ['MISSING', false],
    ['KILLED', true],
    ['KILLED', true],
  ]);
  expect(errors.map((error) => told(readListEntry({ unit: 'keystone/9', Error: error })))).toEqual([
    ['MISSING', false],
    ['NO_ANSWER', true],
    ['NO_ANSWER', true],
  ]);
});
