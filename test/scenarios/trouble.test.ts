import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DemoCloud, FULL } from './demo-cloud.js';
import { QUICK } from './tuning-cases.js';

let cloud: DemoCloud | undefined;
afterEach(() => cloud?.remove());

const SITE = 'etc/apache2/sites-enabled/wsgi-openstack-api.conf';

describe('Juju cannot be used: a sentence, what to type, exit 5', () => {
  let shared: DemoCloud;
  beforeAll(() => {
    shared = new DemoCloud();
  });
  afterAll(() => shared.remove());

  test.each([
    ['no controllers', { noControllers: true }, /controller/],
    ['no current model', { noCurrentModel: true }, /model/],
    ['not logged in', { login: 'password' }, /log in|login/],
    ['a browser login', { login: 'browser' }, /log in|login/],
    ['no permission', { permissionDenied: true }, /permission|admin/],
    ['controller down', { controllerDown: {} }, /reach|connect/],
    ['an old juju', { version: '2.8.10-ubuntu-amd64' }, /2\.8/],
    ['malformed JSON', { calls: [{ command: 'status', to: 99, as: 'malformed' }] }, /status/],
    ['half an answer', { calls: [{ command: 'status', to: 99, as: 'partial' }] }, /status/],
  ] as const)(
    '%s',
    async (_, scenario, says) => {
      shared.scenario(scenario);

      const { code, stderr } = await shared.run(['check', 'keystone', '--quiet']);

      expect(stderr).toMatch(says);
      expect(stderr).not.toMatch(/a fault of ours/);
      expect(code).toBe(5);
    },
    60_000,
  );

  test('a store lock that passes is waited for', async () => {
    shared.scenario({ storeLock: 2 });

    expect((await shared.run(['status', '--quiet'])).code).toBe(0);
  }, 30_000);
});

test('a Kubernetes model is shown, and tunings are refused with the reason', async () => {
  cloud = new DemoCloud({ scenario: { modelType: 'caas' } });

  const shown = await cloud.run(['status']);
  const { code, stderr } = await cloud.run(['plan', 'keystone', 'proxy-initial-not-pooled']);

  expect([shown.code, code]).toEqual([0, 3]);
  expect(stderr).toMatch(/Kubernetes/);
}, 30_000);

test('a unit that is lost stops a tuning until it is excepted; diagnostics go on without it', async () => {
  cloud = new DemoCloud({ scenario: { lost: [{ unit: 'keystone/1' }] } });

  const refused = await cloud.run(['plan', 'keystone', 'proxy-initial-not-pooled']);
  const planned = await cloud.run(['plan', 'keystone', 'proxy-initial-not-pooled', '--except', 'keystone/1']);
  // Not all of it was looked at.
  const checked = await cloud.json<{ leftOut: { unit: string }[]; units: { unit: string }[] }>(['check', 'keystone'], 1);

  expect(refused.stderr).toMatch(/keystone\/1 is left out[\s\S]*--except keystone\/1/);
  expect([refused.code, planned.code]).toEqual([3, 0]);
  expect(checked.leftOut.map((left) => left.unit)).toEqual(['keystone/1']);
  expect(checked.units.map((unit) => unit.unit)).toEqual(['keystone/0', 'keystone/2']);
}, 60_000);

test.runIf(FULL)(
  'a unit that goes lost in the middle of a run stops it: what was changed is taken back, the rest is not touched',
  async () => {
    cloud = new DemoCloud();
    const units = ['keystone/0', 'keystone/1', 'keystone/2'];
    const before = units.map((unit) => cloud?.tree(unit));
    const plan = `${cloud.dir}/plan.json`;
    await cloud.run(['plan', 'keystone', 'proxy-initial-not-pooled', ...QUICK, '-o', plan]);
    // The probe that opens the run is its third task, how it does before the run its fourth; the gate asks its haproxy by the fifth.
    cloud.scenario({ lost: [{ unit: 'keystone/2', task: 5 }] });

    const { code, stdout } = await cloud.run(['apply', '--plan', plan, '--yes', 'keystone', '--measure', '0']);

    expect(stdout).toMatch(/keystone\/2 did not say what its haproxy sees/);
    expect([code, units.map((unit) => cloud?.tree(unit))]).toEqual([6, before]);
  },
  400_000,
);

test('a plan applied after a file was changed on one unit is refused with the new diff, and nothing changed', async () => {
  cloud = new DemoCloud();
  const plan = `${cloud.dir}/plan.json`;
  await cloud.run(['plan', 'keystone', 'wsgi-processes', 'processes=20', '-o', plan]);
  const file = cloud.unitFile('keystone/1', SITE);
  writeFileSync(file, readFileSync(file, 'utf8').replace('threads=1', 'threads=2'));
  const before = ['keystone/0', 'keystone/1', 'keystone/2'].map((unit) => cloud?.tree(unit));

  const { code, stderr } = await cloud.run(['apply', '--plan', plan, '--yes', 'keystone']);

  expect(stderr).toMatch(
    /stale[\s\S]*keystone\/1: \/etc\/apache2\/sites-enabled\/wsgi-openstack-api\.conf changed[\s\S]*\+.*threads=2/,
  );
  expect(code).toBe(3);
  expect(['keystone/0', 'keystone/1', 'keystone/2'].map((unit) => cloud?.tree(unit))).toEqual(before);
}, 60_000);

test('killed in the middle of an apply: runs tells the truth, rollback works, no unit is half-way', async () => {
  cloud = new DemoCloud();
  const before = ['keystone/0', 'keystone/1', 'keystone/2'].map((unit) => cloud?.tree(unit));
  const started = cloud.start([
    'apply',
    'keystone/0',
    'keystone/1',
    'wsgi-processes',
    'processes=20',
    '--yes',
    'keystone',
    ...QUICK,
    '--measure',
    '0',
    '--format',
    'jsonl',
  ]);
  const settled = await firstSettled(started.pid, cloud);
  process.kill(started.pid, 'SIGKILL');
  const died = await started.done;

  const { runs } = await cloud.json<{ runs: { id: string; status: string }[] }>(['runs']);
  const back = await cloud.json<{ outcome: string }>(['rollback', '--yes', 'keystone']);

  expect([settled, died.signal]).toEqual([true, 'SIGKILL']);
  expect(runs.map((run) => run.status)).toEqual(['unfinished']);
  expect(back.outcome).toBe('done');
  expect(['keystone/0', 'keystone/1', 'keystone/2'].map((unit) => cloud?.tree(unit))).toEqual(before);
}, 120_000);

/** Waits until the journal of the run says that a unit is done: then the next one is on its way. */
async function firstSettled(pid: number, demo: DemoCloud): Promise<boolean> {
  const { readdirSync } = await import('node:fs');
  const folder = `${demo.env.XDG_STATE_HOME}/juju-tune/runs`;
  for (;;) {
    try {
      process.kill(pid, 0);
      const text = readdirSync(folder)
        .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
        .join('');
      if (text.includes('unit-settled')) return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
