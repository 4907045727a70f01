import { beforeEach, describe, expect, test } from 'vitest';
import type { Diagnostic, Tuning } from '../../src/domain/action.js';
import { Failure } from '../../src/domain/failure.js';
import type { Plan } from '../../src/domain/plan.js';
import type { Run } from '../../src/domain/run.js';
import { createSession } from '../../src/engine/model-session.js';
import type { ApplyOptions, Session } from '../../src/engine/session.js';
import { FakeCharmConfig } from '../fakes/charm-config.js';
import { fakeInventory } from '../fakes/model.js';
import { FakeClock, FakeRuns } from '../fakes/runs.js';
import { FakeUnits } from '../fakes/units.js';

const SITE = '/etc/apache2/sites-enabled/wsgi-openstack-api.conf';
const SITE_TEXT = 'WSGIDaemonProcess keystone-public processes=12 threads=1 user=keystone\n';
const FACTS = {
  'apache.installed': 'yes',
  'apache.active': 'active',
  'mpm.disk': 'event',
  'mpm.running': 'event',
  'wsgi.keystone-public.processes': 12,
  'wsgi.keystone-public.threads': 1,
  'wsgi.keystone-public.file': SITE,
  'host.cpus': 32,
  'host.memory-available': 64 * 1024 ** 3,
};

const processes: Tuning = {
  kind: 'tuning',
  id: 'wsgi-processes',
  aliases: ['processes'],
  title: 'Set processes',
  description: '',
  source: 'bundled',
  params: [{ name: 'processes', type: 'amount', title: 'processes', required: true, min: 1, max: 256 }],
  appliesTo: { charms: ['keystone'], needs: ['apache', 'wsgi-daemon'] },
  refuse: [],
  warn: [],
  changes: [{ kind: 'wsgi-daemon', processes: '{param.processes}' }],
  activate: 'reload',
  risk: 'medium',
  measure: [],
  guide: '',
};

const layers: Diagnostic = {
  kind: 'diagnostic',
  id: 'layers',
  aliases: [],
  title: 'Layers',
  description: '',
  source: 'bundled',
  params: [],
  appliesTo: { charms: ['keystone'], needs: [] },
  mode: 'passive',
  collect: 'true',
  timeoutSeconds: 10,
  findings: [],
};

let units: FakeUnits;
let runs: FakeRuns;
let session: Session;
const signal = new AbortController().signal;

beforeEach(() => {
  units = new FakeUnits();
  for (const name of ['keystone/0', 'keystone/1', 'keystone/2']) units.add(name, { [SITE]: SITE_TEXT }, FACTS);
  runs = new FakeRuns();
  const inventory = fakeInventory();
  session = createSession({
    tool: '0.1.0',
    operator: 'anna@bastion',
    model: inventory.model,
    juju: { clientVersion: '3.6.11', status: async () => inventory },
    units,
    charmConfig: new FakeCharmConfig(),
    clock: new FakeClock(),
    catalogue: [layers, processes],
    runs,
    onCall: () => undefined,
  });
});

const plan = (): Promise<Plan> =>
  session.plan({ targets: ['keystone'], action: 'processes', params: { processes: '20' } }, () => undefined, signal);

function apply(wanted: Plan, options: Partial<ApplyOptions> = {}): Promise<Run> {
  const never = new AbortController().signal;
  return session.apply(wanted, { reason: '', measureSeconds: 0, stop: never, detach: never, ...options }, () => undefined);
}

const outcomes = (run: Run): Record<string, string> => Object.fromEntries(run.units.map((unit) => [unit.unit, unit.outcome]));
const allTrees = (): unknown => ['keystone/0', 'keystone/1', 'keystone/2'].map((name) => units.tree(name));

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Failure) return error;
  throw error ?? new Error('nothing was thrown');
}

