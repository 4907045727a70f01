import type { Amount } from '../domain/change.js';

/** How the grammar is told to a person. */
export const AMOUNT_GRAMMAR = '+N, xN or +N%';

/** Reads `20`, `+8`, `x2` or `+66%`; undefined for anything else. Numbers are whole, at least 1, and have at most 5 digits. */
export function parseAmount(text: string): Amount | undefined {
  const match = /^(\+|x)?([1-9]\d{0,4})(%)?$/.exec(text);
  if (!match) return undefined;
  const [, sign, digits, percent] = match;
  const value = Number(digits);
  if (percent !== undefined) return sign === '+' ? { kind: 'percent', value } : undefined;
  if (sign === '+') return { kind: 'add', value };
  return sign === 'x' ? { kind: 'times', value } : { kind: 'to', value };
}

/** The number that `amount` makes of `from`. A share is rounded up: +66% of 12 is 20. */
export function applyAmount(amount: Amount, from: number): number {
  switch (amount.kind) {
    case 'to':
      return amount.value;
    case 'add':
      return from + amount.value;
    case 'times':
      return from * amount.value;
    case 'percent':
      return from + Math.ceil((from * amount.value) / 100);
  }
}

/** The form that `parseAmount` reads. */
export function formatAmount(amount: Amount): string {
  switch (amount.kind) {
    case 'to':
      return `${amount.value}`;
    case 'add':
      return `+${amount.value}`;
    case 'times':
      return `x${amount.value}`;
    case 'percent':
      return `+${amount.value}%`;
  }
}
