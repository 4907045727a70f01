import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DemoWorld, until } from './demo-world.js';

type Json = Readonly<Record<string, unknown>>;
const child = (value: unknown, ...path: string[]): Json =>
  path.reduce((at, key) => (at as Record<string, Json>)[key] ?? {}, value as Json);
const first = (value: unknown): Json => Object.values(value as object)[0] as Json;

let world: DemoWorld;
beforeAll(async () => {
  world = await DemoWorld.make();
});
afterAll(() => world.dispose());

function speak(dialect: string): void {
  const path = join(world.dir, 'cloud.json');
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), dialect }));
}

/** Runs in the background and gives operation and task ids. */
async function background(script: string, ...targets: string[]): Promise<{ operation: string; tasks: string[] }> {
  const said = await world.juju('exec', '--background', '--format', 'json', ...targets, '--', script);
  const operation = /^Scheduled operation (\S+) with /.exec(said.stderr)?.[1] ?? '';
  const single = /with task (\S+)/.exec(said.stderr)?.[1];
  const tasks = single === undefined ? [...said.stdout.matchAll(/id: "(\d+)"/g)].map(([, id]) => id ?? '') : [single];
  return { operation, tasks };
}

async function finalTask(id: string): Promise<Json> {
  return until(async () => {
    const task = (await world.json('show-task', id, '--utc')) as Json;
    return /completed|failed|cancelled/.test(String(task.status)) ? task : undefined;
  });
}

