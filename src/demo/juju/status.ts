import { type ApplicationSpec, applicationOf, hash, type MachineSpec, type UnitSpec } from '../cloud.js';
import type { Parsed } from './arguments.js';
import { inFormat, type Output } from './output.js';
import { type Place, stamp, statusTime } from './place.js';
import { tabular } from './status-table.js';
import { type Json, since, type View, workloadAndAgent } from './unit-status.js';

const DAY_MS = 86_400_000;

function grouped(units: readonly UnitSpec[], key: (unit: UnitSpec) => string | undefined): Map<string, UnitSpec[]> {
  const groups = new Map<string, UnitSpec[]>();
  for (const unit of units) {
    const name = key(unit);
    if (name === undefined) continue;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [unit]);
    else group.push(unit);
  }
  return groups;
}

export function status(place: Place, parsed: Parsed, output: Output): number {
  const { cloud } = place;
  const view: View = {
    place,
    cloud,
    old: cloud.dialect === '2.9',
    new4: cloud.dialect === '4.0',
    byApplication: grouped(cloud.units, ({ name, principal }) => (principal === undefined ? applicationOf(name) : undefined)),
    byPrincipal: grouped(cloud.units, ({ principal }) => principal),
  };
  const format = parsed.values.get('format') ?? 'tabular';
  const chosen = selection(view, parsed.words);
  const body = statusBody(view, chosen);
  if (format === 'json' || format === 'yaml') output.write(inFormat(body, format));
  else output.write(tabular(view, chosen));
  if (parsed.words.length > 0 && chosen.size === 0) output.info('Nothing matched specified filter.\n');
  return 0;
}

/** Names of the applications that a filter leaves; 4.x knows exact names only. */
function selection(view: View, words: readonly string[]): ReadonlySet<string> {
  const names = view.cloud.applications.map(({ name }) => name);
  if (words.length === 0) return new Set(names);
  const fits = (name: string): boolean =>
    words.some((word) => {
      const wanted = word.includes('/') ? applicationOf(word) : word;
      if (view.new4 || !wanted.includes('*')) return wanted === name;
      return new RegExp(`^${wanted.replaceAll('*', '.*')}$`).test(name);
    });
  return new Set(names.filter(fits));
}

function statusBody(view: View, chosen: ReadonlySet<string>): Json {
  const { place, cloud, old, new4 } = view;
  const { model } = cloud;
  return {
    model: {
      name: model.name,
      type: model.type ?? 'iaas',
      controller: cloud.controller.name,
      cloud: model.cloud,
      region: model.region,
      version: place.version,
      'model-status': { current: 'available', since: statusTime(cloud.since - 30 * DAY_MS) },
      ...(!new4 && { sla: 'unsupported' }),
    },
    machines: Object.fromEntries(
      cloud.machines.filter(({ id }) => !id.includes('/')).map((machine) => [machine.id, machineEntry(view, machine)]),
    ),
    applications: Object.fromEntries(
      cloud.applications
        .filter(({ name }) => chosen.has(name))
        .map((application) => [application.name, applicationEntry(view, application)]),
    ),
    storage: {},
    controller: { timestamp: stamp(place.now()).slice(11) },
    ...(old && {}),
  };
}

function baseOf(view: View): Json {
  return view.old ? { series: 'jammy' } : { base: { name: 'ubuntu', channel: '22.04' } };
}

function machineEntry(view: View, machine: MachineSpec): Json {
  const inside = view.cloud.machines.filter(
    ({ id }) => id.startsWith(`${machine.id}/`) && id.split('/').length === machine.id.split('/').length + 2,
  );
  const down = view.place.live.scenario.down?.includes(machine.id) === true;
  const at = since(view, machine.id);
  return {
    'juju-status': down
      ? { current: 'down', message: 'agent is not communicating with the server', since: statusTime(view.place.now()) }
      : { current: 'started', since: at, version: view.place.version },
    hostname: machine.hostname,
    'dns-name': machine.address,
    'ip-addresses': [machine.address],
    'instance-id': machine.hostname,
    'machine-status': { current: 'running', message: machine.id.includes('/') ? 'Running' : 'Deployed', since: at },
    'modification-status': { current: machine.id.includes('/') ? 'applied' : 'idle', since: at },
    ...baseOf(view),
    'network-interfaces': {
      [machine.id.includes('/') ? 'eth0' : 'bond0.64']: {
        'ip-addresses': [machine.address],
        'mac-address': `00:16:3e:${(hash(machine.id) & 0xffffff)
          .toString(16)
          .padStart(6, '0')
          .replace(/(..)(..)(..)/, '$1:$2:$3')}`,
        gateway: '10.246.64.1',
        space: 'alpha',
        'is-up': true,
      },
    },
    ...(inside.length > 0 && { containers: Object.fromEntries(inside.map((each) => [each.id, machineEntry(view, each)])) }),
    constraints: 'arch=amd64',
    ...(machine.hardware !== undefined && { hardware: machine.hardware }),
  };
}

function applicationEntry(view: View, application: ApplicationSpec): Json {
  const units = view.byApplication.get(application.name) ?? [];
  const { old } = view;
  const relations = Object.entries(application.relations ?? {}).map(([endpoint, names]): [string, unknown] => [
    endpoint,
    old
      ? names
      : names.map((name) => ({
          'related-application': name,
          interface: interfaceOf(endpoint),
          scope: application.subordinateTo ? 'container' : 'global',
        })),
  ]);
  return {
    charm: application.charm,
    ...(old ? { series: 'jammy', os: 'ubuntu' } : { base: { name: 'ubuntu', channel: '22.04' } }),
    'charm-origin': 'charmhub',
    'charm-name': application.charm,
    'charm-rev': application.revision,
    'charm-channel': application.channel,
    exposed: false,
    'application-status': {
      current: 'active',
      message: application.message ?? 'Unit is ready',
      since: since(view, application.name),
    },
    ...(relations.length > 0 && { relations: Object.fromEntries(relations) }),
    ...(application.subordinateTo && { 'subordinate-to': application.subordinateTo }),
    ...(units.length > 0 && { units: Object.fromEntries(units.map((unit) => [unit.name, unitEntry(view, unit)])) }),
    ...(application.version !== undefined && { version: application.version }),
    'endpoint-bindings': { '': 'alpha' },
  };
}

const INTERFACES: Readonly<Record<string, string>> = {
  'identity-service': 'keystone',
  amqp: 'rabbitmq',
  'shared-db': 'mysql-router',
  ha: 'hacluster',
  mon: 'ceph-osd',
  'cloud-compute': 'nova-compute',
};

function interfaceOf(endpoint: string): string {
  return INTERFACES[endpoint] ?? endpoint;
}

function unitEntry(view: View, unit: UnitSpec): Json {
  const subordinates = view.byPrincipal.get(unit.name) ?? [];
  return {
    ...workloadAndAgent(view, unit),
    ...(unit.leader && { leader: true }),
    ...(unit.machine !== undefined && { machine: unit.machine }),
    ...(unit.ports && { 'open-ports': unit.ports }),
    'public-address': unit.address,
    ...(subordinates.length > 0 && {
      subordinates: Object.fromEntries(subordinates.map((each) => [each.name, unitEntry(view, each)])),
    }),
  };
}
