import type { Facts } from '../domain/finding.js';
import type { UnitName } from '../domain/unit-set.js';

/** What is to be found in a haproxy: a unit by its name, as the charm names its servers, or at its address. */
export interface Sought {
  readonly unit: UnitName;
  readonly address: string;
}

/** One server of a backend, as one haproxy sees it. `econ`: connections that could not be made since it started. */
export interface Server {
  readonly server: string;
  readonly status: string;
  readonly econ: number;
}

/** The servers that stand for this unit in the haproxy that these facts (diagnostic `layers`) are of. */
export function serversOf(facts: Facts, sought: Sought): Server[] {
  return Object.entries(facts).flatMap(([name, value]) => {
    const server = /^haproxy\.(.+)\.status$/.exec(name)?.[1];
    if (server === undefined || !isServerOf(facts, server, sought)) return [];
    const econ = facts[`haproxy.${server}.econ`];
    return [{ server, status: String(value), econ: typeof econ === 'number' ? econ : 0 }];
  });
}

/** The configuration of this haproxy names the unit, whether or not its socket answered. */
export function lists(facts: Facts, sought: Sought): boolean {
  return Object.keys(facts).some((name) => {
    const server = /^haproxy\.(.+)\.address$/.exec(name)?.[1];
    return server !== undefined && isServerOf(facts, server, sought);
  });
}

/** It gets requests, or is not checked and gets them all the same. */
export function isUp({ status }: Server): boolean {
  return status.startsWith('UP') || status === 'no check';
}

/** There is a haproxy here whose socket answered. */
export function hasServers(facts: Facts): boolean {
  return Object.keys(facts).some((name) => /^haproxy\..+\.status$/.test(name));
}

function isServerOf(facts: Facts, server: string, { unit, address: own }: Sought): boolean {
  const address = String(facts[`haproxy.${server}.address`] ?? '').replace(/:\d+$/, '');
  return server.split('.').at(-1) === unit.replace('/', '-') || (own !== '' && address === own);
}
