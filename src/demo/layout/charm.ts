import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { place } from '../files.js';
import type { Group, Service, Site } from '../services.js';
import { enableModule, enableSite } from './stock.js';

export const CHARM_HEADER = '# Configuration file maintained by Juju. Local changes may be overwritten.\n';

export interface Peer {
  readonly unit: string;
  readonly address: string;
}

export interface CharmUnit {
  readonly service: Service;
  readonly unit: string;
  readonly address: string;
  /** All units of the application, this one included. */
  readonly peers: readonly Peer[];
  /** Processes of a group, where they differ from the service's. */
  readonly processes?: Readonly<Record<string, number>>;
}

/** Port of the TLS proxy, and of the daemons behind it (catalogue A2). */
export const proxyPort = (group: Group): number => group.port - 10;
export const wsgiPort = (group: Group): number => group.port - 20;

function vhost(unit: CharmUnit, site: Site, group: Group): string {
  const { service } = unit;
  const processes = unit.processes?.[group.name] ?? group.processes;
  const keepAlive = service.keepAliveTimeout;
  return `<VirtualHost *:${wsgiPort(group)}>
    WSGIDaemonProcess ${group.name} processes=${processes} threads=${group.threads} user=${service.user} group=${service.user} \\
                      display-name=%{GROUP} lang=C.UTF-8 locale=C.UTF-8
    WSGIProcessGroup ${group.name}
    WSGIScriptAlias / ${group.script}
    WSGIApplicationGroup %{GLOBAL}
    WSGIPassAuthorization On
${keepAlive === undefined ? '' : `    KeepAliveTimeout ${keepAlive}\n    MaxKeepAliveRequests 1000\n`}    ErrorLogFormat "%{cu}t %M"
    ErrorLog \${APACHE_LOG_DIR}/${site.log}_error.log
    CustomLog \${APACHE_LOG_DIR}/${site.log}_access.log combined

    <Directory /usr/bin>
        Require all granted
    </Directory>
</VirtualHost>
`;
}

/** The file of one site as the charm renders it. */
export function renderSite(unit: CharmUnit, site: Site): string {
  const listen = site.groups.map((group) => `Listen ${wsgiPort(group)}\n`).join('');
  const rotation = unit.service.rotationLine ? 'WSGISocketRotation On\n\n' : '';
  return `${CHARM_HEADER}\n${listen}\n${rotation}${site.groups.map((group) => vhost(unit, site, group)).join('\n')}`;
}

function renderFrontend(unit: CharmUnit): string {
  const groups = unit.service.sites.flatMap((site) => [...site.groups]);
  const secrets = `/etc/apache2/ssl/${unit.service.charm}`;
  const listen = groups.map((group) => `Listen ${proxyPort(group)}\n`).join('');
  const hosts = groups.map(
    (group) => `<VirtualHost ${unit.address}:${proxyPort(group)}>
    ServerName ${unit.address}
    SSLEngine on
    SSLProtocol +TLSv1.2 +TLSv1.3
    SSLCertificateFile ${secrets}/cert_${unit.address}
    SSLCertificateChainFile ${secrets}/cert_${unit.address}
    SSLCertificateKeyFile ${secrets}/key_${unit.address}
    ProxyPass / http://localhost:${wsgiPort(group)}/
    ProxyPassReverse / http://localhost:${wsgiPort(group)}/
    ProxyPreserveHost on
    RequestHeader set X-Forwarded-Proto "https"
    KeepAliveTimeout 75
    MaxKeepAliveRequests 1000
</VirtualHost>
`,
  );
  return `${CHARM_HEADER}\n${listen}\n${hosts.join('\n')}\n<Proxy *>\n    Require all granted\n</Proxy>\n`;
}

const PORT_NAMES: Readonly<Record<string, string>> = { 'keystone-admin': 'admin-port', 'keystone-public': 'public-port' };

/** Name of the haproxy backend of a group, without the address. */
export function backendName(group: Group): string {
  return PORT_NAMES[group.name] ?? `${group.name.replaceAll('_', '-')}-port`;
}

function renderHaproxy(unit: CharmUnit): string {
  const check = unit.service.httpcheck ? '    option httpchk GET /healthcheck\n' : '';
  const options = unit.service.httpcheck ? 'check check-ssl verify none' : 'check';
  const sections = unit.service.sites
    .flatMap((site) => [...site.groups])
    .map((group) => {
      const name = backendName(group);
      const servers = unit.peers.map(
        (peer) => `    server ${peer.unit.replace('/', '-')} ${peer.address}:${proxyPort(group)} ${options}\n`,
      );
      return `frontend tcp-in_${name}
    bind *:${group.port}
    acl net_${unit.address} dst ${unit.address}/255.255.255.0
    use_backend ${name}_${unit.address} if net_${unit.address}
    default_backend ${name}_${unit.address}

backend ${name}_${unit.address}
    balance leastconn
${check}${servers.join('')}`;
    });
  return `# Maintained by Juju. Local changes may be overwritten.
global
    log /dev/log local0
    maxconn 20000
    user haproxy
    group haproxy
    spread-checks 0
    stats socket /var/run/haproxy/admin.sock mode 600 level admin
    stats timeout 2m

defaults
    log global
    mode tcp
    option tcplog
    option dontlognull
    retries 3
    timeout queue 9000
    timeout connect 9000
    timeout client 90000
    timeout server 90000

${sections.join('\n')}`;
}

/** Lays what the charm writes over a stock tree: sites, TLS frontend, the modules it enables, haproxy. */
export function placeCharm(root: string, unit: CharmUnit): void {
  for (const site of unit.service.sites) {
    place(root, `etc/apache2/${site.file}`, renderSite(unit, site));
    if (site.linked) enableSite(root, nameOf(site.file), 'admin');
  }
  place(root, 'etc/apache2/sites-available/openstack_https_frontend.conf', renderFrontend(unit));
  enableSite(root, 'openstack_https_frontend', 'admin');
  for (const module of ['headers', 'proxy', 'proxy_http', 'socache_shmcb', 'ssl']) {
    if (!existsSync(join(root, `etc/apache2/mods-enabled/${module}.load`))) enableModule(root, module, 'admin');
  }
  place(root, 'etc/haproxy/haproxy.cfg', renderHaproxy(unit));
}

function nameOf(file: string): string {
  return file.replace(/^.*\//, '').replace(/\.conf$/, '');
}
