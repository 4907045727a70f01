import type { Diagnostic, Tuning } from '../../src/domain/action.js';
import type { Facts } from '../../src/domain/finding.js';
import type { Inventory, Unit } from '../../src/domain/inventory.js';
import type { Plan } from '../../src/domain/plan.js';
import type { Run } from '../../src/domain/run.js';
import { createSession } from '../../src/engine/model-session.js';
import type { ApplyOptions, PlanRequest } from '../../src/engine/session.js';
import { FakeCharmConfig } from '../fakes/charm-config.js';
import { fakeInventory } from '../fakes/model.js';
import { FakeClock, FakeRuns } from '../fakes/runs.js';
import { FakeUnits } from '../fakes/units.js';

const SITE = '/etc/apache2/sites-enabled/wsgi-openstack-api.conf';
const SITE_TEXT = 'WSGIDaemonProcess keystone-public processes=12 user=keystone\n';
/** A quiet unit: no errors, nothing waits. */
const WELL: Facts = {
  'log.requests': 500,
  'log.status-5xx': 0,
  'log.px-lost': 0,
  'queue.total': 0,
  'busy.total': 3,
  'capacity.total': 12,
};

const common = { aliases: [], description: '', source: 'bundled', params: [], appliesTo: { charms: ['keystone'], needs: [] } };

export const processes = {
  ...common,
  kind: 'tuning',
  id: 'wsgi-processes',
  title: 'Set processes',
  refuse: [],
  warn: [],
  changes: [{ kind: 'wsgi-daemon', processes: '20' }],
  activate: 'reload',
  risk: 'medium',
  measure: [],
  guide: '',
} as const satisfies Tuning;

export function diagnostic(id: string): Diagnostic {
  return { ...common, kind: 'diagnostic', id, title: id, mode: 'passive', collect: 'true', timeoutSeconds: 10, findings: [] };
}

/** keystone with so many units, all well, and a session on it; keystone/0 leads. */
export class RolloutWorld {
  readonly units = new FakeUnits();
  readonly runs = new FakeRuns();
  readonly clock = new FakeClock();
  readonly stop = new AbortController();
  inventory: Inventory;
  /** Called before each look at the model: what happens to it meanwhile. */
  onStatus: (time: number) => void = () => undefined;
  #statusRead = 0;

  constructor(count = 3) {
    this.inventory = fakeInventory(count);
    for (let number = 0; number < count; number++) this.units.add(`keystone/${number}`, { [SITE]: SITE_TEXT }, WELL);
  }

  get names(): readonly string[] {
    return [...this.units.units.keys()];
  }

  unit(name: string) {
    const unit = this.units.units.get(name);
    if (!unit) throw new Error(`no unit ${name}`);
    return unit;
  }

  /** Takes keystone's units as they are from now on. */
  keystoneBecomes(change: (units: readonly Unit[]) => readonly Unit[]): void {
    const applications = this.inventory.applications.map((application) =>
      application.name === 'keystone' ? { ...application, units: change(application.units) } : application,
    );
    this.inventory = { ...this.inventory, applications };
  }

  session(tool = '0.1.0') {
    return createSession({
      tool,
      operator: 'anna@bastion',
      model: this.inventory.model,
      juju: {
        clientVersion: '3.6.11',
        status: async () => {
          this.onStatus(++this.#statusRead);
          return this.inventory;
        },
      },
      units: this.units,
      charmConfig: new FakeCharmConfig(),
      clock: this.clock,
      catalogue: [diagnostic('layers'), diagnostic('log-signatures'), diagnostic('saturation'), processes],
      runs: this.runs,
      onCall: () => undefined,
    });
  }

  plan(more: Partial<PlanRequest> = {}): Promise<Plan> {
    const request = { targets: ['keystone'], action: 'wsgi-processes', params: {}, ...more };
    return this.session().plan(request, () => undefined, this.stop.signal);
  }

  apply(plan: Plan, options: Partial<ApplyOptions> = {}): Promise<Run> {
    const detach = new AbortController().signal;
    const all = { reason: '', measureSeconds: 0, stop: this.stop.signal, detach, ...options };
    return this.session().apply(plan, all, () => undefined);
  }

  async run(more: Partial<PlanRequest> = {}, options: Partial<ApplyOptions> = {}): Promise<Run> {
    return this.apply(await this.plan(more), options);
  }

  /** Units whose files are not as they were. */
  changed(): readonly string[] {
    const before = new FakeUnits();
    before.add('keystone/0', { [SITE]: SITE_TEXT });
    const untouched = JSON.stringify(before.tree('keystone/0'));
    return this.names.filter((name) => JSON.stringify(this.units.tree(name)) !== untouched);
  }
}

export const outcomes = (run: Run): Record<string, string> =>
  Object.fromEntries(run.units.map((unit) => [unit.unit, unit.outcome]));
