import { beforeEach, describe, expect, test } from 'vitest';
import type { Diagnostic, Tuning } from '../../src/domain/action.js';
import type { Run } from '../../src/domain/run.js';
import { type Execution, execute } from '../../src/engine/execute.js';
import { createRecorder } from '../../src/engine/recorder.js';
import type { AskPerson, ConfirmWindow, Decision } from '../../src/engine/window.js';
import { FAKE_CATALOGUE, fakeInventory } from '../fakes/model.js';
import { fakePlan } from '../fakes/plan.js';
import { FakeClock, FakeRuns } from '../fakes/runs.js';
import { FakeUnits } from '../fakes/units.js';

const NAMES = ['keystone/0', 'keystone/1', 'keystone/2'];
const never = new AbortController().signal;

/** The units' clocks go with ours. */
class SharedClock extends FakeClock {
  override async sleep(seconds: number): Promise<void> {
    await super.sleep(seconds);
    units.seconds += seconds;
  }
}

/** One that says when it slept. */
class SleepyClock extends SharedClock {
  #slept = 0;

  lived(): number {
    return this.now() - this.#slept;
  }

  /** The lid is closed for so long. */
  async suspend(seconds: number): Promise<void> {
    await this.sleep(seconds);
    this.#slept += seconds * 1000;
  }
}

let units: FakeUnits;
let clock: SharedClock;
let runs: FakeRuns;
beforeEach(() => {
  units = new FakeUnits();
  for (const name of NAMES) units.add(name);
  clock = new SharedClock();
  runs = new FakeRuns();
});

async function run(window: Partial<ConfirmWindow>, more: Partial<Execution> = {}): Promise<Run> {
  const tuning = FAKE_CATALOGUE.find((action): action is Tuning => action.kind === 'tuning');
  if (!tuning) throw new Error('the catalogue has no tuning');
  const made = fakePlan({ inventory: fakeInventory(), tuning, kind: 'apply', units: NAMES, done: new Set(), params: {} });
  const steps = made.steps.map((step) => ({ ...step, transaction: `tx-${step.unit.replace('/', '-')}` }));
  const plan = { ...made, steps, measures: [] };
  const recorder = createRecorder(await runs.open(['keystone']), () => undefined);
  await recorder.record({ type: 'run-opened', shortId: 'keystone-1', operator: 'anna', purpose: '', juju: '3.6.11', plan });
  return execute({
    plan,
    units,
    clock,
    recorder,
    clockOffsets: new Map(NAMES.map((name) => [name, units.seconds - clock.now() / 1000])),
    juju: { status: async () => fakeInventory(NAMES.length) },
    inventory: fakeInventory(NAMES.length),
    catalogue: [{ kind: 'diagnostic', id: 'layers' } as Diagnostic],
    baselineSeconds: 900,
    measureSeconds: 0,
    operator: 'anna',
    stop: never,
    detach: never,
    ...more,
    window: { seconds: 600, guard: true, confirm: 'itself', ...window },
  });
}

/** A person who says these things one after the other, and then nothing more. */
function says(...decisions: readonly Decision[]): AskPerson {
  const left = [...decisions];
  return (_, signal) => {
    const next = left.shift();
    if (next) return Promise.resolve(next);
    return new Promise((_resolve, reject) => {
      const give = (): void => reject(new Error('nobody answered'));
      if (signal.aborted) give();
      signal.addEventListener('abort', give);
    });
  };
}

const outcomes = (one: Run): readonly string[] => one.units.map((unit) => unit.outcome);
const trees = (): unknown => NAMES.map((name) => units.tree(name));
const unit = (name: string) => {
  const found = units.units.get(name);
  if (!found) throw new Error(`no unit ${name}`);
  return found;
};

test('earlier batches are held on in the very request that applies the next, and all are confirmed after the last gate', async () => {
  const done = await run({ confirm: 'itself' });

  expect(units.sent).toEqual([
    'apply keystone/1',
    'apply keystone/2, extend keystone/1',
    'apply keystone/0, extend keystone/1 keystone/2',
    'confirm keystone/0 keystone/1 keystone/2',
  ]);
  expect([done.outcome, outcomes(done)]).toEqual(['done', ['changed', 'changed', 'changed']]);
});

