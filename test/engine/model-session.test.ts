import { beforeEach, expect, test } from 'vitest';
import type { Tuning } from '../../src/domain/action.js';
import type { Inventory, Unit } from '../../src/domain/inventory.js';
import type { Plan } from '../../src/domain/plan.js';
import type { Run } from '../../src/domain/run.js';
import { createSession } from '../../src/engine/model-session.js';
import type { Probe, UnitEvent } from '../../src/engine/ports.js';
import type { Session } from '../../src/engine/session.js';
import { FakeCharmConfig } from '../fakes/charm-config.js';
import { fakeInventory } from '../fakes/model.js';
import { FakeClock, FakeRuns } from '../fakes/runs.js';
import { FakeUnits } from '../fakes/units.js';

const SITE = '/etc/apache2/sites-enabled/wsgi-openstack-api.conf';
const AS_ASKED = 'WSGIDaemonProcess keystone-public processes=20 user=keystone\n';
const processes: Tuning = {
  kind: 'tuning',
  id: 'wsgi-processes',
  aliases: [],
  title: 'Set processes',
  description: '',
  source: 'bundled',
  params: [],
  appliesTo: { charms: ['keystone'], needs: [] },
  refuse: [],
  warn: [],
  changes: [{ kind: 'wsgi-daemon', processes: '20' }],
  activate: 'reload',
  risk: 'medium',
  measure: [],
  guide: '',
};

/** keystone/2 keeps a probe waiting. */
class SlowUnits extends FakeUnits {
  waitSeconds = 0;
  constructor(readonly clock: FakeClock) {
    super();
  }

  override async *probe(...args: Parameters<FakeUnits['probe']>): AsyncIterable<UnitEvent<Probe>> {
    for await (const event of super.probe(...args)) {
      const isSlow = event.kind === 'answer' && event.unit === 'keystone/2';
      if (isSlow) await this.clock.sleep(this.waitSeconds);
      const clock = Math.floor(this.clock.now() / 1000);
      yield event.kind === 'answer' ? { ...event, value: { ...event.value, clock } } : event;
    }
  }
}

let clock: FakeClock;
let units: SlowUnits;
let runs: FakeRuns;
let inventory: Inventory;
let session: Session;
const signal = new AbortController().signal;

beforeEach(() => {
  clock = new FakeClock();
  units = new SlowUnits(clock);
  const text = 'WSGIDaemonProcess keystone-public processes=12 user=keystone\n';
  for (const name of ['keystone/0', 'keystone/1', 'keystone/2']) units.add(name, { [SITE]: text });
  runs = new FakeRuns();
  inventory = fakeInventory();
  session = createSession({
    tool: '0.1.0',
    operator: 'anna@bastion',
    model: inventory.model,
    juju: { clientVersion: '3.6.11', status: async () => inventory },
    units,
    charmConfig: new FakeCharmConfig(),
    clock,
    catalogue: [processes],
    runs,
    onCall: () => undefined,
  });
});

const apply = (plan: Plan): Promise<Run> =>
  session.apply(plan, { reason: '', measureSeconds: 0, stop: signal, detach: signal }, () => undefined);
const plan = (): Promise<Plan> =>
  session.plan({ targets: ['keystone'], action: 'wsgi-processes', params: {} }, () => undefined, signal);
const rollback = (): Promise<Plan> => session.planRollback('', () => undefined, signal);

/** The model as it is from now on: keystone with these units. */
function keystoneBecomes(change: (units: readonly Unit[]) => readonly Unit[]): void {
  const applications = inventory.applications.map((application) =>
    application.name === 'keystone' ? { ...application, units: change(application.units) } : application,
  );
  inventory = { ...inventory, applications };
}

test('a unit that is waited for does not make the others late', async () => {
  const made = await plan();
  units.waitSeconds = 290;

  await apply(made);

  const begun = clock.now() / 1000;
  const deadlines = runs.journals[0]?.flatMap(({ event }) => (event.type === 'intent' ? [event.notAfter - begun] : []));
  expect(deadlines?.every((seconds) => seconds > 60)).toBe(true);
});

