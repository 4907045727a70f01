import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Failure } from '../../src/domain/failure.js';
import type { Plan } from '../../src/domain/plan.js';
import type { Run } from '../../src/domain/run.js';
import { RolloutWorld } from './rollout-world.js';

/** What the change does to a unit; the operator knows it of none. */
const FATES = [
  'well',
  'answers 5xx',
  'stays down',
  'does not start',
  'answer lost',
  'change lost',
  'goes lost',
  'is removed',
] as const;
type Fate = (typeof FATES)[number];
/** Fates that the change is to blame for. */
const BAD: readonly Fate[] = ['answers 5xx', 'stays down', 'does not start', 'change lost'];

const oneUnit = fc.record({
  // Most changes are good for most units, or no rollout would get far.
  fate: fc.oneof({ weight: 3, arbitrary: fc.constant<Fate>('well') }, { weight: 2, arbitrary: fc.constantFrom(...FATES) }),
  host: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  holdsVip: fc.boolean(),
});

const worlds = fc.record({
  units: fc.array(oneUnit, { minLength: 1, maxLength: 8 }),
  leader: fc.nat(7),
  maxFailures: fc.constantFrom(0, 0, 1, 2),
  onFailure: fc.constantFrom('batch' as const, 'all' as const),
  batch: fc.constantFrom(undefined, '1', '1,2', '1,25%,rest', '2,rest', '50%'),
  /** The look at the model from which on units are lost or removed; before the third the plan is made and the run opened. */
  trouble: fc.integer({ min: 3, max: 6 }),
});
type World = typeof worlds extends fc.Arbitrary<infer T> ? T : never;

interface Built {
  readonly world: RolloutWorld;
  readonly fates: ReadonlyMap<string, Fate>;
  readonly served: readonly number[];
  readonly backAtOnce: readonly number[];
}

/** A model in which each unit has its fate. */
function built(given: World): Built {
  const world = new RolloutWorld(given.units.length);
  const fates = new Map(given.units.map(({ fate }, number): [string, Fate] => [`keystone/${number}`, fate]));
  world.keystoneBecomes((units) =>
    units.map((unit, number) => ({
      ...unit,
      host: given.units[number]?.host ?? '',
      leader: number === given.leader % given.units.length,
    })),
  );
  given.units.forEach(({ fate, holdsVip }, number) => {
    const unit = world.unit(`keystone/${number}`);
    unit.facts = { ...unit.facts, 'vip.held': holdsVip ? 'yes' : 'no' };
    if (fate === 'answers 5xx') unit.factsOnceChanged = { 'log.status-5xx': 200 };
    if (fate === 'stays down') unit.staysDown = true;
    if (fate === 'does not start') unit.failsToStart = true;
    if (fate === 'answer lost') unit.silent = 'change-made';
    if (fate === 'change lost') unit.silent = 'change-lost';
  });
  world.onStatus = (time) => {
    if (time !== given.trouble) return;
    world.keystoneBecomes((units) =>
      units
        .filter((unit) => fates.get(unit.name) !== 'is removed')
        .map((unit) => (fates.get(unit.name) === 'goes lost' ? { ...unit, trouble: 'lost', reason: 'agent lost' } : unit)),
    );
  };
  return { world, fates, ...watchedCalls(world) };
}

async function carriedOut(given: World, world: RolloutWorld): Promise<{ readonly plan: Plan; readonly run: Run } | undefined> {
  const { maxFailures, onFailure, batch } = given;
  try {
    const plan = await world.plan({ rollout: { maxFailures, onFailure }, ...(batch === undefined ? {} : { batch }) });
    return { plan, run: await world.apply(plan) };
  } catch (error) {
    // Sizes that would change all units at once.
    if (error instanceof Failure && error.code === 'refused') return undefined;
    throw error;
  }
}

