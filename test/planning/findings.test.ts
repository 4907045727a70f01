import { expect, test } from 'vitest';
import type { Diagnostic, FindingRule } from '../../src/domain/action.js';
import type { UnitCheck } from '../../src/domain/check.js';
import type { Facts } from '../../src/domain/finding.js';
import { findFindings } from '../../src/planning/findings.js';

function diagnostic(...findings: readonly Partial<FindingRule>[]): Diagnostic {
  const rules = findings.map((rule) => ({
    id: 'r',
    severity: 'medium' as const,
    title: 'R',
    when: [],
    say: 'so',
    evidence: [],
    explains: [],
    ...rule,
  }));
  return {
    kind: 'diagnostic',
    id: 'd',
    aliases: [],
    title: 'D',
    description: 'D',
    params: [],
    appliesTo: { charms: ['keystone'], needs: [] },
    source: 'bundled',
    mode: 'passive',
    collect: 'true',
    timeoutSeconds: 10,
    findings: rules,
  };
}

function check(unit: string, facts: Facts, evidence: readonly string[] = []): UnitCheck {
  const application = unit.split('/')[0] ?? '';
  return {
    unit,
    application,
    facts,
    evidence: { lines: evidence.map((text) => ({ unit, text })) },
    problems: [],
    milliseconds: 1,
  };
}

const many = [{ fact: 'n', atLeast: 3 }];

test('a finding is folded over the units of its application, with their numbers and evidence', () => {
  const rule = { when: many, say: '{n} errors', evidence: ['lines'] };

  expect(
    findFindings(
      [diagnostic(rule)],
      [check('k/1', { n: 9 }, ['b']), check('k/0', { n: 5 }, ['a']), check('k/2', { n: 1 }), check('g/0', { n: 3 })],
    ),
  ).toEqual([
    {
      id: 'd/r',
      severity: 'medium',
      title: 'R',
      why: 'k/0: 5 errors k/1: 9 errors',
      units: ['k/0', 'k/1'],
      evidence: [
        { unit: 'k/0', text: 'a' },
        { unit: 'k/1', text: 'b' },
      ],
    },
    { id: 'd/r', severity: 'medium', title: 'R', why: '3 errors', units: ['g/0'], evidence: [] },
  ]);
});

test('the worst come first', () => {
  const rules = [
    { id: 'low', severity: 'low' as const, when: many },
    { id: 'high', severity: 'high' as const, when: many },
  ];

  expect(findFindings([diagnostic(...rules)], [check('k/0', { n: 3 })]).map((finding) => finding.id)).toEqual([
    'd/high',
    'd/low',
  ]);
});

test('what another finding explains is not shown; what is to wait for it loses its recommendation', () => {
  const recommend = { action: 'a', params: { p: '{n} of {*}' } };
  const rules = [
    { id: 'cause', title: 'Cause', when: many, explains: ['d/noise'], recommend },
    { id: 'noise', when: many },
    { id: 'next', when: many, after: ['d/cause'], recommend },
  ];

  const findings = findFindings([diagnostic(...rules)], [check('k/0', { n: 3 }), check('k/1', { n: 7 })]);

  expect(findings.map(({ id, recommend: told }) => [id, told?.params])).toEqual([
    ['d/cause', { p: '7 of ' }],
    ['d/next', undefined],
  ]);
  expect(findings[1]?.why).toBe('so First cure "Cause", then look again: one tuning at a time.');
});

test('another application does not explain anything', () => {
  const rules = [
    { id: 'cause', when: [{ fact: 'cause', atLeast: 1 }], explains: ['d/noise'] },
    { id: 'noise', when: many },
  ];

  expect(
    findFindings([diagnostic(...rules)], [check('k/0', { cause: 1 }), check('g/0', { n: 3 })]).map((finding) => finding.id),
  ).toEqual(['d/cause', 'd/noise']);
});

test('a value that is not the same everywhere names the odd ones out', () => {
  const rule = { differs: 'wsgi.*.processes', say: '{*}: {value}' };
  const units = [
    check('k/0', { 'wsgi.a.processes': 12 }),
    check('k/1', { 'wsgi.a.processes': 8 }),
    check('k/2', { 'wsgi.a.processes': 12 }),
    check('k/3', {}),
  ];

  expect(findFindings([diagnostic(rule)], units).map(({ units: odd, why }) => ({ odd, why }))).toEqual([
    { odd: ['k/1'], why: 'a: 12 on k/[0,2], 8 on k/1' },
  ]);
  expect(findFindings([diagnostic(rule)], units.slice(0, 2)).map((finding) => finding.units)).toEqual([['k/0', 'k/1']]);
  expect(findFindings([diagnostic(rule)], units.slice(0, 1))).toEqual([]);
});
