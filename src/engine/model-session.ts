import type { Action, Tuning } from '../domain/action.js';
import type { Entry } from '../domain/event.js';
import { Failure } from '../domain/failure.js';
import { findUnit, type Inventory, type Model, type Unit } from '../domain/inventory.js';
import { changedApplications, changedUnits, type LeftOut, type Plan, transactionOf } from '../domain/plan.js';
import { partsOf, type Run, type RunUnit } from '../domain/run.js';
import { requireTuning } from '../planning/catalogue.js';
import { checkParams, resolveChanges } from '../planning/params.js';
import { makeRollbackPlan } from '../planning/recovery.js';
import { DEFAULT_ROLLOUT } from '../planning/rollout.js';
import { requireUntouched } from '../planning/seal.js';
import { requireMachines, requireWholeApplications, selectUnits, splitReachable } from '../planning/select.js';
import { previewOptions, previewOptionsBack } from './charm-options.js';
import { charmOf, check, fits, requireAdmin } from './check.js';
import { type Execution, execute } from './execute.js';
import { gatherAnswers } from './gather.js';
import { baselineSeconds } from './measuring.js';
import { executionOf, lookAgainAt, requireSameModel } from './opening.js';
import type { CharmConfiguration, Clock, Journal, Juju, Units } from './ports.js';
import { applicationUnits, preview, probedUnit, probeUnits } from './preview.js';
import { createRecorder } from './recorder.js';
import { closeTakenBack, resume } from './resume.js';
import type { ApplyOptions, JujuCall, PlanRequest, Progress, Session } from './session.js';
import { executeOptions } from './set-options.js';
import { mayYetBegin } from './survey.js';
import { NOT_HELD } from './window.js';

const STATUS_SECONDS = 30;
/** Why a unit of a run is left out of its rollback for good. */
const GONE = 'not in the model any more';

/** What a session is made of; cli/ puts the adapters in, tests put fakes in. */
export interface SessionParts {
  readonly tool: string;
  readonly operator: string;
  readonly model: Model;
  readonly juju: Juju;
  readonly units: Units;
  readonly charmConfig: CharmConfiguration;
  readonly clock: Clock;
  readonly catalogue: readonly Action[];
  readonly runs: RunStore;
  readonly onCall: (listener: (call: JujuCall) => void) => void;
}

/** Where runs are kept: the journals of this machine. */
export interface RunStore {
  /** Runs of this model, newest last. */
  list(): Promise<readonly Run[]>;
  /** RUN of product.md: short id, unique prefix, ULID, or empty for the last one. Throws `Failure('usage')`. */
  find(word: string): Promise<Run>;
  /** Takes the locks of these applications and opens a new journal. Throws `Failure('refused')`. */
  open(applications: readonly string[], options?: OpenOptions): Promise<Journal>;
  /** Takes the locks of a run that nobody carries out, and goes on with its journal. Throws `Failure('refused')`. */
  reopen(run: Run): Promise<Journal>;
}

export interface OpenOptions {
  /** Why a lock that a living process holds on this machine is passed over. */
  readonly breakLock?: string;
}

/** One model, looked at and changed through these parts. */
export function createSession(parts: SessionParts): Session {
  const inventory = async (signal: AbortSignal): Promise<Inventory> => parts.juju.status(signal);
  return {
    catalogue: parts.catalogue,
    inventory,
    onCall: parts.onCall,
    runs: () => parts.runs.list(),
    run: (word) => parts.runs.find(word),
    check: (request, progress, signal) => check(parts, request, progress, signal),
    plan: (request, progress, signal) => plan(parts, request, progress, signal),
    planRollback: (run, progress, signal) => planRollback(parts, run, progress, signal),
    apply: async (wanted, options, emit) => {
      const run = await apply(parts, wanted, options, emit);
      if (run.plan.of !== undefined) await closeTakenBack(parts, run);
      return run;
    },
    resume: (run, options, emit) => resume(parts, run, options, emit),
  };
}

async function plan(
  parts: SessionParts,
  request: PlanRequest,
  progress: (event: Progress) => void,
  signal: AbortSignal,
): Promise<Plan> {
  const tuning = requireTuning(parts.catalogue, request.action);
  const values = checkParams(tuning, request.params);
  const inventory = await parts.juju.status(signal);
  requireMachines(inventory);
  requireAdmin(inventory.model);
  const units = selectUnits(inventory, request);
  if (units.length === 0) throw new Failure('usage', 'no unit is left to plan for', { hint: 'juju-tune status' });
  requireCharm(inventory, units, tuning);
  if (tuning.options !== undefined) return previewOptions(parts, inventory, { ...request, tuning, values }, signal);
  requireWholeApplications(inventory, units);
  const changes = resolveChanges(tuning, values);
  const input = { tool: parts.tool, createdAt: new Date(parts.clock.now()).toISOString(), inventory, units, tuning, changes };
  const batch = request.batch === undefined ? {} : { batch: request.batch };
  const rollout = { ...DEFAULT_ROLLOUT, ...request.rollout };
  return preview({ ...input, ...batch, rollout, params: values }, parts, progress, signal);
}

function requireCharm(inventory: Inventory, units: readonly Unit[], tuning: Tuning): void {
  const wrong = units.filter((unit) => !fits(inventory, unit, [tuning]));
  const first = wrong[0];
  if (!first) return;
  const applications = [...new Set(wrong.map((unit) => unit.application))];
  throw new Failure('refused', `"${tuning.id}" is not for charm ${charmOf(inventory, first)} (${applications.join(', ')})`, {
    hint: `juju-tune actions ${tuning.id}`,
  });
}