test('what is left to be confirmed later is open for the whole window from when the last batch settled', async () => {
  const waiting = await run({ confirm: 'later' });

  expect([waiting.status, waiting.outcome, outcomes(waiting)]).toEqual([
    'awaiting-confirmation',
    undefined,
    ['pending', 'pending', 'pending'],
  ]);
  const until = new Date(clock.now() + 600_000).toISOString();
  expect(waiting.units.map((one) => one.until)).toEqual([until, until, until]);
});

test('a window of nothing holds nothing: the units end as they were asked', async () => {
  const done = await run({ seconds: 0 });

  expect([done.outcome, units.sent]).toEqual(['done', ['apply keystone/1', 'apply keystone/2', 'apply keystone/0']]);
});

describe('a person who is asked', () => {
  test('keeps it', async () => {
    const done = await run({ confirm: says({ kind: 'confirm', acceptDrift: false }) });

    expect([done.outcome, outcomes(done)]).toEqual(['done', ['changed', 'changed', 'changed']]);
  });

  test('takes it back: every byte is as before, in the reverse of the order', async () => {
    const before = trees();

    const back = await run({ confirm: says({ kind: 'take-back' }) });

    expect([back.outcome, trees()]).toEqual(['taken-back', before]);
    expect(units.sent.slice(-3)).toEqual(['rollback keystone/0', 'rollback keystone/2', 'rollback keystone/1']);
  });

  test('leaves it to the timers', async () => {
    const left = await run({ confirm: says({ kind: 'leave' }) });

    expect([left.status, outcomes(left)]).toEqual(['awaiting-confirmation', ['pending', 'pending', 'pending']]);
  });

  test('wants more time, and is asked again', async () => {
    const done = await run({ confirm: says({ kind: 'extend', seconds: 1200 }, { kind: 'confirm', acceptDrift: false }) });

    expect([done.outcome, units.sent.slice(-2)]).toEqual([
      'done',
      ['extend keystone/0 keystone/1 keystone/2', 'confirm keystone/0 keystone/1 keystone/2'],
    ]);
  });

  test('says nothing until the time is over: the units took it back, and that is what is said', async () => {
    const before = trees();

    const back = await run({ confirm: says() });

    expect([back.outcome, outcomes(back), trees()]).toEqual(['taken-back', ['reverted', 'reverted', 'reverted'], before]);
  });

  test('does not keep what somebody else has changed since without saying so', async () => {
    const answers: Decision[] = [
      { kind: 'confirm', acceptDrift: false },
      { kind: 'confirm', acceptDrift: true },
    ];
    const codes: string[] = [];
    const ask: AskPerson = async (seen) => {
      codes.push(...seen.units.map((one) => one.code));
      const path = [...unit('keystone/1').files.keys()][0] ?? '';
      if (answers.length === 2) units.write('keystone/1', path, 'by the charm\n');
      return answers.shift() ?? { kind: 'leave' };
    };

    const done = await run({ confirm: ask });

    expect(codes).toEqual(['', '', '', '', 'DRIFTED', '']);
    expect([done.outcome, outcomes(done)]).toEqual(['done', ['changed', 'changed', 'changed']]);
  });

  test('may think about the canary for an hour, and it is held for all of that time', async () => {
    let asked = false;
    const afterCanary = async (): Promise<boolean> => {
      const end = clock.now() + 3_600_000;
      while (clock.now() < end) await new Promise((resolve) => setImmediate(resolve));
      asked = true;
      return true;
    };

    const done = await run({ confirm: 'itself' }, { afterCanary });

    expect([asked, done.outcome]).toEqual([true, 'done']);
    expect(units.sent.filter((line) => line === 'extend keystone/1').length).toBeGreaterThan(0);
  });
});

