import type { GateCheck } from '../domain/event.js';
import type { Facts } from '../domain/finding.js';
import type { UnitName } from '../domain/unit-set.js';

/** Facts of `log-signatures` and `saturation`, by unit. */
type FactsByUnit = ReadonlyMap<UnitName, Facts>;

export interface Comparison {
  /** A unit that was just changed. */
  readonly unit: UnitName;
  /** Units that it is held against: not changed yet, or changed before it where there is none of those. */
  readonly peers: readonly UnitName[];
  readonly peersAre: 'not changed yet' | 'changed before';
  /** Over a window that ended before the run. */
  readonly before: FactsByUnit;
  readonly beforeSeconds: number;
  /** Over the same time for all: the last `seconds`. */
  readonly now: FactsByUnit;
  readonly seconds: number;
  /** Connections that haproxies could not make to each unit in that time. */
  readonly refusedConnects: ReadonlyMap<UnitName, number>;
}

/** A share is worse when it differs by more than chance: four standard deviations of single errors, which come in bursts, … */
const SIGMAS = 4;
/** … is three quarters as large again (errors come in bursts: equal units easily differ by a third each way), by a hundredth of the requests, … */
const WORSE_RATIO = 7 / 4;
const WORSE_BY = 0.01;
/** … and rests on as many errors. */
const FEWEST_EVENTS = 5;
/** With nothing to compare with, so many of the requests must fail. */
const ABSURD_SHARE = 0.5;
/** As many requests must be expected for none at all to mean something. */
const EXPECTED_REQUESTS = 20;
/** Levels (requests that wait, connections refused) may be twice as high and this much before they are worse. */
const LEVEL_RATIO = 2;
const LEVEL_BY = 10;
const FULL = 0.9;
const ROOMY = 0.75;

/** Log facts that are errors of Apache or mod_wsgi towards the API, each of one request. */
const LAYER_ERRORS = ['px-lost', 'px-refused', 'wsgi-enoent', 'wsgi-backlog', 'wsgi-start', 'wsgi-timeout'] as const;

/**
 * Whether a changed unit does worse since: than its peers at the same time and than itself before, so that neither a busier hour nor a unit
 * that always was the odd one fails a gate. What cannot be told passes and says so.
 */
export function compareUnit(comparison: Comparison): GateCheck {
  const { unit, peers, peersAre, now } = comparison;
  const name = `${unit} compared`;
  if (!now.has(unit)) return { name, ok: false, detail: 'it did not say how it does' };
  const found = [
    share(comparison, '5xx answers', (facts) => numberOf(facts['log.status-5xx'])),
    share(comparison, 'errors between Apache and the API', layerErrors),
    missingTraffic(comparison),
    level(comparison, 'requests waiting', (facts) => numberOf(facts['queue.total'])),
    saturated(comparison),
    refused(comparison),
  ].filter((one) => one !== undefined);
  const worse = found.filter((one) => !one.ok);
  const against =
    peers.length > 0
      ? `; held against ${peers.length === 1 ? '1 unit' : `${peers.length} units`} ${peersAre}`
      : '; held against itself before';
  if (worse.length > 0) return { name, ok: false, detail: worse.map((one) => one.detail).join('; ') };
  const told = found.map((one) => one.detail).filter((detail) => detail !== '');
  if (told.length === 0) return { name, ok: true, detail: 'it tells nothing that could be compared' };
  return { name, ok: true, detail: `${told.join('; ')}${against}` };
}

interface Found {
  readonly ok: boolean;
  readonly detail: string;
}

interface Tally {
  readonly events: number;
  readonly of: number;
}

function share(comparison: Comparison, what: string, eventsOf: (facts: Facts) => number | undefined): Found | undefined {
  const tally = (units: readonly UnitName[], facts: FactsByUnit): Tally => sumTallies(units, facts, eventsOf);
  const changed = tally([comparison.unit], comparison.now);
  if (changed.of === 0) return undefined;
  const peers = tally(comparison.peers, comparison.now);
  const before = tally([comparison.unit], comparison.before);
  const references = [peers, before].filter((reference) => reference.of > 0);
  const absurd = { events: Math.floor((changed.of * ABSURD_SHARE) / WORSE_RATIO), of: changed.of };
  const ok = !(references.length > 0 ? references : [absurd]).every((reference) => isWorse(changed, reference));
  const others = peers.of > 0 ? [`the others ${told(peers)}`] : [];
  const itself = before.of > 0 ? [`before ${told(before)}`] : [];
  return { ok, detail: `${what} ${[told(changed), ...others, ...itself].join(', ')}` };
}

