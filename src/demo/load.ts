import { randomStream } from './cloud.js';
import type { RunningConfig } from './running.js';
import type { LoadShape } from './services.js';

/** One second of one unit's life. */
export interface Second {
  /** Requests that came. All of the following are among them. */
  readonly requests: number;
  /** 502: the proxy lost its pooled connection before the first byte (AH01102 with AH00898). */
  readonly lost: number;
  /** A later request on a kept client connection was dropped (AH01102 alone); it has no answer. */
  readonly dropped: number;
  /** 503, or 500 with socket rotation off: a connection kept over a reload asked for a socket that is gone. */
  readonly orphaned: number;
  /** 500: cut off by a reload. */
  readonly cut: number;
  /** 503: more than the listen backlog of the daemons waited. */
  readonly refused: number;
  /** Daemon threads that work, and requests in the listen queue of their socket, at the end of the second. */
  readonly busy: number;
  readonly queue: number;
  /** All workers of Apache were taken. */
  readonly full: boolean;
}

export interface LoadInput {
  readonly shape: LoadShape;
  readonly config: RunningConfig;
  /** The group that carries the load. */
  readonly group: string;
  readonly unit: string;
  readonly seed: number;
  /** Seconds since 1970 of reloads that this configuration has seen. */
  readonly reloads: readonly number[];
}

/** Clients come in a burst every minute; 20 s of it. */
export const BURST_SECONDS = 20;
const BACKLOG = 100;
/** Concurrent requests that the lab's incident had at the proxy, in seconds of service: 502s are scaled from there. */
const LAB_PRESSURE = 14;
/** Share of requests answered 502 at that pressure, with production's mix of clients. */
const LOST_SHARE = 0.08;

/**
 * Share of requests that lose a pooled connection, measured in the lab as 105, 58, 79 and 46 of 600 (catalogue 0):
 * stock, MaxRequestWorkers 800, 40 processes, both. Only event closes idle kept connections when a child is full.
 */
export function lostShare(config: RunningConfig, capacity: number, pressure: number): number {
  if (config.mpm !== 'event' || config.proxy !== 'pooled') return 0;
  const byWorkers = (150 / Math.max(150, config.maxRequestWorkers)) ** 0.355;
  const byCapacity = (12 / Math.max(1, capacity)) ** 0.239;
  return Math.min(0.5, LOST_SHARE * byWorkers * byCapacity * pressure ** 1.5);
}

function dropShare(config: RunningConfig, pressure: number): number {
  return config.mpm === 'event' && config.proxy === 'initial-not-pooled' ? 0.0015 * pressure ** 1.5 : 0;
}

/** A whole number whose mean is the value. */
function whole(value: number, random: () => number): number {
  const floor = Math.floor(value);
  return floor + (random() < value - floor ? 1 : 0);
}

/** Requests that fail in the second `after` a reload, on connections that clients kept over it (catalogue 0.4, 0.5). */
function orphans(config: RunningConfig, after: number): number {
  if (config.mpm === 'event' || after < 0 || after > 30) return 0;
  return Math.floor(6 * Math.exp(-after / 2.5));
}

/** The sixty seconds of a minute since 1970: a pure function of its input. */
export function minuteOf(input: LoadInput, minute: number): readonly Second[] {
  const { shape, config } = input;
  const application = input.unit.slice(0, input.unit.lastIndexOf('/'));
  const random = randomStream(`${input.seed} ${input.unit} ${minute}`);
  const start = 4 + Math.floor(randomStream(`${input.seed} ${application} ${minute}`)() * 15);
  const own = config.groups.find(({ name }) => name === input.group);
  const harmed = config.maxConnectionsPerChild > 0 && config.maxConnectionsPerChild < 1000;
  const capacity = Math.max(1, (own?.processes ?? 1) * (own?.threads ?? 1));
  const perSecond = (capacity / shape.serviceSeconds) * (harmed ? 0.3 : 1);
  // A proxied request holds two workers of the one pool: in the proxy's virtual host and in the daemons'.
  const places = Math.floor(config.maxRequestWorkers / 2);
  const seconds: Second[] = [];
  let left = 0;
  for (let s = 0; s < 60; s++) {
    const burst = s >= start && s < start + BURST_SECONDS;
    const requests = whole((burst ? shape.burst : shape.base) * (0.85 + 0.3 * random()), random);
    const waiting = left + requests;
    const served = Math.min(waiting, perSecond);
    left = Math.min(waiting - served, 400);
    const busy = Math.min(capacity, Math.ceil(waiting * shape.serviceSeconds));
    const wanted = Math.round(left);
    const queue = Math.max(0, Math.min(wanted, places - busy));
    const refused = queue > BACKLOG ? queue - BACKLOG : 0;
    const pressure = Math.min(1.2, (requests * shape.serviceSeconds) / LAB_PRESSURE);
    const at = minute * 60 + s;
    const reload = input.reloads.filter((each) => each <= at).at(-1);
    const after = reload === undefined ? -1 : at - reload;
    const lost = Math.min(
      requests,
      whole(requests * (lostShare(config, capacity, pressure) + (harmed && config.mpm === 'event' ? 0.025 : 0)), random),
    );
    const rest = requests - lost;
    const dropped = Math.min(rest, whole(requests * dropShare(config, pressure), random));
    const cut = after === 0 ? Math.min(rest - dropped, busy, 4) : 0;
    seconds.push({
      requests,
      lost,
      dropped,
      orphaned: Math.min(rest - dropped - cut, orphans(config, after)),
      cut,
      refused: Math.min(refused, 5),
      busy,
      queue: Math.min(queue, BACKLOG),
      full: busy + wanted >= places,
    });
  }
  return seconds;
}

/** Seconds `from` to `until` (without), each as if the configuration had been the same in its whole minute. */
export function* secondsOf(input: LoadInput, from: number, until: number): Generator<readonly [at: number, second: Second]> {
  let minute = -1;
  let seconds: readonly Second[] = [];
  for (let at = from; at < until; at++) {
    if (Math.floor(at / 60) !== minute) {
      minute = Math.floor(at / 60);
      seconds = minuteOf(input, minute);
    }
    const second = seconds[at % 60];
    if (second !== undefined) yield [at, second];
  }
}
