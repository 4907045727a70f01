import type { GateCheck } from '../domain/event.js';
import type { Batch, Step } from '../domain/plan.js';
import type { UnitName } from '../domain/unit-set.js';
import { compareUnit } from '../planning/compare-batch.js';
import { isInEffect, mustStop, stepsInEffect } from '../planning/failures.js';
import { serversOf } from '../planning/haproxy-view.js';
import type { Outlook } from './begin-batch.js';
import type { Execution } from './execute.js';
import { type Changed, type Gate, type GateQuestion, haproxyChecks, passGate, type Views } from './gate.js';
import { comparedBy, type Look, look, viewersOf } from './look.js';
import type { DispatchOptions } from './ports.js';
import { READ_BACK_SECONDS } from './send.js';
import { checkStillChanged } from './still-changed.js';

/** How long a unit that looks worse is watched on before it is looked at again. */
const LEAST_DOUBT_SECONDS = 10;

/** Holds the gate of a batch over units whose change is there all the while; what is known afterwards. A run that must stop anyway has none. */
export async function holdGate(
  execution: Execution,
  batch: Batch,
  begun: { readonly steps: readonly Step[]; readonly outlook: Outlook },
  before: Look,
): Promise<Outlook> {
  const { recorder, clock } = execution;
  const { outlook } = begun;
  const changed = stepsInEffect(recorder.run(), begun.steps);
  if (mustStop(recorder.run()) || changed.every((step) => step.activate === 'none')) return outlook;
  const question = questionOf(execution, changed, outlook);
  const options: DispatchOptions = { timeoutSeconds: READ_BACK_SECONDS, signal: execution.detach };
  const gate = await passGate(question, execution, options);
  const isUp = gate.checks.every((check) => check.ok);
  const { checks: seen, views } = isUp ? await bake(execution, batch, question, { gate, outlook, before }) : gate;
  const viewedAt = clock.now();
  const isWell = execution.plan.kind === 'apply' && seen.every((check) => check.ok);
  const checks = isWell ? [...seen, ...(await checkStillChanged(execution, changed))] : seen;
  // Nobody watches any more: what was not heard is no reason to take anything back.
  if (execution.detach.aborted) return outlook;
  await recorder.record({ type: 'gate', batch: batch.number, ok: checks.every((check) => check.ok), checks });
  return { ...outlook, views, viewedAt };
}

/** Whom to ask about these units. */
export function questionOf(
  { plan, catalogue }: Execution,
  changed: readonly Step[],
  { inventory }: Pick<Outlook, 'inventory'>,
): GateQuestion {
  const applications = new Set(changed.map((step) => step.application));
  const viewers = viewersOf(inventory, plan).filter((viewer) => applications.has(viewer.application));
  return { changed, viewers, layers: catalogue.find((diagnostic) => diagnostic.id === 'layers') };
}

/**
 * Watches a batch that is UP again for the plan's time, then holds each of its units against the units that are not changed yet (where there
 * is none, against those changed before) and against itself before the run, and asks every haproxy once more.
 */
async function bake(
  execution: Execution,
  batch: Batch,
  question: GateQuestion,
  started: { readonly gate: Gate; readonly outlook: Outlook; readonly before: Look },
): Promise<Gate> {
  const { plan, recorder, clock, stop } = execution;
  const { bakeSeconds } = plan.rollout;
  const diagnostics = comparedBy(execution);
  if (diagnostics.length === 0) return started.gate;
  await recorder.record({ type: 'baking', batch: batch.number, seconds: bakeSeconds });
  await clock.sleep(bakeSeconds, stop);
  if (stop.aborted) {
    const detail = 'not compared: it was stopped while it was watched';
    const cut: GateCheck = { name: 'compared', ok: true, detail, cut: true };
    return { ...started.gate, checks: [...started.gate.checks, cut] };
  }
  const compare = async (seconds: number, since: Views): Promise<Gate> => {
    const now = await look(execution, started.outlook.inventory, diagnostics, seconds);
    const refusedConnects = refusedSince(since, now.views, question);
    const checks = question.changed.map((step): GateCheck => {
      const { peers, peersAre } = peersOf(execution, question, step);
      const before = { before: started.before.facts, beforeSeconds: execution.baselineSeconds };
      return compareUnit({ unit: step.unit, peers, peersAre, ...before, now: now.facts, seconds, refusedConnects });
    });
    return { checks: [...haproxyChecks(question, now.views), ...checks], views: now.views };
  };
  const first = await compare(bakeSeconds, started.gate.views);
  if (first.checks.every((check) => check.ok) || execution.detach.aborted) return first;
  // A burst that one unit has before the others is no reason to take anything back: what is worse is so in the time after it too.
  const longer = Math.max(bakeSeconds, LEAST_DOUBT_SECONDS);
  await recorder.record({ type: 'baking', batch: batch.number, seconds: longer });
  await clock.sleep(longer, stop);
  return compare(longer, first.views);
}

/** Units not changed yet serve as they did; without any, the ones changed before are held to be right. */
function peersOf(
  { plan, recorder }: Execution,
  { changed, viewers }: GateQuestion,
  { application }: Changed,
): { readonly peers: readonly UnitName[]; readonly peersAre: 'not changed yet' | 'changed before' } {
  const others = viewers
    .filter((viewer) => viewer.application === application && !changed.some((step) => step.unit === viewer.unit))
    .map((viewer) => viewer.unit);
  const inEffect = recorder
    .run()
    .units.filter((unit) => isInEffect(unit.outcome))
    .map((unit) => unit.unit);
  const asAsked = new Set([...inEffect, ...plan.unchanged]);
  const untouched = others.filter((unit) => !asAsked.has(unit));
  if (untouched.length > 0) return { peers: untouched, peersAre: 'not changed yet' };
  return { peers: others, peersAre: 'changed before' };
}

/** Connections that all haproxies together failed to make to each unit between the two looks. */
function refusedSince(before: Views, now: Views, { viewers, changed }: GateQuestion): ReadonlyMap<UnitName, number> {
  const addressOf = (unit: UnitName): string => changed.find((step) => step.unit === unit)?.address ?? '';
  const failed = (views: Views, viewer: UnitName, unit: UnitName): number =>
    serversOf(views.get(viewer) ?? {}, { unit, address: addressOf(unit) }).reduce((sum, server) => sum + server.econ, 0);
  const both = viewers.map((viewer) => viewer.unit).filter((unit) => before.has(unit) && now.has(unit));
  // A haproxy that was restarted meanwhile counts from zero again.
  const since = (viewer: UnitName, unit: UnitName): number =>
    Math.max(0, failed(now, viewer, unit) - failed(before, viewer, unit));
  return new Map(viewers.map(({ unit }) => [unit, both.reduce((sum, viewer) => sum + since(viewer, unit), 0)] as const));
}
