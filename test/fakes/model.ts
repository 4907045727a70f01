import { createHash } from 'node:crypto';
import type { Action, Diagnostic, Tuning } from '../../src/domain/action.js';
import type { CheckReport } from '../../src/domain/check.js';
import type { Application, Inventory, Unit } from '../../src/domain/inventory.js';
import type { UnitName } from '../../src/domain/unit-set.js';

export const FAKE_NOW = '2026-11-23T14:02:11Z';

interface UnitSketch {
  readonly leader?: boolean;
  readonly trouble?: 'lost';
  readonly hook?: string;
  readonly message?: string;
}

function unit(application: string, number: number, sketch: UnitSketch = {}): Unit {
  const lost = sketch.trouble === 'lost';
  return {
    name: `${application}/${number}`,
    application,
    machine: `${number % 3}/lxd/${application.length % 7}`,
    host: String(number % 3),
    az: `zone${(number % 3) + 1}`,
    leader: sketch.leader ?? number === 0,
    address: `10.30.0.${(number % 200) + 10}`,
    ports: ['5000/tcp'],
    agent: { current: lost ? 'lost' : sketch.hook === undefined ? 'idle' : 'executing' },
    workload: { current: lost ? 'unknown' : 'active', message: lost ? 'agent lost' : (sketch.message ?? 'Unit is ready') },
    subordinates: [],
    ...(lost ? { trouble: 'lost' as const, reason: 'agent lost' } : {}),
    ...(sketch.hook === undefined ? {} : { runningHook: sketch.hook }),
  };
}

function application(name: string, units: readonly Unit[], charm = name): Application {
  return {
    name,
    charm,
    channel: 'yoga/stable',
    revision: 645,
    subordinate: false,
    subordinateTo: [],
    status: { current: 'active', message: 'Application Ready' },
    version: '21.0.1',
    units,
  };
}

/** A small jammy cloud: three API applications, a database, one busy and one lost unit. `keystoneUnits` scales it. */
export function fakeInventory(keystoneUnits = 3): Inventory {
  const keystone = Array.from({ length: keystoneUnits }, (_, number) => unit('keystone', number));
  return {
    model: {
      name: 'demo-cloud',
      controller: 'juju-tune-demo',
      uuid: '6a1b2c3d-0000-4000-8000-000000000001',
      type: 'iaas',
      version: '3.6.11',
      access: 'admin',
      demo: true,
    },
    takenAt: FAKE_NOW,
    applications: [
      application('gnocchi', [unit('gnocchi', 0), unit('gnocchi', 1, { hook: 'update-status' }), unit('gnocchi', 2)]),
      application('keystone', keystone),
      application(
        'mysql-innodb-cluster',
        [0, 1, 2].map((number) => unit('mysql-innodb-cluster', number, { message: 'Unit is ready: Mode: R/O' })),
      ),
      application(
        'nova-cloud-controller',
        [0, 1, 2].map((number) => unit('nova-cloud-controller', number, number === 2 ? { trouble: 'lost' } : {})),
      ),
    ],
    machines: [],
    saas: [],
  };
}

const API = { charms: ['keystone', 'gnocchi', 'nova-cloud-controller'], needs: ['apache'] } as const;

const diagnostic: Diagnostic = {
  kind: 'diagnostic',
  id: 'log-signatures',
  aliases: [],
  title: 'Known error lines in the logs',
  description: 'Counts the error lines of Apache and haproxy that have one known cause.',
  params: [],
  appliesTo: API,
  source: 'bundled',
  mode: 'passive',
  collect: 'true',
  timeoutSeconds: 20,
  findings: [],
};

const tuning = {
  kind: 'tuning',
  aliases: [],
  appliesTo: API,
  source: 'bundled',
  refuse: [],
  warn: [],
  activate: 'reload',
  risk: 'low',
  measure: [{ fact: 'log.px-502', title: '502 from the proxy', better: 'lower', per: 'log.requests' }],
  guide: '',
} as const satisfies Partial<Tuning>;

