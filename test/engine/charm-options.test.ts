import { beforeEach, describe, expect, test } from 'vitest';
import type { Tuning } from '../../src/domain/action.js';
import { Failure } from '../../src/domain/failure.js';
import type { Inventory, Unit } from '../../src/domain/inventory.js';
import type { Plan } from '../../src/domain/plan.js';
import type { Run } from '../../src/domain/run.js';
import { createSession } from '../../src/engine/model-session.js';
import type { Session } from '../../src/engine/session.js';
import { FakeCharmConfig } from '../fakes/charm-config.js';
import { fakeInventory } from '../fakes/model.js';
import { FakeClock, FakeRuns } from '../fakes/runs.js';
import { FakeUnits } from '../fakes/units.js';

const workers: Tuning = {
  kind: 'tuning',
  id: 'worker-multiplier',
  aliases: [],
  title: 'Workers for good',
  description: '',
  source: 'bundled',
  params: [{ name: 'value', type: 'number', title: 'value', required: true }],
  appliesTo: { charms: ['keystone', 'gnocchi'], needs: [] },
  refuse: [],
  warn: [],
  changes: [],
  options: [{ option: 'worker-multiplier', value: '{param.value}', moves: { keystone: 'its two groups' } }],
  activate: 'none',
  risk: 'high',
  measure: [],
  guide: '',
};
const never = new AbortController().signal;

let units: FakeUnits;
let config: FakeCharmConfig;
let runs: FakeRuns;
let session: Session;
/** What status says, the last one for good. */
let statuses: Inventory[];
/** What Juju says instead, each time once. */
let troubles: (Failure | undefined)[];

beforeEach(() => {
  units = new FakeUnits();
  for (const name of ['keystone/0', 'keystone/1', 'keystone/2', 'gnocchi/0', 'gnocchi/1'])
    units.add(name, {}, { 'host.cpus': 8 });
  config = new FakeCharmConfig();
  runs = new FakeRuns();
  statuses = [fakeInventory()];
  troubles = [];
  session = createSession({
    tool: '0.1.0',
    operator: 'anna@bastion',
    model: fakeInventory().model,
    juju: {
      clientVersion: '3.6.11',
      status: async (signal) => {
        if (signal.aborted) throw new Failure('interrupted', 'interrupted');
        const trouble = troubles.shift();
        if (trouble) throw trouble;
        return (statuses.length > 1 ? statuses.shift() : statuses[0]) ?? fakeInventory();
      },
    },
    units,
    charmConfig: config,
    clock: new FakeClock(),
    catalogue: [workers],
    runs,
    onCall: () => undefined,
  });
});

const plan = (targets: readonly string[] = ['keystone']): Promise<Plan> =>
  session.plan({ targets, action: 'worker-multiplier', params: { value: '0.75' } }, () => undefined, never);
const apply = (wanted: Plan): Promise<Run> =>
  session.apply(wanted, { reason: '', measureSeconds: 0, stop: never, detach: never }, () => undefined);
const multiplier = (): string => {
  const option = config.options.get('worker-multiplier');
  return `${option?.source} ${option?.value}`;
};
const withUnit = (name: string, change: Partial<Unit>): Inventory => {
  const inventory = fakeInventory();
  return {
    ...inventory,
    applications: inventory.applications.map((application) => ({
      ...application,
      units: application.units.map((unit) => (unit.name === name ? { ...unit, ...change } : unit)),
    })),
  };
};

