import { expect, test } from 'vitest';
import { applyAmount, formatAmount, parseAmount } from '../../src/planning/amount.js';

test.each([
  ['20', 12, 20],
  ['+8', 12, 20],
  ['x2', 12, 24],
  ['+66%', 12, 20],
  ['+50%', 5, 8],
  ['+10%', 100, 110],
  ['+100%', 7, 14],
])('%s of %i is %i', (text, from, wanted) => {
  const amount = parseAmount(text);

  expect(amount && applyAmount(amount, from)).toBe(wanted);
  expect(amount && formatAmount(amount)).toBe(text);
});

test.each(['', '0', '-1', '+0', 'x0', '66%', 'x2%', '1.5', '+ 8', '8+', '1e3', '123456', '٣'])('"%s" is no amount', (text) => {
  expect(parseAmount(text)).toBeUndefined();
});
