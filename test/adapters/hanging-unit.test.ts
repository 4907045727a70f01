import { afterEach, expect, test } from 'vitest';
import { clientOf, dispatched } from '../fakes/dispatched.js';
import { createFakeJuju, type FakeJuju } from '../fakes/fake-juju.js';

const fakes: FakeJuju[] = [];
afterEach(() => {
  for (const fake of fakes.splice(0)) fake.remove();
});

const units = Array.from({ length: 50 }, (_, index) => `a/${index}`);

/** Seconds after which each unit's output was there, with calls of 600 ms. */
async function arrivals(version: string, hanging: string | undefined): Promise<Map<string, number>> {
  const fake = createFakeJuju({ version, delaySeconds: 0.6 });
  fakes.push(fake);
  if (hanging) fake.unit(hanging, 'hang');
  const found = new Map<string, number>();
  const stop = new AbortController();
  await dispatched(await clientOf(fake), units, {
    timeoutSeconds: 60,
    signal: stop.signal,
    seen(event, seconds) {
      if (event.kind === 'output') found.set(event.unit, seconds);
      if (found.size === (hanging ? 49 : 50)) stop.abort();
    },
  });
  return found;
}

// Measured in real seconds: a machine that is busy with something else gets a second chance.
test.each(['2.9.43', '3.6.9', '4.0.5'])(
  'with juju %s one of fifty units that hangs delays no other by more than a second',
  { timeout: 60_000, retry: 2 },
  async (version) => {
    const without = await arrivals(version, undefined);
    const together = await arrivals(version, 'a/7');

    const late = units.filter((unit) => unit !== 'a/7').map((unit) => (together.get(unit) ?? 99) - (without.get(unit) ?? 0));
    expect(Math.max(...late)).toBeLessThan(1);
  },
);
