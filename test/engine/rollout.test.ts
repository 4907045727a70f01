import { beforeEach, describe, expect, test } from 'vitest';
import type { Unit } from '../../src/domain/inventory.js';
import type { Run } from '../../src/domain/run.js';
import type { AskPerson, ConfirmWindow } from '../../src/engine/window.js';
import { outcomes, RolloutWorld } from './rollout-world.js';

let world: RolloutWorld;
beforeEach(() => {
  world = new RolloutWorld();
});

/** The order of a plan over keystone/0-2: keystone/1, keystone/2, keystone/0. */
const sent = (verb: string): string[] => world.units.sent.filter((line) => line.startsWith(verb));
const lost = (unit: Unit): Unit => ({ ...unit, trouble: 'lost', reason: 'agent lost' });
/** From the given look at the model on (the first plans, the second opens the run, then one before each batch but the first). */
const fromLook = (time: number, change: (units: readonly Unit[]) => readonly Unit[]): void => {
  world.onStatus = (now) => {
    if (now === time) world.keystoneBecomes(change);
  };
};

describe('a batch is held against the units that are not changed yet', () => {
  test('one that answers with more errors than they and than itself before is taken back', async () => {
    world.unit('keystone/1').factsOnceChanged = { 'log.status-5xx': 60 };

    const run = await world.run();

    expect(outcomes(run)).toEqual({ 'keystone/0': 'not-started', 'keystone/1': 'reverted', 'keystone/2': 'not-started' });
    expect(run.gates[0]?.checks.filter((check) => !check.ok)).toEqual([
      { name: 'keystone/1 compared', ok: false, detail: '5xx answers 60 of 500, the others 0 of 1000, before 0 of 500' },
    ]);
    expect([run.outcome, world.changed()]).toEqual(['taken-back', []]);
  });

  test('a burst that is over when it is looked at again takes nothing back', async () => {
    const { clock } = world;
    world.unit('keystone/1').factsOnceChanged = { 'queue.total': 67 };
    const sleep = clock.sleep.bind(clock);
    let pauses = 0;
    clock.sleep = async (seconds) => {
      await sleep(seconds);
      pauses++;
      if (pauses === 2) world.unit('keystone/1').factsOnceChanged = { 'queue.total': 3 };
    };
    for (const name of world.names) world.unit(name).facts = { ...world.unit(name).facts, 'queue.total': 0 };

    const run = await world.run();

    expect([run.outcome, run.gates[0]?.checks.at(-1)?.detail]).toEqual(['done', expect.stringContaining('requests waiting 3')]);
  });

  test('what is looked at again is the time since the first look, without the burst in it', async () => {
    const windows: string[] = [];
    const collect = world.units.collect.bind(world.units);
    world.units.collect = (diagnostics, params, units, options) => {
      windows.push(params.window ?? '');
      return collect(diagnostics, params, units, options);
    };
    world.unit('keystone/1').factsOnceChanged = { 'log.status-5xx': 60 };

    await world.run({ rollout: { bakeSeconds: 20 } });

    expect(windows.filter((window) => window === '20')).toHaveLength(2);
    expect(windows).not.toContain('40');
  });

  test('errors that all of them have fail nothing', async () => {
    for (const name of world.names) world.unit(name).facts = { 'log.requests': 500, 'log.status-5xx': 90 };

    expect((await world.run()).outcome).toBe('done');
  });

  test('the last one is held against those changed before', async () => {
    world.unit('keystone/0').factsOnceChanged = { 'log.px-lost': 40 };

    const run = await world.run();

    expect(outcomes(run)).toEqual({ 'keystone/0': 'reverted', 'keystone/1': 'changed', 'keystone/2': 'changed' });
    expect(run.gates.at(-1)?.checks.at(-1)?.detail).toContain('40 of 500');
  });

  test('without a time to watch it nothing is compared', async () => {
    world.unit('keystone/1').factsOnceChanged = { 'log.status-5xx': 60 };

    const run = await world.run({ rollout: { bakeSeconds: 0 } });

    expect([run.outcome, run.gates[0]?.checks.map((check) => check.name)]).toEqual(['done', ['keystone/1 in haproxy']]);
  });
});

