import { join } from 'node:path';
import { hash, type UnitSpec } from './cloud.js';
import { readText, writeAtomically } from './files.js';
import { wsgiPort } from './layout/charm.js';
import type { Second } from './load.js';
import { LogFile, type Stamps, stampsOf } from './logs.js';
import type { RunningApache, RunningConfig } from './running.js';
import { mainGroup, type Service } from './services.js';

/** A unit with Apache, and what that has lived through. */
export interface UnitLife {
  readonly root: string;
  readonly unit: UnitSpec;
  readonly peers: readonly string[];
  readonly service: Service;
  readonly apache: RunningApache;
  readonly seed: number;
}

const AGENTS = [
  'gophercloud/v1.14.1',
  'python-keystoneclient',
  'openstacksdk/3.0.0 keystoneauth1/5.6.0 python-requests/2.31.0',
  'Go-http-client/1.1',
];
const FULL_CODES = { event: 'AH00484', worker: 'AH00286', prefork: 'AH00161' } as const;

/** Writes what one second leaves in the logs of a unit. */
export class LogWriter {
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
