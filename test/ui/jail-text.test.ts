import { expect, test } from 'vitest';
import type { Plan } from '../../src/domain/plan.js';
import { jailTone } from '../../src/ui/jail-text.js';
import { paintFor } from '../../src/ui/paint.js';
import { planText } from '../../src/ui/plain/plan.js';
import { planText as planScreen } from '../../src/ui/tui/screens/plan.js';
import type { State } from '../../src/ui/tui/state.js';
import { FAKE_CATALOGUE, fakeInventory } from '../fakes/model.js';
import { fakePlan } from '../fakes/plan.js';

const TERMINAL = { color: false, unicode: true };
const MOUNT = 'no namespaces: Operation not permitted';
const UNJAILED = ['keystone/0', 'keystone/1', 'keystone/2'].map((unit) => ({
  unit,
  reason: unit === 'keystone/1' ? 'perl is not installed\x1b[2J' : MOUNT,
}));

function planned(unjailed: Plan['unjailed']): Plan {
  const tuning = FAKE_CATALOGUE.find((action) => action.id === 'proxy-initial-not-pooled');
  if (tuning?.kind !== 'tuning') throw new Error('the tuning is in the catalogue');
  const units = ['keystone/0', 'keystone/1', 'keystone/2'];
  const plan = fakePlan({ inventory: fakeInventory(), tuning, kind: 'apply', units, done: new Set(), params: {} });
  return unjailed === undefined ? plan : { ...plan, unjailed };
}

function onScreen(plan: Plan): string[] {
  const state = { terminal: TERMINAL } as State;
  const lines = planScreen(state, { kind: 'plan', plan, cursor: 0, filter: '' }, { columns: 100, rows: 40 });
  return lines.map((line) =>
    line
      .map(({ text }) => text)
      .join('')
      .trim(),
  );
}

test('the head of a plan names units without a jail by reason, on the terminal as in plain text', () => {
  const plan = planned(UNJAILED);
  const sentences = [
    'read-only jail not enforced on keystone/1: perl is not installed^[[2J',
    `read-only jail not enforced on keystone/[0,2]: ${MOUNT}`,
  ];

  expect(planText(plan, paintFor(TERMINAL)).slice(1, 4)).toEqual([...sentences, '']);
  expect(onScreen(plan).slice(2, 4)).toEqual(sentences);
});

test('nothing is said of a jail that was there', () => {
  expect([...planText(planned(undefined), paintFor(TERMINAL)), ...onScreen(planned(undefined))].join('\n')).not.toContain('jail');
});

test('it is a warning but in the demo', () => {
  expect([jailTone({ demo: false }), jailTone({ demo: true })]).toEqual(['warn', 'dim']);
});
