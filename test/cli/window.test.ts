import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { Invocation } from '../../src/cli/invocation.js';
import { windowFor } from '../../src/cli/window.js';
import type { Plan } from '../../src/domain/plan.js';
import type { Run } from '../../src/domain/run.js';
import type { ConfirmWindow, Decision } from '../../src/engine/window.js';
import { fakeContext, fakeInvocation } from '../fakes/context.js';

const plan = { kind: 'apply', demo: false, steps: [] } as unknown as Plan;
const unguarded = { ...plan, unguarded: [{ unit: 'keystone/1', reason: 'no systemd' }] };
const pending = { unit: 'keystone/1', outcome: 'pending', code: '', detail: '' };
const until = new Date(Date.now() + 600_000).toISOString();
const run = { shortId: 'keystone-1', plan, units: [{ ...pending, until }] } as unknown as Run;

/** A terminal on which somebody types, or a pipe. */
function invocation(isTTY: boolean): { readonly typed: PassThrough; readonly told: string[]; readonly invocation: Invocation } {
  const typed = Object.assign(new PassThrough(), { isTTY });
  const told: string[] = [];
  const context = fakeContext({
    stdin: typed,
    stdout: Object.assign(new PassThrough(), { isTTY }),
    err: (line) => void told.push(line),
  });
  return { typed, told, invocation: fakeInvocation(context) };
}

const shape = ({ seconds, guard, confirm }: ConfirmWindow) => [seconds, guard, typeof confirm === 'string' ? confirm : 'asks'];

test.each([
  ['on a terminal a person is asked, for ten minutes', true, {}, [600, true, 'asks']],
  ['on a terminal he may be given longer', true, { confirmWithin: '1h' }, [3600, true, 'asks']],
  ['without a terminal it is guarded, and confirmed by itself', false, {}, [600, true, 'itself']],
  ['without a terminal it can be left to a later command', false, { confirmWithin: '5m' }, [300, true, 'later']],
  ['it can be held for nobody', false, { confirmWithin: 'off' }, [0, true, 'itself']],
  ['no time at all is the same', true, { confirmWithin: '0' }, [0, true, 'itself']],
] as const)('%s', (_, isTTY, options, wanted) => {
  expect(shape(windowFor(plan, options, invocation(isTTY).invocation))).toEqual(wanted);
});

test('where nothing would take it back, that has to be typed', () => {
  const { invocation: here } = invocation(false);

  expect(() => windowFor(unguarded, {}, here)).toThrow('nothing on keystone/1 would take an unconfirmed change back by itself');
  expect(shape(windowFor(unguarded, { guard: false }, here))).toEqual([600, false, 'itself']);
  expect(shape(windowFor(unguarded, { confirmWithin: 'off' }, here))).toEqual([0, true, 'itself']);
});

async function answer(lines: string): Promise<{ readonly decision: Decision; readonly told: readonly string[] }> {
  const { typed, told, invocation: here } = invocation(true);
  const { confirm } = windowFor(plan, {}, here);
  if (typeof confirm === 'string') throw new Error('nobody is asked');
  typed.write(lines);
  return { decision: await confirm(run, new AbortController().signal), told };
}

test.each([
  ['confirm\n', { kind: 'confirm', acceptDrift: false }],
  ['c\n', { kind: 'confirm', acceptDrift: false }],
  ['accept-drift\n', { kind: 'confirm', acceptDrift: true }],
  ['extend\n', { kind: 'extend', seconds: expect.closeTo(900, -1) }],
  ['R\n', { kind: 'take-back' }],
  ['leave\n', { kind: 'leave' }],
])('%j is understood', async (line, decision) => {
  expect((await answer(line)).decision).toEqual(decision);
});

test('a word that is none is asked again, and the units that wait are named', async () => {
  const { typed, told, invocation: here } = invocation(true);
  const { confirm } = windowFor(plan, {}, here);
  const asked = typeof confirm === 'string' ? undefined : confirm(run, new AbortController().signal);
  typed.write('yes\n');
  await expect.poll(() => told.at(-1)).toMatch(/^type confirm, extend, rollback or leave/);
  typed.write('l\n');

  expect([await asked, told[0]]).toEqual([
    { kind: 'leave' },
    expect.stringMatching(/^! keystone\/1 awaits confirmation: until \d\d:\d\d:\d\d UTC \((10:00|9:59) left\)$/),
  ]);
});

test('the question ends when there is nothing left to decide', async () => {
  const { invocation: here } = invocation(true);
  const { confirm } = windowFor(plan, {}, here);
  const over = new AbortController();
  const asked = typeof confirm === 'string' ? undefined : confirm(run, over.signal);
  over.abort();

  await expect(asked).rejects.toThrow('interrupted at the question');
});
