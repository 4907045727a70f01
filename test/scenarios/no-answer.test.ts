import { afterEach, expect, test } from 'vitest';
import { DemoCloud } from './demo-cloud.js';

let cloud: DemoCloud | undefined;
afterEach(() => cloud?.remove());

test('check with a unit that does not answer ends with 1 and says so', async () => {
  cloud = new DemoCloud({ scenario: { hang: [{ unit: 'keystone/1', seconds: 90 }] } });

  const { code, stdout } = await cloud.run(['check', 'keystone']);

  expect(stdout).toMatch(/keystone\/1 did not answer/);
  expect(code).toBe(1);
}, 240_000);
