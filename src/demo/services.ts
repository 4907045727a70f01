/** One daemon process group of a charm's WSGI site (catalogue A1, A2). */
export interface Group {
  readonly name: string;
  readonly script: string;
  /** Public port; the proxy listens 10 below, the daemons 20 below. */
  readonly port: number;
  readonly processes: number;
  readonly threads: number;
}

/** An API charm that runs under Apache: what its templates render and how busy it is. */
export interface Service {
  readonly charm: string;
  /** Prefix of its logs in /var/log/apache2. */
  readonly log: string;
  readonly user: string;
  readonly package: string;
  readonly packageVersion: string;
  readonly sites: readonly Site[];
  /** Seconds; undefined: the vhost sets none, so httpd's 5 s count. */
  readonly keepAliveTimeout?: number;
  readonly rotationLine: boolean;
  readonly httpcheck: boolean;
  readonly load: LoadShape;
}

export interface Site {
  /** Below /etc/apache2. */
  readonly file: string;
  /** Whether sites-enabled holds a link to it. */
  readonly linked: boolean;
  readonly log: string;
  readonly groups: readonly Group[];
}

/** What clients ask of one unit. */
export interface LoadShape {
  /** Requests a second between bursts and in a burst. */
  readonly base: number;
  readonly burst: number;
  /** Seconds that the application works on one request. */
  readonly serviceSeconds: number;
  readonly requests: readonly (readonly [weight: number, method: string, path: string, status: number, bytes: number])[];
}

const keystone: Service = {
  charm: 'keystone',
  log: 'keystone',
  user: 'keystone',
  package: 'keystone',
  packageVersion: '2:25.0.0-0ubuntu1~cloud0',
  keepAliveTimeout: 75,
  rotationLine: true,
  httpcheck: true,
  sites: [
    {
      file: 'sites-enabled/wsgi-openstack-api.conf',
      linked: false,
      log: 'keystone',
      groups: [
        { name: 'keystone-admin', script: '/usr/bin/keystone-wsgi-admin', port: 35357, processes: 4, threads: 1 },
        { name: 'keystone-public', script: '/usr/bin/keystone-wsgi-public', port: 5000, processes: 12, threads: 1 },
      ],
    },
  ],
  load: {
    base: 2.5,
    burst: 20.6,
    serviceSeconds: 0.7,
    requests: [
      [62, 'POST', '/v3/auth/tokens', 201, 7913],
      [24, 'GET', '/v3/auth/tokens', 200, 7644],
      [6, 'GET', '/v3/projects', 200, 2210],
      [5, 'GET', '/healthcheck', 200, 2],
      [2, 'GET', '/v3/users', 200, 5120],
      [1, 'POST', '/v3/auth/tokens', 401, 109],
    ],
  },
};

const gnocchi: Service = {
  charm: 'gnocchi',
  log: 'gnocchi',
  user: 'gnocchi',
  package: 'gnocchi-common',
  packageVersion: '4.6.3-0ubuntu1~cloud0',
  rotationLine: false,
  httpcheck: true,
  sites: [
    {
      file: 'sites-available/gnocchi-api.conf',
      linked: true,
      log: 'gnocchi',
      groups: [{ name: 'gnocchi-api', script: '/usr/bin/gnocchi-api', port: 8041, processes: 8, threads: 1 }],
    },
  ],
  load: {
    base: 2,
    burst: 14,
    serviceSeconds: 0.4,
    requests: [
      [70, 'POST', '/v1/batch/resources/metrics/measures?create_metrics=true', 202, 0],
      [18, 'GET', '/v1/resource/instance', 200, 18211],
      [8, 'GET', '/v1/metric', 200, 3320],
      [4, 'GET', '/healthcheck', 200, 2],
    ],
  },
};

const novaCloudController: Service = {
  charm: 'nova-cloud-controller',
  log: 'nova-api-os-compute',
  user: 'nova',
  package: 'nova-common',
  packageVersion: '3:29.2.0-0ubuntu1~cloud0',
  keepAliveTimeout: 75,
  rotationLine: true,
  httpcheck: false,
  sites: [
    {
      file: 'sites-enabled/wsgi-api-os-compute.conf',
      linked: false,
      log: 'nova-api-os-compute',
      groups: [{ name: 'nova-api-os-compute', script: '/usr/bin/nova-api-wsgi', port: 8774, processes: 12, threads: 1 }],
    },
    {
      file: 'sites-enabled/wsgi-openstack-metadata.conf',
      linked: false,
      log: 'nova-api-metadata',
      groups: [{ name: 'nova_meta', script: '/usr/bin/nova-metadata-wsgi', port: 8775, processes: 12, threads: 1 }],
    },
  ],
  load: {
    base: 2,
    burst: 7,
    serviceSeconds: 0.4,
    requests: [
      [60, 'GET', '/v2.1/servers/detail?all_tenants=True', 200, 42110],
      [25, 'GET', '/v2.1/flavors/detail', 200, 9120],
      [15, 'GET', '/v2.1/os-hypervisors/detail', 200, 12040],
    ],
  },
};

const cinder: Service = {
  charm: 'cinder',
  log: 'cinder',
  user: 'cinder',
  package: 'cinder-common',
  packageVersion: '2:24.2.0-0ubuntu1~cloud0',
  keepAliveTimeout: 75,
  rotationLine: true,
  httpcheck: false,
  sites: [
    {
      file: 'sites-enabled/wsgi-openstack-api.conf',
      linked: false,
      log: 'cinder',
      groups: [{ name: 'cinder', script: '/usr/bin/cinder-wsgi', port: 8776, processes: 4, threads: 1 }],
    },
  ],
  load: { base: 1, burst: 3, serviceSeconds: 0.2, requests: [[1, 'GET', '/v3/volumes/detail', 200, 6120]] },
};

const placement: Service = {
  charm: 'placement',
  log: 'placement',
  user: 'placement',
  package: 'placement-common',
  packageVersion: '11.0.0-0ubuntu1~cloud0',
  rotationLine: false,
  httpcheck: false,
  sites: [
    {
      file: 'sites-available/placement-api.conf',
      linked: true,
      log: 'placement',
      groups: [{ name: 'placement', script: '/usr/bin/placement-api', port: 8778, processes: 4, threads: 1 }],
    },
  ],
  load: { base: 2, burst: 4, serviceSeconds: 0.1, requests: [[1, 'GET', '/resource_providers', 200, 3120]] },
};

const SERVICES: readonly Service[] = [keystone, gnocchi, novaCloudController, cinder, placement];

export function serviceOf(charm: string): Service | undefined {
  return SERVICES.find((service) => service.charm === charm);
}

/** The group that carries the load of a service. */
export function mainGroup(service: Service): Group {
  const groups = service.sites.flatMap((site) => [...site.groups]);
  const busy = groups.find((group) => group.name === 'keystone-public') ?? groups[0];
  if (busy === undefined) throw new Error(`service ${service.charm} has no group`);
  return busy;
}
