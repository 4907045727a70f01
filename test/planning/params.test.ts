import { describe, expect, test } from 'vitest';
import type { Param, Tuning } from '../../src/domain/action.js';
import { Failure } from '../../src/domain/failure.js';
import { activationFor, findDirectiveProblem, splitDirectives } from '../../src/planning/directives.js';
import { checkParams, resolveChanges } from '../../src/planning/params.js';

function tuning(params: readonly Param[], more: Partial<Tuning> = {}): Tuning {
  return {
    kind: 'tuning',
    id: 't',
    aliases: [],
    title: 'T',
    description: 'T',
    params,
    appliesTo: { charms: ['keystone'], needs: [] },
    source: 'bundled',
    refuse: [],
    warn: [],
    changes: [],
    activate: 'reload',
    risk: 'low',
    measure: [],
    guide: 'T',
    ...more,
  };
}

function mistakes(run: () => unknown): readonly string[] {
  try {
    run();
    return [];
  } catch (error) {
    return error instanceof Failure ? [error.message, ...error.problems] : [`not a Failure: ${error}`];
  }
}

const param = (type: Param['type'], more: Partial<Param> = {}): Param => ({
  name: 'p',
  type,
  title: 'P',
  required: true,
  ...more,
});

describe('values', () => {
  test.each<[Param, string, string]>([
    [param('integer', { min: 1, max: 9 }), '9', '9'],
    [param('amount', { min: 1, max: 256 }), '+66%', '+66%'],
    [param('enum', { values: ['a', 'b'] }), 'b', 'b'],
    [param('identifier'), 'keep-alive-2', 'keep-alive-2'],
    [param('group'), 'nova_meta', 'nova_meta'],
    [param('boolean'), 'True', 'yes'],
    [param('duration'), '10m', '600'],
    [param('directives'), 'KeepAlive On\\nKeepAliveTimeout 5\n', 'KeepAlive On\nKeepAliveTimeout 5'],
  ])('%o takes %s', (given, text, wanted) => {
    expect(checkParams(tuning([given]), { p: text })).toEqual({ p: wanted });
  });

  test.each<[Param, string]>([
    [param('integer', { min: 1, max: 9 }), '10'],
    [param('integer'), '1.0'],
    [param('amount', { min: 1, max: 256 }), '257'],
    [param('enum', { values: ['a'] }), 'toString'],
    [param('identifier'), '../x'],
    [param('identifier'), 'a--'],
    [param('group'), 'processes=2'],
    [param('boolean'), 'maybe'],
    [param('duration', { max: 60 }), '2m'],
    [param('directives'), ' \n '],
  ])('%o does not take %s', (given, text) => {
    expect(mistakes(() => checkParams(tuning([given]), { p: text }))[0]).toMatch(/^cannot plan "t": parameter "p" must be /);
  });

  test('are told wrong all at once, defaults filled in', () => {
    const given = [
      param('integer', { name: 'a' }),
      param('integer', { name: 'b', required: false, default: '7' }),
      param('integer', { name: 'c' }),
    ];

    expect(mistakes(() => checkParams(tuning(given), { a: 'x', d: '1' }))).toEqual([
      'cannot plan "t": it has no parameter "d": it takes a, b, c',
      'parameter "a" must be a whole number, not "x"',
      'parameter "c" is missing: a whole number',
    ]);
    expect(checkParams(tuning(given), { a: '1', c: '2' })).toEqual({ a: '1', b: '7', c: '2' });
  });
});

test('changes are filled with values, and lose fields that nobody gave', () => {
  const given = tuning([param('amount', { required: false })], {
    changes: [
      { kind: 'wsgi-daemon', group: '{param.g}', processes: '{param.p}', threads: '{param.t}' },
      { kind: 'apache-conf', name: 'n', content: 'A {param.p}' },
    ],
  });

  expect(resolveChanges(given, { p: '+8' })).toEqual([
    { kind: 'wsgi-daemon', processes: { kind: 'add', value: 8 } },
    { kind: 'apache-conf', name: 'n', content: 'A +8\n' },
  ]);
});

describe('directives', () => {
  test('are split at line breaks and at \\n outside quotes', () => {
    expect(splitDirectives('\nA 1\\nB 2\n\nLogFormat "%h\\n" x\n\n')).toEqual(['A 1', 'B 2', '', 'LogFormat "%h\\n" x']);
  });

  test.each([
    ['', 'there is none'],
    ['A\u0007', 'there is a control character'],
    ['  includeoptional /tmp/*', 'includeoptional is not for a file of this tool'],
    ['<IfModule x>\nA 1', '<IfModule> is not closed'],
    ['A 1\n</IfModule>', '</IfModule> closes a section that is not open'],
    [`A ${'x'.repeat(5000)}`, 'line 1 is longer than 4096 characters'],
  ])('%j: %s', (text, problem) => {
    expect(findDirectiveProblem(text)).toBe(problem);
  });

  test('that httpd reads only at a start ask for a restart', () => {
    expect(activationFor('MaxRequestWorkers 400\n')).toBe('reload');
    expect(activationFor('<IfModule !mpm_prefork_module>\n  serverlimit 32\n</IfModule>\n')).toBe('restart');
  });
});
