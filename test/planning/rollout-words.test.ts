import { expect, test } from 'vitest';
import { parseSizes } from '../../src/planning/rollout.js';
import { parseRollout } from '../../src/planning/rollout-words.js';

test('a rollout is read as it is written, and what was not written is left to the default', () => {
  expect(parseRollout({})).toEqual({});
  expect(parseRollout({ bake: '2m', maxFailures: '1', onFailure: 'all' })).toEqual({
    bakeSeconds: 120,
    maxFailures: 1,
    onFailure: 'all',
  });
  expect(parseRollout({ bake: '0' })).toEqual({ bakeSeconds: 0 });
});

test('a time, a number or a word that is none is refused with what can be written', () => {
  expect(() => parseRollout({ bake: 'soon' })).toThrow('"--bake soon" is no length of time: write 90s, 5m or 1h');
  expect(() => parseRollout({ maxFailures: '-1' })).toThrow('"--max-failures -1" is no number of units');
  expect(() => parseRollout({ onFailure: 'some' })).toThrow('"--on-failure some" is none of batch, all');
});

test('sizes of batches are read before anything is planned, and a restart has one unit in each', () => {
  expect(parseSizes('1, 25%,rest', 'reload')).toEqual(['1', '25%', 'rest']);
  expect(parseSizes('1', 'restart')).toEqual(['1']);
  expect(() => parseSizes('1,many', 'reload')).toThrow('"--batch 1,many" is not understood');
  expect(() => parseSizes('2', 'restart')).toThrow('units of an application go one at a time');
});
