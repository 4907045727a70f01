import { expect, test } from 'vitest';
import type { Entry, RunEvent } from '../../src/domain/event.js';
import type { Outcome } from '../../src/domain/outcome.js';
import { exitCodeOf, foldRun, outcomeOf, type Run } from '../../src/domain/run.js';
import { sampleEvents } from '../fakes/run-events.js';

const UNTIL = '2026-11-23T14:32:10.000Z';

function told(...events: readonly RunEvent[]): Run {
  const entries = [...sampleEvents('keystone-1').slice(0, 3), ...events].map(
    (event, index): Entry => ({ sequence: index + 1, at: '2026-11-23T14:22:10.000Z', run: '01JD', event }),
  );
  const run = foldRun(entries);
  if (!run) throw new Error('no run was opened');
  return run;
}

function settled(outcome: Outcome, until?: string): RunEvent {
  const state = outcome === 'pending' ? 'PENDING' : 'COMMITTED';
  const unit = { unit: 'keystone/0', outcome, state, code: '', detail: '', log: [], milliseconds: 1 } as const;
  return { type: 'unit-settled', ...unit, ...(until === undefined ? {} : { until }) };
}

const confirm: RunEvent = { type: 'intent', unit: 'keystone/0', transaction: 'tx', verb: 'confirm', notAfter: 1 };
const extend: RunEvent = { ...confirm, verb: 'extend' };

test.each([
  ['was sent, and nothing was heard', [], 4],
  ['awaits confirmation', [settled('pending', UNTIL)], 7],
  ['awaits it, and was told so', [settled('pending', UNTIL), { type: 'awaiting-confirmation', until: UNTIL }], 7],
  ['was sent a confirm of which nothing was heard', [settled('pending', UNTIL), confirm], 4],
  ['was sent an extend of which nothing was heard', [settled('pending', UNTIL), extend], 7],
  ['was not watched, and is unknown', [settled('unknown', UNTIL), { type: 'interrupted', reason: 'SIGHUP' }], 4],
  ['is kept, and the run is not closed', [settled('changed')], 1],
  ['was taken back', [settled('reverted'), { type: 'run-closed', outcome: 'taken-back', detail: '' }], 6],
  ['is kept', [settled('changed'), { type: 'run-closed', outcome: 'done', detail: '' }], 0],
  [
    'is looked at again',
    [settled('pending'), { type: 'run-closed', outcome: 'done', detail: '' }, { type: 'resumed', by: 'anna' }],
    7,
  ],
] as const)('a run whose unit %s does not end with a success that it is not', (_, events, code) => {
  expect(exitCodeOf(told(...events))).toBe(code);
});

test('when an unconfirmed change goes back is known as long as it is there', () => {
  expect(told(settled('pending', UNTIL), confirm).units[0]).toMatchObject({ outcome: 'unknown', until: UNTIL, asked: 'confirm' });
  expect(told(settled('pending', UNTIL), confirm, settled('changed')).units[0]).toMatchObject({ outcome: 'changed', until: '' });
});

test('a rollback that left an edit alone has failed, a change that did is taken back as far as it goes', () => {
  const parts = [{ outcome: 'changed' }, { outcome: 'conflict' }] as const;

  expect([outcomeOf('rollback', parts), outcomeOf('apply', parts)]).toEqual(['failed', 'taken-back']);
});
