import { dirname } from 'node:path';
import { readClock, virtualNow } from '../clock.js';
import { CLIENT_VERSION, type Cloud, readCloud } from '../cloud.js';
import { OperationStore } from './operations.js';
import { type LiveScenario, readScenario } from './scenario.js';

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
}

export function openPlace(dir: string): Place {
  const cloud = readCloud(dir);
  const live = readScenario(dir);
  const clock = readClock(dir);
  return {
    dir,
    cloud: live.scenario.modelType === undefined ? cloud : { ...cloud, model: { ...cloud.model, type: live.scenario.modelType } },
    live,
    version: live.scenario.version ?? CLIENT_VERSION[cloud.dialect],
    rate: clock.rate,
    now: () => virtualNow(clock, Date.now()),
    store: () => new OperationStore(dir),
  };
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
