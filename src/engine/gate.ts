import type { Diagnostic } from '../domain/action.js';
import type { GateCheck } from '../domain/event.js';
import type { Facts } from '../domain/finding.js';
import type { Step } from '../domain/plan.js';
import type { UnitName } from '../domain/unit-set.js';
import { isUp, lists, serversOf } from '../planning/haproxy-view.js';
import { gatherAnswers } from './gather.js';
import type { Clock, DispatchOptions, Units } from './ports.js';
import { timeSince } from './sleep.js';

const GATE_SECONDS = 30;
const GATE_PAUSE_SECONDS = 2;

/** A unit that was just changed, as haproxy's configuration may name it. */
export type Changed = Pick<Step, 'unit' | 'application' | 'address'>;
/** Facts of `layers` by unit, of those that answered. */
export type Views = ReadonlyMap<UnitName, Facts>;

export interface Gate {
  readonly checks: readonly GateCheck[];
  readonly views: Views;
}

export interface GateQuestion {
  /** The units that were just changed. */
  readonly changed: readonly Changed[];
  /** Every reachable unit of their applications: each has a haproxy with a view of the changed ones. */
  readonly viewers: readonly { readonly unit: UnitName; readonly application: string }[];
  readonly layers: Diagnostic | undefined;
}

/**
 * Passes once every haproxy of the application shows each changed unit UP again, waited for up to 30 s of the clock.
 * An application without haproxy passes and says so.
 */
export async function passGate(
  question: GateQuestion,
  ports: { readonly units: Units; readonly clock: Clock },
  options: DispatchOptions,
): Promise<Gate> {
  const { layers } = question;
  const notLooked = { name: 'haproxy', ok: true, detail: 'not looked at: the catalogue has no "layers"' };
  if (!layers) return { checks: [notLooked], views: new Map() };
  const waited = timeSince(ports.clock);
  for (;;) {
    const views = await viewsOf(question, layers, ports.units, options);
    const checks = haproxyChecks(question, views);
    const over = waited() >= GATE_SECONDS * 1000 || options.signal.aborted;
    if (over || checks.every((check) => check.ok)) return { checks, views };
    await ports.clock.sleep(GATE_PAUSE_SECONDS, options.signal);
  }
}

/** Whether every haproxy that was asked shows each changed unit UP, one check for each. */
export function haproxyChecks(question: GateQuestion, views: Views): readonly GateCheck[] {
  return question.changed.map((step) => checkUnit(step, question, views));
}

async function viewsOf(question: GateQuestion, layers: Diagnostic, units: Units, options: DispatchOptions): Promise<Views> {
  const names = question.viewers.map((viewer) => viewer.unit);
  const { answers } = await gatherAnswers(units.collect([layers], {}, names, options), undefined, names);
  return new Map(
    [...answers].flatMap(([unit, { value }]) => (value[0] && value[0].problem === undefined ? [[unit, value[0].facts]] : [])),
  );
}

function checkUnit(step: Changed, question: GateQuestion, views: Views): GateCheck {
  const name = `${step.unit} in haproxy`;
  const viewers = question.viewers.filter((viewer) => viewer.application === step.application);
  const mute = viewers.filter((viewer) => !views.has(viewer.unit)).map((viewer) => viewer.unit);
  if (mute.length > 0) return { name, ok: false, detail: `${mute.join(', ')} did not say what its haproxy sees` };
  const rows = viewers.flatMap((viewer) =>
    serversOf(views.get(viewer.unit) ?? {}, step).map((server) => ({ ...server, viewer: viewer.unit })),
  );
  const unclear = viewers.filter(({ unit }) => lists(views.get(unit) ?? {}, step) && !rows.some((row) => row.viewer === unit));
  if (unclear.length > 0) {
    const whose = unclear.map(({ unit }) => `${unit}'s haproxy`).join(', ');
    return { name, ok: false, detail: `${whose} lists it and does not say how it sees it` };
  }
  if (rows.length === 0) return { name, ok: true, detail: 'no haproxy lists it' };
  const down = rows.filter((row) => !isUp(row));
  if (down.length === 0) return { name, ok: true, detail: `UP in ${new Set(rows.map((row) => row.viewer)).size} haproxies` };
  const first = down[0];
  return {
    name,
    ok: false,
    detail: `${first?.status} in ${first?.viewer}'s haproxy (${first?.server}), ${down.length} of ${rows.length} entries`,
  };
}
