import { spawn } from 'node:child_process';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { applicationOf, type Cloud, folderName, hexOf, type UnitSpec, uuidOf } from './cloud.js';
import { place, placeFolder, placeLink } from './files.js';
import { backendName, type CharmUnit, placeCharm, proxyPort, wsgiPort } from './layout/charm.js';
import { placeStock } from './layout/stock.js';
import { type Service, serviceOf } from './services.js';
import { placeStandIns } from './stand-ins.js';

/** CPUs that every unit sees: its host's. */
const CPUS = 32;
const DAY_MS = 86_400_000;
/** Apache of the demo started two days before the demo did. */
const UPTIME_MS = 2 * DAY_MS;

/** In the first state one keystone unit differs from the others. */
function odd(unit: string): Readonly<Record<string, number>> | undefined {
  return unit === 'keystone/2' ? { 'keystone-public': 8 } : undefined;
}

/** What the charm knows of a unit with Apache, or undefined for any other unit. `multiplier`: worker-multiplier, when somebody set it since. */
export function charmUnit(cloud: Cloud, unit: UnitSpec, multiplier?: number): CharmUnit | undefined {
  const application = applicationOf(unit.name);
  const charm = cloud.applications.find(({ name }) => name === application)?.charm;
  const service = charm === undefined || unit.principal !== undefined ? undefined : serviceOf(charm);
  if (service === undefined) return undefined;
  const peers = cloud.units
    .filter(({ name }) => applicationOf(name) === application)
    .map(({ name, address }) => ({ unit: name, address }));
  const processes = multiplier === undefined ? odd(unit.name) : shares(service, multiplier);
  return { service, unit: unit.name, address: unit.address, peers, ...(processes && { processes }) };
}

/** How the charm shares out int(CPUs x multiplier) workers: keystone a quarter to admin, the rest to public; others all to each group. */
function shares(service: Service, multiplier: number): Readonly<Record<string, number>> {
  const total = Math.max(1, Math.floor(CPUS * multiplier + 1e-9));
  const groups = service.sites.flatMap((site) => site.groups);
  return Object.fromEntries(
    groups.map(({ name }) => {
      const part = name === 'keystone-admin' ? 0.25 : name === 'keystone-public' ? 0.75 : 1;
      return [name, Math.ceil(total * part)];
    }),
  );
}

/** Lays down the folder that stands for a unit, without Apache running. */
export function placeUnit(root: string, cloud: Cloud, unit: UnitSpec): void {
  placeSystem(root, cloud, unit);
  placeStandIns(root);
  const charm = charmUnit(cloud, unit);
  placePackages(root, charm?.service);
  if (charm === undefined) return;
  placeStock(root);
  placeCharm(root, charm);
  for (const kind of ['cert', 'key']) {
    place(
      root,
      `etc/apache2/ssl/${charm.service.charm}/${kind}_${unit.address}`,
      `demo: no ${kind} is needed here\n`,
      kind === 'key' ? 0o640 : 0o644,
    );
  }
  placeServiceState(root, charm);
}

function placeSystem(root: string, cloud: Cloud, unit: UnitSpec): void {
  const seed = `${cloud.model.uuid} ${unit.name}`;
  const hostname = cloud.machines.find(({ id }) => id === unit.machine)?.hostname ?? folderName(unit.name);
  place(root, 'etc/machine-id', `${hexOf(seed, 32)}\n`);
  place(root, 'etc/hostname', `${hostname}\n`);
  place(root, 'proc/sys/kernel/hostname', `${hostname}\n`);
  place(root, 'proc/sys/kernel/random/boot_id', `${uuidOf(`boot ${seed}`)}\n`);
  place(root, 'proc/sys/net/ipv4/ip_local_port_range', '32768\t60999\n');
  place(root, 'proc/sys/net/core/somaxconn', '4096\n');
  place(root, 'proc/loadavg', '6.12 5.80 5.66 4/2104 91022\n');
  place(root, 'proc/uptime', '2764800.11 80110222.40\n');
  place(root, 'proc/1/stat', `1 (systemd) S 0 1 1 0 -1 4194560 ${'0 '.repeat(12)}7 171532288\n`);
  place(
    root,
    'proc/meminfo',
    'MemTotal:       263847212 kB\nMemFree:        21104332 kB\nMemAvailable:   118220540 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n',
  );
  place(root, 'sys/fs/cgroup/memory.max', 'max\n');
  place(root, 'sys/fs/cgroup/pids.max', 'max\n');
  place(root, '.demo/cpus', `${CPUS}\n`);
  for (const folder of [
    'tmp',
    'var/tmp',
    'var/log',
    'var/lib',
    'run',
    'run/lock',
    'run/systemd/system',
    'proc/net',
    'var/lib/juju',
  ])
    placeFolder(join(root, folder));
  placeLink(root, 'var/run', '../run');
  for (const shared of ['tmp', 'var/tmp']) chmodSync(join(root, shared), 0o1777);
}