describe('3.6', () => {
  beforeEach(() => speak('3.6'));

  test('says its version, user, model and access', async () => {
    expect((await world.juju('version')).stdout).toBe('3.6.12-genericlinux-amd64\n');
    expect(await world.json('whoami')).toEqual({ controller: 'juju-tune-demo', model: 'demo-cloud', user: 'admin' });
    expect(first(child(await world.json('models'), 'models'))).toMatchObject({
      'short-name': 'demo-cloud',
      access: 'admin',
      'model-type': 'iaas',
    });
  });

  test('one background task is announced on stderr only, several with YAML on stdout', async () => {
    const one = await world.juju('exec', '--background', '--format', 'json', '--unit', 'keystone/0', '--', 'true');
    const two = await world.juju('exec', '--background', '--format', 'json', '--unit', 'keystone/0,keystone/1', '--', 'true');

    expect(one.stdout).toBe('');
    expect(one.stderr).toMatch(
      /^Scheduled operation (\d+) with task \d+\nCheck operation status with 'juju show-operation \1'\n/,
    );
    expect(two.stderr).toMatch(/^Scheduled operation \d+ with 2 tasks\n/);
    expect(two.stdout).toMatch(/^keystone\/0:\n {2}id: "\d+"\nkeystone\/1:\n {2}id: "\d+"\n$/);
  });

  test('an operation carries the results of its tasks', async () => {
    const { operation, tasks } = await background('echo "$JUJU_UNIT_NAME"', '--app', 'keystone');
    for (const task of tasks) await finalTask(task);
    const shown = (await world.json('show-operation', operation, '--utc')) as Json;

    expect(shown.status).toBe('completed');
    const outputs = Object.values(child(shown, 'tasks')).map((task) => child(task, 'results'));
    expect(outputs).toEqual(['0', '1', '2'].map((n) => ({ 'return-code': 0, stdout: `keystone/${n}\n` })));
  });

  test('a command that fails completes its task and ends exec with 1', async () => {
    const said = await world.juju('exec', '--format', 'json', '--utc', '--unit', 'keystone/0', '--', 'exit 42');

    expect(said.code).toBe(1);
    expect(first(JSON.parse(said.stdout))).toMatchObject({
      status: 'completed',
      results: { 'return-code': 42 },
      unit: 'keystone/0',
    });
    expect(said.stderr).toMatch(
      /^ERROR the following task failed:\n - id "\d+" with return code 42\n\nuse 'juju show-task' to inspect the failure\n/,
    );
  });

  test('one late unit takes all results of a foreground exec with it', async () => {
    const said = await world.juju(
      'exec',
      '--format',
      'json',
      '--wait',
      '2s',
      '--unit',
      'keystone/0,nova-compute/2',
      '--',
      'true',
    );

    expect(said).toMatchObject({
      code: 1,
      stdout: '{}\n',
      stderr: 'ERROR timed out waiting for result from: unit nova-compute/2\n',
    });
  });

  test('a command killed at its time limit is failed with return code 0', async () => {
    const said = await world.juju(
      'exec',
      '--format',
      'json',
      '--wait',
      '500ms',
      '--unit',
      'keystone/0',
      '--',
      'echo partial; exec /bin/sleep 30',
    );
    const operation = Object.keys((await world.json('operations', '--units', 'keystone/0')) as Json)
      .map(Number)
      .sort((a, b) => a - b)
      .at(-1);
    const task = await finalTask(`${(operation ?? 0) + 1}`);

    expect([0, 1]).toContain(said.code);
    expect(task).toMatchObject({
      status: 'failed',
      message: 'command cancelled',
      results: { 'return-code': 0, stdout: 'partial\n' },
    });
  });

  test('a pending task is cancelled at once; a running one ends by itself', async () => {
    const lost = await background('true', '--unit', 'nova-compute/2');
    const running = await background('/bin/sleep 0.7; echo done', '--unit', 'keystone/1');
    await until(async () =>
      child(await world.json('show-task', running.tasks[0] ?? '')).status === 'running' ? true : undefined,
    );
    const cancelled = (await world.json('cancel-task', lost.tasks[0] ?? '', running.tasks[0] ?? '')) as { actions: Json[] };

    expect(cancelled.actions.map(({ status }) => status)).toEqual(['cancelled', 'aborting']);
    expect(await finalTask(running.tasks[0] ?? '')).toMatchObject({
      status: 'completed',
      results: { 'return-code': 0, stdout: 'done\n' },
    });
    expect(await finalTask(lost.tasks[0] ?? '')).toMatchObject({ message: 'action cancelled via the API' });
  });

  test('names units and applications that are not there', async () => {
    expect(await world.juju('exec', '--background', '--unit', 'keystone/9', '--', 'true')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching(/^Operation \d+ failed to schedule any tasks:\nunit "keystone\/9" not found\n$/),
    });
    expect(await world.juju('exec', '--app', 'nothing', '--format', 'json', '--', 'true')).toMatchObject({
      code: 1,
      stdout: '{}\n',
      stderr: 'ERROR application "nothing" not found\n',
    });
    expect(await world.juju('exec', '--unit', 'Foo', '--', 'true')).toMatchObject({
      code: 2,
      stderr: 'ERROR The following exec targets are not valid:\n  "Foo" is not a valid unit name\n',
    });
  });

  test('checks flags, and refuses what Juju refuses in a command', async () => {
    expect(await world.juju('exec', '--bogus', '--', 'true')).toMatchObject({
      code: 2,
      stderr: 'ERROR option provided but not defined: --bogus\n',
    });
    expect(await world.juju('exec', '--timeout', '5s', '--unit', 'keystone/0', '--', 'true')).toMatchObject({ code: 2 });
    expect(await world.juju('exec', '--background', '--wait', '5s', '--unit', 'keystone/0', '--', 'true')).toMatchObject({
      code: 2,
    });
    expect(await world.juju('exec', '--unit', 'keystone/0', '--', 'grep juju-run x')).toMatchObject({
      code: 1,
      stderr: 'ERROR cannot use "grep juju-run x" as an action command\n',
    });
    expect(await world.juju('frobnicate')).toMatchObject({
      stderr: 'ERROR juju: "frobnicate" is not a juju command. See "juju --help".\n',
    });
  });

  test('a script runs in the environment of a hook: no HOME, no stdin, its own process group', async () => {
    const said = await world.juju(
      'exec',
      '--unit',
      'keystone/leader',
      '--',
      `echo "$JUJU_UNIT_NAME \${HOME-none} $(readlink /proc/self/fd/0) $PWD"; ps -o pid= -C apache2 | wc -l`,
    );

    expect(said.stdout).toMatch(/^keystone\/1 none \/dev\/null .*units\/keystone-1\/.*\n\d\d\n$/);
  });

  test('output that is no UTF-8 is base64 with a mark', async () => {
    const said = await world.juju('exec', '--format', 'json', '--unit', 'keystone/0', '--', String.raw`printf '\xff\x00\xfe'`);

    expect(first(JSON.parse(said.stdout)).results).toEqual({ 'return-code': 0, stdout: '/wD+', 'stdout-encoding': 'base64' });
  });

  test('an operation outlives its client, and its tasks run one at a time on a unit', async () => {
    const slow = await background('/bin/sleep 0.6; date +%s%N', '--unit', 'keystone/2');
    const next = await background('date +%s%N', '--unit', 'keystone/2');

    const [a, b] = [await finalTask(slow.tasks[0] ?? ''), await finalTask(next.tasks[0] ?? '')].map((task) =>
      String(child(task, 'results').stdout),
    );
    expect(String(b) > String(a)).toBe(true);
  });

  test('ssh reaches a unit whose agent is lost, and passes the exit code through', async () => {
    const said = await world.juju('ssh', '--pty=false', 'nova-compute/2', 'sudo -n cat "$JUJU_TUNE_ROOT/etc/hostname"; exit 7');

    expect(said).toMatchObject({ code: 7, stdout: 'node03\n' });
  });

  test('charm options are set, shown with their source, and reset', async () => {
    const source = async () => child(await world.json('config', 'keystone'), 'settings', 'wsgi-socket-rotation');
    expect(await source()).toMatchObject({ source: 'default', value: true });
    await world.juju('config', 'keystone', 'wsgi-socket-rotation=false');
    expect(await source()).toMatchObject({ source: 'user', value: false });
    await world.juju('config', 'keystone', '--reset', 'wsgi-socket-rotation');
    expect(await source()).toMatchObject({ source: 'default', value: true });
    expect((await world.juju('config', 'keystone', 'worker-multiplier')).stdout).toBe('0.5\n');
  });

  test('knows its model by every name and refuses others', async () => {
    for (const name of ['demo-cloud', 'admin/demo-cloud', 'juju-tune-demo:demo-cloud', 'juju-tune-demo:admin/demo-cloud']) {
      expect((await world.juju('status', '-m', name, '--format', 'json')).code).toBe(0);
    }
    expect(await world.juju('status', '-m', 'production', '--format', 'json')).toMatchObject({
      code: 1,
      stdout: '{}\n',
      stderr: 'ERROR model juju-tune-demo:admin/production not found\n',
    });
  });
});

