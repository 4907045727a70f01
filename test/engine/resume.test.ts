import { beforeEach, describe, expect, test } from 'vitest';
import type { Diagnostic, Tuning } from '../../src/domain/action.js';
import type { Entry } from '../../src/domain/event.js';
import { Failure } from '../../src/domain/failure.js';
import type { Plan } from '../../src/domain/plan.js';
import { foldRun, type Run } from '../../src/domain/run.js';
import { createSession } from '../../src/engine/model-session.js';
import type { TaskState } from '../../src/engine/ports.js';
import type { ApplyOptions, ResumeAction, Session } from '../../src/engine/session.js';
import type { Survey } from '../../src/engine/survey.js';
import { type ConfirmWindow, type Decision, NOT_HELD } from '../../src/engine/window.js';
import { FakeCharmConfig } from '../fakes/charm-config.js';
import { fakeInventory } from '../fakes/model.js';
import { FakeClock, FakeRuns } from '../fakes/runs.js';
import { FakeUnits } from '../fakes/units.js';

const NAMES = ['keystone/0', 'keystone/1', 'keystone/2'];
const SITE = '/etc/apache2/sites-enabled/wsgi-openstack-api.conf';
const never = new AbortController().signal;

const processes = {
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
} as const satisfies Tuning;
const layers = { kind: 'diagnostic', id: 'layers', appliesTo: { charms: ['keystone'], needs: [] } } as unknown as Diagnostic;

let units: FakeUnits;
let runs: FakeRuns;
let clock: FakeClock;
/** How Juju says that the tasks stand which it is asked to end. */
let tasks: ReadonlyMap<string, TaskState>;
let session: Session;

beforeEach(() => {
  units = new FakeUnits();
  for (const name of NAMES) units.add(name, { [SITE]: 'WSGIDaemonProcess keystone-public processes=12 user=keystone\n' });
  runs = new FakeRuns();
  clock = new FakeClock();
  tasks = new Map();
  session = sessionOf('anna@bastion');
});

function sessionOf(operator: string): Session {
  const inventory = fakeInventory();
  return createSession({
    tool: '0.1.0',
    operator,
    model: inventory.model,
    juju: { clientVersion: '3.6.11', status: async () => inventory, endTasks: async () => tasks },
    units,
    charmConfig: new FakeCharmConfig(),
    clock,
    catalogue: [layers, processes],
    runs,
    onCall: () => undefined,
  });
}

const LATER: ConfirmWindow = { seconds: 600, guard: true, confirm: 'later' };
const ITSELF: ConfirmWindow = { ...LATER, confirm: 'itself' };

const plan = (): Promise<Plan> =>
  session.plan({ targets: ['keystone'], action: 'wsgi-processes', params: {} }, () => undefined, never);

async function apply(window: ConfirmWindow, more: Partial<ApplyOptions> = {}): Promise<Run> {
  const options = { reason: '', measureSeconds: 0, stop: never, detach: never, window, ...more };
  return session.apply(await plan(), options, () => undefined);
}

async function resume(action: ResumeAction, by = session): Promise<Survey> {
  const run = await session.run('');
  return by.resume(run, { action, reason: '', stop: never, detach: never }, () => undefined);
}

/** The process died when it had recorded so many entries of its first run. */
function died(entries: number): void {
  const journal = runs.journals[0] ?? [];
  journal.splice(entries);
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Failure) return error;
  throw error ?? new Error('nothing was thrown');
}

const outcomes = (run: Run): readonly string[] => run.units.map((unit) => unit.outcome);
const states = (): readonly (string | undefined)[] =>
  NAMES.map((name) => [...(units.units.get(name)?.transactions.values() ?? [])].at(-1)?.state);
const entryAt = (type: Entry['event']['type'], nth = 0): number =>
  (runs.journals[0] ?? []).flatMap(({ event }, index) => (event.type === type ? [index] : []))[nth] ?? -1;

test('a change that awaits confirmation is kept by another command, in its own journal', async () => {
  await apply(LATER);

  const { run } = await resume({ kind: 'confirm', acceptDrift: false });

  expect([run.status, run.outcome, outcomes(run)]).toEqual(['closed', 'done', ['changed', 'changed', 'changed']]);
  expect([states(), runs.journals.length]).toEqual([['COMMITTED', 'COMMITTED', 'COMMITTED'], 1]);
});

