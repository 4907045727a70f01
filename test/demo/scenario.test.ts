import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { DemoWorld, until } from './demo-world.js';

type Json = Readonly<Record<string, unknown>>;

let world: DemoWorld;
beforeAll(async () => {
  world = await DemoWorld.make();
});
afterEach(() => {
  for (const name of ['scenario.json', 'calls']) rmSync(join(world.dir, name), { recursive: true, force: true });
});
afterAll(() => world.dispose());

async function statuses(operation: string): Promise<Record<string, string>> {
  const shown = (await world.json('show-operation', operation)) as { tasks: Record<string, { host: string; status: string }> };
  return Object.fromEntries(Object.values(shown.tasks).map(({ host, status }) => [host, status]));
}

async function start(...targets: string[]): Promise<string> {
  const said = await world.juju('exec', '--background', ...targets, '--', 'echo ran');
  return /operation (\d+)/.exec(said.stderr)?.[1] ?? '';
}

test('one unit that hangs delays no other', async () => {
  world.scenario({ hang: [{ unit: 'keystone/1', seconds: 60 }] });
  const operation = await start('--app', 'keystone');

  const seen = await until(async () => {
    const now = await statuses(operation);
    return now['keystone/0'] === 'completed' && now['keystone/2'] === 'completed' ? now : undefined;
  }, 5000);

  expect(seen['keystone/1']).toBe('running');
});

test('a lost unit keeps its task pending and runs it when it is back', async () => {
  world.scenario({ lost: [{ unit: 'keystone/0' }] });
  const operation = await start('--unit', 'keystone/0,keystone/2');
  await until(async () => ((await statuses(operation))['keystone/2'] === 'completed' ? true : undefined));
  expect((await statuses(operation))['keystone/0']).toBe('pending');

  world.scenario({});

  await until(async () => ((await statuses(operation))['keystone/0'] === 'completed' ? true : undefined));
});

test('a hook holds its unit up', async () => {
  world.scenario({ hook: [{ unit: 'keystone/0', name: 'config-changed', until: 0.8 }] });
  const operation = await start('--unit', 'keystone/0');
  const status = JSON.parse((await world.juju('status', '--format', 'json')).stdout) as {
    applications: Record<string, { units: Record<string, Json> }>;
  };

  expect(status.applications.keystone?.units['keystone/0']?.['juju-status']).toMatchObject({
    current: 'executing',
    message: 'running config-changed hook',
  });
  expect((await statuses(operation))['keystone/0']).toBe('pending');
  await until(async () => ((await statuses(operation))['keystone/0'] === 'completed' ? true : undefined));
});

test('the k-th call of a command can be cut, broken or empty', async () => {
  const status = () => world.juju('status', '--format', 'json');
  world.scenario({
    calls: [
      { command: 'status', from: 1, as: 'partial' },
      { command: 'status', from: 2, as: 'malformed' },
      { command: 'status', from: 3, as: 'empty' },
      { command: 'status', from: 4, stdout: 'hello', stderr: 'ERROR odd\n', code: 1 },
    ],
  });

  const [partial, malformed, empty, odd, right] = [
    await status(),
    await status(),
    await status(),
    await status(),
    await status(),
  ];

  expect(() => JSON.parse(partial?.stdout ?? '')).toThrow();
  expect(() => JSON.parse(malformed?.stdout ?? '')).toThrow();
  expect(empty).toMatchObject({ code: 0, stdout: '' });
  expect(odd).toMatchObject({ code: 1, stdout: 'hello', stderr: 'ERROR odd\n' });
  expect(() => JSON.parse(right?.stdout ?? '')).not.toThrow();
});

test.each<[what: string, scenario: object, words: RegExp]>([
  ['an expired password', { login: 'password' }, /^please enter password for admin on juju-tune-demo: /],
  ['a browser login', { login: 'browser' }, /https:\/\/login\.example\.com\//],
  ['a controller that is down', { controllerDown: {} }, /^ERROR unable to connect to API: /],
  ['no controller', { noControllers: true }, /^ERROR No controllers registered\./],
  ['no model', { noCurrentModel: true }, /^ERROR No model in focus\./],
  ['a locked store', { storeLock: 99 }, /^ERROR cannot acquire lock file to read controllers/],
])('%s is told as juju does', async (_what, scenario, words) => {
  world.scenario(scenario);

  const said = await world.juju('status', '--format', 'json');

  expect(said).toMatchObject({ code: 1, stdout: '{}\n', stderr: expect.stringMatching(words) });
});

test('a locked store opens after so many calls', async () => {
  world.scenario({ storeLock: 2 });

  const codes = [(await world.juju('status')).code, (await world.juju('status')).code, (await world.juju('status')).code];

  expect(codes).toEqual([1, 1, 0]);
});

test('without permission exec is refused and models says so', async () => {
  world.scenario({ permissionDenied: true });

  expect(await world.juju('exec', '--background', '--unit', 'keystone/0', '--', 'true')).toMatchObject({
    code: 1,
    stderr: 'ERROR permission denied\n',
  });
  expect((await world.json('models')) as Json).toMatchObject({ models: [{ access: 'read' }] });
});

test('the charm can render its file anew before a task', async () => {
  const site = join(world.root('keystone/0'), 'etc/apache2/sites-enabled/wsgi-openstack-api.conf');
  writeFileSync(site, readFileSync(site, 'utf8').replace('processes=12', 'processes=33'));
  world.scenario({ rerender: [{ unit: 'keystone/0', task: 1 }] });

  await world.juju('exec', '--unit', 'keystone/0', '--', 'true');

  expect(readFileSync(site, 'utf8')).toContain('processes=12');
});

test('latency is added to every call', async () => {
  world.scenario({ latencyMs: 300 });

  expect((await world.juju('version')).milliseconds).toBeGreaterThan(300);
});
