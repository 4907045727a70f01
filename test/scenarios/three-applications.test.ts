import { afterAll, expect, test } from 'vitest';
import { DemoCloud, FULL } from './demo-cloud.js';
import { QUICK, type RunReport } from './tuning-cases.js';

let cloud: DemoCloud | undefined;
afterAll(() => cloud?.remove());

// The bed tries it on all their units; npm cit makes the plan only (effects.test.ts).
test.runIf(FULL)(
  'three applications are changed and taken back with one confirmation',
  async () => {
    const demo = new DemoCloud();
    cloud = demo;
    const applications = ['keystone', 'gnocchi', 'nova-cloud-controller'];
    const units = applications.map((application) => `${application}/0`);
    const trees = (): unknown => units.map((unit) => demo.tree(unit));
    const before = trees();
    const allowed = ['--yes', applications.join(',')];

    const words = [...units, 'wsgi-processes', 'processes=+50%', ...QUICK, '--measure', '0', ...allowed];
    const applied = await demo.json<RunReport>(['apply', ...words]);

    expect([applied.outcome, applied.results.map(({ outcome }) => outcome)]).toEqual(['done', units.map(() => 'changed')]);
    expect((await demo.json<RunReport>(['rollback', ...allowed])).outcome).toBe('done');
    expect(trees()).toEqual(before);
  },
  240_000,
);
