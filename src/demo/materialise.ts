import { join } from 'node:path';
import { applicationOf, type Cloud, hash, type UnitSpec } from './cloud.js';
import { readJson, writeAtomically } from './files.js';
import { type LoadInput, type Second, secondsOf } from './load.js';
import { LogWriter, type UnitLife } from './log-writer.js';
import { type RunningConfig, ranAt, readRunning } from './running.js';
import { mainGroup, serviceOf } from './services.js';
import { procTable, type Socket, socketsOf, ssTable } from './sockets.js';

/** Logs reach this far back when nobody looked for longer. */
const REACH_SECONDS = 16 * 60;
/** How far ahead the queues are written, for a script that looks several times. */
const AHEAD_SECONDS = 240;

interface Mark {
  /** Virtual second up to which the folder is up to date. */
  readonly until: number;
  /** Bytes of error.log then. */
  readonly errorLog: number;
}

/**
 * Brings a unit's folder up to the virtual time `now` (milliseconds): log lines since somebody last looked, connections, queues.
 * What happens follows from the configuration that its Apache had loaded at each moment.
 */
export function materialise(root: string, cloud: Cloud, unit: UnitSpec, now: number): void {
  const life = lifeOf(root, cloud, unit);
  if (life === undefined) return;
  const until = Math.floor(now / 1000);
  const path = join(root, '.demo/materialised');
  const mark = readJson<Mark>(path) ?? { until: 0, errorLog: 0 };
  const from = Math.max(mark.until, until - REACH_SECONDS);
  const errorLog = writeLogs(life, from, until, mark.errorLog);
  writeMoment(life, until);
  writeAtomically(path, JSON.stringify({ until: Math.max(until, mark.until), errorLog } satisfies Mark));
}

function lifeOf(root: string, cloud: Cloud, unit: UnitSpec): UnitLife | undefined {
  const application = applicationOf(unit.name);
  const charm = cloud.applications.find(({ name }) => name === application)?.charm;
  const service = charm === undefined ? undefined : serviceOf(charm);
  const apache = service === undefined ? undefined : readRunning(root);
  if (service === undefined || apache === undefined) return undefined;
  const peers = cloud.units.filter(({ name }) => applicationOf(name) === application).map(({ address }) => address);
  return { root, unit, peers, service, apache, seed: cloud.seed };
}

function inputOf(life: UnitLife, config: RunningConfig): LoadInput {
  const reloads = life.apache.events.filter(({ kind }) => kind === 'reload').map(({ at }) => Math.floor(at / 1000));
  // A start between a reload and now has ended every connection that was kept.
  const started = life.apache.events.filter(({ kind }) => kind === 'start').at(-1)?.at ?? 0;
  return {
    shape: life.service.load,
    config,
    group: mainGroup(life.service).name,
    unit: life.unit.name,
    seed: life.seed,
    reloads: reloads.filter((at) => at * 1000 >= started - 1000),
  };
}

/** The seconds with the configuration that was loaded in each. */
function* lived(life: UnitLife, from: number, until: number): Generator<readonly [number, Second, RunningConfig]> {
  const { apache } = life;
  const changed = Math.min(until, Math.max(from, Math.floor(apache.loaded / 1000)));
  const before = apache.previous ?? apache.current;
  for (const [at, second] of secondsOf(inputOf(life, before), from, changed)) yield [at, second, before];
  for (const [at, second] of secondsOf(inputOf(life, apache.current), changed, until)) yield [at, second, apache.current];
}

function writeLogs(life: UnitLife, from: number, until: number, known: number): number {
  const writer = new LogWriter(life);
  for (const [at, second, config] of lived(life, from, until)) {
    if (ranAt(life.apache, at * 1000)) writer.second(at, second, config);
  }
  return writer.flush(known);
}

/** What can be seen at this moment: connections, and queues for the next minutes. */
function writeMoment(life: UnitLife, now: number): void {
  const { root, service, apache } = life;
  const groups = service.sites.flatMap((site) => [...site.groups]);
  const main = mainGroup(service);
  const input = inputOf(life, apache.current);
  const runs = ranAt(apache, now * 1000);
  const ahead = [...secondsOf(input, now, now + AHEAD_SECONDS)];
  const idle: Second = { requests: 0, lost: 0, dropped: 0, orphaned: 0, cut: 0, refused: 0, busy: 0, queue: 0, full: false };
  const second = (runs ? ahead[0]?.[1] : undefined) ?? idle;
  let lastMinute = 0;
  for (const [, past] of secondsOf(input, now - 60, now)) lastMinute += past.requests;
  const rows = ahead.flatMap(([at, { busy, queue }]) =>
    groups.map(({ name }) =>
      name === main.name ? `${at}\t${name}\t${busy}\t${queue}` : `${at}\t${name}\t${hash(`${name}${at}`) % 8 === 0 ? 1 : 0}\t0`,
    ),
  );
  const listeners: Socket[] = groups.flatMap((group) => [
    { state: 'LISTEN', local: '0.0.0.0', localPort: group.port, peer: '0.0.0.0', peerPort: 0, mapped: false } as const,
    ...(runs
      ? [group.port - 10, group.port - 20].map(
          (port) => ({ state: 'LISTEN', local: '0.0.0.0', localPort: port, peer: '0.0.0.0', peerPort: 0, mapped: true }) as const,
        )
      : []),
  ]);
  const sockets = [
    ...listeners,
    ...groups.flatMap((group) =>
      socketsOf({
        group,
        config: apache.current,
        address: life.unit.address,
        peers: life.peers,
        second: group.name === main.name ? second : idle,
        lastMinute: group.name === main.name && runs ? lastMinute : 0,
        apacheRuns: runs,
      }),
    ),
  ];
  writeAtomically(join(root, '.demo/queue'), `${rows.join('\n')}\n`);
  writeAtomically(join(root, '.demo/tcp'), ssTable(sockets));
  writeAtomically(join(root, 'proc/net/tcp'), procTable(sockets, false));
  writeAtomically(join(root, 'proc/net/tcp6'), procTable(sockets, true));
  // 32 CPUs, a fifth of them at work; sleep moves it on.
  writeAtomically(join(root, 'proc/stat'), cpuLine(now * 1000));
}

/** `cpu` line of /proc/stat at a virtual time, in hundredths of a second over 32 CPUs; the stand-in of sleep writes the same. */
export function cpuLine(ms: number): string {
  const part = Math.floor((ms * 32) / 1000);
  return `cpu  ${part * 18} 0 ${part * 4} ${part * 78} 0 0 0 0 0 0\n`;
}
