import { expect, test } from 'vitest';
import { transactionOf } from '../../src/domain/plan.js';

const RUN = '01KABCDEFGHJKMNPQRSTVWXYZ0';

test('a transaction is named after its run and its unit', () => {
  expect(transactionOf(RUN, 'nova-cloud-controller/12')).toBe('01kabcdefghjkmnpqrstvwxyz0-nova-cloud-controller-12');
});

test('units of an application with a long name have transactions of their own', () => {
  const names = [1, 10, 11].map((number) => transactionOf(RUN, `octavia-diskimage-retrofit-of-the-second-region/${number}`));

  expect(new Set(names).size).toBe(3);
  for (const name of names) expect(name).toMatch(/^[a-z0-9-]{8,60}$/);
});
