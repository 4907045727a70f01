import { join } from 'node:path';
import { applicationOf, type Cloud, hash, type UnitSpec } from './cloud.js';
import { readJson, readText, writeAtomically } from './files.js';
import { wsgiPort } from './layout/charm.js';
import { type LoadInput, type Second, secondsOf } from './load.js';
import { LogFile, type Stamps, stampsOf } from './logs.js';
import { type RunningApache, type RunningConfig, ranAt, readRunning } from './running.js';
import { mainGroup, type Service, serviceOf } from './services.js';
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

interface UnitLife {
  readonly root: string;
  readonly unit: UnitSpec;
  readonly peers: readonly string[];
  readonly service: Service;
  readonly apache: RunningApache;
  readonly seed: number;
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

const AGENTS = [
  'gophercloud/v1.14.1',
  'python-keystoneclient',
  'openstacksdk/3.0.0 keystoneauth1/5.6.0 python-requests/2.31.0',
  'Go-http-client/1.1',
];
const FULL_CODES = { event: 'AH00484', worker: 'AH00286', prefork: 'AH00161' } as const;

/** Writes what one second leaves in the logs of a unit. */
class LogWriter {
  readonly #life: UnitLife;
  readonly #errors: LogFile;
  readonly #frontend: LogFile;
  readonly #access: LogFile;
  readonly #service: LogFile;
  readonly #own: LogFile;
  readonly #group: string;
  readonly #backend: number;
  readonly #weights: number;
  #salt = 0;

  constructor(life: UnitLife) {
    const { service, root } = life;
    const group = mainGroup(service);
    this.#life = life;
    this.#group = group.name;
    this.#backend = wsgiPort(group);
    this.#weights = service.load.requests.reduce((sum, [weight]) => sum + weight, 0);
    this.#errors = new LogFile(root, 'apache2/error.log');
    this.#frontend = new LogFile(root, 'apache2/other_vhosts_access.log');
    this.#access = new LogFile(root, `apache2/${service.log}_access.log`);
    this.#service = new LogFile(root, `apache2/${service.log}_error.log`);
    this.#own = new LogFile(root, `${service.user}/${service.user}.log`);
  }

  flush(known: number): number {
    for (const log of [this.#frontend, this.#access, this.#service, this.#own]) log.flush();
    return this.#errors.merge(known);
  }

  second(at: number, second: Second, config: RunningConfig): void {
    const stamps = stampsOf(at);
    this.#salt = hash(`${this.#life.unit.name} ${at}`);
    let { lost, dropped, orphaned, cut, refused } = second;
    for (let n = 0; n < second.requests; n++) {
      const ms = Math.floor((n * 1000) / second.requests);
      if (lost > 0) this.#lost(stamps, ms, --lost, true);
      else if (dropped > 0) this.#lost(stamps, ms, --dropped, false);
      else if (orphaned > 0) this.#orphaned(stamps, ms, config, --orphaned);
      else if (cut > 0) this.#cut(stamps, ms, --cut);
      else if (refused > 0) this.#refused(stamps, ms, --refused);
      else this.#answered(stamps, ms, n);
    }
    if (second.full) this.#full(stamps, at, config);
  }

  #request(n: number): readonly [method: string, path: string, status: number, bytes: number] {
    let pick = (this.#salt + n * 2654435761) % this.#weights;
    for (const [weight, ...request] of this.#life.service.load.requests) {
      pick -= weight;
      if (pick < 0) return request;
    }
    return ['GET', '/', 300, 267];
  }

  #client(n: number): string {
    return this.#life.peers[(this.#salt + n) % this.#life.peers.length] ?? this.#life.unit.address;
  }

  #frontendLine(stamps: Stamps, n: number, request: string, status: number, bytes: number): void {
    this.#frontend.add(
      `${this.#life.unit.address}:443 ${this.#client(n)} - - [${stamps.access}] "${request} HTTP/1.1" ${status} ${bytes} "-" "${AGENTS[n % 4]}"`,
    );
  }

