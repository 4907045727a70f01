import { Failure } from '../domain/failure.js';
import {
  type Application,
  hostOf,
  type Inventory,
  type Machine,
  type Model,
  type Status,
  type Unit,
} from '../domain/inventory.js';
import { compareNatural } from '../domain/natural-order.js';
import { redact } from '../domain/redact.js';
import { applicationOf, compareUnits, isApplicationName, isUnitName } from '../domain/unit-set.js';
import { entries, field, isRecord, number, parseJson, text, texts } from './json.js';
import { runningHookOf, troubleOf } from './unit-trouble.js';

/** Containers in containers and subordinates of subordinates do not go deeper in any cloud. */
const DEEPEST = 8;

/**
 * What `juju status --format json --utc` of 2.9, 3.x or 4.x says, in one shape. Unknown fields are ignored, missing ones are empty;
 * a name that Juju would not allow is left out. Throws `Failure('juju')` for text that is no status.
 */
export function parseStatus(output: string, model: Model, takenAt: string): Inventory {
  const status = parseJson(output, 'juju status');
  if (!isRecord(status) || !isRecord(field(status, 'model'))) {
    throw new Failure('juju', '"juju status" printed JSON without a model', {
      hint: `juju status -m ${model.controller}:${model.name}`,
    });
  }
  const machines = readMachines(status);
  const units = readUnits(status, new Map(machines.map((machine) => [machine.id, machine])));
  return {
    model: {
      ...model,
      type: text(status, 'model', 'type') === 'caas' ? 'caas' : model.type,
      version: text(status, 'model', 'version') || model.version,
    },
    takenAt,
    applications: readApplications(status, units),
    machines,
    saas: entries(status, 'application-endpoints').map(([name, endpoint]) => ({
      name,
      url: text(endpoint, 'url'),
      status: readState(endpoint, 'application-status'),
    })),
  };
}

/** A status block; `status-error` in its place makes it `unknown`. */
function readState(value: unknown, name: string): Status {
  const block = field(value, name);
  // Hooks put into their status what they please.
  const message = redact(text(block, 'message') || text(block, 'status-error'));
  const since = text(block, 'since');
  return { current: text(block, 'current') || 'unknown', ...(message ? { message } : {}), ...(since ? { since } : {}) };
}

function readMachines(status: unknown): Machine[] {
  const found: Machine[] = [];
  const visit = (id: string, machine: unknown, hostAz: string, depth: number): void => {
    if (depth > DEEPEST) return;
    const az = /\bavailability-zone=(\S+)/.exec(text(machine, 'hardware'))?.[1] ?? hostAz;
    const problem = redact(text(machine, 'status-error'));
    found.push({
      id,
      host: hostOf(id),
      az,
      hostname: text(machine, 'hostname') || text(machine, 'display-name'),
      address: text(machine, 'dns-name') || (texts(machine, 'ip-addresses')[0] ?? ''),
      agent: readState(machine, 'juju-status'),
      ...(problem ? { problem } : {}),
    });
    for (const [containerId, container] of entries(machine, 'containers')) visit(containerId, container, az, depth + 1);
  };
  for (const [id, machine] of entries(status, 'machines')) visit(id, machine, '', 0);
  return found.sort((a, b) => compareNatural(a.id, b.id));
}

/** What a unit takes from its place: its machine, the application's life, the principal. */
interface Place {
  readonly machines: ReadonlyMap<string, Machine>;
  readonly applicationLife: string;
  readonly machine?: string;
  readonly principal?: string;
}

/** All units, subordinates out of their principals, by application. */
function readUnits(status: unknown, machines: ReadonlyMap<string, Machine>): ReadonlyMap<string, Unit[]> {
  const found = new Map<string, Unit[]>();
  const lives = new Map(entries(status, 'applications').map(([name, application]) => [name, text(application, 'life')]));
  const visit = (name: string, value: unknown, place: Omit<Place, 'applicationLife'>, depth: number): void => {
    if (!isUnitName(name) || depth > DEEPEST) return;
    const unit = readUnit(name, value, { ...place, applicationLife: lives.get(applicationOf(name)) ?? '' });
    const siblings = found.get(unit.application);
    if (siblings) siblings.push(unit);
    else found.set(unit.application, [unit]);
    for (const [subordinate, inner] of entries(value, 'subordinates')) {
      visit(subordinate, inner, { machines, machine: unit.machine, principal: name }, depth + 1);
    }
  };
  for (const [owner, application] of entries(status, 'applications')) {
    for (const [name, unit] of entries(application, 'units'))
      if (applicationOf(name) === owner) visit(name, unit, { machines }, 0);
  }
  return found;
}

function readUnit(name: string, value: unknown, place: Place): Unit {
  const machineId = text(value, 'machine') || (place.machine ?? '');
  const machine = place.machines.get(machineId);
  const agent = readState(value, 'juju-status');
  const workload = readState(value, 'workload-status');
  const runningHook = runningHookOf(agent);
  return {
    name,
    application: applicationOf(name),
    ...(place.principal === undefined ? {} : { principal: place.principal }),
    machine: machineId,
    host: hostOf(machineId),
    az: machine?.az ?? '',
    leader: field(value, 'leader') === true,
    address: text(value, 'public-address') || text(value, 'address'),
    ports: texts(value, 'open-ports'),
    agent,
    workload,
    subordinates: entries(value, 'subordinates')
      .map(([subordinate]) => subordinate)
      .filter(isUnitName),
    ...troubleOf({
      agent,
      workload,
      machine,
      problem: redact(text(value, 'status-error')),
      life: lifeOf(value) || place.applicationLife,
    }),
    ...(runningHook === undefined ? {} : { runningHook }),
  };
}

function lifeOf(unit: unknown): string {
  return text(unit, 'life') || text(unit, 'juju-status', 'life') || text(unit, 'workload-status', 'life');
}

function readApplications(status: unknown, units: ReadonlyMap<string, readonly Unit[]>): Application[] {
  const listed = entries(status, 'applications').filter(([name]) => isApplicationName(name));
  const names = new Set(listed.map(([name]) => name));
  // A status that was filtered can hold subordinates whose application it leaves out.
  const unlisted = [...units.keys()].filter((name) => !names.has(name)).map((name): [string, unknown] => [name, {}]);
  return [...listed, ...unlisted].map(([name, value]) => readApplication(name, value, units.get(name) ?? []));
}

function readApplication(name: string, value: unknown, units: readonly Unit[]): Application {
  const problem = redact(text(value, 'status-error'));
  const subordinateTo = texts(value, 'subordinate-to');
  return {
    name,
    charm: text(value, 'charm-name') || charmName(text(value, 'charm')),
    channel: text(value, 'charm-channel'),
    revision: number(value, 'charm-rev'),
    subordinate: subordinateTo.length > 0 || units.some((unit) => unit.principal !== undefined),
    subordinateTo,
    status: readState(value, 'application-status'),
    version: text(value, 'version'),
    units: [...units].sort((a, b) => compareUnits(a.name, b.name)),
    ...(problem ? { problem } : {}),
  };
}

/** `cs:~user/jammy/keystone-12`, `ch:amd64/jammy/keystone-501`, `local:keystone-0` -> `keystone`. */
function charmName(url: string): string {
  const last = url.slice(url.lastIndexOf('/') + 1);
  return last.replace(/^[a-z]+:/, '').replace(/-\d+$/, '');
}