describe('failures over the whole run', () => {
  test('none is borne unless the plan says so: the first one ends the run', async () => {
    world.unit('keystone/1').failsToStart = true;

    const run = await world.run();

    expect(outcomes(run)).toEqual({ 'keystone/0': 'not-started', 'keystone/1': 'reverted', 'keystone/2': 'not-started' });
  });

  test('as many as the plan bears are passed over, one more ends it', async () => {
    for (const name of ['keystone/1', 'keystone/2']) world.unit(name).failsToStart = true;

    const run = await world.run({ rollout: { maxFailures: 1 } });

    expect(outcomes(run)).toEqual({ 'keystone/0': 'not-started', 'keystone/1': 'reverted', 'keystone/2': 'reverted' });
  });

  test('a unit that is broken ends the run, whatever the plan bears, and the run is not known to be well', async () => {
    world.unit('keystone/1').breaks = true;

    const run = await world.run({ rollout: { maxFailures: 3 } });

    expect(outcomes(run)).toEqual({ 'keystone/0': 'not-started', 'keystone/1': 'broken', 'keystone/2': 'not-started' });
    expect([run.outcome, run.units[1]?.detail]).toEqual(['unknown', 'neither before nor after']);
  });

  test('a run that bore a failure is not done', async () => {
    world.unit('keystone/2').failsToStart = true;

    const run = await world.run({ rollout: { maxFailures: 1 } });

    expect(outcomes(run)).toEqual({ 'keystone/0': 'changed', 'keystone/1': 'changed', 'keystone/2': 'reverted' });
    expect(run.outcome).toBe('taken-back');
  });

  test.each([
    ['failed', false],
    ['unknown', true],
  ])('a unit that stays silent counts, and is %s', async (outcome, cannotEnd) => {
    Object.assign(world.unit('keystone/2'), { silent: 'change-lost', cannotEnd });

    const run = await world.run();

    expect([outcomes(run)['keystone/2'], outcomes(run)['keystone/0']]).toEqual([outcome, 'not-started']);
  });

  test('a batch whose gate failed goes back alone, or everything does, the last batch first, as the plan says', async () => {
    world.unit('keystone/0').staysDown = true;

    const alone = await world.run();
    const alsoBack = sent('rollback');
    const all = new RolloutWorld();
    all.unit('keystone/0').staysDown = true;
    const everything = await all.run({ rollout: { onFailure: 'all' } });

    expect([outcomes(alone)['keystone/1'], alsoBack]).toEqual(['changed', ['rollback keystone/0']]);
    expect([everything.outcome, all.changed()]).toEqual(['taken-back', []]);
    expect(all.units.sent.filter((line) => line.startsWith('rollback'))).toEqual([
      'rollback keystone/0',
      'rollback keystone/2',
      'rollback keystone/1',
    ]);
  });

  test('the other units of a batch in which one failed go back too: they have passed no gate', async () => {
    world = new RolloutWorld(6);
    world.unit('keystone/2').failsToStart = true;

    const run = await world.run({ batch: '1,2' });

    expect(run.plan.batches[1]?.units).toEqual(['keystone/2', 'keystone/3']);
    expect([outcomes(run)['keystone/1'], outcomes(run)['keystone/3']]).toEqual(['changed', 'reverted']);
  });
});

