import { existsSync } from 'node:fs';
import { hash } from '../cloud.js';
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
