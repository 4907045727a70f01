import { afterEach, describe, expect, test } from 'vitest';
import { DemoCloud, FULL, REST } from './demo-cloud.js';
import { QUICK, type RunReport } from './tuning-cases.js';

/** Speed of a demo in which somebody waits for ten minutes to pass. */
const MINUTES = 300;

let cloud: DemoCloud | undefined;
afterEach(() => cloud?.remove());

describe('whether it helped', () => {
  test.runIf(FULL).each([
    ['keystone/0', ['proxy-initial-not-pooled'], /cured|better/],
    ['keystone/0', ['apache-conf', 'name=quiet', 'directives=ServerSignature Off'], /no effect/],
  ] as const)(
    'on %s: %s',
    async (target, argv, verdict) => {
      cloud = new DemoCloud({ speed: MINUTES });

      const run = await cloud.json<RunReport>(['apply', target, ...argv, '--yes', 'keystone', ...QUICK, '--measure', '10m']);

      expect(run.measures.find((measure) => measure.fact.startsWith('log.'))?.verdict).toMatch(verdict);
    },
    120_000,
  );

  test.runIf(FULL)(
    'more processes do not bring the 502s to none',
    async () => {
      cloud = new DemoCloud();

      await cloud.json<RunReport>([
        'apply',
        'keystone/0',
        'wsgi-processes',
        'processes=40',
        '--yes',
        'keystone',
        ...QUICK,
        '--measure',
        '10m',
      ]);
      const report = await cloud.json<{ units: { facts: Record<string, number> }[] }>([
        'check',
        'keystone/0',
        '--only',
        'log-signatures',
        '--since',
        '5m',
      ]);

      expect(report.units.reduce((sum, unit) => sum + (unit.facts['log.px-502'] ?? 0), 0)).toBeGreaterThan(0);
    },
    120_000,
  );
});

const THREE = ['keystone', 'gnocchi', 'nova-cloud-controller'];
const NINE = THREE.flatMap((application) => [0, 1, 2].map((number) => `${application}/${number}`));

test.skipIf(REST)(
  'one plan over three applications: each its own groups, files and values',
  async () => {
    cloud = new DemoCloud();

    const plan = await cloud.json<{ steps: { unit: string; summary: string[]; before: { path: string }[] }[] }>([
      'plan',
      ...THREE,
      'wsgi-processes',
      'processes=+50%',
    ]);
    const files = new Set(plan.steps.flatMap((step) => step.before.map((path) => path.path)));

    expect(plan.steps.map((step) => step.unit).sort()).toEqual([...NINE].sort());
    expect([...files].some((file) => file.includes('gnocchi-api'))).toBe(true);
    expect([...files].some((file) => file.includes('wsgi-api-os-compute'))).toBe(true);
  },
  60_000,
);

test.skipIf(REST)(
  'check names the cause of the 502s, with its evidence, and the tuning to try',
  async () => {
    cloud = new DemoCloud();

    const report = await cloud.json<{
      demo: boolean;
      findings: {
        severity: string;
        why: string;
        units: string[];
        evidence: { text: string }[];
        recommend?: { action: string };
      }[];
    }>(['check', 'keystone']);
    const finding = report.findings.find((candidate) => candidate.recommend?.action === 'proxy-initial-not-pooled');

    expect(report.demo).toBe(true);
    expect(finding?.severity).toBe('high');
    expect(finding?.units).toEqual(['keystone/0', 'keystone/1', 'keystone/2']);
    expect(finding?.evidence.some((line) => line.text.includes('AH01102'))).toBe(true);
  },
  60_000,
);
