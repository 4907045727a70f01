import type { CheckReport } from '../../domain/check.js';
import type { Progress } from '../../engine/session.js';
import { findDiagnostics } from '../../planning/catalogue.js';
import { findFindings } from '../../planning/findings.js';
import { joinReports } from '../../planning/join-reports.js';
import { duration } from '../text.js';
import { lastResult } from './last-result.js';
import type { State, Waiting } from './state.js';

/** Somebody begins to wait. `joins`: the report that the answers are added to. */
export function waitingFor(what: string, since: number, joins?: CheckReport): Waiting {
  return { what, since, units: [], answered: new Set(), checks: [], held: new Map(), silent: new Map(), joins };
}

export function waitingAfter(waiting: Waiting, event: Progress): Waiting {
  switch (event.type) {
    case 'resolved':
      return { ...waiting, units: event.units };
    case 'checked':
      return { ...waiting, answered: new Set([...waiting.answered, event.unit.unit]), checks: [...waiting.checks, event.unit] };
    case 'waiting': {
      const why = `waits for ${event.why} ${duration(event.seconds)} of ${duration(event.limit)}`;
      return { ...waiting, held: new Map([...waiting.held, [event.unit, why]]) };
    }
    case 'unit':
      if (event.state === 'answered') return { ...waiting, answered: new Set([...waiting.answered, event.unit]) };
      return event.state === 'no answer'
        ? { ...waiting, silent: new Map([...waiting.silent, [event.unit, event.detail]]) }
        : waiting;
  }
}

/** The last report, and while a check is under way what came in so far: an answer is never held back by a unit that is silent. */
export function reportShown(state: State): CheckReport | undefined {
  const { waiting } = state;
  if (!waiting || waiting.checks.length + waiting.silent.size === 0 || !isChecking(state)) return state.check.value;
  return soFar(waiting.checks, waiting.silent, waiting.joins, state.catalogue);
}

/** Units are being asked by a check, not by a dry run. */
export function isChecking({ waiting }: State): boolean {
  return waiting?.what.startsWith('checking') ?? false;
}

const soFar = lastResult(
  (
    checks: Waiting['checks'],
    silent: Waiting['silent'],
    joins: CheckReport | undefined,
    catalogue: State['catalogue'],
  ): CheckReport => {
    const diagnostics = findDiagnostics(catalogue);
    const report: CheckReport = {
      demo: false,
      checkedAt: '',
      windowSeconds: 0,
      diagnostics: diagnostics.map((one) => one.id),
      units: checks,
      silent: [...silent].map(([unit, message]) => ({ unit, code: 'NO_ANSWER', message })),
      leftOut: [],
      unreached: [],
      findings: joins ? [] : findFindings(diagnostics, checks),
    };
    return joins ? joinReports(joins, report, catalogue) : report;
  },
);
