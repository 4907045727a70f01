import { beforeEach, describe, expect, test } from 'vitest';
import type { Facts } from '../../src/domain/finding.js';
import type { Run } from '../../src/domain/run.js';
import { haproxyChecks, passGate } from '../../src/engine/gate.js';
import type { ResumeAction } from '../../src/engine/session.js';
import { diagnostic, outcomes, RolloutWorld } from './rollout-world.js';

let world: RolloutWorld;
beforeEach(() => {
  world = new RolloutWorld();
});

/** The order of a plan over keystone/0-2: keystone/1, keystone/2, keystone/0. */
const sent = (verb: string): string[] => world.units.sent.filter((line) => line.startsWith(verb));

describe('what a gate saw is evidence only while the change is there', () => {
  /** Does something to a unit in the first pause after the run began: its batch is UP by then, and watched. */
  const meanwhile = (change: () => void): void => {
    const sleep = world.clock.sleep.bind(world.clock);
    let isFirst = true;
    world.clock.sleep = async (seconds) => {
      await sleep(seconds);
      if (isFirst) change();
      isFirst = false;
    };
  };

  test('a unit that took its change back while it was watched fails its gate', async () => {
    meanwhile(() => {
      for (const transaction of world.unit('keystone/1').transactions.values()) transaction.state = 'REVERTED';
    });

    const run = await world.run();

    expect(outcomes(run)).toEqual({ 'keystone/0': 'not-started', 'keystone/1': 'reverted', 'keystone/2': 'not-started' });
    expect(run.gates[0]?.checks.filter((check) => !check.ok)).toEqual([
      {
        name: 'keystone/1 is changed',
        ok: false,
        detail: 'reverted: its gate was held',
      },
    ]);
    expect(run.outcome).toBe('taken-back');
  });

  test('a unit tells in its own words why its change is not there any more', async () => {
    const message = 'taken back by the unit itself: the machine went down before it was confirmed';
    const transactionStatus = world.units.transactionStatus.bind(world.units);
    world.units.transactionStatus = async function* (asked) {
      for await (const event of transactionStatus(asked))
        yield event.kind === 'answer' ? { ...event, value: { ...event.value, state: 'REVERTED', message } } : event;
    };

    const run = await world.run();

    expect(run.units.find(({ unit }) => unit === 'keystone/1')).toMatchObject({ outcome: 'reverted', detail: message });
  });

  test('a unit that is another machine by now fails its gate, and nothing is said to be as asked', async () => {
    meanwhile(() => world.unit('keystone/1').transactions.clear());

    const run = await world.run();

    expect(run.units.find(({ unit }) => unit === 'keystone/1')).toMatchObject({
      outcome: 'failed',
      detail: 'its gate was held; read back: the unit knows of no such change any more',
    });
    expect([run.outcome, sent('apply')]).toEqual(['failed', ['apply keystone/1']]);
  });

  test('a unit that does not say whether its change is there is unknown, and the others of its batch go back', async () => {
    world = new RolloutWorld(6);
    const collect = world.units.collect.bind(world.units);
    world.units.collect = async function* (...asked) {
      yield* collect(...asked);
      // It was seen well, and now its agent is stuck.
      if (world.units.sent.includes('apply keystone/2 keystone/3')) world.unit('keystone/3').silent = 'all';
    };

    const run = await world.run({ batch: '1,2', rollout: { bakeSeconds: 0 } });

    expect(outcomes(run)).toMatchObject({ 'keystone/1': 'changed', 'keystone/2': 'reverted', 'keystone/3': 'unknown' });
    expect([run.outcome, sent('apply')]).toEqual(['unknown', ['apply keystone/1', 'apply keystone/2 keystone/3']]);
  });

  test.each([
    ['while a unit is waited for', 60],
    ['when this machine sets its clock back', -3600],
  ])('%s, what haproxy showed before grows old', async (_, seconds) => {
    const transactionStatus = world.units.transactionStatus.bind(world.units);
    world.units.transactionStatus = async function* (asked) {
      await world.clock.sleep(seconds);
      for (const name of ['keystone/0', 'keystone/1']) world.unit(name).isDown = true;
      yield* transactionStatus(asked);
    };

    const run = await world.run();

    expect(run.decisions.at(-1)).toMatch(/^stopped before batch 2: keystone would be left without a healthy unit/);
    expect(sent('apply')).toEqual(['apply keystone/1']);
  });

  test('of a unit that says so nothing new is told', async () => {
    await world.run();

    const [journal = []] = world.runs.journals;
    const told = journal.filter(({ event }) => event.type === 'unit-settled' || event.type === 'unit-phase');
    expect(told).toHaveLength(3);
  });
});

