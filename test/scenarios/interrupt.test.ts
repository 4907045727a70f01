import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { DemoCloud } from './demo-cloud.js';

const TUNING = 'proxy-initial-not-pooled';

let cloud: DemoCloud;
beforeAll(() => {
  cloud = new DemoCloud();
});
beforeEach(() => cloud.scenario({}));
afterAll(() => cloud.remove());

/** How many tasks have begun on a unit. */
function begun(unit: string): number {
  try {
    return readFileSync(join(cloud.cloud, 'calls', `task-${unit.replace('/', '-')}`), 'utf8').length;
  } catch {
    return 0;
  }
}

const until = (holds: () => boolean): Promise<void> => expect.poll(holds, { timeout: 60_000, interval: 20 }).toBe(true);

test.each([
  ['a plan is made', 'keystone/0', ['plan', 'keystone/0', TUNING]],
  ['a saved plan is held against the units', 'keystone/1', ['apply', '--plan', 'PLAN', '--yes', 'keystone']],
])('ctrl-c while %s ends it, and nothing was changed', async (_, unit, argv) => {
  const plan = join(cloud.dir, 'plan.json');
  if (argv.includes('PLAN')) await cloud.run(['plan', unit, TUNING, '-o', plan]);
  const [before, tasks] = [cloud.tree(unit), begun(unit)];
  cloud.scenario({ hang: [{ unit, seconds: 600 }] });
  const started = cloud.start(argv.map((word) => (word === 'PLAN' ? plan : word)));
  await until(() => begun(unit) > tasks);
  const at = performance.now();
  process.kill(started.pid, 'SIGINT');
  const { code, stderr } = await started.done;

  expect([code, stderr]).toEqual([130, expect.stringContaining('nothing was changed')]);
  expect(performance.now() - at).toBeLessThan(10_000);
  expect([cloud.tree(unit), (await cloud.json<{ runs: unknown[] }>(['runs'])).runs]).toEqual([before, []]);
});

test('a change whose operator has gone, and whose unit comes back an hour later, is refused by the unit', async () => {
  const unit = 'gnocchi/1';
  const before = cloud.tree(unit);
  // Two tasks make the plan, one looks again, one says how it did before; then the change is sent, and the agent is away.
  cloud.scenario({ lost: [{ unit, task: begun(unit) + 5 }] });
  const started = cloud.start(['apply', unit, TUNING, '--yes', 'gnocchi', '--bake', '0', '--measure', '0']);
  await until(() => journalOf(cloud).includes('"task-queued"'));
  process.kill(started.pid, 'SIGKILL');
  await started.done;

  passAnHour(cloud);
  cloud.scenario({});
  // Whoever calls juju next finds that the agent is back.
  await cloud.run(['status', unit]);
  await until(() => lastTask(cloud).includes('"completed"'));
  const said = lastTask(cloud);
  const told = await cloud.json<{ survey: { meaning: string }[] }>(['resume'], 1);

  expect(said).toContain('EXPIRED');
  expect(told.survey).toMatchObject([{ unit, journal: 'unknown', task: 'completed', meaning: 'untouched' }]);
  expect(cloud.tree(unit)).toEqual(before);
});

/** What Juju keeps of the task that was queued last. */
function lastTask(demo: DemoCloud): string {
  const folder = join(demo.cloud, 'tasks');
  const [last = 0] = readdirSync(folder)
    .flatMap((name) => (name.endsWith('.json') ? [Number.parseInt(name, 10)] : []))
    .sort((a, b) => b - a);
  return readFileSync(join(folder, `${last}.json`), 'utf8');
}

function journalOf(demo: DemoCloud): string {
  try {
    const folder = `${demo.env.XDG_STATE_HOME}/juju-tune/runs`;
    return readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('');
  } catch {
    return '';
  }
}

function passAnHour(demo: DemoCloud): void {
  const file = join(demo.cloud, 'clock.json');
  const clock = JSON.parse(readFileSync(file, 'utf8')) as { epochVirtual: number; rate: number };
  writeFileSync(file, JSON.stringify({ ...clock, epochVirtual: clock.epochVirtual + 3_600_000 * clock.rate }));
}