describe('plan', () => {
  test('shows what would change and touches nothing', async () => {
    const before = allTrees();

    const made = await plan();

    expect(made.steps.map((step) => [step.unit, step.summary])).toEqual([
      ['keystone/0', ['keystone-public processes 12 -> 20']],
      ['keystone/1', ['keystone-public processes 12 -> 20']],
      ['keystone/2', ['keystone-public processes 12 -> 20']],
    ]);
    expect(made.batches.map((batch) => batch.units)).toEqual([['keystone/1'], ['keystone/2'], ['keystone/0']]);
    expect(allTrees()).toEqual(before);
    expect(await session.runs()).toEqual([]);
  });

  test('says whose clock is far from ours, and holds the others to theirs', async () => {
    for (const [name, ahead] of [
      ['keystone/0', 86_400],
      ['keystone/1', 20],
      ['keystone/2', -300],
    ] as const) {
      const unit = units.units.get(name);
      if (unit) unit.ahead = ahead;
    }

    const made = await plan();
    const run = await apply(made);

    expect(made.warnings.slice(-2)).toEqual([
      "the clock of keystone/0 is 24 h ahead of this machine's: its logs go by it; the time to confirm does not",
      "the clock of keystone/2 is 5 min behind this machine's: its logs go by it; the time to confirm does not",
    ]);
    expect(run.outcome).toBe('done');
  });

  test('names a unit that only staged the change with nothing that kept it from writing, beside one that only looked so', async () => {
    const none = { jail: 'none', 'jail.reason': 'cannot mount' };
    const [zero, one, two] = ['keystone/0', 'keystone/1', 'keystone/2'].map((name) => units.units.get(name));
    if (zero) zero.factsWhenStaging = none;
    if (one) one.facts = { ...one.facts, ...none };
    if (one) one.factsWhenStaging = { jail: 'mount' };
    if (two) [two.facts, two.factsWhenStaging] = [{ ...two.facts, ...none }, none];

    const made = await plan();
    const run = await apply(made);

    expect(made.unjailed).toEqual([
      { unit: 'keystone/0', reason: 'cannot mount' },
      { unit: 'keystone/1', reason: 'cannot mount' },
      { unit: 'keystone/2', reason: 'cannot mount' },
    ]);
    expect(run.outcome).toBe('done');
  });

  test('is refused in the words of Apache when it does not accept the staged change', async () => {
    for (const unit of units.units.values()) unit.invalid = 'AH00526: Syntax error on line 1';

    const failure = await failureOf(plan());

    expect([failure.code, failure.problems[0]]).toEqual(['refused', 'keystone/0: AH00526: Syntax error on line 1']);
  });

  test('names a unit that does not answer, with the flag that goes on without it', async () => {
    const unit = units.units.get('keystone/1');
    if (unit) unit.silent = 'all';

    const failure = await failureOf(plan());

    expect([failure.code, failure.hint]).toEqual(['refused', 'the same with --except keystone/1']);
  });
});

