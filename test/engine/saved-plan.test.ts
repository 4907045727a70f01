import { beforeEach, expect, test } from 'vitest';
import { Failure } from '../../src/domain/failure.js';
import type { Plan } from '../../src/domain/plan.js';
import { RolloutWorld } from './rollout-world.js';

let world: RolloutWorld;
let plan: Plan;
beforeEach(async () => {
  world = new RolloutWorld();
  // As it comes back from a file.
  plan = JSON.parse(JSON.stringify(await world.plan())) as Plan;
});

/** Why it was refused; throws when it was not, or when anything was sent or recorded before. */
async function refusal(applied: Promise<unknown> = world.apply(plan)): Promise<Failure> {
  const error = await applied.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect([world.changed(), world.runs.journals]).toEqual([[], []]);
  if (error instanceof Failure) return error;
  throw error ?? new Error('it was not refused');
}

test('a plan whose unit vanished is refused, with its name', async () => {
  world.keystoneBecomes((units) => units.filter((unit) => unit.name !== 'keystone/1'));

  expect(await refusal()).toMatchObject({ code: 'refused', problems: ['keystone/1 is not in the model any more'] });
});

test('a plan whose unit was replaced under the same name is refused', async () => {
  world.unit('keystone/1').machineId = 'another';

  expect((await refusal()).problems).toEqual([
    'keystone/1 is another machine now (machine-id another, planned for machine-of-keystone/1)',
  ]);
});

test('a plan of another model is refused, though all its names are the same', async () => {
  const { model } = world.inventory;
  world.inventory = { ...world.inventory, model: { ...model, uuid: 'ffffffff-0000-4000-8000-000000000000' } };

  expect((await refusal()).message).toMatch(/^the plan was made for model/);
});

test('a plan of another version of juju-tune is refused', async () => {
  const never = new AbortController().signal;
  const options = { reason: '', measureSeconds: 0, stop: never, detach: never };

  const failure = await refusal(world.session('0.2.0').apply(plan, options, () => undefined));

  expect(failure).toMatchObject({ code: 'refused', message: 'the plan was made by juju-tune 0.1.0, and this is 0.2.0' });
});

test('a plan whose unit went lost since is refused until it is excepted', async () => {
  world.keystoneBecomes((units) =>
    units.map((unit) => (unit.name === 'keystone/1' ? { ...unit, trouble: 'lost', reason: 'agent lost' } : unit)),
  );

  expect((await refusal()).message).toMatch(/^keystone\/1 is left out \(agent lost\)/);
});
