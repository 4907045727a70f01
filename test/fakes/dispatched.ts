import type { DispatchEvent } from '../../src/adapters/fanout.js';
import { createJujuCli } from '../../src/adapters/juju-cli.js';
import { type JujuClient, openJujuClient } from '../../src/adapters/juju-client.js';
import { type Dispatch, dispatchScript } from '../../src/adapters/juju-exec.js';
import type { FakeJuju } from './fake-juju.js';

/** A client of the fake's current model. */
export async function clientOf(fake: FakeJuju): Promise<JujuClient> {
  const clock = { rate: 1, now: () => 0, sleep: async () => undefined };
  const { signal } = new AbortController();
  return openJujuClient(createJujuCli(fake.environment), { environment: fake.environment, clock: () => clock, signal });
}

export type DispatchedOptions = Partial<Dispatch> & { readonly seen?: (event: DispatchEvent, seconds: number) => void };

/** Everything that a dispatch says; `seen` hears it with the seconds since it began. */
export async function dispatched(
  client: JujuClient,
  units: readonly string[],
  options: DispatchedOptions = {},
): Promise<DispatchEvent[]> {
  const events: DispatchEvent[] = [];
  const started = performance.now();
  const dispatch = { script: 'echo', units, timeoutSeconds: 10, signal: new AbortController().signal, ...options };
  for await (const event of dispatchScript(client, dispatch)) {
    events.push(event);
    options.seen?.(event, (performance.now() - started) / 1000);
  }
  return events;
}
