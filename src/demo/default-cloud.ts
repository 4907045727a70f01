import { OPENSTACK, ROWS, type Row } from './applications.js';
import {
  type ApplicationSpec,
  applicationOf,
  type Cloud,
  type Dialect,
  folderName,
  type MachineSpec,
  type OptionSpec,
  type UnitSpec,
  uuidOf,
} from './cloud.js';
import { serviceOf } from './services.js';

const VIPS: Readonly<Record<string, string>> = {
  keystone: '10.246.64.200',
  gnocchi: '10.246.64.201',
  'nova-cloud-controller': '10.246.64.202',
};

function subordinateSpec(name: string, principal: string): ApplicationSpec {
  const of = (charm: string, channel: string, revision: number, version: string, endpoint: string): ApplicationSpec => ({
    name,
    charm,
    channel,
    revision,
    version,
    subordinateTo: [principal],
    relations: { [endpoint]: [principal] },
  });
  if (name.endsWith('-hacluster')) return of('hacluster', '2.4/stable', 165, '2.1.2', 'ha');
  if (name.endsWith('-mysql-router')) return of('mysql-router', '8.0/stable', 213, '8.0.42', 'shared-db');
  if (name === 'ovn-chassis') return of('ovn-chassis', '24.03/stable', 296, '24.03.2', 'nova-compute');
  return of('neutron-api-plugin-ovn', OPENSTACK, 158, '24.1.0', 'neutron-plugin');
}

function optionsOf(charm: string): Readonly<Record<string, OptionSpec>> {
  const multiplier: Readonly<Record<string, number>> = { keystone: 0.5, gnocchi: 0.25, 'nova-cloud-controller': 0.375 };
  const worker = multiplier[charm];
  const vip = VIPS[charm];
  const rotation = charm === 'keystone' || charm === 'nova-cloud-controller' || charm === 'cinder';
  return {
    ...(serviceOf(charm) && {
      'worker-multiplier': {
        type: 'float',
        description: 'CPU core multiplier for worker processes',
        ...(worker !== undefined && { value: worker }),
      },
      'haproxy-server-timeout': { type: 'int', description: 'Server timeout of haproxy in ms; 90000 when unset' },
    }),
    ...(rotation && {
      'wsgi-socket-rotation': { type: 'boolean', description: 'Rotate WSGI sockets at a reload of Apache', default: true },
    }),
    ...(vip !== undefined && { vip: { type: 'string', description: 'Virtual IP of the API', value: vip } }),
    'openstack-origin': { type: 'string', description: 'Where packages come from', default: 'caracal' },
    debug: { type: 'boolean', description: 'Debug logging', default: false },
  } satisfies Record<string, OptionSpec>;
}

const HARDWARE = 'arch=amd64 cores=32 mem=262144M tags=control,compute availability-zone=';

/** Hands out containers over the three hosts, in the order in which units ask. */
class Placement {
  readonly machines: MachineSpec[] = [0, 1, 2].map((n) => ({
    id: `${n}`,
    hostname: `node0${n + 1}`,
    address: `10.246.64.1${n + 1}`,
    az: `zone${n + 1}`,
    hardware: `${HARDWARE}zone${n + 1}`,
  }));
  readonly #next = [0, 0, 0];

  container(host: number): MachineSpec {
    const number = this.#next[host] ?? 0;
    this.#next[host] = number + 1;
    const machine = {
      id: `${host}/lxd/${number}`,
      hostname: `juju-5f3a1c-${host}-lxd-${number}`,
      address: `10.246.64.${20 + host * 40 + number}`,
      az: `zone${host + 1}`,
      hardware: `availability-zone=zone${host + 1}`,
    };
    this.machines.push(machine);
    return machine;
  }
}

