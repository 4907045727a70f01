import type { Tuning } from '../domain/action.js';
import { Failure } from '../domain/failure.js';
import { type Application, type Inventory, isReachable, type Unit } from '../domain/inventory.js';
import type { Outcome, RunOutcome } from '../domain/outcome.js';
import { type CharmOptions, type LeftOut, type Plan, sayOptionValue } from '../domain/plan.js';
import type { Run } from '../domain/run.js';
import { foldUnits } from '../domain/unit-set.js';
import { currentValue, planOptions, planOptionsBack, sameValue } from '../planning/charm-options.js';
import { resolveOptions, type Values } from '../planning/params.js';
import { selectUnits } from '../planning/select.js';
import type { Execution } from './execute.js';
import { passGate } from './gate.js';
import { gatherAnswers } from './gather.js';
import { look, viewersOf } from './look.js';
import { measureAgain, measuredBy } from './measuring.js';
import type { CharmConfiguration, Clock, Juju, Probe, Units } from './ports.js';
import { probedUnit } from './preview.js';
import type { PlanRequest } from './session.js';

const PROBE_SECONDS = 60;
const GATE_SECONDS = 30;
/** How long the hooks of all units may take until the change counts as not taken. */
const HOOKS_SECONDS = 600;
const LOOK_EVERY_SECONDS = 5;
/** Looks without a running hook after which no more is expected; more of them where none was seen at all. */
const QUIET_LOOKS = 2;
const QUIET_LOOKS_UNSEEN = 4;

/** What charm configuration needs of a session. */
export interface CharmParts {
  readonly tool: string;
  readonly juju: Juju;
  readonly units: Units;
  readonly clock: Clock;
  readonly charmConfig: CharmConfiguration;
}

/**
 * The plan of a tuning that sets charm options, for one whole application. Throws `Failure`: for single units or several
 * applications, for an option the charm does not have, and while a unit awaits confirmation or does not say whether it does.
 */
export async function previewOptions(
  parts: CharmParts,
  inventory: Inventory,
  request: PlanRequest & { readonly tuning: Tuning; readonly values: Values },
  signal: AbortSignal,
): Promise<Plan> {
  const application = wholeApplication(inventory, request);
  const { probes, unseen } = await lookAt(parts, application, signal);
  return planOptions({
    ...(await basis(parts, inventory, application, signal)),
    tuning: request.tuning,
    changes: resolveOptions(request.tuning, request.values),
    params: request.values,
    probed: probedUnits(application, probes),
    unseen,
  });
}

/** The plan that sets the options of a run back. Throws `Failure` as `previewOptions` does. */
export async function previewOptionsBack(
  parts: CharmParts,
  inventory: Inventory,
  run: Run,
  charm: CharmOptions,
  signal: AbortSignal,
): Promise<Plan> {
  const application = requireApplication(inventory, charm.application);
  const { probes, unseen } = await lookAt(parts, application, signal);
  return planOptionsBack({
    ...(await basis(parts, inventory, application, signal)),
    run,
    probed: probedUnits(application, probes),
    unseen,
  });
}

/** Throws `Failure('refused')` when the options are not what the plan found, or a unit awaits confirmation. */
export async function requireOptionsFresh(
  parts: CharmParts,
  inventory: Inventory,
  charm: CharmOptions,
  signal: AbortSignal,
): Promise<void> {
  const application = requireApplication(inventory, charm.application);
  await lookAt(parts, application, signal);
  const config = await parts.charmConfig.read(charm.application, signal);
  const moved = charm.options.flatMap(({ option, before }) => {
    const now = currentValue(config.options.get(option));
    return sameValue(now, before)
      ? []
      : [`${option} of ${charm.application} is ${sayOptionValue(now)}, and was ${sayOptionValue(before)}`];
  });
  const added = application.units.filter((unit) => !charm.units.includes(unit.name)).map((unit) => unit.name);
  if (added.length > 0) moved.push(`${foldUnits(added)} appeared, and would get it too`);
  if (moved.length === 0) return;
  throw new Failure('refused', 'the plan is stale: what it was made for has changed since; nothing was changed', {
    problems: moved,
    hint: 'make the plan again and look at it',
  });
}

/**
 * Sets the options, reads them back, waits until the units' hooks have ended and every haproxy sees them UP again, and measures. Nothing
 * is taken back by itself: a gate that fails ends the run as failed and names the rollback.
 */
