import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DemoWorld, projectRoot } from './demo-world.js';

type Json = Readonly<Record<string, unknown>>;
const fixtures = join(projectRoot, '..', 'shared', 'fixtures', 'juju');
const fixture = (path: string): Json => JSON.parse(readFileSync(join(fixtures, path), 'utf8')) as Json;
const child = (value: unknown, ...path: string[]): Json =>
  path.reduce((at, key) => (at as Record<string, Json>)[key] ?? {}, value as Json);
const first = (value: unknown): Json => Object.values(value as object)[0] as Json;

let world: DemoWorld;
beforeAll(async () => {
  world = await DemoWorld.make();
});
afterAll(() => world.dispose());

function speak(dialect: string): void {
  const path = join(world.dir, 'cloud.json');
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), dialect }));
}

describe.skipIf(!existsSync(fixtures))(
  `keys as in the samples of real output${existsSync(fixtures) ? '' : ' (no samples beside the project)'}`,
  () => {
    test.each(['2.9', '3.6', '4.0'])('of %s', async (dialect) => {
      speak(dialect);
      const known = fixture(`${dialect}/status-subordinates-leader.json`);
      const status = (await world.json('status', '--utc')) as Json;

      const strangers = (ours: Json, theirs: Json, extra: string[] = []) =>
        Object.keys(ours).filter((key) => !(key in theirs) && !extra.includes(key));
      expect(strangers(status, known)).toEqual([]);
      expect(
        strangers(child(status, 'machines', '0'), first(known.machines), [
          'hostname',
          'containers',
          'constraints',
          'modification-status',
          'hardware',
        ]),
      ).toEqual([]);
      const application = (all: Json, name: string) => child(all, 'applications', name);
      const theirs: Json = Object.assign({}, ...Object.values(child(known, 'applications')));
      expect(strangers(application(status, 'keystone'), theirs, ['charm-channel', 'version', 'endpoint-bindings'])).toEqual([]);
      expect(
        strangers(application(status, 'keystone-hacluster'), theirs, ['charm-channel', 'version', 'endpoint-bindings']),
      ).toEqual([]);
      const model = fixture(`${dialect}/show-model.json`);
      expect(
        strangers(first(await world.json('show-model')), first(model), [
          'machines',
          'secret-backends',
          'sla',
          'sla-owner',
          'agent-version',
          'credential',
        ]),
      ).toEqual([]);
      expect(strangers((await world.json('version', '--all')) as Json, fixture(`${dialect}/version-all.json`))).toEqual([]);
      const models = fixture(`${dialect}/models.json`);
      expect(strangers(first(child(await world.json('models'), 'models')), first(models.models), ['region', 'sla'])).toEqual([]);
    });
  },
);