describe('on the way back', () => {
  const takeBack: AskPerson = async () => ({ kind: 'take-back' });
  const TAKE_BACK: ConfirmWindow = { seconds: 600, guard: true, confirm: takeBack };
  const back = (): string[] => sent('rollback').map((line) => line.replace('rollback ', ''));

  test('healthy units of one application go one at a time, each UP before the next, where the change went to several at once', async () => {
    world = new RolloutWorld(6);
    world.unit('keystone/2').factsOnceChanged = { 'log.status-5xx': 60 };

    const run = await world.run({ batch: '1,2' });

    expect(run.plan.batches[1]?.units).toEqual(['keystone/2', 'keystone/3']);
    expect(back()).toEqual(['keystone/2', 'keystone/3']);
    expect([outcomes(run)['keystone/1'], outcomes(run)['keystone/3']]).toEqual(['changed', 'reverted']);
  });

  test('units that are down go first and together: nothing is taken away by it', async () => {
    world = new RolloutWorld(6);
    for (const name of ['keystone/3', 'keystone/4']) world.unit(name).staysDown = true;

    const run = await world.run({ batch: '1,4' });

    expect(run.plan.batches[1]?.units).toEqual(['keystone/2', 'keystone/3', 'keystone/4']);
    expect(back()).toEqual(['keystone/3 keystone/4', 'keystone/2']);
  });

  test('what nobody confirmed goes so too', async () => {
    world = new RolloutWorld(6);

    const run = await world.run({ batch: '1,2' }, { window: TAKE_BACK });

    expect(back()).toEqual(['keystone/0', 'keystone/4', 'keystone/5', 'keystone/2', 'keystone/3', 'keystone/1']);
    expect([run.outcome, world.changed()]).toEqual(['taken-back', []]);
  });

  test('what nobody confirmed and is down goes before what serves', async () => {
    const confirm: AskPerson = (...asked) => {
      for (const name of ['keystone/1', 'keystone/2']) world.unit(name).staysDown = true;
      return takeBack(...asked);
    };

    const run = await world.run({}, { window: { ...TAKE_BACK, confirm } });

    expect(back()).toEqual(['keystone/2 keystone/1', 'keystone/0']);
    expect(run.outcome).toBe('taken-back');
  });

  test('what nobody confirmed goes on after a unit that is not UP again, and says so: it is not confirmed', async () => {
    const confirm: AskPerson = (...asked) => {
      world.unit('keystone/0').isDown = true;
      world.unit('keystone/2').isDown = true;
      return takeBack(...asked);
    };

    const run = await world.run({}, { window: { ...TAKE_BACK, confirm } });

    expect(back()).toEqual(['keystone/0 keystone/2', 'keystone/1']);
    expect(run.decisions.at(-1)).toEqual(
      expect.stringMatching(
        /^keystone\/1 goes back, for it is not confirmed, though not all before it are UP again: keystone\/0 in haproxy DOWN in .*; keystone\/2 in haproxy DOWN in /,
      ),
    );
    expect([run.outcome, world.changed()]).toEqual(['taken-back', []]);
  });

  test('of a batch that failed the last healthy unit stays as it is when one that went before it is not UP again', async () => {
    world = new RolloutWorld(3);
    world.unit('keystone/2').factsOnceChanged = { 'log.status-5xx': 60 };
    const change = world.units.change.bind(world.units);
    world.units.change = (orders, ...rest) => {
      // Not even what it was before starts again, and the canary is gone by then.
      if (orders.some(({ verb }) => verb === 'rollback'))
        for (const name of ['keystone/1', 'keystone/2']) world.unit(name).isDown = true;
      return change(orders, ...rest);
    };

    const run = await world.run({ batch: '1,2' });

    expect(back()).toEqual(['keystone/2']);
    expect(run.decisions.at(-1)).toBe(
      'keystone/0 stays changed: keystone would be left without a healthy unit while keystone/0 changes: keystone/1 is DOWN in haproxy, keystone/2 is DOWN in haproxy',
    );
  });

  test('a rollback first puts back what is down, when what serves cannot go before it', async () => {
    const run = await world.run();
    for (const name of ['keystone/0', 'keystone/2']) world.unit(name).staysDown = true;

    const rollback = await world.session().planRollback(run.id, () => undefined, world.stop.signal);
    const taken = await world.apply(rollback);

    expect(rollback.batches.map(({ units }) => units)).toEqual([['keystone/1'], ['keystone/2'], ['keystone/0']]);
    expect(back()).toEqual(['keystone/2', 'keystone/0', 'keystone/1']);
    expect(taken.decisions).toEqual([
      'batch 1 waits for the others: keystone would be left without a healthy unit while keystone/1 changes: keystone/0 is DOWN in haproxy, keystone/2 is DOWN in haproxy',
    ]);
    expect([taken.outcome, world.changed()]).toEqual(['done', []]);
  });

  test('a rollback ends at the last healthy unit when what was put back before it does not serve', async () => {
    const run = await world.run();
    for (const name of ['keystone/0', 'keystone/2']) world.unit(name).isDown = true;

    const rollback = await world.session().planRollback(run.id, () => undefined, world.stop.signal);
    const taken = await world.apply(rollback);

    expect([taken.outcome, back()]).toEqual(['failed', ['keystone/2']]);
  });
});