test('one that somebody else confirmed and edited meanwhile is told as a conflict, not as changed', async () => {
  await apply(LATER);
  const change = units.change.bind(units);
  units.change = async function* (...args) {
    for await (const event of change(...args)) {
      const edited = {
        outcome: 'conflict',
        code: 'CHANGED_SINCE_APPLY',
        message: `changed by somebody else since: ${SITE}`,
      } as const;
      yield event.kind === 'answer' && event.unit === 'keystone/1' ? { ...event, value: { ...event.value, ...edited } } : event;
    }
  };

  const { run } = await resume({ kind: 'confirm', acceptDrift: false });

  expect([outcomes(run), run.outcome]).toEqual([['changed', 'conflict', 'changed'], 'taken-back']);
});

test('one whose time is over was taken back by its units: that is what a late confirm says', async () => {
  await apply(LATER);
  units.seconds += 601;

  const { run, rows } = await resume({ kind: 'confirm', acceptDrift: false });

  expect([run.outcome, outcomes(run)]).toEqual(['taken-back', ['reverted', 'reverted', 'reverted']]);
  expect(rows.map((row) => [row.meaning, row.journal.outcome, row.differs])).toEqual(
    NAMES.map(() => ['taken-back', 'pending', true]),
  );
});

test('more time is counted from now', async () => {
  await apply(LATER);
  units.seconds += 500;

  const { run } = await resume({ kind: 'extend', seconds: 1200 });

  const until = new Date(clock.now() + 1_200_000).toISOString();
  expect([run.status, run.units.map((unit) => unit.until)]).toEqual(['awaiting-confirmation', [until, until, until]]);
});

