import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DemoCloud, type Dialect, FULL } from './demo-cloud.js';

/** What is watched between batches is another test's. */
export const QUICK = ['--bake', '0'];

export interface RunReport {
  readonly id: string;
  readonly outcome: string;
  readonly results: readonly { readonly unit: string; readonly outcome: string }[];
  readonly measures: readonly { readonly fact: string; readonly verdict: string }[];
}

/**
 * Each bundled tuning on keystone, there and back, measured; in full in each dialect, of which two are else tried with one tuning. In a file of
 * its own for each dialect, so that they run side by side.
 */
export function triesEveryTuning(dialect: Dialect): void {
  describe(`with Juju ${dialect}`, () => {
    // All units in one dialect, for only the way to a unit differs.
    const every = FULL || dialect === '3.6';
    const whole = FULL && dialect === '3.6';
    const target = whole ? 'keystone' : 'keystone/0';
    const units = whole ? ['keystone/0', 'keystone/1', 'keystone/2'] : ['keystone/0'];
    let cloud: DemoCloud;
    beforeAll(() => {
      cloud = new DemoCloud({ dialect });
    });
    afterAll(() => cloud.remove());

    const trees = (): unknown => units.map((unit) => cloud.tree(unit));
    /** Applies it, with an effect on every unit's files that is measured; its run. */
    const applies = async (...argv: readonly string[]): Promise<string> => {
      const before = trees();
      const words = ['apply', target, ...argv, '--yes', 'keystone', ...QUICK, '--measure', '30s'];
      const { id, outcome, results, measures } = await cloud.json<RunReport>(words);

      expect([outcome, results.map((result) => result.outcome)]).toEqual(['done', units.map(() => 'changed')]);
      expect(measures.length).toBeGreaterThan(0);
      expect(trees()).not.toEqual(before);
      return id;
    };
    const takesBack = async (id: string): Promise<void> => {
      expect((await cloud.json<RunReport>(['rollback', id, '--yes', 'keystone'])).outcome).toBe('done');
    };

    const others = ['wsgi-processes processes=40', 'mpm-switch to=worker'];
    test.each(['proxy-initial-not-pooled', ...(every ? others : [])])(
      '%s is applied, measured, and taken back to the byte',
      async (words) => {
        const before = trees();
        await takesBack(await applies(...words.split(' ')));
        expect(trees()).toEqual(before);
      },
      120_000,
    );

    test.runIf(every)(
      'apache-conf and then apache-conf-off are applied, measured, and taken back to the byte, the last one first',
      async () => {
        const before = trees();
        const on = await applies('apache-conf', 'name=quiet', 'directives=ServerSignature Off');
        const between = trees();
        const off = await applies('apache-conf-off', 'name=quiet');

        await takesBack(off);
        expect(trees()).toEqual(between);
        await takesBack(on);
        expect(trees()).toEqual(before);
      },
      240_000,
    );
  });
}