test('a rollback without a lost unit can be asked for again, and then takes that one back', async () => {
  await apply(await plan());
  keystoneBecomes((all) =>
    all.map((unit) => (unit.name === 'keystone/2' ? { ...unit, trouble: 'lost', reason: 'agent lost' } : unit)),
  );
  const first = await rollback();
  await apply(first);
  keystoneBecomes(() => fakeInventory().applications.find(({ name }) => name === 'keystone')?.units ?? []);

  const second = await rollback();

  expect(first.leftOut).toEqual([{ unit: 'keystone/2', reason: 'agent lost' }]);
  expect(second.steps.map((step) => step.unit)).toEqual(['keystone/2']);
});

test('a unit that was removed since does not keep the others from being taken back', async () => {
  await apply(await plan());
  keystoneBecomes((all) => all.filter((unit) => unit.name !== 'keystone/2'));

  const back = await rollback();

  expect(back.steps.map((step) => step.unit)).toEqual(['keystone/0', 'keystone/1']);
  expect(back.leftOut).toEqual([{ unit: 'keystone/2', reason: 'not in the model any more' }]);
});

/** A plan that finds keystone/2 as asked already. */
async function mixedPlan(): Promise<Plan> {
  units.write('keystone/2', SITE, AS_ASKED);
  const made = await plan();
  expect([made.steps.map((step) => step.unit), made.unchanged]).toEqual([['keystone/0', 'keystone/1'], ['keystone/2']]);
  return made;
}

test('a unit that was as asked when the plan was made and is not any more makes the plan stale', async () => {
  const made = await mixedPlan();
  units.write('keystone/2', SITE, AS_ASKED.replace('processes=20', 'processes=8'));

  const failure = await apply(made).catch((error: unknown) => error);

  expect(failure).toMatchObject({ code: 'refused', message: expect.stringContaining('the plan is stale') });
  expect(failure).toMatchObject({
    problems: [expect.stringMatching(/^keystone\/2: \S+ changed since[\s\S]*-WSGI.*processes=20[\s\S]*\+WSGI.*processes=8/)],
  });
  expect([units.sent.filter((line) => line.startsWith('apply')), await session.runs()]).toEqual([[], []]);
});

test('a unit that was as asked, and that the action would refuse by now, makes the plan stale', async () => {
  const made = await mixedPlan();
  units.write('keystone/2', SITE, '# no daemon here any more\n');

  const failure = await apply(made).catch((error: unknown) => error);

  expect(failure).toMatchObject({ code: 'refused', problems: [expect.stringMatching(/^keystone\/2 was as asked: /)] });
});

test('a unit that was as asked and was removed since makes the plan stale', async () => {
  const made = await mixedPlan();
  keystoneBecomes((all) => all.filter((unit) => unit.name !== 'keystone/2'));

  const failure = await apply(made).catch((error: unknown) => error);

  expect(failure).toMatchObject({ code: 'refused', problems: ['keystone/2 is not in the model any more'] });
});

test('a unit that is still as asked stays as it is, whatever else was written into its file', async () => {
  const made = await mixedPlan();
  units.write('keystone/2', SITE, `# a remark\n${AS_ASKED}`);

  const run = await apply(made);

  expect(run.units.map((unit) => [unit.unit, unit.outcome])).toEqual([
    ['keystone/0', 'changed'],
    ['keystone/1', 'changed'],
  ]);
});

test.each([
  [
    'keystone/1: its files are as asked, and keystone-public is to have 20 processes and 12 run',
    { 'wsgi.keystone-public.running': 12 },
  ],
  ['keystone/1: its files are as asked, and apache2 is not running', { 'apache.installed': 'yes', 'apache.active': 'failed' }],
])('files that are as asked are not taken for it: %s', async (says, facts) => {
  for (const name of ['keystone/0', 'keystone/1', 'keystone/2']) units.add(name, { [SITE]: AS_ASKED });
  units.add('keystone/1', { [SITE]: AS_ASKED }, facts);

  const made = await plan();

  expect([made.unchanged, made.refused.map(({ unit, reason }) => `${unit}: ${reason}`)]).toEqual([
    ['keystone/0', 'keystone/2'],
    [expect.stringMatching(says)],
  ]);
});