describe('a process that died', () => {
  test('before it heard of its canary: the unit says how it stands, and the rest can go on', async () => {
    await apply(LATER, { afterCanary: async () => false });
    died(entryAt('unit-settled'));

    const { run, rows, offers } = await resume({ kind: 'look' });

    expect(rows.map((row) => [row.unit, row.journal.outcome, row.state, row.meaning, row.differs])).toEqual([
      ['keystone/0', 'not-started', undefined, 'not-begun', false],
      ['keystone/1', 'unknown', 'PENDING', 'awaits', true],
      ['keystone/2', 'not-started', undefined, 'not-begun', false],
    ]);
    expect([run.status, offers]).toEqual(['awaiting-confirmation', ['go-on', 'confirm', 'extend', 'revert']]);

    const went = await resume({ kind: 'go-on', window: ITSELF });

    expect([went.run.outcome, states()]).toEqual(['done', ['COMMITTED', 'COMMITTED', 'COMMITTED']]);
    expect(units.sent.filter((line) => line.startsWith('apply keystone/1'))).toHaveLength(1);
  });

  test('after its canary: what awaits confirmation is held on by a run that goes on without a window', async () => {
    await apply(LATER, { afterCanary: async () => false });

    const { run } = await resume({ kind: 'go-on', window: NOT_HELD });

    expect([run.outcome, states()]).toEqual(['done', ['COMMITTED', 'COMMITTED', 'COMMITTED']]);
  });

  test('after its canary: a run that was to go on without a window, and was stopped, awaits confirmation as before', async () => {
    await apply(LATER, { afterCanary: async () => false });
    const stop = new AbortController();
    const pause = { isPaused: () => true, resumed: async () => stop.abort() };
    const action = { kind: 'go-on', window: NOT_HELD } as const;

    const options = { action, reason: '', pause, stop: stop.signal, detach: never };
    await session.resume(await session.run(''), options, () => undefined);
    const { run } = await resume({ kind: 'look' });

    expect([run.status, states()]).toEqual(['awaiting-confirmation', [undefined, 'PENDING', undefined]]);
  });

  test('after its canary: the run that goes on can be held before its next batch', async () => {
    await apply(LATER, { afterCanary: async () => false });
    let isPaused = true;
    const sentWhileHeld: string[] = [];
    const resumed = async (): Promise<void> => {
      sentWhileHeld.push(...units.sent.filter((line) => line.startsWith('apply')));
      isPaused = false;
    };

    const { run } = await session.resume(
      await session.run(''),
      {
        action: { kind: 'go-on', window: ITSELF },
        reason: '',
        pause: { isPaused: () => isPaused, resumed },
        stop: never,
        detach: never,
      },
      () => undefined,
    );

    expect(sentWhileHeld).toEqual(['apply keystone/1']);
    expect([run.outcome, outcomes(run)]).toEqual(['done', ['changed', 'changed', 'changed']]);
    expect(run.decisions).toContain('paused before batch 2');
  });

  test('while it confirmed: some units are kept, and the others can be', async () => {
    await apply(ITSELF);
    died(entryAt('confirming') + 1);
    const one = [...(units.units.get('keystone/2')?.transactions.values() ?? [])][0];
    if (one) one.state = 'PENDING';

    const { run, offers } = await resume({ kind: 'look' });

    expect([outcomes(run), offers.includes('confirm')]).toEqual([['changed', 'changed', 'pending'], true]);
  });

  test('before its request arrived: a task that was cancelled can never make the change', async () => {
    const canary = units.units.get('keystone/1');
    if (canary) canary.silent = 'change-lost';
    await apply(LATER);
    died(entryAt('task-queued') + 1);
    tasks = new Map([['0', { status: 'cancelled', over: true }]]);

    const { run, rows } = await resume({ kind: 'look' });

    expect([rows[1]?.meaning, rows[1]?.task, outcomes(run)]).toEqual([
      'untouched',
      'cancelled',
      ['not-started', 'failed', 'not-started'],
    ]);
    expect([run.status, run.outcome]).toEqual(['closed', 'failed']);
  });

  test('and a unit with a task that may yet begin is as it was for good: it was told that the order is void', async () => {
    const canary = units.units.get('keystone/1');
    if (canary) canary.silent = 'change-lost';
    await apply(LATER);
    died(entryAt('task-queued') + 1);
    tasks = new Map([['0', { status: 'running', over: false }]]);

    const { rows, run } = await resume({ kind: 'look' });

    expect([rows[1]?.meaning, run.outcome]).toEqual(['untouched', 'failed']);
  });

  test('and where a unit cannot write that down it is unknown until it would refuse the task', async () => {
    const canary = units.units.get('keystone/1');
    if (canary) Object.assign(canary, { silent: 'change-lost', cannotEnd: true });
    await apply(LATER);
    died(entryAt('task-queued') + 1);
    tasks = new Map([['0', { status: 'running', over: false }]]);

    const early = await resume({ kind: 'look' });
    const closing = await failureOf(resume({ kind: 'close' }));
    units.seconds += 1000;
    const late = await resume({ kind: 'look' });

    expect([early.rows[1]?.meaning, early.run.outcome, outcomes(early.run)[1]]).toEqual(['may-begin', undefined, 'unknown']);
    expect(closing.message).toContain('nobody knows how keystone/1 will end');
    expect([late.rows[1]?.meaning, late.run.outcome]).toEqual(['untouched', 'failed']);
  });

  test('whose unit is silent: unknown, with the time at which it takes the change back', async () => {
    await apply(LATER);
    const silent = units.units.get('keystone/2');
    if (silent) silent.silent = 'all';

    const { run } = await resume({ kind: 'look' });

    expect(outcomes(run)).toEqual(['pending', 'pending', 'unknown']);
    expect(run.units[2]?.until).not.toBe('');
  });
});

test('one change at a time: the run that awaits confirmation is named, with its age and what ends it', async () => {
  const made = await plan();
  await apply(LATER);
  await clock.sleep(720);

  const failure = await failureOf(
    session.apply(made, { reason: '', measureSeconds: 0, stop: never, detach: never }, () => undefined),
  );

  expect([failure.code, failure.message, failure.problems[0], failure.hint]).toEqual([
    'refused',
    'another change awaits confirmation on keystone/0; nothing was changed',
    expect.stringMatching(/^keystone\/0: run keystone-1 of anna@bastion, begun \d+ min ago$/),
    'juju-tune confirm keystone-1, or juju-tune rollback keystone-1',
  ]);
  expect(units.sent.filter((line) => line.startsWith('apply'))).toHaveLength(3);
});

test('while Juju cannot be used, or when somebody leaves, nothing is said of the units', async () => {
  await apply(LATER);
  const recorded = [...(runs.journals[0] ?? [])];
  const run = await session.run('');
  const left = new AbortController();
  left.abort();
  const look = { action: { kind: 'look' }, reason: '', stop: never } as const;

  const gone = await failureOf(session.resume(run, { ...look, detach: left.signal }, () => undefined));
  units.transactionStatus = async function* () {
    yield* [];
    throw new Failure('juju', 'controller "prod" cannot be reached');
  };
  const away = await failureOf(session.resume(run, { ...look, detach: never }, () => undefined));

  expect([gone.code, away.code, runs.journals[0]]).toEqual(['interrupted', 'juju', recorded]);
});

