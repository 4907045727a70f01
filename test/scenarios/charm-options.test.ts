import { expect, test } from 'vitest';
import { DemoCloud, type Dialect, FULL } from './demo-cloud.js';

/** `juju config` is the same in all of them; the gate tries each. */
const DIALECTS: readonly Dialect[] = FULL ? ['2.9', '3.6', '4.0'] : ['3.6'];

interface RunJson {
  readonly outcome: string;
  readonly options: { readonly outcome: string };
}

test.concurrent.each(DIALECTS)('a charm option is set and taken back on the demo cloud in dialect %s', async (dialect) => {
  const cloud = new DemoCloud({ dialect });
  try {
    const site = (): string => cloud.tree('keystone/0')['etc/apache2/sites-enabled/wsgi-openstack-api.conf'] ?? '';
    await cloud.json(['check', 'keystone', '--only', 'mpm']);
    const before = cloud.tree('keystone/0');

    const refused = await cloud.run(['apply', 'keystone', 'worker-multiplier', 'processes=24']);
    const done = await cloud.json<RunJson>([
      'apply',
      'keystone',
      'worker-multiplier',
      'processes=24',
      '--yes',
      'keystone',
      '--measure',
      '0',
    ]);
    const set = site();
    const back = await cloud.json<RunJson>(['rollback', '--yes', 'keystone']);

    expect([refused.code, done.outcome, done.options.outcome, back.outcome]).toEqual([2, 'done', 'changed', 'done']);
    expect(set).toMatch(/keystone-public processes=18 /);
    expect(cloud.tree('keystone/0')).toEqual(before);
  } finally {
    cloud.remove();
  }
});
