import { expect, test } from 'vitest';
import type { Entry } from '../../src/domain/event.js';
import type { Run } from '../../src/domain/run.js';
import { outcomes, RolloutWorld } from './rollout-world.js';

interface Interrupted {
  readonly world: RolloutWorld;
  readonly run: Run;
  /** What had been sent when the signal came. */
  readonly sentBefore: number;
  /** Units of the batches that had begun by then. */
  readonly begun: readonly string[];
  readonly reached: boolean;
}

/** A run over three units, held and then confirmed by a person, with a signal right after its n-th record. */
async function interruptedAfter(record: number, signals: 'one' | 'two'): Promise<Interrupted> {
  const world = new RolloutWorld();
  const detach = new AbortController();
  const begun: string[] = [];
  let [sentBefore, reached] = [0, false];
  const emit = ({ sequence, event }: Entry): void => {
    if (event.type === 'batch-started' && !reached) begun.push(...event.units);
    if (sequence !== record) return;
    reached = true;
    sentBefore = world.units.sent.length;
    world.stop.abort();
    if (signals === 'two') detach.abort('stopped watching');
  };
  const plan = await world.plan();
  const ask = async () => ({ kind: 'confirm', acceptDrift: false }) as const;
  const window = { seconds: 600, guard: true, confirm: ask };
  const options = { reason: '', measureSeconds: 0, stop: world.stop.signal, detach: detach.signal, window };
  const run = await world.session().apply(plan, options, emit);
  return { world, run, sentBefore, begun, reached };
}

/** Every place of a run at which a signal may come. */
async function* everywhere(signals: 'one' | 'two'): AsyncIterable<Interrupted & { readonly record: number }> {
  for (let record = 1; ; record++) {
    const interrupted = await interruptedAfter(record, signals);
    if (!interrupted.reached) return;
    yield { ...interrupted, record };
  }
}

const applied = (sent: readonly string[]): string[] => sent.flatMap((line) => /^apply ([^,]*)/.exec(line)?.[1]?.split(' ') ?? []);

test('ctrl-c in any phase ends what is in flight, begins nothing more, and leaves no unit unknown', async () => {
  let places = 0;
  for await (const { world, run, begun, record } of everywhere('one')) {
    places++;
    const where = `after record ${record}`;
    expect(applied(world.units.sent), where).toEqual(begun);
    const changed = run.units.filter((unit) => unit.outcome === 'changed' || unit.outcome === 'pending');
    expect([...world.changed()].sort(), where).toEqual(changed.map((unit) => unit.unit).sort());
    expect(Object.values(outcomes(run)), where).not.toContain('unknown');
    expect(run.outcome === 'done', where).toBe(run.units.every((unit) => unit.outcome === 'changed'));
  }
  expect(places).toBeGreaterThan(30);
});

test('ctrl-c twice in any phase sends nothing more, kills nothing, and resume then tells how each unit stands', async () => {
  let places = 0;
  for await (const { world, run, sentBefore, record } of everywhere('two')) {
    places++;
    const where = `after record ${record}`;
    // What was on its way is not called back.
    expect(world.units.sent.length - sentBefore, where).toBeLessThanOrEqual(1);
    const kept = world.names.filter((name) => [...world.unit(name).transactions.values()].at(-1)?.state === 'COMMITTED');
    if (run.outcome === 'done') expect(kept, where).toEqual(world.names);
    const never = new AbortController().signal;
    const options = { action: { kind: 'look' }, reason: '', stop: never, detach: never } as const;
    const { run: told } = await world.session().resume(run, options, () => undefined);
    const inEffect = told.units.filter((unit) => unit.outcome === 'changed' || unit.outcome === 'pending');
    expect([...world.changed()].sort(), where).toEqual(inEffect.map((unit) => unit.unit).sort());

    world.units.seconds += 100_000;
    const { run: late } = await world.session().resume(told, options, () => undefined);

    expect(
      late.units.some((unit) => unit.outcome === 'pending'),
      where,
    ).toBe(false);
  }
  expect(places).toBeGreaterThan(30);
});