describe('a confirm', () => {
  test('that comes after a unit took it back is no success', async () => {
    const ask: AskPerson = async () => {
      const one = unit('keystone/1').transactions.get('tx-keystone-1');
      if (one) one.deadline = units.seconds;
      return { kind: 'confirm', acceptDrift: false };
    };

    const mixed = await run({ confirm: ask });

    expect([mixed.outcome, outcomes(mixed)]).toEqual(['taken-back', ['changed', 'reverted', 'changed']]);
  });

  test('of which nothing is heard is unknown, with the time at which the unit takes it back', async () => {
    const ask: AskPerson = async () => {
      unit('keystone/1').silent = 'all';
      return { kind: 'confirm', acceptDrift: false };
    };

    const mixed = await run({ confirm: ask });

    expect([mixed.outcome, outcomes(mixed)]).toEqual(['unknown', ['changed', 'unknown', 'changed']]);
    expect(mixed.units[1]?.until).not.toBe('');
  });

  test('whose answer was lost is read back', async () => {
    const ask: AskPerson = async () => {
      unit('keystone/1').silent = 'change-made';
      return { kind: 'confirm', acceptDrift: false };
    };

    expect((await run({ confirm: ask })).outcome).toBe('done');
  });

  test.each([
    [false, 'not confirmed: '],
    [true, 'not confirmed yet, and still may be: '],
  ])('that was lost leaves the change awaiting, and the person is asked again', async (cannotEnd, told) => {
    const answers: Decision[] = [{ kind: 'confirm', acceptDrift: false }, { kind: 'leave' }];
    const ask: AskPerson = async () => {
      Object.assign(unit('keystone/1'), { silent: 'change-lost', cannotEnd });
      return answers.shift() ?? { kind: 'leave' };
    };

    const mixed = await run({ confirm: ask });

    expect([mixed.status, outcomes(mixed)]).toEqual(['awaiting-confirmation', ['changed', 'pending', 'changed']]);
    expect(mixed.units[1]?.detail).toContain(told);
  });
});

test('with nobody to decide, a failed gate takes back the batches before as well', async () => {
  const before = trees();
  unit('keystone/2').staysDown = true;

  const back = await run({ confirm: 'itself' });

  expect([back.outcome, outcomes(back), trees()]).toEqual(['taken-back', ['not-started', 'reverted', 'reverted'], before]);
});

test('somebody who is asked after a failed gate may keep what passed', async () => {
  unit('keystone/2').staysDown = true;

  const kept = await run({ confirm: says({ kind: 'confirm', acceptDrift: false }) });

  expect(outcomes(kept)).toEqual(['not-started', 'changed', 'reverted']);
  expect(kept.outcome).toBe('taken-back');
});

test('who stops between batches leaves what was changed to its timers', async () => {
  const stop = new AbortController();
  const afterCanary = async (): Promise<boolean> => {
    stop.abort();
    return true;
  };

  const left = await run({ confirm: 'itself' }, { stop: stop.signal, afterCanary });

  expect([left.status, outcomes(left)]).toEqual(['awaiting-confirmation', ['not-started', 'pending', 'not-started']]);
});

test('who stops watching is told so by the journal', async () => {
  const detach = new AbortController();
  const ask: AskPerson = async () => {
    detach.abort('SIGHUP');
    return { kind: 'leave' };
  };

  const left = await run({ confirm: ask }, { detach: detach.signal });

  expect([left.status, left.decisions.at(-1)]).toEqual(['awaiting-confirmation', 'interrupted: SIGHUP']);
});

describe('a machine that slept', () => {
  let sleepy: SleepyClock;
  beforeEach(() => {
    sleepy = new SleepyClock();
  });
  const closedFor = (seconds: number) => async (): Promise<boolean> => {
    await sleepy.suspend(seconds);
    return true;
  };

  test('between batches goes on with nothing when the units took the change back meanwhile', async () => {
    const before = trees();

    const back = await run({ confirm: 'itself' }, { clock: sleepy, afterCanary: closedFor(28_800) });

    expect([back.outcome, outcomes(back), trees()]).toEqual(['taken-back', ['not-started', 'reverted', 'not-started'], before]);
  });

  test('asks the units before anything else, and goes on when they are as they were left', async () => {
    const done = await run({ confirm: 'itself' }, { clock: sleepy, afterCanary: closedFor(60) });

    expect([done.outcome, done.decisions[0]]).toEqual([
      'done',
      'this machine slept for 60 s: the units are asked how they stand',
    ]);
  });

  test('does not believe what was said before', async () => {
    const ask: AskPerson = async () => {
      await sleepy.suspend(28_800);
      return { kind: 'confirm', acceptDrift: false };
    };

    const back = await run({ confirm: ask }, { clock: sleepy });

    expect([back.outcome, units.sent.some((line) => line.startsWith('confirm'))]).toEqual(['taken-back', false]);
  });
});

test('a unit without a guard is not changed unless that was typed, and then waits for ever', async () => {
  unit('keystone/1').unguarded = true;
  expect(outcomes(await run({ confirm: 'later' }))).toEqual(['not-started', 'refused', 'not-started']);

  const typed = await run({ confirm: 'later', guard: false });

  expect([typed.status, typed.units.map((one) => one.until)]).toEqual(['awaiting-confirmation', ['', '', '']]);
});
