import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DemoCloud, type Dialect } from './demo-cloud.js';

const KEYSTONE = ['keystone/0', 'keystone/1', 'keystone/2'];
const DIALECTS: readonly Dialect[] = ['2.9', '3.6', '4.0'];

interface RunReport {
  readonly outcome: string;
  readonly results: readonly { readonly unit: string; readonly outcome: string }[];
  readonly measures: readonly { readonly fact: string; readonly verdict: string }[];
}

let cloud: DemoCloud | undefined;
afterEach(() => cloud?.remove());

const trees = (demo: DemoCloud): unknown => KEYSTONE.map((unit) => demo.tree(unit));

const TUNINGS: readonly { readonly argv: readonly string[]; readonly prepare?: readonly string[] }[] = [
  { argv: ['proxy-initial-not-pooled'] },
  { argv: ['apache-conf', 'name=quiet', 'directives=ServerSignature Off'] },
  { argv: ['apache-conf-off', 'name=quiet'], prepare: ['apache-conf', 'name=quiet', 'directives=ServerSignature Off'] },
  { argv: ['wsgi-processes', 'processes=40'] },
  { argv: ['mpm-switch', 'to=worker'] },
];

describe.each(DIALECTS)('with Juju %s', (dialect) => {
  // All units in one dialect; one unit in the others, where only the way to it differs.
  const target = dialect === '3.6' ? 'keystone' : 'keystone/0';
  const changed = dialect === '3.6' ? ['changed', 'changed', 'changed'] : ['changed'];
  let shared: DemoCloud;
  beforeAll(() => {
    shared = new DemoCloud({ dialect });
  });
  afterAll(() => shared.remove());

  test.each(TUNINGS.map((tuning) => [tuning.argv.join(' '), tuning] as const))(
    '%s is applied, measured, and taken back to the byte',
    async (_, { argv, prepare }) => {
      if (prepare) await shared.json(['apply', target, ...prepare, '--yes', 'keystone', '--measure', '0']);
      const before = trees(shared);

      const applied = await shared.json<RunReport>(['apply', target, ...argv, '--yes', 'keystone', '--measure', '30s']);

      expect([applied.outcome, applied.results.map((result) => result.outcome)]).toEqual(['done', changed]);
      expect(applied.measures.length).toBeGreaterThan(0);
      expect(trees(shared)).not.toEqual(before);

      const back = await shared.json<RunReport>(['rollback', '--yes', 'keystone']);

      expect(back.outcome).toBe('done');
      expect(trees(shared)).toEqual(before);
    },
    120_000,
  );
});

describe('whether it helped', () => {
  test.each([
    [['proxy-initial-not-pooled'], /cured|better/],
    [['apache-conf', 'name=quiet', 'directives=ServerSignature Off'], /no effect/],
  ] as const)(
    '%s',
    async (argv, verdict) => {
      cloud = new DemoCloud();

      const run = await cloud.json<RunReport>(['apply', 'keystone', ...argv, '--yes', 'keystone', '--measure', '10m']);

      expect(run.measures.find((measure) => measure.fact.startsWith('log.'))?.verdict).toMatch(verdict);
    },
    120_000,
  );

  test('more processes do not bring the 502s to none', async () => {
    cloud = new DemoCloud();

    await cloud.json<RunReport>(['apply', 'keystone', 'wsgi-processes', 'processes=40', '--yes', 'keystone', '--measure', '10m']);
    const report = await cloud.json<{ units: { facts: Record<string, number> }[] }>([
      'check',
      'keystone',
      '--only',
      'log-signatures',
      '--since',
      '5m',
    ]);

    expect(report.units.reduce((sum, unit) => sum + (unit.facts['log.px-502'] ?? 0), 0)).toBeGreaterThan(0);
  }, 120_000);
});

test('one plan over three applications: each its own groups, files and values, one confirmation', async () => {
  cloud = new DemoCloud();
  const units = ['keystone', 'gnocchi', 'nova-cloud-controller'].flatMap((application) =>
    [0, 1, 2].map((number) => `${application}/${number}`),
  );
  const all = (): unknown => units.map((unit) => cloud?.tree(unit));
  const before = all();
  const targets = ['keystone', 'gnocchi', 'nova-cloud-controller'];

  const plan = await cloud.json<{ steps: { unit: string; summary: string[]; before: { path: string }[] }[] }>([
    'plan',
    ...targets,
    'wsgi-processes',
    'processes=+50%',
  ]);
  const files = new Set(plan.steps.flatMap((step) => step.before.map((path) => path.path)));

  expect(plan.steps.map((step) => step.unit).sort()).toEqual([...units].sort());
  expect([...files].some((file) => file.includes('gnocchi-api'))).toBe(true);
  expect([...files].some((file) => file.includes('wsgi-api-os-compute'))).toBe(true);

  const argv = ['apply', ...targets, 'wsgi-processes', 'processes=+50%', '--measure', '0', '--yes', targets.join(',')];
  const applied = await cloud.json<RunReport>(argv);

  expect(applied.outcome).toBe('done');
  expect((await cloud.json<RunReport>(['rollback', '--yes', targets.join(',')])).outcome).toBe('done');
  expect(all()).toEqual(before);
}, 180_000);

test('check names the cause of the 502s, with its evidence, and the tuning to try', async () => {
  cloud = new DemoCloud();

  const report = await cloud.json<{
    demo: boolean;
    findings: { severity: string; why: string; units: string[]; evidence: { text: string }[]; recommend?: { action: string } }[];
  }>(['check', 'keystone']);
  const finding = report.findings.find((candidate) => candidate.recommend?.action === 'proxy-initial-not-pooled');

  expect(report.demo).toBe(true);
  expect(finding?.severity).toBe('high');
  expect(finding?.units).toEqual(KEYSTONE);
  expect(finding?.evidence.some((line) => line.text.includes('AH01102'))).toBe(true);
}, 60_000);
