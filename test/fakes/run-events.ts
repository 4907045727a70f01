import type { RunEvent } from '../../src/domain/event.js';
import type { Plan, Step } from '../../src/domain/plan.js';

const UUID = '3a9f2c1e-0b6d-4f7a-8e55-2d1c9b7a6f40';

const step: Step = {
  unit: 'keystone/0',
  application: 'keystone',
  host: '0',
  address: '10.5.0.10',
  leader: false,
  identity: { modelUuid: UUID, unit: 'keystone/0', machineId: 'a'.repeat(32) },
  verb: 'apply',
  transaction: 'tx-keystone-0',
  before: [{ path: '/etc/apache2/conf-enabled/x.conf', state: { kind: 'absent' } }],
  after: [{ path: '/etc/apache2/conf-enabled/x.conf', state: { kind: 'link', target: '../conf-available/x.conf' } }],
  activate: 'reload',
  validate: true,
  checks: [],
  commands: ['a2enconf x'],
  budgetSeconds: 120,
  summary: ['x on'],
};

const plan: Plan = {
  schema: 'juju-tune/plan/1',
  tool: '0.1.0',
  demo: false,
  kind: 'apply',
  createdAt: '2026-11-23T10:00:00.000Z',
  model: { controller: 'prod', name: 'openstack', uuid: UUID },
  action: { id: 'apache-conf', title: 'Apache configuration of your own', digest: 'd'.repeat(64) },
  params: {},
  targets: ['keystone/0'],
  others: [],
  steps: [step],
  unchanged: [],
  leftOut: [],
  refused: [],
  batches: [{ number: 1, canary: true, units: ['keystone/0'] }],
  rollout: { maxFailures: 0, onFailure: 'batch', bakeSeconds: 0 },
  contents: {},
  impact: [],
  warnings: [],
  risk: 'low',
  confirmation: { kind: 'yes' },
  measures: [],
  hash: 'f'.repeat(64),
};

/** A whole small run: opened, one unit changed, closed. */
export function sampleEvents(shortId: string): RunEvent[] {
  return [
    { type: 'run-opened', shortId, operator: 'anna', purpose: 'Ein Gedanke: weniger 502 ✓', juju: '3.6.9', plan },
    { type: 'batch-started', batch: 1, units: ['keystone/0'] },
    { type: 'intent', unit: 'keystone/0', transaction: 'tx-keystone-0', verb: 'apply', notAfter: 1_795_000_000 },
    {
      type: 'unit-settled',
      unit: 'keystone/0',
      outcome: 'changed',
      state: 'COMMITTED',
      code: '',
      detail: '',
      log: [],
      milliseconds: 900,
    },
    { type: 'run-closed', outcome: 'done', detail: '' },
  ];
}

export const SAMPLE_MODEL = UUID;
