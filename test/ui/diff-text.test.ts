import { expect, test } from 'vitest';
import type { Plan } from '../../src/domain/plan.js';
import { planDiffs } from '../../src/ui/diff-text.js';
import { gather } from '../../src/ui/gather.js';
import { FAKE_CATALOGUE, fakeInventory, sha256 } from '../fakes/model.js';
import { fakePlan } from '../fakes/plan.js';

function planned(kind: 'apply' | 'rollback' = 'apply'): Plan {
  const tuning = FAKE_CATALOGUE.find((action) => action.id === 'proxy-initial-not-pooled');
  if (tuning?.kind !== 'tuning') throw new Error('the tuning is in the catalogue');
  const units = ['keystone/0', 'keystone/1', 'keystone/2'];
  return fakePlan({ inventory: fakeInventory(), tuning, kind, units, done: new Set(), params: {} });
}

/** A plan that changes one file of one unit from one text to another. */
function edited(before: string, after: string, mode = '0644'): Plan {
  const plan = planned();
  const path = '/etc/apache2/ports.conf';
  const state = (text: string, bits: string) => ({ kind: 'file' as const, mode: bits, owner: '0:0', sha256: sha256(text) });
  const steps = plan.steps.slice(0, 1).map((step) => ({
    ...step,
    before: [{ path, state: state(before, '0644') }],
    after: [{ path, state: state(after, mode) }],
  }));
  return { ...plan, steps, contents: { [sha256(before)]: before, [sha256(after)]: after } };
}

const linesOf = (plan: Plan): string[] => planDiffs(plan)[0]?.value.lines.map((line) => line.text) ?? [];

test('equal changes are shown once with their units, the odd unit out first', () => {
  const diffs = planDiffs(planned());
  expect(diffs.map((diff) => diff.units)).toEqual([['keystone/2'], ['keystone/0', 'keystone/1']]);
  expect(diffs[1]?.value.lines.map((line) => line.text)).toEqual([
    '/etc/apache2/conf-available/zz-juju-tune-proxy-initial-not-pooled.conf  (new, 0644 0:0)',
    '+ # Written by juju-tune; juju-tune rollback takes it away',
    '+ SetEnv proxy-initial-not-pooled 1',
    '+ /etc/apache2/conf-enabled/zz-juju-tune-proxy-initial-not-pooled.conf  link to ../conf-available/zz-juju-tune-proxy-initial-not-pooled.conf',
  ]);
});

test('taking back shows what goes away', () => {
  const lines = planDiffs(planned('rollback'))[1]?.value.lines ?? [];
  expect(lines.map((line) => line.kind)).toEqual(['path', 'removed', 'removed', 'removed']);
});

test('an edit is a unified diff with its place', () => {
  expect(linesOf(edited('Listen 80\nListen 443\n', 'Listen 80\nListen 8443\n'))).toEqual([
    '/etc/apache2/ports.conf',
    '@@ -1,2 +1,2 @@',
    '  Listen 80',
    '- Listen 443',
    '+ Listen 8443',
  ]);
});

test('a change of mode alone is one line', () => {
  expect(linesOf(edited('a\n', 'a\n', '0600'))).toEqual(['/etc/apache2/ports.conf  (mode 0644 to 0600)']);
});

test('a change of line ends and what hides in a file are visible', () => {
  expect(linesOf(edited('a\r\n', 'a\n')).slice(2)).toEqual(['- a^M', '+ a']);
  expect(linesOf(edited('a\n', 'a\x1b[2J\u202e\n')).slice(2)).toEqual(['- a', '+ a^[[2J\\u202e']);
});

test('gathering keeps the first value, orders the units and puts the fewest first', () => {
  const said = [
    ['keystone/10', 'same'],
    ['keystone/2', 'same'],
    ['gnocchi/0', 'other'],
  ] as const;
  expect(gather(said, (text) => text)).toEqual([
    { units: ['gnocchi/0'], value: 'other' },
    { units: ['keystone/2', 'keystone/10'], value: 'same' },
  ]);
});
