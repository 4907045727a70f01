import { expect, test } from 'vitest';
import type { Plan } from '../../src/domain/plan.js';
import { paintFor } from '../../src/ui/paint.js';
import { planText } from '../../src/ui/plain/plan.js';
import { planText as planScreen } from '../../src/ui/tui/screens/plan.js';
import type { State } from '../../src/ui/tui/state.js';
import { FAKE_CATALOGUE, fakeInventory } from '../fakes/model.js';
import { fakePlan } from '../fakes/plan.js';

const TERMINAL = { color: false, unicode: true };

test('a plan that is refused for every unit is not called nothing to do, in plain text or on the terminal', () => {
  const tuning = FAKE_CATALOGUE.find((action) => action.id === 'proxy-initial-not-pooled');
  if (tuning?.kind !== 'tuning') throw new Error('the tuning is in the catalogue');
  const made = fakePlan({ inventory: fakeInventory(), tuning, kind: 'apply', units: [], done: new Set(), params: {} });
  const plan: Plan = { ...made, impact: [], refused: [{ unit: 'keystone/0', reason: 'not needed here' }] };
  const screen = planScreen(
    { terminal: TERMINAL } as State,
    { kind: 'plan', plan, cursor: 0, filter: '' },
    { columns: 80, rows: 40 },
  );

  const plain = planText(plan, paintFor(TERMINAL)).join('\n');
  const drawn = screen.map((line) => line.map(({ text }) => text).join('')).join('\n');

  expect([plain, drawn].map((text) => [text.includes('nothing to do'), text.includes('refused: nothing would change')])).toEqual([
    [false, true],
    [false, true],
  ]);
});