export const FAKE_CATALOGUE: readonly Action[] = [
  diagnostic,
  {
    ...tuning,
    id: 'proxy-initial-not-pooled',
    title: 'Open a fresh backend connection for the first request of a client',
    description: 'The proxy stops taking a pooled connection that the backend may just have closed.',
    params: [],
    changes: [
      { kind: 'apache-conf', name: 'zz-juju-tune-proxy-initial-not-pooled', content: 'SetEnv proxy-initial-not-pooled 1\n' },
    ],
  },
  {
    ...tuning,
    id: 'wsgi-processes',
    title: 'Set processes and threads of the WSGI daemons',
    description: 'More processes answer more requests at once; each takes memory and database connections.',
    activate: 'restart',
    risk: 'medium',
    params: [
      { name: 'group', type: 'group', title: 'WSGI daemon group; empty for every API group', required: false },
      { name: 'processes', type: 'amount', title: 'processes of each group', required: true, min: 1, max: 256 },
      { name: 'threads', type: 'amount', title: 'threads of each process', required: false, min: 1, max: 64 },
    ],
    changes: [{ kind: 'wsgi-daemon', processes: '{param.processes}' }],
  },
  {
    ...tuning,
    id: 'mpm-switch',
    title: 'Switch the Apache MPM',
    description: 'event, worker or prefork. A restart: connections that are open are cut.',
    activate: 'restart',
    risk: 'high',
    params: [
      { name: 'to', type: 'enum', title: 'MPM', required: true, default: 'worker', values: ['event', 'worker', 'prefork'] },
    ],
    changes: [{ kind: 'apache-mpm', to: '{param.to}' }],
  },
];

/** What the diagnostics say while the incident goes on. */
export function fakeReport(units: readonly UnitName[], silent: readonly UnitName[] = []): CheckReport {
  const answered = units.filter((name) => !silent.includes(name));
  const keystone = answered.filter((name) => name.startsWith('keystone/'));
  const line = '[proxy_http:error] AH01102: error reading status line from remote server localhost:4980';
  return {
    demo: true,
    checkedAt: FAKE_NOW,
    windowSeconds: 900,
    diagnostics: ['log-signatures'],
    units: answered.map((name) => ({
      unit: name,
      application: name.slice(0, name.indexOf('/')),
      facts: { 'mpm.running': 'event', 'log.px-502': name.startsWith('keystone/') ? 35 : 0, 'log.requests': 200 },
      evidence: {},
      problems: [],
      milliseconds: 900,
    })),
    silent: silent.map((name) => ({ unit: name, code: 'NO_ANSWER', message: 'did not answer within 60 s' })),
    leftOut: [{ unit: 'nova-cloud-controller/2', reason: 'agent lost' }],
    unreached: [...silent, 'nova-cloud-controller/2'],
    findings: [
      {
        id: 'log-signatures/px-502',
        severity: 'high',
        title: "502 from the proxy's connection pool",
        why: '105 of 600 answers were 502 in 15 min, all at localhost:4980 (AH01102). The event MPM closes idle backend connections when a child is busy.',
        units: keystone,
        evidence: keystone.map((name) => ({ unit: name, text: line })),
        recommend: { action: 'proxy-initial-not-pooled', params: {} },
      },
      {
        id: 'saturation/queue',
        severity: 'medium',
        title: 'Requests queue for a WSGI process',
        why: 'keystone-public: 12 of 12 processes busy for 40 of 60 s.',
        units: keystone,
        evidence: [],
        recommend: { action: 'wsgi-processes', params: { processes: '+50%' } },
      },
      {
        id: 'layers/processes-differ',
        severity: 'low',
        title: 'Units of keystone differ',
        why: 'keystone/2 has processes=8, the others 12.',
        units: keystone.slice(-1),
        evidence: [],
      },
    ],
  };
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
