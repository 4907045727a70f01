import { expect, test } from 'vitest';
import { compareNatural } from '../../src/domain/natural-order.js';

test('names are ordered by the numbers in them', () => {
  const ordered = ['0', '0/lxd/2', '0/lxd/10', '1', '2/lxd/1', '10', 'a', 'a-2', 'a-10', 'ab', 'keystone-public'];
  expect(ordered.toReversed().sort(compareNatural)).toEqual(ordered);
  expect([compareNatural('unit-7', 'unit-7'), compareNatural('', 'a'), compareNatural('a', '')].map(Math.sign)).toEqual([
    0, -1, 1,
  ]);
});

test('a number of any length is compared by its value', () => {
  const [short, long] = ['9'.repeat(40), `1${'0'.repeat(40)}`];
  expect(Math.sign(compareNatural(short, long))).toBe(-1);
  expect(compareNatural('a007', 'a7')).toBe(0);
});