describe('2.9', () => {
  beforeEach(() => speak('2.9'));

  test('exec prints a list, with the return code also when it is 0, and ends with 0', async () => {
    const said = await world.juju(
      'exec',
      '--format',
      'json',
      '--unit',
      'keystone/0',
      '--timeout',
      '20s',
      '--',
      'echo out; echo err >&2; exit 3',
    );

    expect(said.code).toBe(0);
    expect(JSON.parse(said.stdout)).toEqual([{ 'return-code': 3, stderr: 'err\n', stdout: 'out\n', unit: 'keystone/0' }]);
  });

  test('keeps the results that are there when the time is over', async () => {
    const said = await world.juju(
      'exec',
      '--format',
      'json',
      '--unit',
      'keystone/0,nova-compute/2',
      '--timeout',
      '1500ms',
      '--',
      'true',
    );

    expect(JSON.parse(said.stdout)).toEqual([{ 'return-code': 0, unit: 'keystone/0' }]);
    expect(said).toMatchObject({ code: 1, stderr: 'ERROR timed out waiting for result from: unit nova-compute/2\n' });
  });

  test('has no background and no operations', async () => {
    expect(await world.juju('exec', '--background', '--unit', 'keystone/0', '--', 'true')).toMatchObject({ code: 2 });
    expect((await world.juju('operations')).stderr).toContain('is not a juju command');
  });
});

describe('4.0', () => {
  beforeEach(() => speak('4.0'));

  test('show-operation has no results; show-task has', async () => {
    const { operation, tasks } = await background('echo hello', '--unit', 'keystone/0');
    const task = await finalTask(tasks[0] ?? '');

    expect(task.results).toEqual({ 'return-code': 0, stdout: 'hello\n' });
    const shown = (await world.json('show-operation', operation)) as Json;
    expect(Object.keys(first(shown.tasks))).toEqual(['host', 'status', 'timing']);
    expect(shown.summary).toBe('exec "echo hello"');
  });
});

test('lost agents and hooks are told in the words of each version', async () => {
  const message = async () =>
    child(await world.json('status'), 'applications', 'nova-compute', 'units', 'nova-compute/2', 'workload-status').message;
  speak('3.6');
  expect(await message()).toBe("agent lost, see 'juju show-status-log nova-compute/2'");
  speak('4.0');
  expect(await message()).toBe('agent lost, see `juju debug-logs` or `juju show-status-log` for more information');
});
