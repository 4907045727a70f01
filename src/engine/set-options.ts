import { Failure } from '../domain/failure.js';
import { type Inventory, isReachable, type Unit } from '../domain/inventory.js';
import type { Outcome, RunOutcome } from '../domain/outcome.js';
import { type CharmOptions, sayOptionValue } from '../domain/plan.js';
import type { Run } from '../domain/run.js';
import { currentValue, sameValue } from '../planning/charm-options.js';
import { type Execution, letGo } from './execute.js';
import { passGate } from './gate.js';
import { look, viewersOf } from './look.js';
import { measureAgain, measuredBy } from './measuring.js';
import type { CharmConfiguration, Juju } from './ports.js';
import { timeSince } from './sleep.js';

const GATE_SECONDS = 30;
/** How long the hooks of all units may take until the change counts as not taken. */
const HOOKS_SECONDS = 600;
const LOOK_EVERY_SECONDS = 5;
/** Looks without a running hook after which no more is expected; more of them where none was seen at all. */
const QUIET_LOOKS = 2;
const QUIET_LOOKS_UNSEEN = 4;

/**
 * Sets the options, reads them back, waits until the units' hooks have ended and every haproxy sees them UP again, and measures. Nothing
 * is taken back by itself: a gate that fails ends the run as failed and names the rollback.
 */
export async function executeOptions(execution: Execution, charmConfig: CharmConfiguration, charm: CharmOptions): Promise<Run> {
  const { recorder } = execution;
  const { facts: before } = await look(execution, execution.inventory, measuredBy(execution), execution.baselineSeconds);
  if (execution.stop.aborted) return close(execution, 'interrupted', 'stopped before anything was sent');
  await recorder.record({ type: 'options-intent', charm });
  const { outcome, detail } = await setAndReadBack(execution, charmConfig, charm);
  await recorder.record({ type: 'options-settled', outcome, detail });
  if (outcome !== 'changed') return close(execution, outcome === 'failed' ? 'failed' : 'unknown', detail);
  const isWell = await gateOptions(execution, charm);
  if (execution.detach.aborted) return letGo(execution);
  if (!isWell) {
    const back = execution.plan.kind === 'apply' ? `; juju-tune rollback ${recorder.run().shortId} sets the options back` : '';
    return close(execution, 'failed', `the options are set, and ${charm.application} is not well since${back}`);
  }
  if (!execution.stop.aborted) await measureAgain(execution, before);
  return close(execution, 'done', '');
}

async function close({ recorder }: Execution, outcome: RunOutcome, detail: string): Promise<Run> {
  return recorder.record({ type: 'run-closed', outcome, detail });
}

export interface OptionsEnd {
  readonly outcome: Outcome;
  readonly detail: string;
}

/** Juju's word is not taken for it, good or bad: what counts is what is read afterwards. */
async function setAndReadBack({ detach }: Execution, config: CharmConfiguration, charm: CharmOptions): Promise<OptionsEnd> {
  let trouble = '';
  try {
    await config.write(charm.application, charm.options, detach);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    trouble = error.message;
  }
  return readBack(config, charm, trouble, detach);
}

/** How the options of a run stand, by what `juju config` says now; `trouble` is what Juju said when they were sent. */
export async function readBack(
  config: CharmConfiguration,
  { application, options }: CharmOptions,
  trouble: string,
  signal: AbortSignal,
): Promise<OptionsEnd> {
  try {
    const now = await config.read(application, signal);
    const values = options.map(({ option, before, after }) => ({
      option,
      before,
      after,
      now: currentValue(now.options.get(option)),
    }));
    const detail = values.map((each) => `${each.option} is ${sayOptionValue(each.now)}`).join(', ');
    if (values.every((each) => sameValue(each.now, each.after))) return { outcome: 'changed', detail };
    const because = trouble === '' ? '' : `: ${trouble}`;
    if (values.every((each) => sameValue(each.now, each.before)))
      return { outcome: 'failed', detail: `${detail}, as before${because}` };
    return { outcome: 'unknown', detail: `${detail}, which is neither before nor as asked${because}` };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { outcome: 'unknown', detail: [trouble, `not read back: ${error.message}`].filter(Boolean).join('; ') };
  }
}

type Gating = Pick<Execution, 'plan' | 'recorder' | 'juju' | 'inventory' | 'units' | 'clock' | 'catalogue' | 'detach'>;

