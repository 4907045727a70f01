import { join } from 'node:path';
import { readText } from './files.js';

export interface RunningGroup {
  readonly name: string;
  readonly processes: number;
  readonly threads: number;
}

/** What the Apache of a unit runs: the configuration it loaded last, never what is on disk since. */
export interface RunningConfig {
  readonly mpm: 'event' | 'worker' | 'prefork';
  /** As httpd applies it, clamped. */
  readonly maxRequestWorkers: number;
  readonly maxConnectionsPerChild: number;
  readonly proxy: 'pooled' | 'initial-not-pooled' | 'nokeepalive';
  readonly rotation: boolean;
  readonly groups: readonly RunningGroup[];
}

/** One thing that happened to Apache; times are virtual milliseconds. */
export interface ApacheEvent {
  readonly at: number;
  readonly kind: 'start' | 'stop' | 'reload' | 'die' | 'fail';
}

export interface RunningApache {
  readonly pid: number;
  readonly generation: number;
  /** When the current configuration was loaded. */
  readonly loaded: number;
  readonly current: RunningConfig;
  readonly previous: RunningConfig | undefined;
  readonly events: readonly ApacheEvent[];
}

const STOCK: RunningConfig = {
  mpm: 'event',
  maxRequestWorkers: 150,
  maxConnectionsPerChild: 0,
  proxy: 'pooled',
  rotation: true,
  groups: [],
};

/** Reads the effective lines that the stand-ins keep: context TAB directive TAB arguments. */
export function parseLoaded(text: string, mpm: string): RunningConfig {
  const numbers = new Map<string, number>();
  const groups: RunningGroup[] = [];
  let { proxy, rotation } = STOCK;
  for (const line of text.split('\n')) {
    const [context, directive, rest = ''] = line.split('\t');
    if (directive === undefined) continue;
    const words = rest.split(/\s+/);
    const first = (words[0] ?? '').replaceAll('"', '');
    if (directive === 'wsgidaemonprocess') groups.push(parseGroup(words));
    if (directive === 'setenv' && context === '-') {
      if (first === 'proxy-initial-not-pooled' && proxy === 'pooled') proxy = 'initial-not-pooled';
      if (first === 'proxy-nokeepalive') proxy = 'nokeepalive';
    }
    if (context !== '-') continue;
    if (directive === 'wsgisocketrotation') rotation = first.toLowerCase() === 'on';
    if (/^\d+$/.test(first)) numbers.set(directive, Number(first));
  }
  const kind = mpm === 'worker' || mpm === 'prefork' ? mpm : 'event';
  return {
    mpm: kind,
    maxRequestWorkers: workersOf(kind, numbers),
    maxConnectionsPerChild: numbers.get('maxconnectionsperchild') ?? 0,
    proxy,
    rotation,
    groups,
  };
}

function parseGroup(words: readonly string[]): RunningGroup {
  const value = (name: string, without: number): number => {
    const word = words.find((each) => each.startsWith(`${name}=`));
    return word === undefined ? without : Number(word.slice(name.length + 1));
  };
  return { name: words[0] ?? '', processes: value('processes', 1), threads: value('threads', 15) };
}

/** MaxRequestWorkers as httpd clamps it (catalogue E4). */
function workersOf(mpm: RunningConfig['mpm'], numbers: ReadonlyMap<string, number>): number {
  if (mpm === 'prefork') return Math.min(numbers.get('maxrequestworkers') ?? 256, numbers.get('serverlimit') ?? 256);
  const threads = Math.max(1, Math.min(numbers.get('threadsperchild') ?? 25, numbers.get('threadlimit') ?? 64));
  const most = (numbers.get('serverlimit') ?? 16) * threads;
  const asked = Math.max(threads, numbers.get('maxrequestworkers') ?? most);
  return Math.min(asked - (asked % threads), most);
}

export function readRunning(root: string): RunningApache | undefined {
  const state = readText(join(root, '.demo/apache'));
  const loaded = readText(join(root, '.demo/loaded.conf'));
  if (state === undefined || loaded === undefined) return undefined;
  const value = (name: string): string => new RegExp(`^${name} (.*)$`, 'm').exec(state)?.[1] ?? '';
  const previous = readText(join(root, '.demo/previous.conf'));
  const events = readEvents(root);
  const dies = Number(value('dies'));
  return {
    pid: Number(value('pid')),
    generation: Number(value('generation')),
    loaded: Number(value('loaded')),
    current: parseLoaded(loaded, value('mpm')),
    previous: previous === undefined ? undefined : parseLoaded(previous, mpmOf(previous)),
    events: dies > 0 ? [...events, { at: dies, kind: 'die' }] : events,
  };
}

function mpmOf(loaded: string): string {
  return /\tloadmodule\tmpm_(\w+)_module/.exec(loaded)?.[1] ?? 'event';
}

function readEvents(root: string): ApacheEvent[] {
  const lines = (readText(join(root, '.demo/events')) ?? '').split('\n');
  return lines.flatMap((line) => {
    const [at, kind] = line.split(' ');
    return kind === 'start' || kind === 'stop' || kind === 'reload' || kind === 'die' || kind === 'fail'
      ? [{ at: Number(at), kind }]
      : [];
  });
}

/** Whether Apache ran at that virtual millisecond. */
export function ranAt(apache: RunningApache, at: number): boolean {
  let runs = false;
  for (const event of apache.events) {
    if (event.at > at) break;
    runs = event.kind === 'start' || event.kind === 'reload';
  }
  return runs;
}
