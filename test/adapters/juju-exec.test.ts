import { afterEach, describe, expect, test } from 'vitest';
import type { DispatchEvent } from '../../src/adapters/fanout.js';
import { createJujuCli } from '../../src/adapters/juju-cli.js';
import { type JujuClient, openJujuClient } from '../../src/adapters/juju-client.js';
import { type Dispatch, dispatchScript } from '../../src/adapters/juju-exec.js';
import { Failure } from '../../src/domain/failure.js';
import { createFakeJuju, type FakeJuju } from '../fakes/fake-juju.js';

const DIALECTS = ['2.9.43', '3.6.9', '4.0.5'];
const fakes: FakeJuju[] = [];
afterEach(() => {
  for (const fake of fakes.splice(0)) fake.remove();
});

function fakeOf(options: Parameters<typeof createFakeJuju>[0]): FakeJuju {
  const fake = createFakeJuju(options);
  fakes.push(fake);
  return fake;
}

async function clientOf(fake: FakeJuju): Promise<JujuClient> {
  const clock = { now: () => 0, sleep: async () => undefined };
  const { signal } = new AbortController();
  return openJujuClient(createJujuCli(fake.environment), { environment: fake.environment, clock: () => clock, signal });
}

type Options = Partial<Dispatch> & { readonly seen?: (event: DispatchEvent, seconds: number) => void };

async function dispatched(client: JujuClient, units: readonly string[], options: Options = {}): Promise<DispatchEvent[]> {
  const events: DispatchEvent[] = [];
  const started = performance.now();
  const dispatch = { script: 'echo', units, timeoutSeconds: 10, signal: new AbortController().signal, ...options };
  for await (const event of dispatchScript(client, dispatch)) {
    events.push(event);
    options.seen?.(event, (performance.now() - started) / 1000);
  }
  return events;
}

/** Ends by unit, without times: what a person would be told. */
function ends(events: readonly DispatchEvent[]): Record<string, unknown> {
  return Object.fromEntries(
    events.flatMap((event) => {
      if (event.kind === 'output') return [[event.unit, `${event.returnCode} ${JSON.stringify(event.stdout + event.stderr)}`]];
      if (event.kind === 'no-answer')
        return [[event.unit, `${event.code} ${event.mayHaveRun ? 'may have run' : 'never ran'}: ${event.message}`]];
      return [];
    }),
  );
}

describe.each(DIALECTS)('with juju %s', (version) => {
  test('every way a task can end is told apart', async () => {
    const fake = fakeOf({ version });
    fake.unit('a/1', 'binary');
    fake.unit('a/2', 'failing');
    fake.unit('a/3', 'silent');
    fake.unit('a/4', 'killed');
    fake.unit('a/5', 'missing');
    const client = await clientOf(fake);

    const events = await dispatched(client, ['a/0', 'a/1', 'a/2', 'a/3', 'a/4', 'a/5']);

    expect(ends(events)).toEqual({
      'a/0': '0 "out of a/0\\n"',
      'a/1': '0 "\ufffdhello\\u0000"',
      'a/2': '3 "no such thing\\n"',
      'a/3': '0 ""',
      'a/4': 'KILLED may have run: the unit killed the command at its time limit',
      'a/5': expect.stringMatching(/^MISSING never ran: .*not found/),
    });
  });

  test('a unit that does not answer is given up at its own deadline, the others are not held back', async () => {
    const fake = fakeOf({ version });
    fake.unit('a/1', 'hang');
    const client = await clientOf(fake);

    const events = await dispatched(client, ['a/0', 'a/1', 'a/2'], { timeoutSeconds: 1 });

    expect(ends(events)).toEqual({
      'a/0': '0 "out of a/0\\n"',
      'a/1': expect.stringMatching(/^NO_ANSWER may have run: did not answer within 1 s; .*may still run$/),
      'a/2': '0 "out of a/2\\n"',
    });
    if (client.dialect !== '2.9') expect(fake.calls()).toContain('cancel-task -m prod:openstack 102 --format json');
  });

  test('a lost permission is one failure, not one for each unit', async () => {
    const fake = fakeOf({ version });
    fake.answer('exec', 'echo {}; echo "ERROR permission denied" >&2; exit 1');
    const client = await clientOf(fake);

    const failure = await dispatched(client, ['a/0', 'a/1']).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(Failure);
    expect((failure as Failure).message).toBe('you have no permission for "juju exec" on model "prod:openstack"');
  });

  test('one of fifty units that hangs delays no other by more than a second', { timeout: 60_000 }, async () => {
    const units = Array.from({ length: 50 }, (_, index) => `a/${index}`);
    const arrivals = async (hanging: string | undefined): Promise<Map<string, number>> => {
      const fake = fakeOf({ version, delaySeconds: 0.6 });
      if (hanging) fake.unit(hanging, 'hang');
      const found = new Map<string, number>();
      const stop = new AbortController();
      const client = await clientOf(fake);
      await dispatched(client, units, {
        timeoutSeconds: 60,
        signal: stop.signal,
        seen(event, seconds) {
          if (event.kind === 'output') found.set(event.unit, seconds);
          if (found.size === (hanging ? 49 : 50)) stop.abort();
        },
      });
      return found;
    };

    const without = await arrivals(undefined);
    const together = await arrivals('a/7');

    const late = units.filter((unit) => unit !== 'a/7').map((unit) => (together.get(unit) ?? 99) - (without.get(unit) ?? 0));
    expect(Math.max(...late)).toBeLessThan(1);
  });
});
