import { expect, test } from 'vitest';
import { partingText, type Watching, watchRun } from '../../src/cli/watch.js';
import type { RunEvent } from '../../src/domain/event.js';
import { Failure } from '../../src/domain/failure.js';
import { foldRun, type Run } from '../../src/domain/run.js';
import { fakeContext, fakeInvocation } from '../fakes/context.js';
import { sampleEvents } from '../fakes/run-events.js';

const entries = sampleEvents('keystone-1').map((event, index) => ({ sequence: index + 1, at: '', run: '01JD', event }));

/** A process that can be sent signals, and what it tells. */
function world() {
  const told: string[] = [];
  const printed: string[] = [];
  let send: (signal: NodeJS.Signals) => void = () => undefined;
  const context = fakeContext({
    out: (line) => void printed.push(line),
    err: (line) => void told.push(line),
    onInterrupt: (listener) => {
      send = listener;
      return () => undefined;
    },
  });
  const invocation = fakeInvocation(context);
  return { told, printed, send: (signal: NodeJS.Signals) => send(signal), invocation };
}

test('ctrl-c once stops, twice stops watching; each says what it does', async () => {
  const { told, send, invocation } = world();
  const seen: unknown[] = [];
  await watchRun(invocation, undefined, async ({ stop, detach }: Watching) => {
    send('SIGINT');
    seen.push([stop.aborted, detach.aborted]);
    send('SIGINT');
    seen.push([stop.aborted, detach.aborted, detach.reason]);
  });

  expect(seen).toEqual([
    [true, false],
    [true, true, 'stopped watching'],
  ]);
  expect(told).toEqual([
    'stopping after the units in flight (Ctrl-C again stops watching)',
    'stopped watching; nothing was sent yet',
  ]);
});

test.each(['SIGHUP', 'SIGTERM'] as const)('%s stops watching at once, and is the reason that is recorded', async (signal) => {
  const { send, invocation } = world();
  const reason = await watchRun(invocation, undefined, async ({ detach }) => {
    send(signal);
    return detach.reason;
  });

  expect(reason).toBe(signal);
});

test('a run whose journal cannot be written any more is unknown, not refused, once anything was sent', async () => {
  const broken = (sent: number) =>
    watchRun(world().invocation, undefined, async ({ emit }) => {
      for (const entry of entries.slice(0, sent)) emit(entry);
      throw new Failure('refused', 'cannot write the journal "x": no space is left on the disk');
    });

  await expect(broken(2)).rejects.toMatchObject({ code: 'refused' });
  await expect(broken(3)).rejects.toMatchObject({
    code: 'unknown-outcome',
    message: 'run keystone-1 broke off: cannot write the journal "x": no space is left on the disk',
    hint: 'juju-tune resume keystone-1',
  });
});

test('nor is one refused that was taken up again, or sets charm options, once anything was sent by this command', async () => {
  const full = new Failure('refused', 'cannot write the journal "x": no space is left on the disk');
  const [opened] = entries;
  const before = foldRun(entries.slice(0, 4));
  if (!opened || !before) throw new Error('a run opens with run-opened');
  const broken = (from: Run | undefined, ...events: readonly RunEvent[]) =>
    watchRun(world().invocation, from, async ({ emit }) => {
      for (const event of events) emit({ ...opened, event });
      throw full;
    });
  const keep = { type: 'intent', unit: 'keystone/0', transaction: 'tx-keystone-0', verb: 'confirm', notAfter: 9 } as const;
  const set = { type: 'options-intent', charm: { application: 'keystone', charm: 'keystone', units: [], options: [] } } as const;

  await expect(broken(before, { type: 'resumed', by: 'anna' })).rejects.toMatchObject({ code: 'refused' });
  await expect(broken(before, { type: 'resumed', by: 'anna' }, keep)).rejects.toMatchObject({ code: 'unknown-outcome' });
  await expect(broken(undefined, opened.event, set)).rejects.toMatchObject({ code: 'unknown-outcome' });
});

test('who stops watching is told when the units take the change back', () => {
  const settled = { unit: 'keystone/0', outcome: 'pending', state: 'PENDING', code: '', detail: '', log: [] } as const;
  const pending = { type: 'unit-settled', ...settled, milliseconds: 1, until: '2026-11-23T14:32:10.000Z' } as const;
  const run = foldRun([...entries.slice(0, 3), { sequence: 4, at: '', run: '01JD', event: pending }]);

  expect(partingText(run)).toEqual([
    'stopped watching: juju-tune resume keystone-1',
    'keystone/0 takes the change back at 14:32:10 UTC unless confirmed: juju-tune resume keystone-1',
  ]);
  expect(partingText(foldRun(entries.slice(0, 3)))).toEqual([
    'stopped watching; keystone/0 may be half-way: juju-tune resume keystone-1',
  ]);
});

test('that a unit awaits confirmation still, only longer, is said to nobody who did not ask', async () => {
  const { printed, invocation } = world();
  const [opened] = entries;
  if (!opened) throw new Error('a run opens with run-opened');
  const told = (event: RunEvent) => ({ ...opened, event });
  const unit = 'keystone/0';
  const intent = (verb: 'apply' | 'extend') => told({ type: 'intent', unit, transaction: 'tx-keystone-0', verb, notAfter: 9 });
  const held = (until: string) =>
    told({
      type: 'unit-settled',
      unit,
      outcome: 'pending',
      state: 'PENDING',
      code: '',
      detail: '',
      log: [],
      milliseconds: 5,
      until,
    });

  await watchRun(invocation, undefined, async ({ emit }: Watching) => {
    for (const entry of [opened, intent('apply'), held('2026-11-24T10:00:00Z'), intent('extend'), held('2026-11-24T10:05:00Z')])
      emit(entry);
  });

  expect(printed.filter((line) => line.includes('keystone/0  !'))).toEqual([expect.stringContaining('10:00:00')]);
});
