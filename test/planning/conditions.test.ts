import { expect, test } from 'vitest';
import { brokenRule, fillSentence, firedRules, matchConditions } from '../../src/planning/conditions.js';

const facts = {
  'mpm.running': 'event',
  'mpm.disk': 'worker',
  'queue.a': 3,
  'queue.b': 34,
  'saturated.a': 'yes',
  'saturated.b': 'no',
  n: 5,
};

test('a condition tests one fact', () => {
  const holds = (condition: Parameters<typeof matchConditions>[0][number]): boolean =>
    matchConditions([condition], facts) !== undefined;

  expect(holds({ fact: 'mpm.running', is: 'event' })).toBe(true);
  expect(holds({ fact: 'mpm.running', is: ['worker', 'event'] })).toBe(true);
  expect(holds({ fact: 'mpm.running', not: 'event' })).toBe(false);
  expect(holds({ fact: 'n', atLeast: 5, atMost: 5 })).toBe(true);
  expect(holds({ fact: 'n', atLeast: 6 })).toBe(false);
  expect(holds({ fact: 'mpm.disk', differsFrom: 'mpm.running' })).toBe(true);
  expect(holds({ fact: 'mpm.running', atLeast: 0 })).toBe(false);
});

test('what is unknown fits nothing but "not present"', () => {
  for (const condition of [
    { is: 'x' },
    { not: 'x' },
    { atLeast: 0 },
    { atMost: 9 },
    { differsFrom: 'mpm.disk' },
    { present: true },
  ]) {
    expect(matchConditions([{ fact: 'unknown', ...condition }], facts)).toBeUndefined();
  }
  expect(matchConditions([{ fact: 'unknown', present: false }], facts)).toBeDefined();
  expect(matchConditions([{ fact: 'unknown.*', present: false }], facts)).toBeDefined();
  expect(matchConditions([{ fact: 'queue.*', present: false }], facts)).toBeUndefined();
  expect(matchConditions([{ fact: 'constructor', present: true }], facts)).toBeUndefined();
});

test('a star stands for the same thing in all conditions of a rule', () => {
  const conditions = [
    { fact: 'queue.*', atLeast: 1 },
    { fact: 'saturated.*', is: 'yes' },
  ];

  expect(matchConditions(conditions, facts)).toEqual({ star: 'a', value: 3 });
  expect(matchConditions([{ fact: 'queue.*', atLeast: 1 }], facts)).toEqual({ star: 'b', value: 34 });
});

test('parameters are tested by value', () => {
  const rule = {
    id: 'r',
    when: [{ param: { name: 'to', is: 'worker' } }, { fact: 'mpm.running', is: 'event' }],
    say: 'not to {param.to} from {mpm.running}',
  };

  expect(brokenRule([rule], facts, { to: 'worker' })).toBe('not to worker from event');
  expect(brokenRule([rule], facts, { to: 'event' })).toBeUndefined();
  expect(firedRules([{ id: 'always', when: [], say: 'always' }, rule], facts, {})).toEqual(['always']);
});

test('sentences name facts, the star and its value, and do not expand what units say', () => {
  const match = { star: 'b', value: '{n} $&' };

  expect(fillSentence('{*}: {queue.*} {value} {gone} {n}', match, facts)).toBe('b: 34 {n} $& unknown 5');
});