const BASE_PACKAGES = [
  'bash\t5.1-6ubuntu1.1',
  'iproute2\t5.15.0-1ubuntu2',
  'systemd\t249.11-0ubuntu3.16',
  'curl\t7.81.0-1ubuntu1.20',
];
const APACHE_PACKAGES = [
  'apache2\t2.4.52-1ubuntu4.16',
  'apache2-bin\t2.4.52-1ubuntu4.16',
  'libapache2-mod-wsgi-py3\t4.9.0-1ubuntu0.1',
  'haproxy\t2.4.24-0ubuntu0.22.04.2',
  'socat\t1.7.4.1-3ubuntu4',
];

function placePackages(root: string, service: Service | undefined): void {
  const rows = service ? [...BASE_PACKAGES, ...APACHE_PACKAGES, `${service.package}\t${service.packageVersion}`] : BASE_PACKAGES;
  place(root, '.demo/packages', `${rows.join('\n')}\n`);
  const users = ['root:x:0:0:root:/root:/bin/bash', 'www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin'];
  if (service) users.push(`${service.user}:x:64060:64060::/var/lib/${service.user}:/usr/sbin/nologin`);
  place(root, 'etc/passwd', `${users.join('\n')}\n`);
}

function placeServiceState(root: string, charm: CharmUnit): void {
  const groups = charm.service.sites.flatMap((site) => [...site.groups]);
  const backends = groups.flatMap((group) => {
    const name = `${backendName(group)}_${charm.address}`;
    const servers = charm.peers.map(({ unit }) => `${name} ${folderName(unit)} ../${folderName(unit)}`);
    return [`tcp-in_${name} FRONTEND -`, ...servers, `${name} BACKEND -`];
  });
  const ports = groups.flatMap((group) => [`${group.port} haproxy`, `${proxyPort(group)} proxy`, `${wsgiPort(group)} wsgi`]);
  for (const empty of ['queue', 'tcp', 'processes', 'sockets', 'listeners']) place(root, `.demo/${empty}`, '');
  place(root, '.demo/backends', `${backends.join('\n')}\n`);
  place(root, '.demo/ports', `${[...ports, '80 status'].join('\n')}\n`);
  place(root, '.demo/haproxy-ports', `${groups.map((group) => `${group.port}\n`).join('')}`);
  // mod_wsgi of jammy knows the directive; the probe greps the module for it.
  place(root, 'usr/lib/apache2/modules/mod_wsgi.so', 'WSGISocketRotation\n');
  place(root, 'usr/sbin/haproxy', '', 0o755);
  place(root, 'run/haproxy/admin.sock', '', 0o600);
  place(root, 'var/log/apache2/error.log', '');
  place(root, 'var/log/apache2/other_vhosts_access.log', '');
  for (const folder of ['run/apache2', `var/log/${charm.service.user}`, `var/lib/${charm.service.user}`, 'var/cache/apache2'])
    placeFolder(join(root, folder));
}

/** Starts the Apache of a unit folder, as of two days ago. */
export function startApache(root: string): Promise<void> {
  const script =
    '. "$JUJU_TUNE_ROOT/usr/lib/juju-tune-demo/library.sh"; load_state; NOW_MS=$((NOW_MS - UPTIME_MS)); apache_start';
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/bash', ['-c', script], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', JUJU_TUNE_ROOT: root, UPTIME_MS: `${UPTIME_MS}` },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let words = '';
    child.stderr?.on('data', (chunk) => {
      words += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`Apache of ${root} does not start: ${words}`))));
  });
}

/** A unit without Apache has no folder until something runs on it. */
export function ensureUnit(root: string, cloud: Cloud, unit: UnitSpec): void {
  if (!existsSync(root)) placeUnit(root, cloud, unit);
}
