import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readBundled } from '../../src/adapters/catalogue.js';
import type { Diagnostic } from '../../src/domain/action.js';
import type { Facts } from '../../src/domain/finding.js';
import { findFindings } from '../../src/planning/findings.js';

const actions = await readBundled(fileURLToPath(new URL('../../actions', import.meta.url)));
const diagnostics = actions.filter((action): action is Diagnostic => action.kind === 'diagnostic');

const healthy: Facts = {
  'mpm.disk': 'event',
  'mpm.running': 'event',
  'mpm.configtest': 'ok',
  'mpm.max-request-workers-asked': 150,
  'mpm.max-request-workers': 150,
  'mpm.useful-max-request-workers': 400,
  'mpm.max-connections-per-child': 0,
  'proxy.initial-not-pooled': 'no',
  'proxy.nokeepalive': 'no',
  'wsgi.keepalive-timeout': 75,
  'wsgi.keystone-public.processes': 12,
  'queue.keystone-public': 0,
  'busy.keystone-public': 2,
  'capacity.keystone-public': 12,
  'saturated.keystone-public': 'no',
  'queue.total': 0,
  'saturation.cpu-idle': 60,
  'saturation.memory-ok': 'yes',
  'log.window': 900,
  'log.requests': 600,
  'log.px-502': 0,
  'log.px-drop': 0,
  'log.px-lost': 0,
  'log.reloads': 1,
  'haproxy.public.keystone-0.status': 'UP',
  'layer.4980.listening': 'yes',
};

const lost: Facts = { 'log.px-502': 100, 'log.px-drop': 5, 'log.px-lost': 105, 'log.px-backend': 'localhost:4980' };
const busy: Facts = {
  'queue.keystone-public': 34,
  'saturated.keystone-public': 'yes',
  'backlog-fill.keystone-public': 34,
  'queue.total': 34,
};
const worker: Facts = { 'mpm.disk': 'worker', 'mpm.running': 'worker' };

/** Findings and their recommendations, worst first. */
function told(facts: Facts): string[] {
  const checks = [
    { unit: 'keystone/0', application: 'keystone', facts: { ...healthy, ...facts }, evidence: {}, problems: [], milliseconds: 1 },
  ];
  return findFindings(diagnostics, checks).map(({ id, recommend }) => {
    const params = Object.entries(recommend?.params ?? {}).map(([name, value]) => ` ${name}=${value}`);
    return recommend ? `${id}: ${recommend.action}${params.join('')}` : id;
  });
}

