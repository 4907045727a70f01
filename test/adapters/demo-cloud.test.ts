import { afterAll, describe, expect, test } from 'vitest';
import { clockOf } from '../../src/adapters/clock.js';
import { createJujuCli } from '../../src/adapters/juju-cli.js';
import { type JujuClient, openJujuClient } from '../../src/adapters/juju-client.js';
import { createUnits } from '../../src/adapters/units.js';
import { allUnits } from '../../src/domain/inventory.js';
import { DemoCloud, type Dialect } from '../scenarios/demo-cloud.js';

const clouds: DemoCloud[] = [];
afterAll(() => clouds.forEach((cloud) => void cloud.remove()));

const { signal } = new AbortController();

async function demoClient(dialect: Dialect): Promise<JujuClient> {
  const cloud = new DemoCloud({ dialect });
  clouds.push(cloud);
  const environment = cloud.env;
  return openJujuClient(createJujuCli(environment), { environment, clock: (demo) => clockOf(environment, demo), signal });
}

describe.each([
  ['2.9', '2.9'],
  ['3.6', '3'],
  ['4.0', '4'],
] as const)('the demo cloud as juju %s', (version, dialect) => {
  test('is known as a demo, its units answer probes by exec and by ssh, and say the same', async () => {
    const client = await demoClient(version);
    const units = allUnits(await client.status(signal)).filter((unit) => unit.application === 'keystone');
    const names = units.map((unit) => unit.name);
    const question = { paths: ['/etc/apache2/ports.conf'], globs: ['/etc/apache2/sites-enabled/*'] };

    const answers: Record<string, unknown> = {};
    for (const transport of ['exec', 'ssh'] as const) {
      for await (const event of createUnits(client, transport).probe(question, names, { timeoutSeconds: 30, signal })) {
        if (event.kind === 'no-answer') throw new Error(event.message);
        if (event.kind === 'answer')
          answers[`${transport} ${event.unit}`] = { paths: event.value.paths, identity: event.value.identity };
      }
    }

    expect(client).toMatchObject({ dialect, target: 'juju-tune-demo:demo-cloud', model: { demo: true, access: 'admin' } });
    expect(names.length).toBe(3);
    for (const name of names) {
      expect(answers[`exec ${name}`]).toMatchObject({ identity: { unit: name, modelUuid: client.model.uuid } });
      expect(answers[`ssh ${name}`]).toEqual(answers[`exec ${name}`]);
    }
  });
});
