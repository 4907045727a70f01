import { join } from 'node:path';
import { type Cloud, folderName, hash, type UnitSpec } from '../cloud.js';
import { readText } from '../files.js';
import { agentAway, runningHook } from './hooks.js';
import { type Place, statusTime } from './place.js';

const DAY_MS = 86_400_000;

export type Json = Record<string, unknown>;

/** The cloud as one call of status sees it. */
export interface View {
  readonly place: Place;
  readonly cloud: Cloud;
  readonly old: boolean;
  readonly new4: boolean;
  readonly byApplication: ReadonlyMap<string, readonly UnitSpec[]>;
  readonly byPrincipal: ReadonlyMap<string, readonly UnitSpec[]>;
}

export function since(view: View, seed: string): string {
  return statusTime(view.cloud.since - (hash(seed) % (20 * DAY_MS)));
}

function isAway(view: View, unit: UnitSpec): boolean {
  const calls = readText(join(view.place.dir, 'calls', folderName(`task-${unit.name}`)))?.length ?? 0;
  return agentAway(view.place, unit.name, calls) > 0;
}

export function workloadAndAgent(view: View, unit: UnitSpec): Json {
  const { place } = view;
  const at = since(view, unit.name);
  if (isAway(view, unit)) {
    const message = view.new4
      ? 'agent lost, see `juju debug-logs` or `juju show-status-log` for more information'
      : `agent lost, see 'juju show-status-log ${unit.name}'`;
    return {
      'workload-status': { current: 'unknown', message, since: at },
      'juju-status': {
        current: 'lost',
        message: 'agent is not communicating with the server',
        since: at,
        version: place.version,
      },
    };
  }
  return {
    'workload-status': { current: unit.workload ?? 'active', message: unit.message ?? '', since: at },
    'juju-status': agentStatus(view, unit, at),
  };
}

function agentStatus(view: View, unit: UnitSpec, at: string): Json {
  const { place } = view;
  const hook = runningHook(place, unit.name);
  if (hook !== undefined)
    return { current: 'executing', message: `running ${hook.name} hook`, since: statusTime(hook.since), version: place.version };
  if (runsTask(place, unit))
    return { current: 'executing', message: 'running action juju-exec', since: statusTime(place.now()), version: place.version };
  return { current: 'idle', since: at, version: place.version };
}

function runsTask(place: Place, unit: UnitSpec): boolean {
  const text = unit.runner?.kind === 'canned' ? undefined : readText(join(place.dir, 'running', folderName(unit.name)));
  const pid = Number(text?.split(' ')[0]);
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
