import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bed, obstacle } from './bed.js';
import { UNITS } from './units.js';

const reason = obstacle();
if (reason) console.warn(`skipped, ${reason}`);

describe.skipIf(reason)('the bed', () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await Bed.start();
  });
  afterAll(() => bed?.down());

  test('has units of the shape that the charms render, each with an id of its own', async () => {
    const keystone = await bed.processes('keystone/0');

    expect(keystone).toEqual(
      expect.arrayContaining(['mod_mpm_event', 'keystone (wsgi:keystone-ad 4', 'keystone (wsgi:keystone-pu 12']),
    );
    for (const port of [5000, 4990, 4980, 35357, 35347, 35337]) expect(keystone).toContain(`port ${port}`);
    const ids = await Promise.all(UNITS.map((unit) => bed.sh(unit.name, 'cat /etc/machine-id')));
    expect(new Set(ids).size).toBe(UNITS.length);
  });

  test('brings a unit that reboots back on the same disk, with another boot id', async () => {
    const boot = 'cat /proc/sys/kernel/random/boot_id';
    const [id, machine] = [
      await bed.sh('nova-cloud-controller/1', boot),
      await bed.sh('nova-cloud-controller/1', 'cat /etc/machine-id'),
    ];

    await bed.sh('nova-cloud-controller/1', 'touch /root/kept; sync; systemctl --no-block reboot 2> /dev/null');
    await bed.again('nova-cloud-controller/1', `test "$(${boot})" != '${id.trim()}' && systemctl is-active apache2 haproxy`);

    expect(await bed.sh('nova-cloud-controller/1', 'ls /root/kept; cat /etc/machine-id')).toBe(`/root/kept\n${machine}`);
    await bed.serving();
  });
});
