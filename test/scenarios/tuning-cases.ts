import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DemoCloud, type Dialect, FULL, REST } from './demo-cloud.js';

/** What is watched between batches is another test's. */
export const QUICK = ['--bake', '0'];

export interface RunReport {
  readonly id: string;
  readonly outcome: string;
  readonly results: readonly { readonly unit: string; readonly outcome: string }[];
  readonly measures: readonly { readonly fact: string; readonly verdict: string }[];
}

/**
 * Each bundled tuning on keystone, there and back, measured. In full; else one, and with 3.6 none, which all the other scenarios speak. In
 * a file of its own for each dialect, so that they run side by side.
 */
export function triesEveryTuning(dialect: Dialect): void {
  describe(`with Juju ${dialect}`, () => {
    // The bed tries all units.
    const unit = 'keystone/0';
    let cloud: DemoCloud;
    beforeAll(() => {
      cloud = new DemoCloud({ dialect });
    });
    afterAll(() => cloud.remove());

    const tree = (): unknown => cloud.tree(unit);
    /** Applies it, with an effect on every unit's files that is measured; its run. */
    const applies = async (...argv: readonly string[]): Promise<string> => {
      const before = tree();
      const words = ['apply', unit, ...argv, '--yes', 'keystone', ...QUICK, '--measure', '30s'];
      const { id, outcome, results, measures } = await cloud.json<RunReport>(words);

      expect([outcome, results.map((result) => result.outcome)]).toEqual(['done', ['changed']]);
      expect(measures.length).toBeGreaterThan(0);
      expect(tree()).not.toEqual(before);
      return id;
    };
    const takesBack = async (id: string): Promise<void> => {
      expect((await cloud.json<RunReport>(['rollback', id, '--yes', 'keystone'])).outcome).toBe('done');
    };

    const brief = dialect === '3.6' ? [] : ['proxy-initial-not-pooled'];
    const tunings = ['proxy-initial-not-pooled', 'mpm-switch to=worker', 'wsgi-processes processes=40'];
    test.each(FULL ? tunings.filter((tuning) => !REST || !brief.includes(tuning)) : brief)(
      '%s is applied, measured, and taken back to the byte',
      async (words) => {
        const before = tree();
        await takesBack(await applies(...words.split(' ')));
        expect(tree()).toEqual(before);
      },
      120_000,
    );

    test.runIf(FULL)(
      'apache-conf and then apache-conf-off are applied, measured, and taken back to the byte, the last one first',
      async () => {
        const before = tree();
        const on = await applies('apache-conf', 'name=quiet', 'directives=ServerSignature Off');
        const between = tree();
        const off = await applies('apache-conf-off', 'name=quiet');

        await takesBack(off);
        expect(tree()).toEqual(between);
        await takesBack(on);
        expect(tree()).toEqual(before);
      },
      240_000,
    );
  });
}