describe('a batch that failed its gate and does not go back', () => {
  /** Rollbacks come too late, by the clock of the unit. */
  const refuseRollbacks = (): void => {
    const change = world.units.change.bind(world.units);
    world.units.change = async function* (orders, ...rest) {
      const refused = orders.filter(({ verb }) => verb === 'rollback');
      for await (const event of change(
        orders.filter(({ verb }) => verb !== 'rollback'),
        ...rest,
      ))
        yield event;
      for (const { unit } of refused) {
        const [[transaction, { state }] = ['', { state: 'NONE' }] as const] = world.unit(unit).transactions;
        const empty = { message: '', paths: [], log: [], clock: world.units.seconds };
        const value = { verb: 'rollback', transaction, outcome: 'refused', state, code: 'EXPIRED', ...empty } as const;
        yield { kind: 'answer', unit, value, milliseconds: 5 };
      }
    };
  };

  test('ends the run, whatever the plan bears, and the run is no success', async () => {
    world.unit('keystone/1').staysDown = true;
    refuseRollbacks();

    const run = await world.run({ rollout: { maxFailures: 2, bakeSeconds: 0 } });

    expect(outcomes(run)).toEqual({ 'keystone/0': 'not-started', 'keystone/1': 'changed', 'keystone/2': 'not-started' });
    expect(run.outcome).toBe('failed');
  });

  test('is not confirmed by the run, nor with other batches once it is taken up again', async () => {
    world.unit('keystone/1').staysDown = true;
    refuseRollbacks();
    const window = { seconds: 600, guard: true, confirm: 'itself' } as const;

    const run = await world.run({ rollout: { maxFailures: 2, bakeSeconds: 0 } }, { window });
    const resumed = takenUp({ kind: 'go-on', window });

    await expect(resumed).rejects.toThrow('cannot go on: not every unit that was changed is as it was asked for');
    expect([outcomes(run)['keystone/1'], sent('confirm'), sent('apply')]).toEqual(['pending', [], ['apply keystone/1']]);
  });

  test('is no success, either, when its operator died before it was taken back', async () => {
    world = new RolloutWorld(1);
    world.unit('keystone/0').staysDown = true;
    await world.run();
    const [journal = []] = world.runs.journals;
    journal.splice(journal.findIndex(({ event }) => event.type === 'gate') + 1);
    // As it was then.
    const [transaction] = world.unit('keystone/0').transactions.values();
    if (!transaction) throw new Error('keystone/0 was not changed');
    transaction.state = 'COMMITTED';

    const run = await takenUp({ kind: 'look' });

    expect([run.outcome, outcomes(run)]).toEqual(['failed', { 'keystone/0': 'changed' }]);
  });

  const takenUp = async (action: ResumeAction): Promise<Run> => {
    const session = world.session();
    const detach = new AbortController().signal;
    const options = { action, reason: '', stop: detach, detach };
    return (await session.resume(await session.run(''), options, () => undefined)).run;
  };
});

test('one haproxy that lists a unit and does not say how it sees it is not made up for by another', () => {
  const viewers = ['keystone/0', 'keystone/1'].map((unit) => ({ unit, application: 'keystone' }));
  const changed = [{ unit: 'keystone/0', application: 'keystone', address: '10.0.0.1' }];
  const listed = { 'haproxy.public.keystone-0.address': '10.0.0.1:4990' };
  const views = new Map<string, Facts>([
    ['keystone/0', { ...listed, 'haproxy.public.keystone-0.status': 'UP' }],
    ['keystone/1', listed],
  ]);

  expect(haproxyChecks({ changed, viewers, layers: undefined }, views)).toEqual([
    { name: 'keystone/0 in haproxy', ok: false, detail: "keystone/1's haproxy lists it and does not say how it sees it" },
  ]);
});

test.each([
  ['back', -3600],
  ['forward', 3600],
])('a gate waits as long as ever while this machine sets its clock %s', async (_, seconds) => {
  world.unit('keystone/0').isDown = true;
  let [wall, lived, looks] = [Date.parse('2026-11-23T14:02:11Z'), 0, 0];
  const clock = {
    rate: 1,
    now: () => wall,
    lived: () => lived,
    sleep: async (length: number) => {
      lived += length * 1000;
      wall += length * 1000 + (looks++ === 0 ? seconds * 1000 : 0);
    },
  };
  const viewers = [{ unit: 'keystone/0', application: 'keystone' }];
  const question = { changed: viewers.map((viewer) => ({ ...viewer, address: '' })), viewers };

  const options = { timeoutSeconds: 30, signal: new AbortController().signal };
  const gate = await passGate({ ...question, layers: diagnostic('layers') }, { units: world.units, clock }, options);

  expect([gate.checks.map(({ ok }) => ok), looks]).toEqual([[false], 15]);
});
