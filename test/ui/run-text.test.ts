import { expect, test } from 'vitest';
import { foldRun, type Run } from '../../src/domain/run.js';
import { paintFor } from '../../src/ui/paint.js';
import { entryText, runText } from '../../src/ui/plain/run.js';
import { runLines } from '../../src/ui/tui/screens/run.js';
import { runsLines } from '../../src/ui/tui/screens/runs.js';
import type { State } from '../../src/ui/tui/state.js';
import { sampleEvents } from '../fakes/run-events.js';

const TERMINAL = { color: false, unicode: true };
const paint = paintFor(TERMINAL);
const entries = sampleEvents('keystone-1').map((event, index) => ({ sequence: index + 1, at: '', run: '01JD', event }));

/** A rollback that met a later edit on its unit. */
function withConflict(): Run {
  const run = foldRun(entries);
  if (!run) throw new Error('there is a run');
  const plan = { ...run.plan, kind: 'rollback', of: '01JC' } as const;
  const units = run.units.map((unit) => ({ ...unit, outcome: 'conflict', code: 'CONFLICT' }) as const);
  return { ...run, plan, units, outcome: 'failed' };
}

test('a rollback that met a later edit is not called taken back, and says who is to settle it and where', () => {
  const run = withConflict();
  const { controller, name } = run.plan.model;
  const state = { terminal: TERMINAL, runs: { value: [run] }, live: undefined } as unknown as State;
  const drawn = runLines(state, { kind: 'run', run: run.id, cursor: 0, filter: '' }, { columns: 120, rows: 30 })
    .map((line) => line.map(({ text }) => text).join(''))
    .join('\n');
  const event = { type: 'run-closed', outcome: 'failed', detail: '' } as const;

  expect(entryText({ sequence: 1, at: '', run: run.id, event }, paint)).toEqual(['✗ failed']);
  for (const text of [runText(run, paint).join('\n'), drawn]) {
    expect(text).toContain('✗ failed');
    expect(text).not.toContain('! taken back');
    expect(text).toContain(
      `keystone/0 keeps what somebody edited since: settle that by hand, or leave it: juju ssh -m ${controller}:${name} keystone/0`,
    );
  }
});

test('the list of runs has room for the units beside the longest action, at 80 columns too', () => {
  const run = withConflict();
  const plan = { ...run.plan, targets: ['keystone/0', 'keystone/1', 'keystone/2'] };
  const action = { ...plan.action, id: 'proxy-initial-not-pooled' };
  const state = { terminal: TERMINAL, runs: { value: [{ ...run, plan: { ...plan, action } }] }, modelNow: 0 };
  const screen = { kind: 'runs', cursor: 0, filter: '' } as const;

  const drawn = runsLines(state as unknown as State, screen, { columns: 80, rows: 20 }).map((line) =>
    line.map(({ text }) => text).join(''),
  );

  const row = drawn.find((line) => line.includes(run.shortId)) ?? '';
  expect(row.slice(0, 80)).toContain('keystone/[0-2]');
  expect(row).toContain('take back proxy-');
});
