import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { DemoCloud, FULL, REST, type Result } from './demo-cloud.js';
import { QUICK, type RunReport } from './tuning-cases.js';

const clouds: DemoCloud[] = [];
afterAll(() => clouds.forEach((cloud) => void cloud.remove()));

/** One for each test: they wait, and do so side by side. */
function demoCloud(scenario: object = {}): DemoCloud {
  const cloud = new DemoCloud({ scenario });
  clouds.push(cloud);
  return cloud;
}

test.skipIf(REST).concurrent(
  'check with a unit that does not answer ends with 1 and says so',
  async () => {
    const cloud = demoCloud({ hang: [{ unit: 'keystone/1', seconds: 90 }] });

    const { code, stdout } = await cloud.run(['check', 'keystone']);

    expect(stdout).toMatch(/keystone\/1 did not answer/);
    expect(code).toBe(1);
  },
  240_000,
);

const UNIT = 'keystone/0';

/** Applies a tuning to a unit that hangs for so long before it begins with the change; also whether the unit's files are others then. */
async function applyHanging(seconds: number): Promise<{ readonly ended: Result; readonly changed: boolean }> {
  const cloud = demoCloud();
  // A unit that stops and starts quickly is given up on sooner: a minute, both limits, and the time to read back.
  const systemctl = cloud.unitFile(UNIT, 'usr/bin/systemctl');
  writeFileSync(systemctl, readFileSync(systemctl, 'utf8').replaceAll(/^(Timeout(?:Start|Stop)USec)=.*$/gm, '$1=1s'));
  const plan = join(cloud.dir, 'plan.json');
  await cloud.json(['plan', UNIT, 'proxy-initial-not-pooled', ...QUICK, '-o', plan]);
  const before = cloud.tree(UNIT);
  const tasks = readFileSync(join(cloud.cloud, 'calls', 'task-keystone-0'), 'utf8').length;
  // The look that opens the run and the one at how it does before come first.
  cloud.scenario({ hang: [{ unit: UNIT, task: tasks + 3, seconds }] });

  const ended = await cloud.run(['apply', '--plan', plan, '--yes', 'keystone', '--measure', '0', '--format', 'json']);
  return { ended, changed: JSON.stringify(cloud.tree(UNIT)) !== JSON.stringify(before) };
}

test.runIf(FULL).concurrent(
  'apply with a unit that hangs, and that cannot be read back, ends with 4 and calls it unknown',
  async () => {
    const { ended, changed } = await applyHanging(600);
    const run = JSON.parse(ended.stdout) as RunReport;

    expect(run.results).toMatchObject([{ unit: UNIT, outcome: 'unknown' }]);
    expect(ended.stderr).toMatch(/did not answer within 92 s[\s\S]*not read back/);
    expect([ended.code, changed]).toEqual([4, false]);
  },
  400_000,
);

test.runIf(FULL).concurrent(
  'one that comes back in time is read back: what it did after all is told, gated and kept',
  async () => {
    const { ended, changed } = await applyHanging(100);
    const run = JSON.parse(ended.stdout) as RunReport;

    expect(ended.stderr).toMatch(/did not answer within 92 s/);
    expect(run.results).toMatchObject([{ unit: UNIT, outcome: 'changed' }]);
    expect([ended.code, changed]).toEqual([0, true]);
  },
  400_000,
);