function unitsOf(row: Row, placement: Placement): UnitSpec[] {
  const units: UnitSpec[] = [];
  const leader = row.units > 1 ? 1 : 0;
  for (let n = 0; n < row.units; n++) {
    const host = row.units === 1 ? row.charm.length % 3 : n;
    const machine = row.host ? placement.machines[host] : placement.container(host);
    const name = `${row.charm}/${n}`;
    if (machine === undefined) throw new Error(`no machine for ${name}`);
    const lost = name === 'nova-compute/2';
    units.push({
      name,
      machine: machine.id,
      leader: n === leader,
      address: machine.address,
      ...(row.ports && { ports: row.ports }),
      message: messageOf(row, n === leader),
      agent: lost ? 'lost' : 'idle',
      runner: { kind: 'folder', root: `units/${folderName(name)}` },
    });
    for (const subordinate of row.subordinates ?? []) {
      units.push({
        name: `${subordinate}/${n}`,
        principal: name,
        leader: n === leader,
        address: machine.address,
        message: subordinate.endsWith('-hacluster') ? 'Unit is ready and clustered' : 'Unit is ready',
        agent: lost ? 'lost' : 'idle',
        runner: { kind: 'folder', root: `units/${folderName(name)}` },
      });
    }
  }
  return units;
}

function messageOf(row: Row, leader: boolean): string {
  const message = row.message ?? 'Unit is ready';
  return leader && row.charm === 'mysql-innodb-cluster' ? message.replace('R/O', 'R/W') : message;
}

/** The cloud of the demo: three hosts, its APIs in LXD containers, all of it a charmer's everyday sight. */
export function defaultCloud(dialect: Dialect, since: number): Cloud {
  const placement = new Placement();
  const units = ROWS.flatMap((row) => unitsOf(row, placement));
  const applications = ROWS.flatMap((row): ApplicationSpec[] => [
    {
      name: row.charm,
      charm: row.charm,
      channel: row.channel,
      revision: row.revision,
      ...(row.version !== undefined && { version: row.version }),
      relations: { ...row.relations, ...subordinateRelations(row) },
      message: row.message ?? 'Unit is ready',
      options: optionsOf(row.charm),
    },
    ...(row.subordinates ?? []).map((name) => subordinateSpec(name, row.charm)),
  ]);
  return {
    schema: 'juju-tune/demo-cloud/1',
    dialect,
    seed: 1,
    controller: { name: 'juju-tune-demo', uuid: uuidOf('controller') },
    model: { name: 'demo-cloud', owner: 'admin', uuid: uuidOf('model'), cloud: 'maas-demo', region: 'default', type: 'iaas' },
    since,
    machines: placement.machines,
    applications: applications.sort((a, b) => (a.name < b.name ? -1 : 1)),
    units,
  };
}

function subordinateRelations(row: Row): Record<string, readonly string[]> {
  const relations: Record<string, readonly string[]> = {};
  for (const name of row.subordinates ?? []) {
    if (name.endsWith('-hacluster')) relations.ha = [name];
    if (name.endsWith('-mysql-router')) relations['shared-db'] = [name];
  }
  return relations;
}

/** Scale mode: the same applications over and over, with answers that need no bash. */
export function scaledCloud(dialect: Dialect, since: number, count: number): Cloud {
  const base = defaultCloud(dialect, since);
  const machines: MachineSpec[] = [];
  const units: UnitSpec[] = [];
  const templates = base.applications.filter((application) => serviceOf(application.charm)).slice(0, 3);
  const applications: ApplicationSpec[] = [];
  const perApplication = 25;
  for (let n = 0; n < count; n++) {
    const number = Math.floor(n / perApplication);
    const template = templates[number % templates.length];
    if (template === undefined) continue;
    // Juju allows no part of a name that is a number alone.
    const name = number < templates.length ? template.name : `${template.name}-n${number}`;
    const host = Math.floor(n / 10);
    const address = `10.${100 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
    if (applications.at(-1)?.name !== name) applications.push({ ...template, name, relations: {} });
    if (n % 10 === 0) {
      machines.push({
        id: `${host}`,
        hostname: `node${host}`,
        address: `10.99.${host >> 8}.${host & 255}`,
        az: `zone${(host % 3) + 1}`,
      });
    }
    machines.push({ id: `${host}/lxd/${n % 10}`, hostname: `juju-${host}-lxd-${n % 10}`, address });
    units.push({
      name: `${name}/${n % perApplication}`,
      machine: `${host}/lxd/${n % 10}`,
      leader: n % perApplication === 0,
      address,
      message: 'Unit is ready',
      runner: { kind: 'canned', template: `units/${applicationOf(`${template.name}/0`)}-0` },
    });
  }
  return { ...base, machines, units, applications, hooks: false };
}
