import type { UnitName } from './unit-set.js';

/** `current` of a Juju status block, with its message and time where Juju gives them. */
export interface Status {
  readonly current: string;
  readonly message?: string;
  readonly since?: string;
}

export interface Model {
  /** Without the controller: `admin/openstack` or `openstack`. */
  readonly name: string;
  readonly controller: string;
  readonly uuid: string;
  readonly type: 'iaas' | 'caas';
  /** Agent version of the model, e.g. `3.6.11`. */
  readonly version: string;
  /** Access of the user who asks; exec needs `admin` (juju-contract 2.3). Empty when Juju did not say. */
  readonly access: string;
  readonly demo: boolean;
}

/** Why a unit would be left out of a tuning. `busy` is no trouble: a running hook is waited for. */
export type Trouble = 'lost' | 'down' | 'allocating' | 'hook-error' | 'paused' | 'terminated' | 'dying' | 'status-error';

export interface Unit {
  readonly name: UnitName;
  readonly application: string;
  /** The unit this one is subordinate to. */
  readonly principal?: UnitName;
  /** Full machine id: `0/lxd/1`. Empty on Kubernetes. */
  readonly machine: string;
  /** Top-level machine: `0` for `0/lxd/1`. What two units share when they share a host. */
  readonly host: string;
  readonly az: string;
  readonly leader: boolean;
  readonly address: string;
  readonly ports: readonly string[];
  readonly agent: Status;
  readonly workload: Status;
  readonly subordinates: readonly UnitName[];
  readonly trouble?: Trouble;
  /** Says why in a few words: `agent lost`, `hook failed: "config-changed"`. Set exactly when `trouble` is. */
  readonly reason?: string;
  /** The hook that runs now, if any; our own task (`juju-exec`) is not one. */
  readonly runningHook?: string;
}

export interface Application {
  readonly name: string;
  /** Charm name without store prefix or revision: `nova-cloud-controller`. */
  readonly charm: string;
  readonly channel: string;
  readonly revision: number | undefined;
  readonly subordinate: boolean;
  readonly subordinateTo: readonly string[];
  readonly status: Status;
  readonly version: string;
  readonly units: readonly Unit[];
  /** `status-error` of the application, when Juju could not read it. */
  readonly problem?: string;
}

export interface Machine {
  readonly id: string;
  readonly host: string;
  readonly az: string;
  readonly hostname: string;
  readonly address: string;
  readonly agent: Status;
  readonly problem?: string;
}

/** What `juju status` said, the same for every Juju version. */
export interface Inventory {
  readonly model: Model;
  /** ISO 8601, UTC. */
  readonly takenAt: string;
  readonly applications: readonly Application[];
  readonly machines: readonly Machine[];
  /** Consumed applications of other models (SAAS). */
  readonly saas: readonly { readonly name: string; readonly url: string; readonly status: Status }[];
}

/** Every unit, subordinates included, in the order of applications. */
export function allUnits(inventory: Inventory): Unit[] {
  return inventory.applications.flatMap((application) => [...application.units]);
}

export function findUnit(inventory: Inventory, name: UnitName): Unit | undefined {
  return allUnits(inventory).find((unit) => unit.name === name);
}

export function hostOf(machine: string): string {
  return machine.split('/')[0] ?? '';
}

/** Its agent does not answer, but its machine may. */
export function isAway(unit: Unit): boolean {
  return unit.trouble === 'lost' || unit.trouble === 'down';
}

/** Units whose agent answers; a lost unit's task would wait in the controller (juju-contract 4.5). */
export function isReachable(unit: Unit): boolean {
  return unit.trouble === undefined || unit.trouble === 'hook-error' || unit.trouble === 'paused' || unit.trouble === 'dying';
}
