import { Failure } from '../domain/failure.js';
import type { UnitName } from '../domain/unit-set.js';
import { type DispatchEvent, Fanout } from './fanout.js';
import type { JujuClient } from './juju-client.js';
import { runOperation } from './juju-operation.js';
import { UnitCalls } from './unit-calls.js';

/** Units of one background operation (3.x, 4.x). */
const BATCH = 50;
/** Seconds that a hook is waited for, product.md. */
const HOOK_SECONDS = 300;

export interface Dispatch {
  readonly script: string;
  readonly units: readonly UnitName[];
  /** Seconds for each unit from when its task is queued; a hook in its way is waited for beside this. */
  readonly timeoutSeconds: number;
  /** 300 unless given. */
  readonly hookSeconds?: number;
  readonly signal: AbortSignal;
}

/**
 * Runs one script on many units; says what came of each as soon as it is known. One unit that is lost or hangs delays no other.
 * Throws `Failure` when Juju took nothing at all; once anything was sent every unit has its end said.
 */
export function dispatchScript(client: JujuClient, dispatch: Dispatch): AsyncIterable<DispatchEvent> {
  const fanout = new Fanout({
    units: dispatch.units,
    signal: dispatch.signal,
    timeoutSeconds: dispatch.timeoutSeconds,
    hookSeconds: dispatch.hookSeconds ?? HOOK_SECONDS,
    hooksInTheWay: (signal) => client.hooksInTheWay(signal),
  });
  const parts = client.dialect === '2.9' ? singly(client, fanout, dispatch) : inBatches(client, fanout, dispatch);
  void Promise.all(parts).then(
    () => fanout.finish(),
    (error: unknown) => fanout.fail(error),
  );
  return fanout.events;
}

function inBatches(client: JujuClient, fanout: Fanout, { units, script }: Dispatch): Promise<void>[] {
  const parts: Promise<void>[] = [];
  for (let at = 0; at < units.length; at += BATCH) {
    const batch = units.slice(at, at + BATCH);
    parts.push(refusing(fanout, batch, () => runOperation(client, fanout, batch, script)));
  }
  return parts;
}

/** 2.9 has no background operations: one process for each unit, bounded by the slots of the command line. */
function singly(client: JujuClient, fanout: Fanout, dispatch: Dispatch): Promise<void>[] {
  const calls = new UnitCalls(client, fanout, { ...dispatch, hookSeconds: dispatch.hookSeconds ?? HOOK_SECONDS });
  return dispatch.units.map((unit) => refusing(fanout, [unit], () => calls.runOn(unit)));
}

/** A failure that is not about the units is kept for the end, when it is known whether any unit was reached. */
async function refusing(fanout: Fanout, units: readonly UnitName[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Failure) || error.code === 'fault') throw error;
    if (error.code !== 'interrupted') fanout.refuse(units, error);
  }
}
