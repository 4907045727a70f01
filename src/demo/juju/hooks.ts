import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { applicationOf, hash } from '../cloud.js';
import { readJson, writeAtomically } from '../files.js';
import type { Place } from './place.js';
import { awayFor, holds } from './scenario.js';

export interface Hook {
  readonly name: string;
  /** Real milliseconds until it ends. */
  readonly endsInMs: number;
  /** Virtual milliseconds since 1970. */
  readonly since: number;
}

const PERIOD_MS = 300_000;

/** The hook that a unit runs now: what the scenario says, or update-status, which comes by every five virtual minutes. */
export function runningHook(place: Place, unit: string): Hook | undefined {
  const { live } = place;
  for (const hook of live.scenario.hook ?? []) {
    if (hook.unit !== unit || !holds(live, hook)) continue;
    const end = live.since + (hook.until ?? Number.POSITIVE_INFINITY) * 1000;
    return { name: hook.name, endsInMs: end - Date.now(), since: place.now() };
  }
  const changed = configChangedHook(place, unit);
  if (changed !== undefined) return changed;
  if (place.cloud.hooks === false) return undefined;
  const seed = hash(`${place.cloud.seed} ${unit}`);
  const lasts = 6000 + (seed % 9000);
  const at = place.now();
  const into = (at + (seed % PERIOD_MS)) % PERIOD_MS;
  if (into >= lasts) return undefined;
  return { name: 'update-status', endsInMs: (lasts - into) / place.rate, since: at - into };
}

/** How soon to look again for an agent that is away and may be back at any time. */
const LOOK_AGAIN_MS = 50;

/** Whether the unit's agent is away, by the cloud, the scenario or what really is; how long at least in real milliseconds. */
export function agentAway(place: Place, unit: string, tasksSoFar: number): number {
  const spec = place.cloud.units.find(({ name }) => name === unit);
  if (spec?.agent === 'lost') return Number.POSITIVE_INFINITY;
  if (spec?.machine !== undefined && place.live.scenario.down?.includes(spec.machine)) return Number.POSITIVE_INFINITY;
  const { runner } = spec ?? {};
  const absent = runner?.kind === 'command' && runner.presence !== undefined && !existsSync(runner.presence);
  return Math.max(absent ? LOOK_AGAIN_MS : 0, awayFor(place.live, unit, tasksSoFar));
}

const CONFIGURED = 'configured.json';
/** Virtual milliseconds that config-changed takes on a unit. */
const CONFIG_CHANGED_MS = 20_000;

/** From now on the units of this application run config-changed for a while. */
export function noteConfigChanged(place: Place, application: string): void {
  const path = join(place.dir, CONFIGURED);
  const earlier = readJson<Readonly<Record<string, number>>>(path) ?? {};
  writeAtomically(path, JSON.stringify({ ...earlier, [application]: place.now() }));
}

function configChangedHook(place: Place, unit: string): Hook | undefined {
  const since = readJson<Readonly<Record<string, number>>>(join(place.dir, CONFIGURED))?.[applicationOf(unit)];
  if (since === undefined) return undefined;
  const into = place.now() - since;
  if (into < 0 || into >= CONFIG_CHANGED_MS) return undefined;
  return { name: 'config-changed', endsInMs: (CONFIG_CHANGED_MS - into) / place.rate, since };
}
