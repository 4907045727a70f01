import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DemoWorld } from './demo-world.js';

let world: DemoWorld;
let presence: string;

/** A cloud.json as somebody else writes it: one application, its units behind a program. */
beforeAll(async () => {
  world = await DemoWorld.make();
  mkdirSync(join(world.dir, 'elsewhere'));
  presence = join(world.dir, 'here');
  writeFileSync(presence, '');
  for (const own of ['clock.json', 'juju-data/current.json']) rmSync(join(world.dir, own));
  const cloud = {
    schema: 'juju-tune/demo-cloud/1',
    dialect: '3.6',
    seed: 1,
    controller: { name: 'bed', uuid: 'c0ffee00-0000-4000-8000-000000000000' },
    model: { name: 'bed', owner: 'admin', uuid: 'c0ffee00-0000-4000-8000-000000000001', cloud: 'bed', region: 'bed' },
    since: Date.now(),
    hooks: false,
    machines: [{ id: '0', hostname: 'bed-1', address: '10.77.0.1' }],
    applications: [{ name: 'keystone', charm: 'keystone', channel: '2024.1/stable', revision: 1 }],
    units: [
      {
        name: 'keystone/0',
        machine: '0',
        leader: true,
        address: '10.77.0.1',
        runner: {
          kind: 'command',
          presence,
          argv: ['/bin/bash', '-c', 'cd "$0" && exec /bin/bash -s', join(world.dir, 'elsewhere')],
        },
      },
    ],
  };
  writeFileSync(join(world.dir, 'cloud.json'), JSON.stringify(cloud));
});
afterAll(() => world.dispose());

test('a script goes to the program of its unit with the environment of a hook, and its results come back', async () => {
  const said = await world.juju(
    'exec',
    '--format',
    'json',
    '--unit',
    'keystone/leader',
    '--',
    'pwd; echo "$JUJU_UNIT_NAME $JUJU_MODEL_UUID"; echo words >&2; exit 3',
  );

  expect(said).toMatchObject({ code: 1, stderr: expect.stringContaining('with return code 3') });
  expect(JSON.parse(said.stdout)['keystone/0'].results).toEqual({
    'return-code': 3,
    stderr: 'words\n',
    stdout: `${join(world.dir, 'elsewhere')}\nkeystone/0 c0ffee00-0000-4000-8000-000000000001\n`,
  });
});

test('status and models tell of that cloud', async () => {
  const status = JSON.parse((await world.juju('status', '-m', 'bed:admin/bed', '--format', 'json')).stdout);

  expect(Object.keys(status.applications.keystone.units)).toEqual(['keystone/0']);
  expect(status.model).toMatchObject({ name: 'bed', controller: 'bed' });
});

test('a task whose agent ends before it has failed without results', async () => {
  const said = await world.juju('exec', '--format', 'json', '--unit', 'keystone/0', '--', 'echo half; kill -9 $$');

  expect(said.code).toBe(0);
  const { status, message, results } = JSON.parse(said.stdout)['keystone/0'];
  expect({ status, message, results }).toEqual({ status: 'failed', message: 'action terminated', results: undefined });
});

test('a task waits for an agent that is away, and runs as soon as it is back', async () => {
  rmSync(presence);
  const begun = await world.juju('exec', '--background', '--unit', 'keystone/0', '--', 'echo late');
  const task = /task (\d+)/.exec(begun.stderr)?.[1] ?? '';
  const shown = async (...more: string[]) =>
    JSON.parse((await world.juju('show-task', task, '--format', 'json', ...more)).stdout);

  const status = JSON.parse((await world.juju('status', '--format', 'json')).stdout);
  expect(status.applications.keystone.units['keystone/0']['juju-status'].current).toBe('lost');
  expect(await shown()).toMatchObject({ status: 'pending' });

  writeFileSync(presence, '');
  expect(await shown('--wait', '20s')).toMatchObject({ status: 'completed', results: { stdout: 'late\n' } });
});