describe('a floor of healthy units', () => {
  test('the last healthy unit is not touched, and nothing was changed', async () => {
    for (const name of ['keystone/0', 'keystone/2']) world.unit(name).isDown = true;

    const run = await world.run({ targets: ['keystone/1'] });

    expect([run.outcome, sent('apply')]).toEqual(['refused', []]);
    expect(run.decisions[0]).toBe(
      'stopped before batch 1: keystone would be left without a healthy unit while keystone/1 changes: keystone/0 is DOWN in haproxy, keystone/2 is DOWN in haproxy',
    );
  });

  test('a unit that is down already can be changed: nothing is taken away by it', async () => {
    world.unit('keystone/1').isDown = true;
    world.unit('keystone/2').isDown = true;

    const run = await world.run({ targets: ['keystone/1'] });

    // It is not UP afterwards, either, so that its gate takes it back.
    expect([sent('apply'), run.outcome]).toEqual([['apply keystone/1'], 'taken-back']);
  });

  test('units that went lost while the run went on are not healthy', async () => {
    fromLook(3, (units) => units.map((unit) => (unit.name === 'keystone/2' ? unit : lost(unit))));

    const run = await world.run({ rollout: { maxFailures: 1 } });

    expect(run.decisions.at(-1)).toMatch(/^stopped before batch 2: keystone would be left without a healthy unit/);
    expect([run.outcome, sent('apply')]).toEqual(['failed', ['apply keystone/1']]);
  });

  test('of two units one that is left when the other was removed is not touched either: its plan did not say so', async () => {
    world = new RolloutWorld(2);
    fromLook(3, (units) => units.filter((unit) => unit.name !== 'keystone/1'));

    const run = await world.run({ rollout: { maxFailures: 1 } });

    expect(run.decisions.at(-1)).toMatch(/^stopped before batch 2: keystone would be left without a healthy unit/);
  });

  test('an application of one unit is changed: its plan says that it is an outage', async () => {
    world = new RolloutWorld(1);

    expect((await world.run()).outcome).toBe('done');
  });

  test('nobody who says what haproxy sees means that nothing is touched', async () => {
    const plan = await world.plan();
    for (const name of world.names) world.unit(name).facts = {};
    world.units.collect = async function* () {
      yield* [];
    };

    const run = await world.apply(plan);

    expect([run.outcome, run.decisions]).toEqual([
      'refused',
      ['stopped before batch 1: no unit of keystone said what its haproxy sees'],
    ]);
  });
});

describe('the model is read again before each batch', () => {
  test('a unit that was removed is a failure, and nothing is sent to it', async () => {
    fromLook(3, (units) => units.filter((unit) => unit.name !== 'keystone/2'));

    const run = await world.run();

    const gone = run.units.find((unit) => unit.unit === 'keystone/2');
    expect([gone?.outcome, gone?.code, gone?.intended]).toEqual(['failed', 'GONE', false]);
    expect([sent('apply'), run.outcome]).toEqual([['apply keystone/1'], 'failed']);
  });

  test('a unit that went lost is a failure, which the plan may bear', async () => {
    fromLook(3, (units) => units.map((unit) => (unit.name === 'keystone/2' ? lost(unit) : unit)));

    const run = await world.run({ rollout: { maxFailures: 1 } });

    expect(outcomes(run)).toEqual({ 'keystone/0': 'changed', 'keystone/1': 'changed', 'keystone/2': 'failed' });
    expect(run.outcome).toBe('failed');
  });

  test('a unit that went lost after it was changed counts as well; everything goes back where the plan says so', async () => {
    fromLook(3, (units) => units.map((unit) => (unit.name === 'keystone/1' ? lost(unit) : unit)));

    const run = await world.run({ rollout: { onFailure: 'all' } });

    expect(run.decisions).toEqual([
      'stopped before batch 2: keystone/1 was changed and is not well since (agent lost)',
      'everything that this run changed is taken back',
    ]);
    expect([run.outcome, world.changed()]).toEqual(['taken-back', []]);
  });

  test('a new leader is named and the order stays; who is changed already is not touched again', async () => {
    fromLook(3, (units) => units.map((unit) => ({ ...unit, leader: unit.name === 'keystone/1' })));

    const run = await world.run();

    expect(run.decisions).toEqual(['keystone/1 is the leader now, no longer keystone/0: the order stays']);
    expect(sent('apply')).toEqual(['apply keystone/1', 'apply keystone/2', 'apply keystone/0']);
  });

  test('a unit that appears is named and left as it is', async () => {
    const plan = await world.plan();
    const [, second] = world.inventory.applications.find(({ name }) => name === 'keystone')?.units ?? [];
    if (!second) throw new Error('keystone has no second unit');
    world.units.add('keystone/4');
    world.keystoneBecomes((units) => [...units, { ...second, name: 'keystone/4' }]);

    const run = await world.apply(plan);

    expect(run.decisions).toEqual(['keystone/4 appeared, not in the plan: it is left as it is']);
    expect(sent('apply')).toHaveLength(3);
  });

  test('a unit that was there and is no target is no news', async () => {
    expect((await world.run({ targets: ['keystone/1'] })).decisions).toEqual([]);
  });
});