function sumTallies(units: readonly UnitName[], by: FactsByUnit, eventsOf: (facts: Facts) => number | undefined): Tally {
  let [events, of] = [0, 0];
  for (const unit of units) {
    const facts = by.get(unit) ?? {};
    const [count, requests] = [eventsOf(facts), numberOf(facts['log.requests'])];
    if (count === undefined || requests === undefined) continue;
    events += count;
    // An error of a request that never got as far as the access log is one of the requests all the same.
    of += Math.max(requests, count);
  }
  return { events, of };
}

function layerErrors(facts: Facts): number | undefined {
  const counts = LAYER_ERRORS.flatMap((name) => numberOf(facts[`log.${name}`]) ?? []);
  return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0);
}

/** Two binomial samples: the difference in standard deviations of what both together would give. */
function isWorse(changed: Tally, reference: Tally): boolean {
  if (changed.events < FEWEST_EVENTS) return false;
  const [mine, theirs] = [changed.events / changed.of, reference.events / reference.of];
  if (mine < theirs * WORSE_RATIO || mine - theirs < WORSE_BY) return false;
  const pooled = (changed.events + reference.events) / (changed.of + reference.of);
  const sigma = Math.sqrt(pooled * (1 - pooled) * (1 / changed.of + 1 / reference.of));
  return sigma === 0 || (mine - theirs) / sigma >= SIGMAS;
}

/** haproxy shows it UP and yet no request reaches it, while the others are as busy as it was. */
function missingTraffic({ unit, peers, before, beforeSeconds, now, seconds }: Comparison): Found | undefined {
  const requests = numberOf(now.get(unit)?.['log.requests']);
  const earlier = numberOf(before.get(unit)?.['log.requests']);
  if (requests !== 0 || earlier === undefined || beforeSeconds <= 0) return undefined;
  const served = peers.flatMap((peer) => numberOf(now.get(peer)?.['log.requests']) ?? []);
  const expected = (earlier * seconds) / beforeSeconds;
  const busy = served.length > 0 && Math.min(...served) >= EXPECTED_REQUESTS && expected >= EXPECTED_REQUESTS;
  return busy ? { ok: false, detail: `no request reached it, while the others served ${served.join(', ')}` } : undefined;
}

function level(
  { unit, peers, before, now }: Comparison,
  what: string,
  levelOf: (facts: Facts) => number | undefined,
): Found | undefined {
  const changed = levelOf(now.get(unit) ?? {});
  if (changed === undefined) return undefined;
  const references = [...peers.map((peer) => now.get(peer)), before.get(unit)].flatMap((facts) => levelOf(facts ?? {}) ?? []);
  const ok = references.length === 0 || references.some((reference) => changed < reference * LEVEL_RATIO + LEVEL_BY);
  return { ok, detail: ok && changed === 0 ? '' : `${what} ${changed} (the others or before: ${references.join(', ')})` };
}

/** Every WSGI process is busy and requests wait, where the others and it itself before had room. */
function saturated({ unit, peers, before, now }: Comparison): Found | undefined {
  const changed = busyShare(now.get(unit));
  const references = [...peers.map((peer) => now.get(peer)), before.get(unit)].flatMap((facts) => busyShare(facts) ?? []);
  if (changed === undefined || references.length === 0) return undefined;
  const waits = (numberOf(now.get(unit)?.['queue.total']) ?? 0) > 0;
  const ok = !(waits && changed >= FULL && references.every((reference) => reference < ROOMY));
  return { ok, detail: ok ? '' : `${percent(changed)} of its WSGI processes are busy (${references.map(percent).join(', ')})` };
}

function busyShare(facts: Facts | undefined): number | undefined {
  const [busy, capacity] = [numberOf(facts?.['busy.total']), numberOf(facts?.['capacity.total'])];
  return busy === undefined || capacity === undefined || capacity === 0 ? undefined : busy / capacity;
}

function refused({ unit, peers, refusedConnects }: Comparison): Found | undefined {
  const changed = refusedConnects.get(unit);
  if (changed === undefined || changed < FEWEST_EVENTS) return undefined;
  const most = Math.max(0, ...peers.map((peer) => refusedConnects.get(peer) ?? 0));
  const ok = changed < most * LEVEL_RATIO + FEWEST_EVENTS;
  return { ok, detail: `haproxy failed to connect ${changed} times (the others: at most ${most})` };
}

function told({ events, of }: Tally): string {
  return `${events} of ${of}`;
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