describe('apply', () => {
  test('changes unit by unit, each behind its gate, and rollback makes every byte as before', async () => {
    const before = allTrees();

    const run = await apply(await plan());

    expect(outcomes(run)).toEqual({ 'keystone/0': 'changed', 'keystone/1': 'changed', 'keystone/2': 'changed' });
    expect([run.outcome, run.gates.map((gate) => gate.ok)]).toEqual(['done', [true, true, true]]);
    expect(units.sent.filter((line) => line.startsWith('apply'))).toEqual([
      'apply keystone/1',
      'apply keystone/2',
      'apply keystone/0',
    ]);
    expect(allTrees()).not.toEqual(before);

    const back = await apply(await session.planRollback('', () => undefined, signal));

    expect([back.outcome, back.plan.kind]).toEqual(['done', 'rollback']);
    expect(allTrees()).toEqual(before);
  });

  test('applying the same again plans nothing', async () => {
    await apply(await plan());

    const again = await plan();

    expect([again.steps, again.unchanged]).toEqual([[], ['keystone/0', 'keystone/1', 'keystone/2']]);
  });

  test('a plan whose unit was edited since is refused whole, with the new diff', async () => {
    const made = await plan();
    units.write('keystone/2', SITE, SITE_TEXT.replace('12', '16'));
    const before = allTrees();

    const failure = await failureOf(apply(made));

    expect(failure.code).toBe('refused');
    expect(failure.problems.join('\n')).toContain('keystone/2: /etc/apache2/sites-enabled/wsgi-openstack-api.conf changed since');
    expect(failure.problems.join('\n')).toContain('+WSGIDaemonProcess keystone-public processes=16');
    expect(allTrees()).toEqual(before);
    expect(await session.runs()).toEqual([]);
  });

  test('a plan edited by hand is refused', async () => {
    const made = await plan();

    const failure = await failureOf(apply({ ...made, warnings: ['all is well'] }));

    expect([failure.code, failure.message]).toEqual([
      'usage',
      'the plan file was changed after it was made: its hash does not fit',
    ]);
  });

  test('a plan of a demo model is refused by a real one', async () => {
    const made = await plan();
    const inventory = fakeInventory();
    const model = { ...inventory.model, demo: false, controller: 'prod', uuid: 'other' };
    const real = createSession({
      tool: '0.1.0',
      operator: 'anna',
      model,
      juju: { clientVersion: '3.6.11', status: async () => ({ ...inventory, model }) },
      units,
      charmConfig: new FakeCharmConfig(),
      clock: new FakeClock(),
      catalogue: [layers, processes],
      runs,
      onCall: () => undefined,
    });
    const never = new AbortController().signal;

    const failure = await failureOf(
      real.apply(made, { reason: '', measureSeconds: 0, stop: never, detach: never }, () => undefined),
    );

    expect([failure.code, failure.message]).toEqual([
      'refused',
      'the plan was made for model juju-tune-demo:demo-cloud (DEMO), and this is prod:demo-cloud',
    ]);
  });

  test('an Apache that does not start stops the rollout: its unit took it back, the others were not touched', async () => {
    const unit = units.units.get('keystone/1');
    if (unit) unit.failsToStart = true;

    const run = await apply(await plan());

    expect(outcomes(run)).toEqual({ 'keystone/0': 'not-started', 'keystone/1': 'reverted', 'keystone/2': 'not-started' });
    expect(run.outcome).toBe('taken-back');
  });

  test('a unit that haproxy does not see UP again fails its gate and is taken back', async () => {
    const before = allTrees();
    const unit = units.units.get('keystone/1');
    if (unit) unit.staysDown = true;

    const run = await apply(await plan());

    expect(run.gates.map((gate) => gate.ok)).toEqual([false]);
    expect(outcomes(run)).toEqual({ 'keystone/0': 'not-started', 'keystone/1': 'reverted', 'keystone/2': 'not-started' });
    expect([run.outcome, allTrees()]).toEqual(['taken-back', before]);
  });

  test('a unit that did not answer is read back before anything is said of it', async () => {
    const unit = units.units.get('keystone/1');
    if (unit) unit.silent = 'change-made';

    const run = await apply(await plan());

    expect([outcomes(run)['keystone/1'], run.outcome]).toEqual(['changed', 'done']);
  });

  test('a unit whose change was lost on the way is as before, for it was told that the order is void', async () => {
    const made = await plan();
    const unit = units.units.get('keystone/1');
    if (unit) unit.silent = 'change-lost';

    const lost = await apply(made);

    expect([outcomes(lost)['keystone/1'], lost.outcome]).toEqual(['failed', 'failed']);
    expect(outcomes(lost)['keystone/2']).toBe('not-started');
  });

  test('one that cannot write that down is unknown, for its task may still begin', async () => {
    const made = await plan();
    const unit = units.units.get('keystone/1');
    if (unit) Object.assign(unit, { silent: 'change-lost', cannotEnd: true });

    const lost = await apply(made);

    expect([outcomes(lost)['keystone/1'], lost.outcome]).toEqual(['unknown', 'unknown']);
    expect(outcomes(lost)['keystone/2']).toBe('not-started');
  });

  test('the canary can be the end of it', async () => {
    const run = await apply(await plan(), { afterCanary: async () => false });

    expect(outcomes(run)).toEqual({ 'keystone/0': 'not-started', 'keystone/1': 'changed', 'keystone/2': 'not-started' });
    expect(run.outcome).toBe('interrupted');
  });

  test('a journal that cannot be written sends nothing more', async () => {
    const made = await plan();
    runs.fullAfter = 2;
    const before = allTrees();

    const failure = await failureOf(apply(made));

    expect(failure.message).toContain('no space left');
    expect(allTrees()).toEqual(before);
  });
});

test('rollback leaves what somebody edited since, and says so', async () => {
  await apply(await plan());
  units.write('keystone/1', SITE, 'edited by hand\n');

  const back = await session.planRollback('', () => undefined, signal);

  expect(back.warnings).toEqual([
    'keystone/1: /etc/apache2/sites-enabled/wsgi-openstack-api.conf was edited since this run: it is left as it is',
  ]);
});

test('units that nothing was heard of are named, and ssh reaches them', async () => {
  const stuck = units.units.get('keystone/1');
  if (stuck) stuck.silent = 'all';
  const check = (transport: 'exec' | 'ssh') => session.check({ targets: ['keystone'], transport }, () => undefined, signal);

  const byExec = await check('exec');
  const bySsh = await check('ssh');

  expect([byExec.unreached, byExec.units.map((one) => one.unit)]).toEqual([['keystone/1'], ['keystone/0', 'keystone/2']]);
  expect([bySsh.unreached, bySsh.units.map((one) => one.unit)]).toEqual([[], ['keystone/0', 'keystone/1', 'keystone/2']]);
});

test('a rollback without a name passes over a run that its units took back themselves', async () => {
  await apply(
    await session.plan({ targets: ['keystone/0'], action: 'processes', params: { processes: '16' } }, () => undefined, signal),
  );
  const unit = units.units.get('keystone/1');
  if (unit) unit.failsToStart = true;
  await apply(
    await session.plan({ targets: ['keystone/1'], action: 'processes', params: { processes: '20' } }, () => undefined, signal),
  );

  const back = await session.planRollback('', () => undefined, signal);

  expect(back.steps.map((step) => step.unit)).toEqual(['keystone/0']);
});