test('a run of another operator is refused by name', async () => {
  await apply(LATER);

  const failure = await failureOf(resume({ kind: 'confirm', acceptDrift: false }, sessionOf('bob@elsewhere')));

  expect([failure.code, failure.message]).toEqual(['refused', 'run keystone-1 is of anna@bastion, and you are bob@elsewhere']);
  expect(states()).toEqual(['PENDING', 'PENDING', 'PENDING']);
});

test('a rollback of a change that awaits confirmation ends that run as taken back', async () => {
  await apply(LATER);

  const back = await session.apply(
    await session.planRollback('keystone-1', () => undefined, never),
    { reason: '', measureSeconds: 0, stop: never, detach: never },
    () => undefined,
  );

  const [first] = await session.runs();
  expect([back.outcome, first?.status, first?.outcome]).toEqual(['done', 'closed', 'taken-back']);
  expect(first?.units[0]?.detail).toBe('taken back by run keystone-2');
});

test('a rollback that is done is done, also where the journal of the run that it took back cannot be written', async () => {
  await apply(LATER);
  const made = await session.planRollback('keystone-1', () => undefined, never);
  runs.fullAfter = runs.journals[0]?.length ?? 0;

  const back = await session.apply(made, { reason: '', measureSeconds: 0, stop: never, detach: never }, () => undefined);

  expect([back.outcome, states()]).toEqual(['done', ['REVERTED', 'REVERTED', 'REVERTED']]);
});

describe('a rollback whose task may yet begin, on a unit that cannot write down that it is void', () => {
  const stillThere = { status: 'running', over: false } as const;
  const takenBack = async (): Promise<Run> => {
    const made = await session.planRollback('keystone-1', () => undefined, never);
    const silent = units.units.get('keystone/1');
    if (silent) Object.assign(silent, { silent: 'change-lost', cannotEnd: true });
    const run = await session.apply(made, { reason: '', measureSeconds: 0, stop: never, detach: never }, () => undefined);
    if (silent) delete silent.silent;
    return run;
  };

  test('is unknown, and failed once the unit would refuse it', async () => {
    await apply({ ...ITSELF, seconds: 0 });

    const early = await takenBack();
    tasks = new Map([['0', stillThere]]);
    const options = { action: { kind: 'look' }, reason: '', stop: never, detach: never } as const;
    const again = await session.resume(await session.run(early.id), options, () => undefined);
    units.seconds += 1000;
    const late = await session.resume(await session.run(early.id), options, () => undefined);

    expect([early.outcome, early.units.find(({ unit }) => unit === 'keystone/1')?.detail]).toEqual([
      'unknown',
      'did not answer within 30 s; read back: not taken back yet',
    ]);
    expect([again.run.outcome, again.rows.find(({ unit }) => unit === 'keystone/1')?.meaning]).toEqual(['unknown', 'may-begin']);
    expect([late.run.outcome, late.rows.find(({ unit }) => unit === 'keystone/1')?.meaning]).toEqual(['failed', 'kept']);
  });

  test('is unknown as well where a run takes back what awaits confirmation', async () => {
    const silent = units.units.get('keystone/1');
    const run = await apply({
      ...LATER,
      confirm: async () => {
        if (silent) Object.assign(silent, { silent: 'change-lost', cannotEnd: true });
        return { kind: 'take-back' };
      },
    });

    expect([outcomes(run), run.outcome]).toEqual([['reverted', 'unknown', 'reverted'], 'unknown']);
    expect(run.units[1]?.until).not.toBe('');
  });
});

test('a way back that was lost, and is void, leaves its unit awaiting, and the person is asked again', async () => {
  const silent = units.units.get('keystone/1');
  const decisions: Decision[] = [{ kind: 'take-back' }, { kind: 'leave' }];

  const run = await apply({
    ...LATER,
    confirm: async () => {
      if (silent) silent.silent = 'change-lost';
      return decisions.shift() ?? { kind: 'leave' };
    },
  });

  expect([run.status, outcomes(run)]).toEqual(['awaiting-confirmation', ['reverted', 'pending', 'reverted']]);
  expect(run.units[1]?.detail).toBe('not taken back: did not answer within 30 s');
});