async function planRollback(
  parts: SessionParts,
  word: string,
  progress: (event: Progress) => void,
  signal: AbortSignal,
): Promise<Plan> {
  const run = word === '' ? await lastToTakeBack(parts.runs) : await parts.runs.find(word);
  if (run.plan.kind === 'rollback') {
    throw new Failure('usage', `run ${run.shortId} is itself a rollback`, { hint: 'juju-tune runs' });
  }
  // What a damaged journal does not say may have been sent all the same.
  const touched = run.units.filter((unit) => unit.intended || run.problem !== undefined).map((unit) => unit.unit);
  const inventory = await parts.juju.status(signal);
  requireSameModel(run.plan, inventory.model);
  if (run.plan.charm) return previewOptionsBack(parts, inventory, run, run.plan.charm, signal);
  const gone = touched.filter((unit) => findUnit(inventory, unit) === undefined);
  const known = selectUnits(inventory, { targets: touched.filter((unit) => !gone.includes(unit)) });
  const { reachable, leftOut } = splitReachable(known);
  const questions = Object.fromEntries(
    run.units.flatMap(({ unit, transaction }) => (reachable.some(({ name }) => name === unit) ? [[unit, { transaction }]] : [])),
  );
  progress({ type: 'resolved', units: reachable.map((unit) => unit.name) });
  const statuses = await gatherAnswers(parts.units.transactionStatus(questions, { timeoutSeconds: STATUS_SECONDS, signal }));
  const early = run.units.filter((unit) => {
    const answer = statuses.answers.get(unit.unit);
    return answer !== undefined && mayYetBegin(unit, answer.value);
  });
  const answering = reachable.filter(({ name }) => statuses.answers.has(name) && !early.some(({ unit }) => unit === name));
  const paths = run.plan.steps.flatMap((step) => step.before.map((path) => path.path));
  const question = { paths: [...new Set(paths)], globs: [] };
  const probes = await probeUnits(question, answering, parts.units, progress, signal);
  const silent: LeftOut[] = statuses.silent.map((absence) => ({ unit: absence.unit, reason: absence.message }));
  return makeRollbackPlan({
    tool: parts.tool,
    createdAt: new Date(parts.clock.now()).toISOString(),
    demo: inventory.model.demo,
    run,
    units: answering.flatMap((unit) => {
      const probe = probes.get(unit.name);
      const state = statuses.answers.get(unit.name)?.value.state;
      return probe && state ? [{ probed: probedUnit(unit, probe), state }] : [];
    }),
    leftOut: [
      ...leftOut,
      ...silent,
      ...early.map(({ unit }) => ({ unit, reason: `the change may still begin there: juju-tune resume ${run.shortId}` })),
      ...gone.map((unit) => ({ unit, reason: GONE })),
    ],
    applicationUnits: applicationUnits(inventory),
  });
}

/** The last run that sent a change and that no later run took back whole. */
async function lastToTakeBack(runs: RunStore): Promise<Run> {
  const all = await runs.list();
  const takesBackWhole = ({ outcome, plan: { leftOut } }: Run): boolean =>
    outcome === 'done' && leftOut.every(({ reason }) => reason === GONE);
  const last = all.findLast(
    (run) =>
      run.plan.kind === 'apply' &&
      partsOf(run).some((part) => part.intended && mayBeInEffect(run, part)) &&
      !all.some((later) => later.plan.of === run.id && takesBackWhole(later)),
  );
  if (last) return last;
  throw new Failure('usage', 'there is no run of this model on this machine to take back', { hint: 'juju-tune runs' });
}

/** Of a run that ended, what was refused, failed or taken back by the unit itself is not there any more. */
function mayBeInEffect(run: Run, { outcome }: Pick<RunUnit, 'outcome'>): boolean {
  return run.status !== 'closed' || ['changed', 'unknown', 'broken', 'conflict'].includes(outcome);
}

async function apply(parts: SessionParts, wanted: Plan, options: ApplyOptions, emit: (entry: Entry) => void): Promise<Run> {
  requireUntouched(wanted);
  const { inventory, clockOffsets } = await lookAgainAt(parts, wanted, AbortSignal.any([options.stop, options.detach]));
  const { charm } = wanted;
  const earlier = await parts.runs.list();
  const { breakLock } = options;
  const journal = await parts.runs.open(changedApplications(wanted), breakLock === undefined ? {} : { breakLock });
  try {
    const recorder = createRecorder(journal, emit);
    await recorder.record({
      type: 'run-opened',
      shortId: journal.shortId,
      operator: parts.operator,
      purpose: options.reason || purposeOf(wanted),
      juju: parts.juju.clientVersion,
      plan: named(wanted, journal.run),
    });
    for (const lock of journal.broken ?? []) {
      await recorder.record({ type: 'decision', text: `broke a lock: ${lock}; because: ${breakLock}`, by: parts.operator });
    }
    const execution: Execution = {
      ...executionOf(parts, inventory, recorder.run().plan, recorder),
      clockOffsets,
      baselineSeconds: baselineSeconds(earlier, changedUnits(wanted), parts.clock.now()),
      window: NOT_HELD,
      ...options,
    };
    return await (charm ? executeOptions(execution, parts.charmConfig, charm) : execute(execution));
  } finally {
    await journal.close();
  }
}

function purposeOf(plan: Plan): string {
  return plan.kind === 'rollback' ? `take back: ${plan.action.title}` : plan.action.title;
}

/** A plan's steps get their transaction's name when the run is opened; a rollback keeps the one it takes back. */
function named(plan: Plan, run: string): Plan {
  if (plan.kind === 'rollback') return plan;
  const steps = plan.steps.map((step) => ({ ...step, transaction: transactionOf(run, step.unit) }));
  return { ...plan, steps };
}