/**
 * Waits until the hooks of all units have ended, and says whether they did without an error and every haproxy sees the units UP. It
 * changes nothing. False, with no gate recorded, when nobody watches any more.
 */
export async function gateOptions(execution: Gating, charm: CharmOptions): Promise<boolean> {
  const { recorder } = execution;
  const hooks = await hooksEnded(execution, charm.application);
  if (execution.detach.aborted) return false;
  const checks = [{ name: `config-changed on ${charm.application}`, ok: hooks.ok, detail: hooks.detail }];
  if (hooks.ok) {
    const layers = execution.catalogue.find((diagnostic) => diagnostic.id === 'layers');
    const changed = hooks.units.filter(isReachable);
    const viewers = viewersOf(execution.inventory, execution.plan);
    const options = { timeoutSeconds: GATE_SECONDS, signal: execution.detach };
    const passed = await passGate({ changed: changed.map(asChanged), viewers, layers }, execution, options);
    checks.push(...passed.checks);
  }
  // What nobody waited for is no reason to call it a failure.
  if (execution.detach.aborted) return false;
  const ok = checks.every((check) => check.ok);
  await recorder.record({ type: 'gate', batch: 1, ok, checks });
  return ok;
}

function asChanged({ name, application, address }: Unit): {
  readonly unit: string;
  readonly application: string;
  readonly address: string;
} {
  return { unit: name, application, address };
}

interface HooksEnd {
  readonly ok: boolean;
  readonly detail: string;
  readonly units: readonly Unit[];
}

async function hooksEnded({ juju, clock, detach, inventory }: Gating, application: string): Promise<HooksEnd> {
  const waited = timeSince(clock);
  const seconds = (): number => Math.round(waited() / 1000);
  let [seen, quiet, busy] = [false, 0, 0];
  for (; ; await clock.sleep(LOOK_EVERY_SECONDS, detach)) {
    const units = await unitsOf(juju, application, detach);
    if (detach.aborted) return { ok: false, units: [], detail: 'not watched to its end' };
    if (units instanceof Failure) {
      // The options are set: whoever is away for a moment must not end what is told of them.
      if (seconds() < HOOKS_SECONDS) continue;
      return { ok: false, units: [], detail: `not known after ${seconds()} s: ${units.message}` };
    }
    const failed = units.filter((unit) => unit.trouble === 'hook-error');
    if (failed.length > 0) {
      return { ok: false, units, detail: failed.map((unit) => `${unit.name}: ${unit.reason ?? 'hook failed'}`).join(', ') };
    }
    busy = units.filter((unit) => unit.runningHook !== undefined).length;
    seen ||= busy > 0;
    const away = awaySince(inventory, application, units);
    quiet = busy === 0 && away.length === 0 ? quiet + 1 : 0;
    if (quiet >= (seen ? QUIET_LOOKS : QUIET_LOOKS_UNSEEN)) {
      const detail = seen
        ? `hooks of ${units.length} units ended within ${seconds()} s`
        : `no hook was seen to run in ${seconds()} s`;
      return { ok: true, units, detail };
    }
    if (seconds() < HOOKS_SECONDS) continue;
    const running = busy === 0 ? [] : [`hooks still run on ${busy} of ${units.length} units`];
    return { ok: false, units, detail: `after ${seconds()} s: ${[...running, ...away].join('; ')}` };
  }
}

/** Units that Juju reached when the options were set and does not reach now: nobody knows how their hooks ended. */
function awaySince(before: Inventory, application: string, units: readonly Unit[]): readonly string[] {
  const reached = before.applications.find(({ name }) => name === application)?.units.filter(isReachable) ?? [];
  return reached.flatMap(({ name }) => {
    const now = units.find((unit) => unit.name === name);
    if (now && isReachable(now)) return [];
    return [`${name}: ${now ? (now.reason ?? 'not reachable') : 'not in the model any more'}`];
  });
}

/** The units of the application as Juju sees them now, or why it does not say. */
async function unitsOf(juju: Pick<Juju, 'status'>, application: string, signal: AbortSignal): Promise<readonly Unit[] | Failure> {
  try {
    const { applications } = await juju.status(signal);
    return applications.find(({ name }) => name === application)?.units ?? [];
  } catch (error) {
    if (error instanceof Failure && (error.code === 'juju' || error.code === 'interrupted')) return error;
    throw error;
  }
}
