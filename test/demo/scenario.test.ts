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
  world.scenario({ hook: [{ unit: 'keystone/0', name: 'config-changed' }] });
  const operation = await start('--unit', 'keystone/0');
  const status = JSON.parse((await world.juju('status', '--format', 'json')).stdout) as {
    applications: Record<string, { units: Record<string, Json> }>;
  };

  expect(status.applications.keystone?.units['keystone/0']?.['juju-status']).toMatchObject({
    current: 'executing',
    message: 'running config-changed hook',
  });
  expect((await statuses(operation))['keystone/0']).toBe('pending');

  world.scenario({});

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
  ['a login by a device', { login: 'device' }, /visit https:\/\/.* and enter code/],
  ['a login that has expired', { login: 'expired' }, /^ERROR login expired/],
  ['a controller that is down', { controllerDown: {} }, /^ERROR unable to connect to API: /],
  ['no controller', { noControllers: true }, /^ERROR No controllers registered\./],
  ['no model', { noCurrentModel: true }, /^ERROR No model in focus\./],
  [
    'somebody who switched to another model',
    { currentModel: 'elsewhere' },
    /^ERROR model juju-tune-demo:admin\/elsewhere not found/,
  ],
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

type Status = { applications: { keystone: { units: Record<string, { leader?: true }> } } };
const leading = async (): Promise<readonly string[]> => {
  const { units } = ((await world.json('status', 'keystone')) as Status).applications.keystone;
  return Object.entries(units).map(([name, { leader }]) => (leader ? `${name} leads` : name));
};

test('units come and go and another one leads, for status and for exec', async () => {
  world.scenario({
    absent: [{ unit: 'keystone/1' }, { unit: 'keystone/2', until: 3600 }, { unit: 'gnocchi/0', after: 3600 }],
    leader: [{ unit: 'keystone/2' }],
  });
  const alone = await leading();
  const sent = await world.juju('exec', '--background', '--unit', 'keystone/1,gnocchi/0', '--', 'true');
  world.scenario({ leader: [{ unit: 'keystone/2' }] });

  expect(alone).toEqual(['keystone/0']);
  expect(sent.stderr).toMatch(/with task \d+[\s\S]*unit "keystone\/1" not found|unit "keystone\/1" not found/);
  expect(await leading()).toEqual(['keystone/0', 'keystone/1', 'keystone/2 leads']);
});

test('a unit is not as it was: clock, machine, a path and its programs', async () => {
  const unit = 'gnocchi/2';
  const machine = () => readFileSync(join(world.root(unit), 'etc/machine-id'), 'utf8');
  const script =
    'date +%s; test -d "$JUJU_TUNE_ROOT/run/systemd/system" && echo systemd; mv "$JUJU_TUNE_ROOT/etc/hostname" x || systemctl is-active apache2';
  const answer = async () => (await world.juju('exec', '--unit', unit, '--', script)).stdout.trim().split('\n');
  const own = machine();
  const on = { unit, task: 1 };
  world.scenario({
    clock: [{ ...on, seconds: 86_400 }],
    replaced: [on],
    missing: [{ ...on, path: 'run/systemd/system' }],
    program: [
      { ...on, name: 'mv', words: 'etc/hostname', stderr: 'mv: Operation not permitted\n' },
      { ...on, name: 'systemctl', stdout: 'failed\n', code: 3 },
    ],
  });

  const [ahead, active] = await answer();
  const other = machine();
  const [clock, ...rest] = await answer();

  expect([active, Number(ahead) - Number(clock) > 86_000, other === own]).toEqual(['failed', true, false]);
  expect(rest).toEqual([]);
  expect(machine()).toBe(other);
});

test('what a command prints, and how it ends, can be another', async () => {
  const task = async () => {
    const { stdout } = await world.juju('exec', '--unit', 'keystone/0', '--format', 'json', '--', 'echo right; sleep 30');
    return (JSON.parse(stdout) as Record<string, Json>)['keystone/0'];
  };
  const unit = 'keystone/0';
  world.scenario({
    hang: [{ unit, task: 1, seconds: 1 }],
    restart: [{ unit, task: 1, afterMs: 20 }],
    killed: [{ unit, task: 2, afterMs: 500 }],
    prints: [
      { unit, task: 1, text: 'nothing' },
      { unit, task: 2, base64: '/2hlbGxvAA==' },
    ],
  });

  const [restarted, killed] = [await task(), await task()];

  expect(restarted).toMatchObject({ status: 'failed', message: 'action terminated' });
  expect(restarted).not.toHaveProperty('results');
  expect(killed).toMatchObject({
    status: 'failed',
    message: 'command cancelled',
    results: { 'return-code': 0, stdout: '/2hlbGxvAA==', 'stdout-encoding': 'base64' },
  });
});

test('a word that the language has not is said', async () => {
  world.scenario({ lots: [{ unit: 'keystone/0' }] });

  expect(await world.juju('status')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^ERROR a scenario has no word "lots"/),
  });
});

test('latency is added to every call', async () => {
  world.scenario({ latencyMs: 300 });

  expect((await world.juju('version')).milliseconds).toBeGreaterThan(300);
});