test.each<[string, Facts, string[]]>([
  ['25 nothing is wrong', {}, []],
  [
    '1 disk and running MPM differ: everything else waits',
    { 'mpm.disk': 'worker', ...lost, ...busy },
    ['log-signatures/px-502-event', 'mpm/disk-differs: mpm-switch to=event', 'saturation/too-few'],
  ],
  ['1 two MPMs on disk', { 'mpm.disk': 'multiple' }, ['mpm/disk-differs: mpm-switch to=event']],
  [
    '2 the incident: 502s on event, with full workers and a queue, has one recommendation',
    { ...lost, ...busy, 'log.mpm-full': 1 },
    ['log-signatures/px-502-event: proxy-initial-not-pooled', 'log-signatures/mpm-full', 'saturation/too-few'],
  ],
  ['2 the same with the cure in place since', { ...lost, 'proxy.initial-not-pooled': 'yes', 'log.px-lost-since-reload': 0 }, []],
  [
    '2 the cure does not help',
    { ...lost, 'proxy.initial-not-pooled': 'yes', 'log.px-lost-since-reload': 9 },
    ['log-signatures/px-502-event-still'],
  ],
  ['2 two errors are none', { 'log.px-502': 2, 'log.px-lost': 2 }, []],
  [
    '3 MaxConnectionsPerChild on worker',
    { ...lost, ...worker, 'mpm.max-connections-per-child': 25 },
    ['log-signatures/px-502-recycled: apache-conf name=max-connections-per-child directives=MaxConnectionsPerChild 0'],
  ],
  [
    '3 a virtual host that closes after 5 s, on worker',
    { ...lost, ...worker, 'wsgi.keepalive-timeout': 5 },
    ['log-signatures/px-502-keepalive: apache-conf name=keepalive directives=KeepAliveTimeout 75\nMaxKeepAliveRequests 1000'],
  ],
  ['3 neither of them', { ...lost, ...worker }, ['log-signatures/px-502-other: proxy-initial-not-pooled']],
  [
    '4 workers used up',
    { 'log.mpm-full': 1 },
    ['log-signatures/mpm-full: apache-conf name=mpm-limits directives=MaxRequestWorkers 400'],
  ],
  [
    '4 workers used up at the limit',
    { 'log.mpm-full': 1, 'mpm.max-request-workers': 400, 'mpm.max-request-workers-asked': 400 },
    ['log-signatures/mpm-full-at-limit'],
  ],
  ['5 too few processes', busy, ['saturation/too-few: wsgi-processes group=keystone-public processes=+50%']],
  ['6 the CPU is busy', { ...busy, 'saturation.cpu-idle': 5 }, ['saturation/cpu-bound']],
  [
    '7 the backlog is nearly full',
    { ...busy, 'backlog-fill.keystone-public': 90 },
    ['saturation/backlog: wsgi-processes group=keystone-public processes=+100%'],
  ],
  ['7 the backlog was full', { 'log.wsgi-backlog': 1 }, ['log-signatures/backlog-full: wsgi-processes processes=+100%']],
  ['8 sockets of an old generation', { ...worker, 'log.wsgi-enoent-old': 7 }, ['log-signatures/rotation: mpm-switch to=event']],
  ['9 rotation Off on worker', { ...worker, 'log.wsgi-origin': 1 }, ['log-signatures/origin: mpm-switch to=event']],
  ['10 sockets of this generation', { 'log.wsgi-enoent-current': 3 }, ['log-signatures/socket-denied']],
  ['11 slow, and nobody waits', { 'log.wsgi-timeout': 1 }, ['log-signatures/slow']],
  [
    '12 a crash goes before 502s',
    { ...lost, 'log.wsgi-trunc-crash': 1, 'log.segv': 1 },
    ['log-signatures/crash', 'log-signatures/px-502-event'],
  ],
  ['12a a reload', { 'log.wsgi-trunc-reload': 3 }, ['log-signatures/reload-cuts']],
  ['13 refused goes before 502s', { ...lost, 'log.px-refused': 4 }, ['log-signatures/px-502-event', 'log-signatures/px-refused']],
  ['15 a server is down', { 'haproxy.public.keystone-0.status': 'DOWN' }, ['layers/server-down']],
  ['15 connections wait in haproxy', { 'haproxy.public.keystone-0.qcur': 4 }, ['layers/haproxy-queue']],
  [
    '21 nokeepalive is too expensive',
    { 'census.4980.time-wait-share': 60, 'proxy.nokeepalive': 'yes' },
    ['census/time-wait-nokeepalive: apache-conf-off name=proxy-nokeepalive'],
  ],
  [
    '22 MaxConnectionsPerChild',
    { 'mpm.max-connections-per-child': 25 },
    ['mpm/connections-per-child: apache-conf name=max-connections-per-child directives=MaxConnectionsPerChild 0'],
  ],
])('%s', (_, facts, wanted) => {
  expect(told(facts)).toEqual(wanted);
});

test('one unit with another processes= value is named', () => {
  const unit = (number: number, processes: number): Parameters<typeof findFindings>[1][number] => ({
    unit: `keystone/${number}`,
    application: 'keystone',
    facts: { ...healthy, 'wsgi.keystone-public.processes': processes },
    evidence: {},
    problems: [],
    milliseconds: 1,
  });

  const findings = findFindings(diagnostics, [unit(0, 12), unit(1, 12), unit(2, 8)]);

  expect(findings.map(({ id, units, why }) => ({ id, units, why }))).toEqual([
    {
      id: 'layers/processes-differ',
      units: ['keystone/2'],
      why: 'processes= of keystone-public is 12 on keystone/[0-1], 8 on keystone/2. The units do not carry the same load. Somebody edited a file by hand, or one unit missed a render.',
    },
  ]);
});
