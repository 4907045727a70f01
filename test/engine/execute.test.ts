import { beforeEach, expect, test } from 'vitest';
import type { Diagnostic, Tuning } from '../../src/domain/action.js';
import { Failure } from '../../src/domain/failure.js';
import type { Facts } from '../../src/domain/finding.js';
import type { Plan } from '../../src/domain/plan.js';
import type { Run } from '../../src/domain/run.js';
import { type Execution, execute } from '../../src/engine/execute.js';
import type { Collected, Receipt, UnitEvent } from '../../src/engine/ports.js';
import { createRecorder } from '../../src/engine/recorder.js';
import { START_WITHIN_SECONDS } from '../../src/engine/send.js';
import { FAKE_CATALOGUE, fakeInventory } from '../fakes/model.js';
import { fakePlan } from '../fakes/plan.js';
import { FakeClock, FakeRuns } from '../fakes/runs.js';
import { FakeUnits } from '../fakes/units.js';

/** Units that give other answers than the true ones. */
class ContraryUnits extends FakeUnits {
  /** Refuses to be taken back, and stays as it is. */
  keeps = false;
  /** haproxy shows nobody UP. */
  isDown = false;
  status: Partial<Receipt> = {};
  /** Juju takes no change, and then nothing else, either. */
  juju?: 'no change' | 'no take-back';
  /** The look at haproxy breaks off, or its socket says nothing. */
  haproxy: 'tells' | 'breaks off' | 'is mute' = 'tells';

  override async *change(...args: Parameters<FakeUnits['change']>): AsyncIterable<UnitEvent<Receipt>> {
    const [[order]] = args;
    const away = this.juju === 'no change' || (this.juju === 'no take-back' && order?.verb === 'rollback');
    if (away) throw new Failure('juju', 'controller "prod" cannot be reached');
    if (!this.keeps || order?.verb !== 'rollback') return yield* super.change(...args);
    const told = { outcome: 'refused', state: 'COMMITTED', code: 'LOCKED', message: 'somebody works on it' } as const;
    const value: Receipt = { verb: 'rollback', transaction: order.transaction, ...told, paths: [], log: [], clock: 0 };
    yield { kind: 'answer', unit: order.unit, value, milliseconds: 5 };
  }

  override async *collect(...args: Parameters<FakeUnits['collect']>): AsyncIterable<UnitEvent<readonly Collected[]>> {
    for await (const event of super.collect(...args)) {
      const facts: Facts =
        this.haproxy === 'is mute'
          ? { 'haproxy.public.keystone-0.address': '10.0.0.1:4990' }
          : { 'haproxy.public.keystone-0.status': this.isDown ? 'DOWN' : 'UP' };
      const problem = this.haproxy === 'breaks off' ? { problem: 'exit code 124' } : {};
      const value = [{ diagnostic: 'layers', facts, evidence: {}, cutBytes: 0, ...problem }];
      yield event.kind === 'answer' ? { ...event, value } : event;
    }
  }

  override async *transactionStatus(...args: Parameters<FakeUnits['transactionStatus']>): AsyncIterable<UnitEvent<Receipt>> {
    for await (const event of super.transactionStatus(...args)) {
      yield event.kind === 'answer' ? { ...event, value: { ...event.value, ...this.status } } : event;
    }
  }
}

const layers = { kind: 'diagnostic', id: 'layers' } as Diagnostic;
let units: ContraryUnits;

beforeEach(() => {
  units = new ContraryUnits();
  units.add('keystone/0');
});

/** The tuning on keystone/0, or back from it. */
async function run(kind: Plan['kind'], more: Partial<Execution> = {}): Promise<Run> {
  const tuning = FAKE_CATALOGUE.find((action): action is Tuning => action.kind === 'tuning');
  if (!tuning) throw new Error('the catalogue has no tuning');
  const made = fakePlan({ inventory: fakeInventory(), tuning, kind, units: ['keystone/0'], done: new Set(), params: {} });
  const plan = { ...made, steps: made.steps.map((step) => ({ ...step, transaction: 'tx-keystone-0' })) };
  const recorder = createRecorder(await new FakeRuns().open(['keystone']), () => undefined);
  await recorder.record({ type: 'run-opened', shortId: 'keystone-1', operator: 'anna', purpose: '', juju: '3.6.11', plan });
  const never = new AbortController().signal;
  return execute({
    plan,
    units,
    clock: new FakeClock(),
    recorder,
    clockOffsets: new Map(),
    juju: { status: async () => fakeInventory(1) },
    inventory: fakeInventory(1),
    catalogue: [layers],
    baselineSeconds: 900,
    measureSeconds: 0,
    operator: 'anna',
    window: { seconds: 0, guard: true, confirm: 'itself' },
    stop: never,
    detach: never,
    ...more,
  });
}