  #backendLine(stamps: Stamps, n: number, request: string, status: number, bytes: number): void {
    this.#access.add(`127.0.0.1 - - [${stamps.access}] "${request} HTTP/1.1" ${status} ${bytes} "-" "${AGENTS[n % 4]}"`);
  }

  #answered(stamps: Stamps, ms: number, n: number): void {
    const [method, path, status, bytes] = this.#request(n);
    this.#frontendLine(stamps, n, `${method} ${path}`, status, bytes + 310);
    this.#backendLine(stamps, n, `${method} ${path}`, status, bytes + 190);
    if (status !== 401) return;
    const address = `10.246.65.${10 + (this.#salt % 3)}`;
    this.#own.add(
      `${stamps.charm(ms, n).slice(0, 23)} ${this.#life.apache.pid} WARNING keystone.server.flask.application [-] Authorization failed. The request you have made requires authentication. from ${address}`,
    );
  }

  #child(n: number): string {
    const pid = this.#life.apache.pid + 18 + (n % 4);
    return `[pid ${pid}:tid ${139_840_000_000_000 + ((this.#salt + n * 7919) % 25) * 8_392_704}]`;
  }

  /** The pair of the incident; with a dropped client connection only its first line. */
  #lost(stamps: Stamps, ms: number, n: number, answered: boolean): void {
    const [method, path] = this.#request(n);
    const client = `[client ${this.#client(n)}:${32768 + ((this.#salt + n * 911) % 28000)}]`;
    const child = this.#child(n);
    const why = '(20014)Internal error (specific information not available):';
    this.#errors.add(
      `[${stamps.error(ms, this.#salt + n)}] [proxy_http:error] ${child} ${why} ${client} AH01102: error reading status line from remote server localhost:${this.#backend}`,
    );
    if (!answered) return;
    this.#errors.add(
      `[${stamps.error(ms, this.#salt + n + 30)}] [proxy:error] ${child} ${client} AH00898: Error reading from remote server returned by ${path}`,
    );
    this.#frontendLine(stamps, n, `${method} ${path}`, 502, 681);
  }

  #orphaned(stamps: Stamps, ms: number, config: RunningConfig, n: number): void {
    const { apache } = this.#life;
    const [method, path] = this.#request(n);
    const child = apache.pid + 21;
    if (config.rotation) {
      const socket = `/var/run/apache2/wsgi.${apache.pid}.${Math.max(0, apache.generation - 1)}.1.sock`;
      this.#service.add(
        `${stamps.charm(ms, n)} mod_wsgi (pid=${child}): Unable to connect to WSGI daemon process '${this.#group}' on '${socket}' as user with uid=33.`,
      );
    } else {
      this.#service.add(`${stamps.charm(ms, n)} mod_wsgi (pid=${child}): Request origin could not be validated.`);
      this.#truncated(stamps, ms, n);
    }
    this.#both(stamps, n, `${method} ${path}`, config.rotation ? 503 : 500);
  }

  #cut(stamps: Stamps, ms: number, n: number): void {
    const [method, path] = this.#request(n);
    this.#truncated(stamps, ms, n);
    this.#both(stamps, n, `${method} ${path}`, 500);
  }

  #truncated(stamps: Stamps, ms: number, n: number): void {
    this.#service.add(
      `${stamps.charm(ms, n + 90)} Truncated or oversized response headers received from daemon process '${this.#group}': ${mainGroup(this.#life.service).script}`,
    );
  }

  #refused(stamps: Stamps, ms: number, n: number): void {
    const [method, path] = this.#request(n);
    const { apache } = this.#life;
    const socket = `/var/run/apache2/wsgi.${apache.pid}.${apache.generation}.1.sock`;
    this.#service.add(
      `${stamps.charm(ms, n)} mod_wsgi (pid=${apache.pid + 20}): Unable to connect to WSGI daemon process '${this.#group}' on '${socket}' after multiple attempts as listener backlog limit was exceeded or the socket does not exist.`,
    );
    this.#both(stamps, n, `${method} ${path}`, 503);
  }

  #both(stamps: Stamps, n: number, request: string, status: number): void {
    this.#frontendLine(stamps, n, request, status, 596);
    this.#backendLine(stamps, n, request, status, 410);
  }

  /** Said once in ten minutes: httpd says it once until it has been idle again. */
  #full(stamps: Stamps, at: number, config: RunningConfig): void {
    const block = Math.floor(at / 600);
    const path = join(this.#life.root, '.demo/full');
    if (Number(readText(path) ?? -1) >= block) return;
    writeAtomically(path, `${block}`);
    const { pid } = this.#life.apache;
    const thread = config.mpm === 'prefork' ? '' : `:tid ${pid}`;
    this.#errors.add(
      `[${stamps.error(999, this.#salt)}] [mpm_${config.mpm}:error] [pid ${pid}${thread}] ${FULL_CODES[config.mpm]}: server reached MaxRequestWorkers setting, consider raising the MaxRequestWorkers setting`,
    );
  }
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