/** For each call that touches a healthy unit, how many others are healthy at that time; for each that takes back, how many of its units are. */
function watchedCalls(world: RolloutWorld): Pick<Built, 'served' | 'backAtOnce'> {
  const served: number[] = [];
  const backAtOnce: number[] = [];
  const change = world.units.change.bind(world.units);
  const isHealthy = (name: string): boolean => {
    const unit = world.unit(name);
    const inModel = world.inventory.applications.flatMap((application) => application.units).find((one) => one.name === name);
    return inModel?.trouble === undefined && inModel !== undefined && !(unit.staysDown && world.changed().includes(name));
  };
  world.units.change = (orders, ...rest) => {
    const called = orders.map((order) => order.unit);
    const healthy = world.names.filter(isHealthy);
    if (called.some((name) => healthy.includes(name))) served.push(healthy.filter((name) => !called.includes(name)).length);
    backAtOnce.push(orders.filter(({ verb, unit }) => verb === 'rollback' && healthy.includes(unit)).length);
    return change(orders, ...rest);
  };
  return { served, backAtOnce };
}

/** Units of each call that changed something, in order. */
const calls = (world: RolloutWorld): readonly (readonly string[])[] =>
  world.units.sent.filter((line) => line.startsWith('apply')).map((line) => line.split(' ').slice(1));

/** `ROLLOUT_RUNS` asks for more worlds than a quick look needs. */
const RUNS = Number(process.env.ROLLOUT_RUNS ?? 80);

const check = (holds: (given: World, ran: Built & { readonly plan: Plan; readonly run: Run }) => void) =>
  fc.assert(
    fc.asyncProperty(worlds, async (given) => {
      const { world, ...watched } = built(given);
      const ran = await carriedOut(given, world);
      if (ran) holds(given, { ...ran, world, ...watched });
    }),
    { numRuns: RUNS },
  );

test('a bad change hurts no more units than one batch has, and the failures that were allowed', async () => {
  await check((given, { world, fates, run }) => {
    const touched = calls(world);
    const hurt = touched.flat().filter((unit) => BAD.includes(fates.get(unit) ?? 'well'));
    const lastBatch = run.plan.batches.find((batch) => batch.number === run.batch)?.units.length ?? 0;

    expect(hurt.length).toBeLessThanOrEqual(given.maxFailures + lastBatch);
  });
});

test('what failed its gate is as before, and done means that every unit is as asked', async () => {
  await check((_, { world, fates, plan, run }) => {
    const changed = world.changed();

    expect(changed.filter((unit) => BAD.includes(fates.get(unit) ?? 'well'))).toEqual([]);
    expect(run.outcome === 'done').toBe(plan.steps.every((step) => changed.includes(step.unit)));
    for (const unit of run.units) if (unit.outcome === 'changed') expect(changed).toContain(unit.unit);
  });
});

test('no call has two units on one host', async () => {
  await check((_, { world, plan }) => {
    for (const call of calls(world)) {
      const hosts = call.map((name) => plan.steps.find((step) => step.unit === name)?.host);
      expect(new Set(hosts).size).toBe(hosts.length);
    }
  });
});

test('no application of several units is without a healthy one while units are changed or taken back', async () => {
  await check((given, { served }) => {
    if (given.units.length > 1) expect(Math.min(...served, 1)).toBe(1);
  });
});

test('no two healthy units are taken back at once, however many were changed together', async () => {
  await check((_, { backAtOnce }) => {
    expect(Math.max(...backAtOnce, 0)).toBeLessThanOrEqual(1);
  });
});

test('the canary is neither leader nor VIP holder where one of the units is neither', async () => {
  await check((given, { plan }) => {
    const plain = given.units.flatMap(({ holdsVip }, number) =>
      holdsVip || number === given.leader % given.units.length ? [] : [`keystone/${number}`],
    );
    if (plain.length > 0) expect(plain).toContain(plan.batches[0]?.units[0]);
  });
});
