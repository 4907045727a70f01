/** An application of the demo, with how many units it has and what stands beside each. */
export interface Row {
  readonly charm: string;
  readonly channel: string;
  readonly revision: number;
  readonly version?: string;
  /** How many units in containers, or on the hosts themselves for `host`. */
  readonly units: number;
  readonly host?: boolean;
  readonly ports?: readonly string[];
  readonly message?: string;
  readonly subordinates?: readonly string[];
  readonly relations?: Readonly<Record<string, readonly string[]>>;
}

export const OPENSTACK = '2024.1/stable';
const IDENTITY = { 'identity-service': ['keystone'], amqp: ['rabbitmq-server'] };

export const ROWS: readonly Row[] = [
  {
    charm: 'ceph-mon',
    channel: 'reef/stable',
    revision: 268,
    version: '18.2.4',
    units: 3,
    message: 'Unit is ready and clustered',
  },
  {
    charm: 'ceph-osd',
    channel: 'reef/stable',
    revision: 621,
    version: '18.2.4',
    units: 3,
    host: true,
    message: 'Unit is ready (4 OSD)',
    relations: { mon: ['ceph-mon'] },
  },
  {
    charm: 'cinder',
    channel: OPENSTACK,
    revision: 699,
    version: '24.2.0',
    units: 1,
    ports: ['8776/tcp'],
    relations: IDENTITY,
    subordinates: ['cinder-mysql-router'],
  },
  {
    charm: 'glance',
    channel: OPENSTACK,
    revision: 621,
    version: '28.1.0',
    units: 1,
    ports: ['9292/tcp'],
    relations: IDENTITY,
    subordinates: ['glance-mysql-router'],
  },
  {
    charm: 'gnocchi',
    channel: OPENSTACK,
    revision: 178,
    version: '4.6.3',
    units: 3,
    ports: ['8041/tcp'],
    relations: { ...IDENTITY, 'coordinator-memcached': ['memcached'] },
    subordinates: ['gnocchi-hacluster', 'gnocchi-mysql-router'],
  },
  {
    charm: 'keystone',
    channel: OPENSTACK,
    revision: 727,
    version: '25.0.0',
    units: 3,
    ports: ['5000/tcp', '35357/tcp'],
    message: 'Application Ready',
    relations: { 'identity-service': ['cinder', 'glance', 'gnocchi', 'neutron-api', 'nova-cloud-controller', 'placement'] },
    subordinates: ['keystone-hacluster', 'keystone-mysql-router'],
  },
  { charm: 'memcached', channel: 'latest/stable', revision: 39, version: '1.6.14', units: 1, ports: ['11211/tcp'] },
  {
    charm: 'mysql-innodb-cluster',
    channel: '8.0/stable',
    revision: 156,
    version: '8.0.42',
    units: 3,
    message: 'Unit is ready: Mode: R/O, Cluster is ONLINE and can tolerate up to ONE failure.',
  },
  {
    charm: 'neutron-api',
    channel: OPENSTACK,
    revision: 627,
    version: '24.1.0',
    units: 1,
    ports: ['9696/tcp'],
    relations: IDENTITY,
    subordinates: ['neutron-api-mysql-router', 'neutron-api-plugin-ovn'],
  },
  {
    charm: 'nova-cloud-controller',
    channel: OPENSTACK,
    revision: 805,
    version: '29.2.0',
    units: 3,
    ports: ['8774/tcp', '8775/tcp'],
    relations: { ...IDENTITY, memcache: ['memcached'] },
    subordinates: ['nova-cloud-controller-hacluster', 'nova-cloud-controller-mysql-router'],
  },
  {
    charm: 'nova-compute',
    channel: OPENSTACK,
    revision: 825,
    version: '29.2.0',
    units: 3,
    host: true,
    relations: { 'cloud-compute': ['nova-cloud-controller'], amqp: ['rabbitmq-server'] },
    subordinates: ['ovn-chassis'],
  },
  {
    charm: 'ovn-central',
    channel: '24.03/stable',
    revision: 314,
    version: '24.03.2',
    units: 3,
    ports: ['6641/tcp', '6642/tcp'],
    message: 'Unit is ready',
  },
  {
    charm: 'placement',
    channel: OPENSTACK,
    revision: 128,
    version: '11.0.0',
    units: 1,
    ports: ['8778/tcp'],
    relations: IDENTITY,
    subordinates: ['placement-mysql-router'],
  },
  {
    charm: 'rabbitmq-server',
    channel: '3.9/stable',
    revision: 218,
    version: '3.9.27',
    units: 3,
    ports: ['5672/tcp', '15672/tcp'],
    message: 'Unit is ready and clustered',
  },
  {
    charm: 'vault',
    channel: '1.8/stable',
    revision: 357,
    version: '1.8.8',
    units: 1,
    ports: ['8200/tcp'],
    message: 'Unit is ready (active: true, mlock: disabled)',
    subordinates: ['vault-mysql-router'],
  },
];
