import { expect, test } from 'vitest';
import { Patience } from '../../src/adapters/patience.js';

const LIMITS = { timeoutSeconds: 10, hookSeconds: 60 };

test('each unit has its own time, from when its task was queued', () => {
  const patience = new Patience(LIMITS, 0);
  patience.start('a/0', 0);
  patience.tick(8000);
  patience.start('a/1', 8000);

  expect(patience.tick(10_500)).toEqual(['a/0']);
  expect(patience.excuse('a/0')).toBe('did not answer within 10 s');
  patience.stop('a/0');
  expect(patience.tick(18_500)).toEqual(['a/1']);
});

test('a hook in the way is waited for out of another purse, the time before it was known included', () => {
  const patience = new Patience(LIMITS, 0);
  patience.start('a/0', 0);
  patience.tick(9000);
  patience.hooks(new Map([['a/0', 'config-changed']]));

  expect(patience.tick(40_000)).toEqual([]);
  expect(patience.waiting()).toEqual([{ unit: 'a/0', why: 'config-changed', seconds: 40 }]);

  patience.hooks(new Map());
  expect(patience.tick(49_000)).toEqual([]);
  expect(patience.tick(51_000)).toEqual(['a/0']);
});

test('a hook that does not end is given up as well, and named', () => {
  const patience = new Patience(LIMITS, 0);
  patience.start('a/0', 0);
  patience.hooks(new Map([['a/0', 'update-status']]));

  expect(patience.tick(61_000)).toEqual(['a/0']);
  expect(patience.excuse('a/0')).toBe('waited 61 s for update-status');
});

test('a unit that has begun waits for no hook, and has all its time from then', () => {
  const patience = new Patience(LIMITS, 0);
  patience.start('a/0', 0);
  patience.hooks(new Map([['a/0', 'config-changed']]));
  patience.tick(30_000);
  patience.run('a/0');
  patience.hooks(new Map([['a/0', 'config-changed']]));

  expect(patience.waiting()).toEqual([]);
  expect(patience.tick(39_000)).toEqual([]);
  expect(patience.tick(40_500)).toEqual(['a/0']);
});
