import type { Tuning } from '../domain/action.js';
import type { Change } from '../domain/change.js';
import { Failure } from '../domain/failure.js';
import type { Inventory, Unit } from '../domain/inventory.js';
import type { LeftOut, Plan, Rollout } from '../domain/plan.js';
import type { UnitName } from '../domain/unit-set.js';
import { pathsFor } from '../planning/change.js';
import { type Wholes, withWholes } from '../planning/masked.js';
import { makePlan, type ProbedUnit } from '../planning/plan.js';
import { sealAgain, withFurtherLook } from '../planning/seal.js';
import { tellProgress } from './diagnose.js';
import { gatherAnswers } from './gather.js';
import type { Clock, NoAnswer, Probe, ProbeQuestion, Units } from './ports.js';
import type { Progress } from './session.js';
import { skewWarnings, watchUnitClocks } from './unit-clocks.js';

const PROBE_SECONDS = 60;

export interface PreviewInput {
  readonly tool: string;
  readonly createdAt: string;
  readonly inventory: Inventory;
  readonly units: readonly Unit[];
  readonly tuning: Tuning;
  readonly changes: readonly Change[];
  readonly params: Readonly<Record<string, string>>;
  readonly batch?: string;
  readonly rollout: Rollout;
}

/**
 * The plan for these units from what a probe reads there; the staged change is then validated on each unit, so that a plan that
 * is shown is one that Apache would accept. Changes nothing on a unit. A unit that does
 * not answer is named in a `Failure('refused')`, as it would be left out.
 */
export async function preview(
  input: PreviewInput,
  ports: { readonly units: Units; readonly clock: Clock },
  progress: (event: Progress) => void,
  signal: AbortSignal,
): Promise<Plan> {
  const question = pathsFor(input.changes);
  const clocks = watchUnitClocks(ports.clock);
  const noting = (event: Progress): void => {
    clocks.note(event);
    progress(event);
  };
  const probes = await probeUnits(question, input.units, ports.units, noting, signal);
  const probed = input.units.flatMap((unit) => {
    const probe = probes.get(unit.name);
    return probe ? [probedUnit(unit, probe)] : [];
  });
  const plan = makePlan({
    tool: input.tool,
    createdAt: input.createdAt,
    model: input.inventory.model,
    tuning: input.tuning,
    changes: input.changes,
    params: input.params,
    probed,
    leftOut: [],
    applicationUnits: applicationUnits(input.inventory),
    rollout: input.rollout,
    ...(input.batch === undefined ? {} : { batch: input.batch }),
  });
  return validated(withWarnings(plan, skewWarnings(clocks.ahead(probes), ports.clock)), ports.units, signal);
}

function withWarnings(plan: Plan, warnings: readonly string[]): Plan {
  return warnings.length === 0 ? plan : sealAgain({ ...plan, warnings: [...plan.warnings, ...warnings] });
}

export function probedUnit(unit: Unit, probe: Probe): ProbedUnit {
  return { unit, identity: probe.identity, facts: probe.facts, paths: probe.paths, contents: probe.contents };
}

export function applicationUnits(inventory: Inventory): Readonly<Record<string, readonly UnitName[]>> {
  return Object.fromEntries(inventory.applications.map(({ name, units }) => [name, units.map((unit) => unit.name)]));
}

/** A probe of every unit. Throws `Failure('refused')` that names each unit that did not answer. */
export async function probeUnits(
  question: ProbeQuestion,
  units: readonly Unit[],
  port: Units,
  progress: (event: Progress) => void,
  signal: AbortSignal,
): Promise<ReadonlyMap<UnitName, Probe>> {
  const names = units.map((unit) => unit.name);
  progress({ type: 'resolved', units: names });
  if (names.length === 0) return new Map();
  const events = port.probe(question, names, { timeoutSeconds: PROBE_SECONDS, signal });
  const { answers, silent } = await gatherAnswers(events, (event) => tellProgress(event, progress));
  if (signal.aborted) throw new Failure('interrupted', 'interrupted; nothing was changed');
  if (silent.length > 0) throw didNotAnswer(silent);
  return new Map([...answers].map(([unit, answer]) => [unit, answer.value]));
}

function didNotAnswer(silent: readonly NoAnswer[]): Failure {
  const problems = silent.map((absence) => `${absence.unit} did not answer: ${absence.message}`);
  return new Failure('refused', problems[0] ?? '', {
    problems: problems.slice(1),
    hint: `the same with ${silent.map((absence) => `--except ${absence.unit}`).join(' ')}`,
  });
}

/**
 * Asks each unit to stage the change and have Apache check it; hashes of files with lines that stay on the unit are filled in by what the
 * unit says. Throws `Failure('refused')` with Apache's own words.
 */
async function validated(plan: Plan, port: Units, signal: AbortSignal): Promise<Plan> {
  const steps = plan.steps.filter((step) => step.validate);
  if (steps.length === 0 || plan.refused.length > 0) return whole(plan, new Map());
  const question = { paths: [], globs: [], staged: { steps, contents: plan.contents } };
  const names = steps.map((step) => step.unit);
  const { answers, silent } = await gatherAnswers(port.probe(question, names, { timeoutSeconds: PROBE_SECONDS, signal }));
  if (signal.aborted) throw new Failure('interrupted', 'interrupted; nothing was changed');
  if (silent.length > 0) throw didNotAnswer(silent);
  const bad = [...answers].flatMap(([unit, answer]) => {
    const { validation } = answer.value;
    return validation && !validation.ok ? [{ unit, reason: validation.message }] : [];
  });
  if (bad.length > 0) throw refusedByApache(bad);
  const looked = withFurtherLook(plan, new Map([...answers].map(([unit, answer]) => [unit, answer.value.facts])));
  return whole(looked, new Map([...answers].map(([unit, answer]) => [unit, answer.value.wholes])));
}

function whole(draft: Plan, wholes: Wholes): Plan {
  const { plan, missing } = withWholes(draft, wholes);
  if (missing.length === 0 || plan.refused.length > 0) return plan;
  throw new Failure(
    'refused',
    `cannot plan an edit of a file with secrets on ${missing.join(', ')}: the unit did not say what it would become`,
  );
}

function refusedByApache(bad: readonly LeftOut[]): Failure {
  const problems = bad.map((unit) => `${unit.unit}: ${unit.reason}`);
  return new Failure('refused', 'Apache does not accept this change (apache2ctl -t on a staged copy); nothing was changed', {
    problems,
  });
}