describe('a charm option', () => {
  test('is planned for the whole application and asks for its name', async () => {
    const made = await plan();

    expect(made.charm?.options).toEqual([
      { option: 'worker-multiplier', before: { value: '', source: 'unset' }, after: { value: '0.75', source: 'user' } },
    ]);
    expect([made.steps, made.confirmation]).toEqual([[], { kind: 'application', application: 'keystone' }]);
    expect(config.written).toEqual([]);
  });

  test('is set, read back, and taken back by a reset when nobody had set it', async () => {
    const run = await apply(await plan());
    const set = multiplier();
    const back = await apply(await session.planRollback('', () => undefined, never));

    expect([run.outcome, set, back.outcome, multiplier()]).toEqual(['done', 'user 0.75', 'done', 'unset ']);
  });

  test('that a user had set is set to that again', async () => {
    config.options.set('worker-multiplier', { type: 'float', value: '0.5', source: 'user', default: undefined });

    await apply(await plan());
    await apply(await session.planRollback('', () => undefined, never));

    expect(multiplier()).toBe('user 0.5');
  });

  test('that somebody changed since the run is left as it is when that is taken back', async () => {
    await apply(await plan());
    config.options.set('worker-multiplier', { type: 'float', value: '2', source: 'user', default: undefined });

    const back = await session.planRollback('', () => undefined, never);

    expect([back.charm, back.warnings]).toEqual([undefined, [expect.stringContaining('set to 2 since this run')]]);
  });

  test('is journalled before juju can have got it', async () => {
    await apply(await plan());

    expect(runs.journals[0]?.map(({ event }) => event.type)).toEqual([
      'run-opened',
      'options-intent',
      'options-settled',
      'gate',
      'run-closed',
    ]);
  });

  test.each([
    ['which juju refused is failed, and as before', false, 'failed', 'unset '],
    ['which juju set and then lost its answer is done, as was read back', true, 'done', 'user 0.75'],
  ])('%s', async (_, acts, outcome, value) => {
    const made = await plan();
    config.trouble = new Failure('juju', 'connection is shut down');
    config.actsBeforeTrouble = acts;

    const run = await apply(made);

    expect([run.outcome, multiplier()]).toEqual([outcome, value]);
  });

  test('whose plan is stale is refused, with what it is now', async () => {
    const made = await plan();
    config.options.set('worker-multiplier', { type: 'float', value: '1', source: 'user', default: undefined });

    await expect(apply(made)).rejects.toMatchObject({
      code: 'refused',
      problems: ['worker-multiplier of keystone is 1, and was unset'],
    });
    expect(runs.journals).toEqual([]);
  });

  test('is not set while a unit awaits confirmation', async () => {
    const step = { transaction: 'tx-keystone-1' };
    units.units.get('keystone/1')?.transactions.set('tx-keystone-1', { state: 'PENDING', step } as never);

    await expect(plan()).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('keystone/1 awaits confirmation'),
    });
  });

  test('is for no part of an application, and for no two of them', async () => {
    await expect(plan(['keystone/0'])).rejects.toThrow('holds for all 3 units of keystone');
    await expect(plan(['keystone', 'gnocchi'])).rejects.toThrow('one application at a time');
  });

  test('that was sent by a process that died is known again once the run is taken up', async () => {
    const made = await plan();
    await apply(made);
    runs.journals[0]?.splice(2);
    const before = (await session.run('')).options?.outcome;

    const options = { action: { kind: 'look' }, reason: '', stop: never, detach: never } as const;
    const { run, offers } = await session.resume(await session.run(''), options, () => undefined);

    expect([before, run.options?.outcome, run.status, run.outcome, offers]).toEqual([
      'unknown',
      'changed',
      'closed',
      'done',
      ['revert'],
    ]);
    expect(run.gates).toMatchObject([{ ok: true }]);
  });

  test('is not done for a process that died before it could look whether the hooks ended well', async () => {
    const made = await plan();
    await apply(made);
    runs.journals[0]?.splice(3);
    statuses = [fakeInventory(), withUnit('keystone/1', { trouble: 'hook-error', reason: 'hook failed: "config-changed"' })];

    const options = { action: { kind: 'look' }, reason: '', stop: never, detach: never } as const;
    const { run } = await session.resume(await session.run(''), options, () => undefined);

    expect([run.gates[0]?.ok, run.options?.outcome, run.status, run.outcome]).toEqual([false, 'changed', 'closed', 'failed']);
    expect(run.gates[0]?.checks[0]?.detail).toBe('keystone/1: hook failed: "config-changed"');
  });

  test('that breaks the hook of a unit ends as failed, and names the way back', async () => {
    const made = await plan();
    statuses = [
      fakeInventory(),
      withUnit('keystone/1', { runningHook: 'config-changed' }),
      withUnit('keystone/1', { trouble: 'hook-error', reason: 'hook failed: "config-changed"' }),
    ];

    const run = await apply(made);

    expect([run.outcome, run.gates[0]?.checks[0]?.detail]).toEqual(['failed', 'keystone/1: hook failed: "config-changed"']);
    expect(run.detail).toContain('juju-tune rollback keystone-1');
  });

  test('that broke a hook is not done when the process died before it could say so', async () => {
    const made = await plan();
    statuses = [fakeInventory(), withUnit('keystone/1', { trouble: 'hook-error', reason: 'hook failed: "config-changed"' })];
    await apply(made);
    runs.journals[0]?.splice(4);

    const options = { action: { kind: 'look' }, reason: '', stop: never, detach: never } as const;
    const { run } = await session.resume(await session.run(''), options, () => undefined);

    expect([run.gates[0]?.ok, run.options?.outcome, run.status, run.outcome]).toEqual([false, 'changed', 'closed', 'failed']);
  });

  test.each([
    ['lost', withUnit('keystone/2', { trouble: 'lost', reason: 'agent lost' })],
    ['not in the model any more', { ...fakeInventory(), applications: [] }],
  ])('is not done on a unit that is %s since it was set', async (_, inventory) => {
    const made = await plan();
    statuses = [fakeInventory(), inventory];

    const run = await apply(made);

    expect([run.options?.outcome, run.outcome]).toEqual(['changed', 'failed']);
    expect(run.gates[0]?.checks[0]?.detail).toMatch(/keystone\/2: (?:agent lost|not in the model any more)/);
  });

  test('is watched on while the controller is away for a moment', async () => {
    const made = await plan();
    const away = new Failure('juju', 'controller "demo" cannot be reached');
    troubles = [undefined, away, away];

    const run = await apply(made);

    expect([run.outcome, run.options?.outcome, run.gates[0]?.ok]).toEqual(['done', 'changed', true]);
  });

  test('whose controller does not come back ends as failed, with what is not known', async () => {
    const made = await plan();
    troubles = [undefined, ...new Array(1000).fill(new Failure('juju', 'controller "demo" cannot be reached'))];

    const run = await apply(made);

    expect([run.outcome, run.options?.outcome, run.gates[0]?.checks[0]?.detail]).toEqual([
      'failed',
      'changed',
      'not known after 600 s: controller "demo" cannot be reached',
    ]);
  });

  test('that nobody watches any more is interrupted, and no gate is said to have failed', async () => {
    const made = await plan();
    const detach = new AbortController();

    const options = { reason: '', measureSeconds: 0, stop: never, detach: detach.signal };
    const run = await session.apply(made, options, ({ event }) => {
      if (event.type === 'options-settled') detach.abort('SIGHUP');
    });

    expect([run.options?.outcome, run.gates, run.outcome, run.status]).toEqual(['changed', [], undefined, 'unfinished']);
    expect(run.decisions).toEqual(['interrupted: SIGHUP']);
  });

  test('that was set back is told as taken back by the run that broke off after it had set it', async () => {
    await apply(await plan());
    runs.journals[0]?.splice(3);

    const back = await apply(await session.planRollback('keystone-1', () => undefined, never));

    const [first] = await session.runs();
    expect([back.outcome, multiplier(), first?.status, first?.outcome]).toEqual(['done', 'unset ', 'closed', 'taken-back']);
    expect(first?.options?.detail).toBe('set back by run keystone-2');
  });
});
