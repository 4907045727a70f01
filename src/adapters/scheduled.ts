import { Failure } from '../domain/failure.js';
import type { UnitName } from '../domain/unit-set.js';
import type { Fanout } from './fanout.js';
import type { JujuResult } from './juju-cli.js';
import type { JujuClient } from './juju-client.js';
import { lastWords, unsentFailure } from './juju-errors.js';
import { missingUnit } from './task-result.js';

const START_SECONDS = 60;
/** An abort lets the command that queues the tasks end by itself for so long, since without its answer nothing can be cancelled. */
const PARTING_MILLISECONDS = 5000;

/** What `juju exec --background` said. */
export interface Scheduled {
  readonly operation: string;
  /** Task ids by unit, where it told them; `show-operation` tells the others. */
  readonly tasks: ReadonlyMap<UnitName, string>;
  /** Units that Juju does not know. */
  readonly missing: readonly UnitName[];
}

/**
 * Queues the script for the units as one operation. Units that do not exist are settled, the others are tried without them.
 * Undefined when there is nothing to follow; throws `Failure` when nothing was queued.
 */
export async function startOperation(
  client: JujuClient,
  fanout: Fanout,
  units: readonly UnitName[],
  script: string,
): Promise<Scheduled | undefined> {
  const result = await queue(client, fanout.signal, units, script);
  if (result === undefined) {
    const message = 'interrupted while juju queued its task, which may still run';
    for (const unit of units) fanout.settle(unit, { kind: 'none', code: 'CANCELLED', message, mayHaveRun: true });
    return undefined;
  }
  const scheduled = readScheduled(result.stdout, result.stderr, units);
  for (const unit of scheduled.missing) fanout.settle(unit, missingUnit(`Juju knows no unit "${unit}" (not found)`));
  if (scheduled.operation !== '') return scheduled;
  const rest = units.filter((unit) => fanout.isOpen(unit));
  if (rest.length === 0) return undefined;
  if (scheduled.missing.length > 0) return startOperation(client, fanout, rest, script);
  const known =
    result.exitCode === 0
      ? undefined
      : unsentFailure(result.stderr, { command: 'juju exec', controller: client.model.controller, model: client.target });
  if (known && result.end === 'exited') throw known;
  for (const unit of rest) {
    const why =
      result.end === 'deadline'
        ? `juju did not say within ${START_SECONDS} s that it queued its task`
        : lastWords(result.stderr) || 'juju exec said nothing';
    fanout.settle(unit, { kind: 'none', code: 'NO_ANSWER', message: why, mayHaveRun: true });
  }
  return undefined;
}

/** Undefined when it was begun and had to be broken off. Throws `Failure` when it was not begun, or did not work. */
async function queue(
  client: JujuClient,
  signal: AbortSignal,
  units: readonly UnitName[],
  script: string,
): Promise<JujuResult | undefined> {
  const late = new AbortController();
  const stop = (): void => void setTimeout(() => late.abort(), PARTING_MILLISECONDS).unref();
  signal.addEventListener('abort', stop, { once: true });
  let begun = false;
  const starting = (): void => {
    if (signal.aborted) throw new Failure('interrupted', 'interrupted');
    begun = true;
  };
  try {
    const args = ['--background', '--format', 'json', '--unit', units.join(','), '--', script];
    return await client.run({ verb: 'exec', args, timeoutSeconds: START_SECONDS, signal: late.signal, starting });
  } catch (error) {
    if (begun && error instanceof Failure && error.code === 'interrupted') return undefined;
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Begins only where a name begins, and with bounds: a long hostile word takes no longer than it is long. */
const TASK_OF_UNIT = /(?<![a-z0-9-])([a-z][a-z0-9-]{0,254}\/\d{1,9})"?:\s{0,99}\{?\s{0,99}"?id"?:\s{0,99}"?(\d{1,19})"?/g;

/**
 * Reads the ids from what `--background` prints: for one task on stderr, for several the operation on stderr and the tasks on
 * stdout, in YAML whatever format was asked for (juju-contract 4.5).
 */
export function readScheduled(stdout: string, stderr: string, units: readonly UnitName[]): Scheduled {
  const said = /^Scheduled operation (\S+) with (?:task (\S+)|\d+ tasks)/m.exec(stderr);
  const tasks = new Map<UnitName, string>();
  for (const [, unit, id] of stdout.matchAll(TASK_OF_UNIT)) {
    if (unit !== undefined && id !== undefined && units.includes(unit)) tasks.set(unit, id);
  }
  const missing = [...stderr.matchAll(/unit "([^"]+)" not found/g)].flatMap(([, unit]) =>
    unit && units.includes(unit) ? [unit] : [],
  );
  const scheduledUnits = units.filter((unit) => !missing.includes(unit));
  const [only] = scheduledUnits;
  if (said?.[2] !== undefined && scheduledUnits.length === 1 && only !== undefined) tasks.set(only, said[2]);
  return { operation: said?.[1] ?? '', tasks, missing: [...new Set(missing)] };
}
