import { dirname } from 'node:path';
import { readClock, virtualNow } from '../clock.js';
import { applicationOf, CLIENT_VERSION, type Cloud, readCloud } from '../cloud.js';
import { OperationStore } from './operations.js';
import { holds, type LiveScenario, readScenario } from './scenario.js';

/** Where the stand-in works, and what it has read once for this call. */
export interface Place {
  readonly dir: string;
  readonly cloud: Cloud;
  readonly live: LiveScenario;
  readonly version: string;
  /** Virtual milliseconds since 1970. */
  now(): number;
  /** Virtual seconds in a real one. */
  readonly rate: number;
  store(): OperationStore;
  /** Carries out operations in this process; without it each gets a process of its own. */
  readonly carryOut?: CarryOut | undefined;
}

/** Begins to carry out the tasks of an operation, and is not waited for. */
export type CarryOut = (dir: string, operation: string) => void;

export function openPlace(dir: string, carryOut?: CarryOut): Place {
  const cloud = readCloud(dir);
  const live = readScenario(dir);
  const clock = readClock(dir);
  return {
    dir,
    cloud: asItIs(cloud, live),
    live,
    version: live.scenario.version ?? CLIENT_VERSION[cloud.dialect],
    rate: clock.rate,
    now: () => virtualNow(clock, Date.now()),
    store: () => new OperationStore(dir),
    carryOut,
  };
}

/** The cloud with the units and leaders that the scenario leaves it now. */
function asItIs(cloud: Cloud, live: LiveScenario): Cloud {
  const { modelType, absent, leader } = live.scenario;
  const model = modelType === undefined ? cloud.model : { ...cloud.model, type: modelType };
  if (absent === undefined && leader === undefined) return { ...cloud, model };
  const away = new Set(absent?.filter((entry) => holds(live, entry)).map(({ unit }) => unit));
  const leaders = new Map(leader?.filter((entry) => holds(live, entry)).map(({ unit }) => [applicationOf(unit), unit]));
  const units = cloud.units
    .filter(({ name, principal }) => !away.has(name) && !away.has(principal ?? ''))
    .map((unit) => {
      const leading = leaders.get(applicationOf(unit.name));
      return leading === undefined ? unit : { ...unit, leader: unit.name === leading };
    });
  return { ...cloud, model, units };
}

/** The folder of `cloud.json`: the parent of JUJU_DATA. */
export function placeOf(jujuData: string): string {
  return dirname(jujuData.replace(/\/+$/, ''));
}

const two = (value: number): string => `${value}`.padStart(2, '0');

/** `2006-01-02 15:04:05`, as Go's times print. */
export function stamp(at: number): string {
  const d = new Date(at);
  return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
}

export const taskTime = (at: number): string => `${stamp(at)} +0000 UTC`;
export const statusTime = (at: number): string => `${stamp(at)}Z`;
