import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DemoCloud, type Dialect } from './demo-cloud.js';

/** What is watched between batches is another test's. */
export const QUICK = ['--bake', '0'];
const KEYSTONE = ['keystone/0', 'keystone/1', 'keystone/2'];

export interface RunReport {
  readonly outcome: string;
  readonly results: readonly { readonly unit: string; readonly outcome: string }[];
  readonly measures: readonly { readonly fact: string; readonly verdict: string }[];
}

const trees = (demo: DemoCloud): unknown => KEYSTONE.map((unit) => demo.tree(unit));

const TUNINGS: readonly { readonly argv: readonly string[]; readonly prepare?: readonly string[] }[] = [
  { argv: ['proxy-initial-not-pooled'] },
  { argv: ['apache-conf', 'name=quiet', 'directives=ServerSignature Off'] },
  { argv: ['apache-conf-off', 'name=quiet'], prepare: ['apache-conf', 'name=quiet', 'directives=ServerSignature Off'] },
  { argv: ['wsgi-processes', 'processes=40'] },
  { argv: ['mpm-switch', 'to=worker'] },
];

/** Each bundled tuning on keystone, there and back, measured. In a file of its own for each dialect, so that they run side by side. */
export function triesEveryTuning(dialect: Dialect): void {
  describe(`with Juju ${dialect}`, () => {
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
        if (prepare) await shared.json(['apply', target, ...prepare, '--yes', 'keystone', ...QUICK, '--measure', '0']);
        const before = trees(shared);

        const applied = await shared.json<RunReport>([
          'apply',
          target,
          ...argv,
          '--yes',
          'keystone',
          ...QUICK,
          '--measure',
          '30s',
        ]);

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
}
