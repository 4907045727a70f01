import { expect, test } from 'vitest';
import type { Measure } from '../../src/domain/action.js';
import type { Facts } from '../../src/domain/finding.js';
import { compareMeasures } from '../../src/planning/measure.js';

const errors: Measure = { fact: 'log.px-lost', title: 'Lost', better: 'lower', per: 'log.requests' };
const queue: Measure = { fact: 'queue.total', title: 'Queue', better: 'lower', level: true };

const units = (facts: Facts): ReadonlyMap<string, Facts> => new Map([['keystone/0', facts]]);
const lost = (count: number, requests?: number): ReadonlyMap<string, Facts> =>
  units({ 'log.px-lost': count, ...(requests === undefined ? {} : { 'log.requests': requests }) });

function verdict(
  measure: Measure,
  before: ReadonlyMap<string, Facts>,
  after: ReadonlyMap<string, Facts>,
  seconds: [number, number] = [900, 120],
): string | undefined {
  return compareMeasures([measure], before, seconds[0], after, seconds[1])[0]?.verdict;
}

// The numbers of the lab, 600 requests each (catalogue, section 0): one burst tells a cure, three tell what helps.
test.each([
  ['proxy-initial-not-pooled', 105, 0, 'cured'],
  ['40 processes', 105, 79, 'no effect'],
  ['a harmless directive', 105, 110, 'no effect'],
  ['nothing, on a noisy day', 105, 140, 'no effect'],
  ['MaxRequestWorkers 800, measured over one burst', 105, 58, 'no effect'],
])('%s: %i before and %i after is "%s"', (_, before, after, wanted) => {
  expect(verdict(errors, lost(before, 600), lost(after, 600))).toBe(wanted);
});

test.each([
  ['MaxRequestWorkers 800', 315, 174, 'better'],
  ['something harmful', 174, 315, 'worse'],
])('%s: %i before and %i after, of three bursts, is "%s"', (_, before, after, wanted) => {
  expect(verdict(errors, lost(before, 1800), lost(after, 1800))).toBe(wanted);
});

// Stock settings on the bed: the best and the worst of its bursts.
test.each([
  [82, 27],
  [27, 82],
])('equal settings that served %i and then %i errors had no effect', (before, after) => {
  expect(verdict(errors, lost(before, 600), lost(after, 600))).toBe('no effect');
});

test('errors are compared per request, not per window', () => {
  expect(verdict(errors, lost(900, 9000), lost(12, 120))).toBe('no effect');
  expect(verdict(errors, lost(900, 9000), lost(2, 600))).toBe('better');
});

test('without requests the windows count', () => {
  expect(verdict(errors, lost(180), lost(0))).toBe('cured');
  expect(verdict(errors, lost(180), lost(24))).toBe('no effect');
  expect(verdict(errors, lost(90), lost(0))).toBe('unknown');
});

test('too little or no traffic is no success', () => {
  expect(verdict(errors, lost(105, 600), lost(0, 0))).toBe('no traffic');
  expect(verdict(errors, lost(6, 600), lost(0, 60))).toBe('unknown');
  expect(verdict(errors, lost(0, 600), lost(0, 600))).toBe('no effect');
  expect(verdict(errors, units({}), lost(0, 600))).toBe('unknown');
  expect(verdict(errors, new Map(), new Map())).toBe('unknown');
});

test('errors where there were none are worse', () => {
  expect(verdict(errors, lost(0, 9000), lost(20, 600))).toBe('worse');
  expect(verdict(errors, lost(0, 600), lost(60, 600))).toBe('worse');
  expect(verdict(errors, lost(0, 600), lost(1, 600))).toBe('no effect');
});

test('a level is compared as it is', () => {
  const at = (total: number): ReadonlyMap<string, Facts> => units({ 'queue.total': total });

  expect(verdict(queue, at(34), at(0))).toBe('cured');
  expect(verdict(queue, at(34), at(10))).toBe('better');
  expect(verdict(queue, at(34), at(30))).toBe('no effect');
  expect(verdict(queue, at(0), at(20))).toBe('worse');
  expect(verdict(queue, at(2), at(0))).toBe('no effect');
});

test('units that did not answer both times are left out, the others add up', () => {
  const before = new Map<string, Facts>([
    ['k/0', { 'log.px-lost': 50, 'log.requests': 300 }],
    ['k/1', { 'log.px-lost': 55, 'log.requests': 300 }],
    ['k/2', { 'log.px-lost': 900, 'log.requests': 1000 }],
  ]);
  const after = new Map<string, Facts>([
    ['k/0', { 'log.px-lost': 0, 'log.requests': 290 }],
    ['k/1', { 'log.px-lost': 0, 'log.requests': 310 }],
  ]);

  expect(compareMeasures([errors], before, 900, after, 120)).toEqual([
    {
      fact: 'log.px-lost',
      title: 'Lost',
      before: { 'k/0': 50, 'k/1': 55 },
      after: { 'k/0': 0, 'k/1': 0 },
      perBefore: { 'k/0': 300, 'k/1': 300 },
      perAfter: { 'k/0': 290, 'k/1': 310 },
      verdict: 'cured',
      detail: '105 of 600 before, 0 of 600 after',
    },
  ]);
});
