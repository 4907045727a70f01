import type { Tuning } from '../domain/action.js';
import { Failure } from '../domain/failure.js';
import { type Application, type Inventory, isReachable } from '../domain/inventory.js';
import { type CharmOptions, type LeftOut, type Plan, sayOptionValue } from '../domain/plan.js';
import type { Run } from '../domain/run.js';
import { foldUnits } from '../domain/unit-set.js';
import { currentValue, planOptions, planOptionsBack, sameValue } from '../planning/charm-options.js';
import { resolveOptions, type Values } from '../planning/params.js';
import { selectUnits } from '../planning/select.js';
import { gatherAnswers } from './gather.js';
import type { CharmConfiguration, Clock, Juju, Probe, Units } from './ports.js';
import { probedUnit } from './preview.js';
import type { PlanRequest } from './session.js';

const PROBE_SECONDS = 60;

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
