import { chmodSync, writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { DemoCloud, FULL, REST } from './demo-cloud.js';
import { QUICK } from './tuning-cases.js';

let cloud: DemoCloud | undefined;
afterEach(() => cloud?.remove());

/** On these units it is not known how to make a jail: their perl takes itself to be on a VAX. */
function withoutJail(demo: DemoCloud, units: readonly string[]): void {
  for (const unit of units) {
    const perl = demo.unitFile(unit, 'usr/bin/perl');
    writeFileSync(perl, '#!/bin/sh\njail=$2 kind=$3\nshift 4\nexec /usr/bin/perl -e "$jail" "$kind" vax "$@"\n');
    chmodSync(perl, 0o755);
  }
}

interface Told {
  readonly unjailed?: readonly { readonly unit: string; readonly reason: string }[];
}

test.skipIf(REST)(
  'a plan names the units on which nothing kept the look from writing, and a check does',
  async () => {
    cloud = new DemoCloud();
    withoutJail(cloud, ['keystone/0', 'keystone/1', 'keystone/2']);
    const argv = ['plan', 'keystone', 'proxy-initial-not-pooled'];

    const text = await cloud.run(argv);
    const plan = await cloud.json<Told>(argv);
    const check = await cloud.run(['check', 'keystone', '--only', 'census']);

    const sentence = 'read-only jail not enforced on keystone/[0-2]: not known how to on vax';
    expect(text.stdout.split('\n')[1]).toBe(sentence);
    expect(plan.unjailed).toEqual([0, 1, 2].map((n) => ({ unit: `keystone/${n}`, reason: 'not known how to on vax' })));
    expect(check.stdout.split('\n')[1]).toBe(sentence);
  },
  120_000,
);

test.runIf(FULL)(
  'a saved plan keeps what it said of the jail, and is applied as it is',
  async () => {
    cloud = new DemoCloud();
    withoutJail(cloud, ['keystone/0']);
    const file = `${cloud.dir}/plan.json`;

    const made = await cloud.run(['plan', 'keystone/0', 'proxy-initial-not-pooled', ...QUICK, '-o', file]);
    const applied = await cloud.run(['apply', '--plan', file, '--yes', 'keystone', '--measure', '0']);

    expect(made.stdout).toMatch(/^read-only jail not enforced on keystone\/0: not known how to on vax$/m);
    expect(applied).toMatchObject({ code: 0 });
  },
  120_000,
);