test('a rollback leaves a unit out whose change may yet begin, and has it once the unit would refuse it', async () => {
  const canary = units.units.get('keystone/1');
  if (canary) canary.silent = 'change-lost';
  await apply(LATER);
  died(entryAt('task-queued') + 1);
  if (canary) delete canary.silent;

  const early = await session.planRollback('', () => undefined, never);
  units.seconds += 1000;
  const late = await session.planRollback('', () => undefined, never);

  expect([early.unchanged, early.leftOut]).toEqual([
    [],
    [{ unit: 'keystone/1', reason: 'the change may still begin there: juju-tune resume keystone-1' }],
  ]);
  expect([late.unchanged, late.leftOut]).toEqual([['keystone/1'], []]);
});

/** Runs that end in every way there is. */
const SCRIPTS: Readonly<Record<string, () => Promise<unknown>>> = {
  confirmed: () => apply(ITSELF),
  'left to be confirmed': () => apply(LATER),
  'taken back': () => apply({ ...LATER, confirm: async () => ({ kind: 'take-back' }) }),
  prolonged: async () => {
    await apply(LATER);
    await resume({ kind: 'extend', seconds: 900 });
    await resume({ kind: 'confirm', acceptDrift: false });
  },
  'with a failed gate': async () => {
    const unit = units.units.get('keystone/2');
    if (unit) unit.staysDown = true;
    await apply(ITSELF);
  },
  'with a silent unit': async () => {
    const unit = units.units.get('keystone/2');
    if (unit) unit.silent = 'change-made';
    await apply(ITSELF);
  },
  'not held at all': () => apply({ ...ITSELF, seconds: 0 }),
};

const TRUTH: Readonly<Record<string, readonly string[]>> = {
  PENDING: ['pending'],
  COMMITTED: ['changed'],
  REVERTED: ['reverted'],
  NONE: ['failed', 'not-started', 'unknown'],
};

test.each(Object.keys(SCRIPTS))('a run %s that breaks off after any of its records is told as its units stand', async (name) => {
  await SCRIPTS[name]?.();
  const whole = [...(runs.journals[0] ?? [])];
  const truth = states();
  for (const unit of units.units.values()) delete unit.silent;

  for (let length = 1; length <= whole.length; length++) {
    const prefix = whole.slice(0, length);
    const before = foldRun(prefix);
    runs.journals[0] = [...prefix];
    const { run, rows } = await resume({ kind: 'look' });

    expect([before?.id, rows.length]).toEqual([run.id, NAMES.length]);
    for (const [index, unit] of run.units.entries()) {
      const wanted = unit.intended ? TRUTH[truth[index] ?? 'NONE'] : ['not-started'];
      expect(wanted, `${name} cut at ${length}: ${unit.unit} is ${truth[index]}`).toContain(unit.outcome);
    }
    const isDone = run.units.every((unit) => unit.outcome === 'changed');
    expect([run.outcome === 'done', run.status === 'awaiting-confirmation']).toEqual([
      isDone,
      run.units.some((unit) => unit.outcome === 'pending'),
    ]);
  }
});

test('wherever the journal ends the process, each unit is told truly at once, and is before or after for good in the end', async () => {
  const before = NAMES.map((name) => units.tree(name));
  await apply(ITSELF);
  const whole = runs.journals[0]?.length ?? 0;
  expect(whole).toBeGreaterThan(30);

  for (let last = 1; last < whole; last++) {
    units = new FakeUnits();
    for (const name of NAMES) units.add(name, { [SITE]: 'WSGIDaemonProcess keystone-public processes=12 user=keystone\n' });
    runs = new FakeRuns();
    session = sessionOf('anna@bastion');
    runs.fullAfter = last;
    await expect(apply(ITSELF), `record ${last}`).rejects.toThrow('no space left');
    runs.fullAfter = Number.POSITIVE_INFINITY;

    const early = await resume({ kind: 'look' });
    const truth = states();
    units.seconds += 100_000;
    const late = await resume({ kind: 'look' });

    for (const [index, unit] of early.run.units.entries()) {
      const wanted = unit.intended ? TRUTH[truth[index] ?? 'NONE'] : ['not-started'];
      expect(wanted, `${unit.unit} at record ${last}`).toContain(unit.outcome);
    }
    const kept = states().map((state) => state === 'COMMITTED');
    const isBefore = NAMES.map((name, index) => JSON.stringify(units.tree(name)) === JSON.stringify(before[index]));
    expect([isBefore, late.run.units.some((unit) => unit.outcome === 'pending')]).toEqual([kept.map((one) => !one), false]);
    expect(late.run.outcome === 'done').toBe(kept.every((one) => one));
  }
});
