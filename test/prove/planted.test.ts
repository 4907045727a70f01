import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { statusScripts } from '../../src/unit/request.js';
import { PLANTED as IN_RACES } from '../unit/race/planted.js';
import { withPlanted } from '../unit/run-program.js';
import { PLANTED as IN_SWEEPS } from '../unit/sweep/planted.js';
import { BUGS as IN_SCHEDULES, sourceWith } from './schedules/planted.js';

const root = resolve(import.meta.dirname, '../..');

// A line whose planted bug no longer fits cannot run at all, and some lines run rarely.
test.each(IN_SCHEDULES)('juju-tune can be made so that $name', (bug) => {
  expect(sourceWith(root, bug)).toContain(bug.instead);
});

test.each([...IN_RACES, ...IN_SWEEPS])("the unit's program can be made so: $name", ({ parts }) => {
  const [script] = statusScripts('0b1a2c3d', { 'keystone/0': { transaction: 'juju-run-0001' } });
  const plain = script?.text ?? '';
  expect(withPlanted(plain, parts)).not.toBe(plain);
});
