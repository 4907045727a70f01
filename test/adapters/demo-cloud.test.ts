import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clockOf } from '../../src/adapters/clock.js';
import { entries, field, parseJson, text } from '../../src/adapters/json.js';
import { createJujuCli } from '../../src/adapters/juju-cli.js';
import { type JujuClient, openJujuClient } from '../../src/adapters/juju-client.js';
import { createUnits } from '../../src/adapters/units.js';
import { allUnits } from '../../src/domain/inventory.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'juju-tune-demo-'));
  const build = `import { buildDemo } from ${JSON.stringify(resolve('src/launcher/build-demo.mjs'))};
    await buildDemo(${JSON.stringify(resolve('.'))}, ${JSON.stringify(join(folder, 'dist'))});`;
  execFileSync(process.execPath, ['--input-type=module', '-e', build]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const { signal } = new AbortController();

async function demoClient(dialect: string): Promise<JujuClient> {
  const dir = join(folder, dialect);
  const args = [join(folder, 'dist', 'demo.mjs'), 'setup', '--dir', dir, '--dialect', dialect];
  const said = parseJson(execFileSync(process.execPath, args, { encoding: 'utf8' }), 'demo setup');
  const given = Object.fromEntries(entries(said, 'env').map(([name]) => [name, text(field(said, 'env'), name)]));
  const environment = { ...given, PATH: `${given.PATH}:${process.env.PATH}` };
  return openJujuClient(createJujuCli(environment), { environment, clock: (demo) => clockOf(environment, demo), signal });
}

describe.each([
  ['2.9', '2.9'],
  ['3.6', '3'],
  ['4.0', '4'],
])('the demo cloud as juju %s', (version, dialect) => {
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
