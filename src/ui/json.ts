import type { Action } from '../domain/action.js';
import type { CheckReport } from '../domain/check.js';
import type { Entry } from '../domain/event.js';
import type { Failure } from '../domain/failure.js';
import type { Inventory, Unit } from '../domain/inventory.js';
import { deadlineOf, type Run } from '../domain/run.js';
import type { Survey } from '../engine/survey.js';

/** `juju-tune/status/1`. `usable` is false, with the reason, for a unit that a tuning would leave out. */
export function statusJson(inventory: Inventory, units: ReadonlySet<string> | undefined): object {
  const { model } = inventory;
  return {
    schema: 'juju-tune/status/1',
    demo: model.demo,
    model: {
      name: model.name,
      controller: model.controller,
      uuid: model.uuid,
      version: model.version,
      type: model.type,
      access: model.access,
    },
    applications: inventory.applications
      .map((application) => ({
        name: application.name,
        charm: application.charm,
        subordinate: application.subordinate,
        status: application.status.current,
        ...(application.problem === undefined ? {} : { problem: application.problem }),
        units: application.units.filter((unit) => units === undefined || units.has(unit.name)).map(unitJson),
      }))
      .filter((application) => units === undefined || application.units.length > 0),
  };
}

function unitJson(unit: Unit): object {
  return {
    name: unit.name,
    machine: unit.machine,
    host: unit.host,
    az: unit.az,
    leader: unit.leader,
    agent: unit.agent.current,
    workload: unit.workload.current,
    address: unit.address,
    ...(unit.principal === undefined ? {} : { principal: unit.principal }),
    ...(unit.runningHook === undefined ? {} : { hook: unit.runningHook }),
    usable: unit.trouble === undefined,
    ...(unit.reason === undefined ? {} : { reason: unit.reason }),
  };
}

/** `juju-tune/actions/1`: the catalogue without its scripts. */
export function actionsJson(catalogue: readonly Action[], demo: boolean): object {
  return {
    schema: 'juju-tune/actions/1',
    demo,
    actions: catalogue.map((action) => ({
      id: action.id,
      kind: action.kind,
      title: action.title,
      aliases: action.aliases,
      description: action.description.trim(),
      params: action.params,
      charms: action.appliesTo.charms,
      needs: action.appliesTo.needs,
      source: action.source,
      ...(action.kind === 'tuning' ? { risk: action.risk, activate: action.activate } : { mode: action.mode }),
    })),
  };
}

/** `juju-tune/check/1`. */
export function checkJson(report: CheckReport): object {
  return { schema: 'juju-tune/check/1', ...report };
}

/** `juju-tune/runs/1`, newest last. */
export function runsJson(runs: readonly Run[], demo: boolean): object {
  return { schema: 'juju-tune/runs/1', demo, runs: runs.map(runSummary) };
}

function runSummary(run: Run): object {
  return {
    id: run.shortId,
    ulid: run.id,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    purpose: run.purpose,
    action: run.plan.action.id,
    kind: run.plan.kind,
    demo: run.plan.demo,
    model: `${run.plan.model.controller}:${run.plan.model.name}`,
    operator: run.operator,
    units: run.plan.charm?.units ?? run.units.map((unit) => unit.unit),
    status: run.status,
    outcome: run.outcome ?? null,
    ...(deadlineOf(run.units) === '' ? {} : { until: deadlineOf(run.units) }),
    ...(run.problem === undefined ? {} : { problem: run.problem }),
  };
}

/** `juju-tune/run/1`: one run with what became of each unit. */
export function runJson(run: Run): object {
  return {
    schema: 'juju-tune/run/1',
    ...runSummary(run),
    operations: run.operations,
    results: run.units.map((unit) => ({
      unit: unit.unit,
      outcome: unit.outcome,
      state: unit.state,
      code: unit.code,
      detail: unit.detail,
      log: unit.log,
      operation: unit.operation,
      task: unit.task,
      milliseconds: unit.milliseconds,
      ...(unit.until === '' ? {} : { until: unit.until }),
    })),
    ...(run.options === undefined ? {} : { options: { ...run.plan.charm, ...run.options } }),
    gates: run.gates,
    measures: run.measures,
    decisions: run.decisions,
  };
}

/** `juju-tune/resume/1`: a run as its units say it is, beside what its journal said, and what can be done with it. */
export function resumeJson({ run, rows, offers }: Survey): object {
  return {
    ...runJson(run),
    schema: 'juju-tune/resume/1',
    survey: rows.map((row) => ({
      unit: row.unit,
      journal: row.journal.outcome,
      asked: row.journal.asked,
      state: row.state ?? null,
      task: row.task,
      meaning: row.meaning,
      outcome: row.outcome,
      message: row.message,
      differs: row.differs,
      ...(row.until === '' ? {} : { until: row.until }),
    })),
    offers,
  };
}

/** `juju-tune/event/1`: one line of `--format jsonl`, as it happens. The plan of `run-opened` is named by its hash. */
export function entryJson(entry: Entry): object {
  const { event } = entry;
  const body =
    event.type === 'run-opened' ? { ...event, plan: event.plan.hash, demo: event.plan.demo, units: event.plan.targets } : event;
  return { schema: 'juju-tune/event/1', sequence: entry.sequence, at: entry.at, run: entry.run, ...body };
}

/** `juju-tune/error/1`, on stdout for `--format json|jsonl`, so that a script reads one stream. */
export function failureJson(failure: Failure, exitCode: number, demo: boolean): object {
  return {
    schema: 'juju-tune/error/1',
    demo,
    code: failure.code,
    message: failure.message,
    problems: failure.problems,
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
    exitCode,
  };
}