describe('a pause', () => {
  test('holds the next batch until it is lifted', async () => {
    let lift: () => void = () => undefined;
    const lifted = new Promise<void>((resolve) => {
      lift = resolve;
    });
    let isPaused = true;
    const running = world.run({}, { pause: { isPaused: () => isPaused, resumed: () => lifted } });
    await expect.poll(() => world.runs.journals[0]?.at(-1)?.event).toMatchObject({ text: 'paused before batch 1' });
    const sentMeanwhile = sent('apply');
    isPaused = false;
    lift();

    const run = await running;

    expect([sentMeanwhile, run.outcome]).toEqual([[], 'done']);
    expect(run.decisions).toEqual(['paused before batch 1', 'goes on with batch 1']);
  });

  test('ends when the run is stopped', async () => {
    const running = world.run({}, { pause: { isPaused: () => true, resumed: () => new Promise(() => undefined) } });
    await expect.poll(() => world.runs.journals[0]?.at(-1)?.event).toMatchObject({ text: 'paused before batch 1' });
    world.stop.abort();

    const run = await running;

    expect([run.outcome, sent('apply')]).toEqual(['interrupted', []]);
  });
});

describe('a run that is taken up again', () => {
  const goOn = async (): Promise<Run> => {
    const session = world.session();
    const detach = new AbortController().signal;
    const action = { kind: 'go-on', window: { seconds: 0, guard: true, confirm: 'itself' } } as const;
    const options = { action, reason: '', stop: detach, detach };
    return (await session.resume(await session.run(''), options, () => undefined)).run;
  };

  test('holds the gate of a batch whose operator died before it', async () => {
    world.unit('keystone/1').staysDown = true;
    await world.run();
    const [journal = []] = world.runs.journals;
    journal.splice(journal.findIndex(({ event }) => event.type === 'unit-settled') + 1);
    // As it was then: nobody had taken it back yet.
    const [transaction] = world.unit('keystone/1').transactions.values();
    if (!transaction) throw new Error('keystone/1 was not changed');
    transaction.state = 'COMMITTED';

    const run = await goOn();

    expect(outcomes(run)).toEqual({ 'keystone/0': 'not-started', 'keystone/1': 'reverted', 'keystone/2': 'not-started' });
    expect([run.outcome, sent('apply')]).toEqual(['taken-back', ['apply keystone/1']]);
  });

  test('watches a batch again that was not watched to its end', async () => {
    const sleep = world.clock.sleep.bind(world.clock);
    world.clock.sleep = async (seconds) => {
      await sleep(seconds);
      world.stop.abort();
    };
    const stopped = await world.run();

    const run = await goOn();

    expect([stopped.outcome, stopped.gates.map(({ batch }) => batch)]).toEqual(['interrupted', [1]]);
    expect([run.outcome, run.gates.map(({ batch }) => batch)]).toEqual(['done', [1, 1, 2, 3]]);
  });
});
