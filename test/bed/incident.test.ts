import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bed, obstacle } from './bed.js';

const reason = obstacle();
if (reason) console.warn(`skipped: ${reason}`);

describe.skipIf(reason)('hand', () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await Bed.start();
  });
  afterAll(() => bed?.down());

  test('x', async () => {
    console.log(
      await bed.processes('keystone/0'),
      await bed.processes('gnocchi/0'),
      await bed.processes('nova-cloud-controller/1'),
    );
    console.log((await bed.tree('keystone/0')).length);
    console.log(await bed.burst('gnocchi/0', 'https://10.77.0.10:5000'));
    console.log(await bed.sh('keystone/0', 'tail -3 /var/log/apache2/error.log'));
    expect(1).toBe(1);
  });
});
