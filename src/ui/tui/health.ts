import type { Action } from '../../domain/action.js';
import type { CheckReport } from '../../domain/check.js';
import type { Finding, Severity } from '../../domain/finding.js';
import type { Application, Inventory, Unit } from '../../domain/inventory.js';
import { applicationOf } from '../../domain/unit-set.js';
import { SEVERITY_SIGNS, type Sign } from '../paint.js';
import { age, count } from '../text.js';

export const SEVERITIES: readonly Severity[] = ['high', 'medium', 'low', 'info'];

/** The state of a thing in one sign, and the words that say where it comes from. */
export interface Health {
  readonly sign: Sign;
  readonly why: string;
}

const GOOD_STATES = ['active', 'idle', 'started', 'running', 'available'];
const BAD_STATES = ['error', 'blocked', 'lost', 'down', 'failed', 'terminated'];

/** The sign of one of Juju's words. */
export function stateSign(word: string): Sign {
  if (GOOD_STATES.includes(word)) return { tone: 'good', symbol: 'dot', word };
  if (BAD_STATES.includes(word)) return { tone: 'bad', symbol: 'bad', word };
  if (word === 'executing') return { tone: 'busy', symbol: 'busy', word };
  return { tone: 'warn', symbol: 'warning', word: word === '' ? 'unknown' : word };
}

export function unitHealth(unit: Unit): Health {
  if (unit.trouble !== undefined) return { sign: { tone: 'bad', symbol: 'bad', word: unit.trouble }, why: unit.reason ?? '' };
  const sign = stateSign(unit.workload.current);
  if (unit.runningHook !== undefined && sign.tone === 'good') {
    return { sign: { tone: 'busy', symbol: 'busy', word: 'busy' }, why: `runs ${unit.runningHook}` };
  }
  return { sign, why: unit.workload.message ?? '' };
}

/** The worse of Juju's state of a unit and what was heard of it in the last check. */
export function checkedUnitHealth(unit: Unit, report: CheckReport | undefined): Health {
  const juju = unitHealth(unit);
  const silence = report?.silent.find((one) => one.unit === unit.name);
  if (silence) return { sign: { tone: 'bad', symbol: 'bad', word: 'no answer' }, why: silence.message };
  if (juju.sign.tone !== 'good' && juju.sign.tone !== 'busy') return juju;
  const [worst, ...others] = (report?.findings ?? []).filter((finding) => finding.units.includes(unit.name));
  if (worst && worst.severity !== 'info')
    return { sign: SEVERITY_SIGNS[worst.severity], why: `${worst.title}${others.length > 0 ? ` (+${others.length})` : ''}` };
  const isAnswered = report?.units.some((one) => one.unit === unit.name) ?? false;
  return isAnswered && juju.sign.tone === 'good'
    ? { sign: { tone: 'good', symbol: 'good', word: 'ok' }, why: 'answered, nothing found' }
    : juju;
}

/** A diagnostic looks at this application; others are shown, but nothing can be said of them beyond Juju's words. */
export function isChecked(application: Application, catalogue: readonly Action[]): boolean {
  return (
    !application.subordinate &&
    catalogue.some((action) => action.kind === 'diagnostic' && action.appliesTo.charms.includes(application.charm))
  );
}

export function canBeTuned(application: Application, catalogue: readonly Action[]): boolean {
  return (
    !application.subordinate &&
    catalogue.some((action) => action.kind === 'tuning' && action.appliesTo.charms.includes(application.charm))
  );
}

export function findingsOf(report: CheckReport | undefined, application: string): Finding[] {
  return (report?.findings ?? []).filter((finding) => finding.units.some((unit) => applicationOf(unit) === application));
}

/** The worse of Juju's state and the last findings, and which of the two it is. `ok` only for what was checked. */
export function applicationHealth(
  application: Application,
  report: CheckReport | undefined,
  catalogue: readonly Action[],
  now: number,
): Health {
  const troubled = application.units.filter((unit) => unit.trouble !== undefined);
  const trouble = troubled[0]?.trouble;
  const juju = stateSign(application.problem === undefined ? application.status.current : 'error');
  const [worst, ...others] = findingsOf(report, application.name);
  if (trouble !== undefined) {
    const also = worst === undefined ? '' : `; ${worst.severity}: ${worst.title}`;
    return {
      sign: { tone: 'bad', symbol: 'bad', word: `${troubled.length} ${trouble}` },
      why: `of ${count(application.units.length, 'unit')}${also}`,
    };
  }
  if (juju.tone === 'bad') return { sign: juju, why: application.problem ?? application.status.message ?? '' };
  if (worst && worst.severity !== 'info') {
    return { sign: SEVERITY_SIGNS[worst.severity], why: `${worst.title}${others.length > 0 ? ` (+${others.length})` : ''}` };
  }
  const checked = report?.units.filter((unit) => unit.application === application.name).length ?? 0;
  if (checked > 0 && juju.tone === 'good') {
    const part = checked < application.units.length ? `${checked} of ${application.units.length} ` : '';
    return { sign: { tone: 'good', symbol: 'good', word: 'ok' }, why: `${part}checked ${age(report?.checkedAt ?? '', now)}` };
  }
  const busy = application.units.filter((unit) => unit.runningHook !== undefined).length;
  const words = isChecked(application, catalogue) && checked === 0 ? 'not checked' : (application.status.message ?? '');
  const why = busy === 0 ? words : `${words}; ${busy} busy`;
  return { sign: juju, why };
}

/** Applications that show their units from the start: those with a unit that would be left out of a tuning. */
export function opened(inventory: Inventory | undefined): ReadonlySet<string> {
  const troubled = (inventory?.applications ?? []).filter(
    (one) => one.units.length <= 12 && one.units.some((unit) => unit.trouble !== undefined),
  );
  return new Set(troubled.map((one) => one.name));
}
