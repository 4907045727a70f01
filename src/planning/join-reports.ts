import type { Action } from '../domain/action.js';
import type { CheckReport } from '../domain/check.js';
import { compareUnits } from '../domain/unit-set.js';
import { findDiagnostics } from './catalogue.js';
import { findFindings } from './findings.js';

/** One report of two: units of the later one stand for those of the earlier one, and the rules are asked again over all of them. */
export function joinReports(before: CheckReport, later: CheckReport, catalogue: readonly Action[]): CheckReport {
  const asked = new Set([...later.units, ...later.silent, ...later.leftOut].map((one) => one.unit));
  const units = [...before.units.filter((one) => !asked.has(one.unit)), ...later.units].sort((a, b) =>
    compareUnits(a.unit, b.unit),
  );
  return {
    ...later,
    diagnostics: [...new Set([...before.diagnostics, ...later.diagnostics])],
    units,
    silent: [...before.silent.filter((one) => !asked.has(one.unit)), ...later.silent],
    leftOut: [...before.leftOut.filter((one) => !asked.has(one.unit)), ...later.leftOut],
    unreached: [...before.unreached.filter((unit) => !asked.has(unit)), ...later.unreached],
    findings: findFindings(findDiagnostics(catalogue), units),
  };
}
