import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseStatus } from '../../src/adapters/juju-status.js';
import { hooksInTheWay } from '../../src/adapters/running-hooks.js';
import { Failure } from '../../src/domain/failure.js';
import { allUnits, type Inventory, type Model } from '../../src/domain/inventory.js';

const OURS = 'test/fixtures/juju';
const SHARED = '../shared/fixtures/juju';
const TAKEN = '2026-11-23T08:00:00.000Z';
const model: Model = {
  name: 'openstack',
  controller: 'prod',
  uuid: '3a9f2c1e-0b6d-4f7a-8e55-2d1c9b7a6f40',
  type: 'iaas',
  version: '',
  access: 'admin',
  demo: false,
};

function parse(file: string): Inventory {
  return parseStatus(readFileSync(file, 'utf8'), model, TAKEN);
}

function troubles(inventory: Inventory): Record<string, string> {
  return Object.fromEntries(
    allUnits(inventory).flatMap((unit) => (unit.trouble ? [[unit.name, `${unit.trouble}: ${unit.reason}`]] : [])),
  );
}

describe.each(['2.9', '3.6', '4.0'])('the cloud of this project as juju %s shows it', (version) => {
  const inventory = parse(join(OURS, `status-${version}.json`));
  const unit = (name: string) => allUnits(inventory).find((one) => one.name === name);

  test('units of subordinates stand with their application, on the machine of their principal', () => {
    const hacluster = inventory.applications.find((application) => application.name === 'keystone-hacluster');

    expect(hacluster).toMatchObject({
      charm: 'hacluster',
      channel: '2.4/stable',
      revision: 131,
      subordinate: true,
      subordinateTo: ['keystone'],
    });
    expect(hacluster?.units.map(({ name, principal, machine, host, az }) => [name, principal, machine, host, az])).toEqual([
      ['keystone-hacluster/0', 'keystone/0', '0/lxd/1', '0', 'zone1'],
      ['keystone-hacluster/1', 'keystone/1', '1/lxd/1', '1', 'zone2'],
      ['keystone-hacluster/2', 'keystone/10', '2/lxd/1', '2', 'zone3'],
    ]);
    expect(unit('keystone/0')).toMatchObject({ leader: true, subordinates: ['keystone-hacluster/0', 'keystone-mysql-router/0'] });
  });

  test('units are in the order of their numbers, and charms have their bare names', () => {
    const keystone = inventory.applications.find((application) => application.name === 'keystone');

    expect(keystone?.units.map((one) => one.name)).toEqual(['keystone/0', 'keystone/1', 'keystone/2', 'keystone/10']);
    expect(keystone).toMatchObject({ charm: 'keystone', version: '21.0.1', subordinate: false });
  });

  test('why a unit would be left out is told', () => {
    expect(troubles(inventory)).toEqual({
      'keystone/2': 'paused: paused',
      'nova-compute/1': 'lost: agent lost',
      'nova-compute/2': 'down: machine 3 is down',
      'nova-compute/3': 'allocating: waiting for machine',
      'gnocchi/0': 'hook-error: hook failed: "config-changed"',
      'gnocchi/1': 'terminated: terminated',
      'gnocchi/2': 'status-error: cannot read unit',
      'memcached/0': 'dying: dying',
    });
  });

  test('a running hook is no trouble, and our own command is no hook', () => {
    expect(allUnits(inventory).flatMap((one) => (one.runningHook ? [[one.name, one.runningHook]] : []))).toEqual([
      ['keystone/1', 'config-changed'],
    ]);
    expect([...hooksInTheWay(inventory, false)]).toEqual([['keystone/1', 'config-changed']]);
    expect([...hooksInTheWay(inventory, true)]).toEqual([
      ['keystone/1', 'config-changed'],
      ['keystone-hacluster/1', 'config-changed of keystone/1'],
    ]);
  });

  test('what Juju could not read is kept as a problem', () => {
    expect(inventory.applications.find((application) => application.name === 'glance')).toMatchObject({
      problem: 'cannot read application',
      units: [],
    });
    expect(inventory.machines.find((machine) => machine.id === '9')).toMatchObject({ problem: 'machine 9 boom' });
  });

  test('machines, their containers and what other models offer are there', () => {
    expect(inventory.machines.map((machine) => machine.id)).toEqual([
      '0',
      '0/lxd/1',
      '0/lxd/3',
      '0/lxd/4',
      '1',
      '1/lxd/1',
      '1/lxd/3',
      '2',
      '2/lxd/1',
      '2/lxd/2',
      '3',
      '4',
      '9',
    ]);
    expect(inventory.saas).toEqual([
      {
        name: 'vault-kv',
        url: 'prod:admin/secrets.vault',
        status: { current: 'active', message: 'Unit is ready', since: '2026-11-23 08:00:00Z' },
      },
    ]);
    expect(inventory.model).toMatchObject({ name: 'openstack', type: 'iaas', demo: false });
    expect(inventory.model.version).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

test('on Kubernetes units have addresses and no machines', () => {
  const inventory = parse(join(OURS, 'status-kubernetes.json'));

  expect(inventory.model.type).toBe('caas');
  expect(allUnits(inventory).map(({ name, machine, host, address, leader }) => [name, machine, host, address, leader])).toEqual([
    ['grafana/0', '', '', '10.1.7.2', true],
    ['grafana/1', '', '', '10.1.7.3', false],
  ]);
});

/** Every name of a unit, wherever it stands in the JSON. */
function unitNames(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(key === 'units' || key === 'subordinates' ? Object.keys(inner as object) : []),
    ...unitNames(inner),
  ]);
}

const shared = existsSync(SHARED)
  ? ['2.9', '3.6', '4.0'].flatMap((version) =>
      readdirSync(join(SHARED, version))
        .filter((name) => /^(?:synthetic-)?status-.*(?<!\.meta)\.json$/.test(name))
        .map((name) => join(SHARED, version, name)),
    )
  : [];

test.skipIf(shared.length === 0)(
  `statuses of Juju's own tests are read whole${shared.length === 0 ? ` (skipped: no ${SHARED} here)` : ''}`,
  () => {
    for (const file of shared) {
      const raw: unknown = JSON.parse(readFileSync(file, 'utf8'));
      const inventory = parse(file);
      const applications = Object.keys((raw as { applications?: object }).applications ?? {});

      expect([file, inventory.applications.map((one) => one.name)]).toEqual([file, expect.arrayContaining(applications)]);
      expect([
        file,
        allUnits(inventory)
          .map((one) => one.name)
          .sort(),
      ]).toEqual([file, unitNames(raw).sort()]);
      expect(allUnits(inventory).every((one) => (one.trouble === undefined) === (one.reason === undefined))).toBe(true);
    }
  },
);

describe('input that is no status', () => {
  const broken = ['', 'ERROR something', '{"model":', '[]', 'null', '42', '{}', '{"model":[]}'];
  test.each(broken)('%j is a failure of juju', (output) => {
    expect(() => parseStatus(output, model, TAKEN)).toThrow(Failure);
  });

  test('wrong types, prototype keys and impossible names are read as nothing', () => {
    const hostile = `{"model":{"name":1,"type":{},"version":[]},"machines":{"__proto__":{"containers":7},"constructor":"x","0":null},
      "applications":{"__proto__":{"units":{"a/0":{}}},"-oProxyCommand":{"units":{"-oProxyCommand/0":{}}},"toString":5,
      "a":{"charm":[],"charm-rev":"x","subordinate-to":"b","units":{"a/0":null,"a/1":[],"../../etc":{},"a/01":{},"a/2":
      {"leader":"yes","open-ports":[1,"80/tcp"],"machine":{},"subordinates":{"b/0":{"subordinates":{"c/0":{}}}},"workload-status":"error"}}}}}`;

    const inventory = parseStatus(hostile, model, TAKEN);

    expect(inventory.applications.map((one) => [one.name, one.units.map((unit) => unit.name)])).toEqual([
      ['a', ['a/0', 'a/1', 'a/2']],
      ['b', ['b/0']],
      ['c', ['c/0']],
    ]);
    expect(inventory.applications[0]?.units[2]).toMatchObject({
      leader: false,
      ports: ['80/tcp'],
      machine: '',
      workload: { current: 'unknown' },
    });
    expect(({} as Record<string, unknown>).units).toBeUndefined();
  });
});

test('a secret in a status message is hidden', () => {
  const failed = {
    current: 'error',
    message: 'hook failed: mysql://keystone:S3cretWord9@10.0.0.9/keystone admin_password=Hunter2Hunter2',
  };
  const units = { 'keystone/0': { 'workload-status': failed, 'juju-status': { current: 'idle' } } };

  const inventory = parseStatus(
    JSON.stringify({ model: {}, applications: { keystone: { charm: 'keystone', units } } }),
    model,
    TAKEN,
  );
  const shown = JSON.stringify(inventory);

  expect(shown).toContain('hook failed: mysql://');
  expect(shown).not.toMatch(/S3cretWord9|Hunter2/);
});
