import type { Facts } from '../domain/finding.js';
import type { Batch, LeftOut, Step } from '../domain/plan.js';
import { foldUnits, type UnitName } from '../domain/unit-set.js';
import type { ProbedUnit } from './plan.js';

/** Seconds that a restart takes Apache on event, as measured (catalogue, E20: 2.8 s to stop, under 1 s to start). */
const RESTART_SECONDS = 4;

export interface ImpactOf {
  readonly steps: readonly Step[];
  readonly probed: readonly ProbedUnit[];
  readonly applicationSizes: Readonly<Record<string, number>>;
  readonly batches: readonly Batch[];
  readonly unchanged: readonly UnitName[];
  readonly leftOut: readonly LeftOut[];
  readonly refused: readonly LeftOut[];
}

/** What the change does to the service, there and back, computed from what the probe read on these units. */
export function describeImpact({ steps, probed, applicationSizes, batches, ...others }: ImpactOf): readonly string[] {
  if (steps.length === 0) return [whyNothing(others)];
  const applications = [...new Set(steps.map((step) => step.application))];
  return [
    ...applications.map((application) => applicationLine(application, steps, applicationSizes[application] ?? 0, batches)),
    ...activationLines(steps, probed),
  ];
}

function whyNothing({ unchanged, leftOut, refused }: Pick<ImpactOf, 'unchanged' | 'leftOut' | 'refused'>): string {
  if (refused.length > 0) {
    const asked = unchanged.length > 0 ? `; as asked: ${foldUnits(unchanged)}` : '';
    return `no unit is changed: refused for ${foldUnits(refused.map(({ unit }) => unit))}${asked}`;
  }
  if (leftOut.length === 0) return 'nothing to do: every unit is as asked';
  const others = foldUnits(leftOut.map(({ unit }) => unit));
  return `nothing to do: every unit that was looked at is as asked; not looked at: ${others}`;
}

function applicationLine(application: string, steps: readonly Step[], size: number, batches: readonly Batch[]): string {
  const touched = steps.filter((step) => step.application === application).length;
  if (size === 1) {
    const restart = steps.some((step) => step.application === application && step.activate === 'restart');
    return restart
      ? `${application} has one unit: this is an outage of the whole API of about ${RESTART_SECONDS} s`
      : `${application} has one unit: requests in flight there are cut when it reloads`;
  }
  const inBatch = batches.map((batch) => batch.units.filter((unit) => unit.startsWith(`${application}/`)).length);
  const most = Math.max(0, ...inBatch);
  const pace = most > 1 ? `up to ${most} at a time` : 'one at a time';
  const rest = most >= size ? 'none serves undisturbed meanwhile' : 'the others serve meanwhile';
  return `${application}: ${touched} of ${size} units change, ${pace}; ${rest}`;
}

function activationLines(steps: readonly Step[], probed: readonly ProbedUnit[]): string[] {
  const open = (activation: Step['activate']): number =>
    steps
      .filter((step) => step.activate === activation)
      .reduce((sum, step) => sum + connectionsOf(factsOf(probed, step.unit)), 0);
  const lines: string[] = [];
  if (steps.some((step) => step.activate === 'reload')) {
    lines.push(
      `reload: every mod_wsgi process is restarted; requests in flight are cut with a 500 and idle connections close (${open('reload')} open now)`,
    );
  }
  if (steps.some((step) => step.activate === 'restart')) {
    lines.push(`restart: about ${RESTART_SECONDS} s without Apache on each unit; ${open('restart')} open connections are cut`);
    lines.push(...slowWayBack(steps, probed));
  }
  return lines;
}

/** From worker, `graceful-stop` keeps the listeners closed until the last connection ends (catalogue, E20: 74.6 s). */
function slowWayBack(steps: readonly Step[], probed: readonly ProbedUnit[]): string[] {
  const fromWorker = steps.some((step) => factsOf(probed, step.unit)['mpm.running'] === 'worker');
  const toWorker = steps.some((step) => step.checks.some((check) => check.kind === 'mpm' && check.is === 'worker'));
  if (fromWorker) return ['worker is stopped with TERM, not graceful-stop, which would close the listeners for up to 90 s'];
  return toWorker ? ['taking it back stops worker with TERM: its open connections are cut, about 4 s a unit'] : [];
}

function factsOf(probed: readonly ProbedUnit[], unit: string): Facts {
  return probed.find((candidate) => candidate.unit.name === unit)?.facts ?? {};
}

function connectionsOf(facts: Facts): number {
  const value = facts['connections.open'];
  return typeof value === 'number' ? value : 0;
}