export async function executeOptions(
  execution: Execution,
  parts: Pick<CharmParts, 'juju' | 'charmConfig'>,
  charm: CharmOptions,
): Promise<Run> {
  const { recorder } = execution;
  const { facts: before } = await look(execution, execution.inventory, measuredBy(execution), execution.baselineSeconds);
  if (execution.stop.aborted) return close(execution, 'interrupted', 'stopped before anything was sent');
  await recorder.record({ type: 'options-intent', charm });
  const { outcome, detail } = await setAndReadBack(execution, parts.charmConfig, charm);
  await recorder.record({ type: 'options-settled', outcome, detail });
  if (outcome !== 'changed') return close(execution, outcome === 'failed' ? 'failed' : 'unknown', detail);
  if (!(await gate(execution, parts.juju, charm))) {
    if (execution.detach.aborted) return recorder.run();
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

/** The hooks of all units have ended without an error, and every haproxy sees the units UP. */
async function gate(execution: Execution, juju: Juju, charm: CharmOptions): Promise<boolean> {
  const { recorder } = execution;
  const hooks = await hooksEnded(execution, juju, charm.application);
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

async function hooksEnded({ clock, detach }: Execution, juju: Juju, application: string): Promise<HooksEnd> {
  const started = clock.now();
  const seconds = (): number => Math.round((clock.now() - started) / 1000);
  let [seen, quiet, busy] = [false, 0, 0];
  for (;;) {
    const { applications } = await juju.status(detach);
    const units = applications.find(({ name }) => name === application)?.units ?? [];
    const failed = units.filter((unit) => unit.trouble === 'hook-error');
    if (failed.length > 0) {
      return { ok: false, units, detail: failed.map((unit) => `${unit.name}: ${unit.reason ?? 'hook failed'}`).join(', ') };
    }
    busy = units.filter((unit) => unit.runningHook !== undefined).length;
    seen ||= busy > 0;
    quiet = busy === 0 ? quiet + 1 : 0;
    if (quiet >= (seen ? QUIET_LOOKS : QUIET_LOOKS_UNSEEN)) {
      const detail = seen
        ? `hooks of ${units.length} units ended within ${seconds()} s`
        : `no hook was seen to run in ${seconds()} s`;
      return { ok: true, units, detail };
    }
    if (seconds() >= HOOKS_SECONDS)
      return { ok: false, units, detail: `hooks still run on ${busy} of ${units.length} units after ${seconds()} s` };
    await clock.sleep(LOOK_EVERY_SECONDS, detach);
    if (detach.aborted) return { ok: false, units, detail: 'not watched to its end' };
  }
}

function wholeApplication(inventory: Inventory, request: PlanRequest): Application {
  const units = selectUnits(inventory, request);
  const names = [...new Set(units.map((unit) => unit.application))];
  const [name] = names;
  if (name === undefined) throw new Failure('usage', 'no unit is left to plan for', { hint: 'juju-tune status' });
  if (names.length > 1) {
    throw new Failure('usage', `charm options are set for one application at a time, not for ${names.join(' and ')} together`, {
      hint: `juju-tune plan ${name} ${request.action} …`,
    });
  }
  const application = requireApplication(inventory, name);
  if (units.length < application.units.length) {
    throw new Failure(
      'usage',
      `a charm option holds for all ${application.units.length} units of ${name}: it cannot be set for some of them`,
      {
        hint: `juju-tune plan ${name} ${request.action} …`,
      },
    );
  }
  return application;
}

function requireApplication(inventory: Inventory, name: string): Application {
  const application = inventory.applications.find((candidate) => candidate.name === name);
  if (application) return application;
  throw new Failure('refused', `application "${name}" is not in the model any more`, { hint: 'juju-tune status' });
}

async function basis(
  parts: CharmParts,
  inventory: Inventory,
  application: Application,
  signal: AbortSignal,
): Promise<Pick<Parameters<typeof planOptions>[0], 'tool' | 'createdAt' | 'model' | 'application' | 'config'>> {
  return {
    tool: parts.tool,
    createdAt: new Date(parts.clock.now()).toISOString(),
    model: inventory.model,
    application,
    config: await parts.charmConfig.read(application.name, signal),
  };
}

interface Looked {
  readonly probes: ReadonlyMap<string, Probe>;
  readonly unseen: readonly LeftOut[];
}

/** A change that awaits confirmation would be rendered over, and its way back with it. */
async function lookAt(parts: CharmParts, application: Application, signal: AbortSignal): Promise<Looked> {
  const reachable = application.units.filter(isReachable).map((unit) => unit.name);
  const away = application.units.filter((unit) => !isReachable(unit));
  const options = { timeoutSeconds: PROBE_SECONDS, signal };
  const { answers, silent } = await gatherAnswers(
    parts.units.probe({ paths: [], globs: [] }, reachable, options),
    undefined,
    reachable,
  );
  if (signal.aborted) throw new Failure('interrupted', 'interrupted; nothing was changed');
  const awaiting = [...answers].filter(([, { value }]) => value.transactions.some(({ state }) => state === 'PENDING'));
  if (awaiting.length > 0) {
    throw new Failure(
      'refused',
      `${foldUnits(awaiting.map(([unit]) => unit))} awaits confirmation of a change: charm options are not set meanwhile`,
      {
        hint: 'juju-tune confirm, or juju-tune rollback',
      },
    );
  }
  if (silent.length > 0) {
    throw new Failure('refused', 'whether a unit awaits confirmation is not known: charm options are not set meanwhile', {
      problems: silent.map((absence) => `${absence.unit} did not answer: ${absence.message}`),
    });
  }
  return {
    probes: new Map([...answers].map(([unit, { value }]) => [unit, value])),
    unseen: away.map((unit) => ({ unit: unit.name, reason: unit.reason ?? 'is away' })),
  };
}

function probedUnits({ units }: Application, probes: ReadonlyMap<string, Probe>): ReturnType<typeof probedUnit>[] {
  return units.flatMap((unit) => {
    const probe = probes.get(unit.name);
    return probe ? [probedUnit(unit, probe)] : [];
  });
}