test('a unit that refuses to be taken back after its gate is still changed, and the run has failed', async () => {
  units.isDown = true;
  units.keeps = true;

  const done = await run('apply');

  expect([done.units[0]?.outcome, done.units[0]?.detail, done.outcome]).toEqual(['changed', 'somebody works on it', 'failed']);
});

test('a rollback whose gate fails is not done, whatever the units say', async () => {
  await run('apply');
  units.isDown = true;

  const back = await run('rollback');

  expect([back.units[0]?.outcome, back.outcome]).toEqual(['changed', 'failed']);
});

test.each([
  ['refused', 'NONE', 'unknown'],
  ['refused', 'SWAPPING', 'unknown'],
  ['unknown', 'COMMITTED', 'unknown'],
  ['conflict', 'COMMITTED', 'conflict'],
  ['changed', 'COMMITTED', 'changed'],
  // It was told that the order is void.
  ['failed', 'NONE', 'failed'],
] as const)('a silent unit that says %s and %s when asked is %s', async (outcome, state, told) => {
  const unit = units.units.get('keystone/0');
  if (unit) unit.silent = 'change-made';
  units.status = { outcome, state };

  expect((await run('apply')).units[0]?.outcome).toBe(told);
});

test('a silent unit that did nothing has failed: it was told that the order is void', async () => {
  const unit = units.units.get('keystone/0');
  if (unit) unit.silent = 'change-lost';

  const [one] = (await run('apply')).units;

  expect([one?.outcome, one?.detail]).toEqual(['failed', 'did not answer within 30 s; read back: nothing was changed']);
});

test('one that cannot write that down has failed once it would refuse the task', async () => {
  const unit = units.units.get('keystone/0');
  if (unit) Object.assign(unit, { silent: 'change-lost', cannotEnd: true });
  units.seconds += START_WITHIN_SECONDS;
  const early = await run('apply');
  units.seconds += 1;
  const late = await run('apply');

  expect([early, late].map(({ units: [one] }) => [one?.outcome, one?.detail])).toEqual([
    ['unknown', 'did not answer within 30 s; read back: not begun yet'],
    ['failed', 'did not answer within 30 s; read back: nothing was changed'],
  ]);
});

test('a measurement that is broken off tells nothing of the time before the change', async () => {
  const stop = new AbortController();
  class Impatient extends FakeClock {
    override async sleep(): Promise<void> {
      stop.abort();
    }
  }

  const done = await run('apply', { measureSeconds: 300, stop: stop.signal, clock: new Impatient() });

  expect([done.outcome, done.measures, done.decisions]).toEqual([
    'done',
    [],
    ['stopped before it was measured whether this helped'],
  ]);
});

test('a controller that goes away before anything was sent leaves a run that ended, with what did not happen', async () => {
  units.juju = 'no change';

  const { units: told, outcome } = await run('apply');

  expect([outcome, told[0]?.outcome, told[0]?.code]).toEqual(['failed', 'failed', 'NOT_SENT']);
  expect(told[0]?.detail).toBe('not sent: controller "prod" cannot be reached; nothing was changed');
});

test('a controller that goes away before a batch is taken back leaves it changed, and says so', async () => {
  units.isDown = true;
  units.juju = 'no take-back';

  const { units: told, outcome } = await run('apply');

  expect([outcome, told[0]?.outcome]).toEqual(['failed', 'changed']);
  expect(told[0]?.detail).toBe('not taken back: controller "prod" cannot be reached');
});

test.each(['breaks off', 'is mute'] as const)('a haproxy whose view %s does not pass the gate', async (haproxy) => {
  units.haproxy = haproxy;

  const { gates } = await run('apply');

  expect(gates.map((gate) => gate.ok)).toEqual([false]);
});
