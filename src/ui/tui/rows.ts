import type { CheckReport } from '../../domain/check.js';
import type { Finding } from '../../domain/finding.js';
import type { Application, Inventory, Unit } from '../../domain/inventory.js';
import { compareNatural } from '../../domain/natural-order.js';
import type { Run } from '../../domain/run.js';
import { countSuspicious } from '../../domain/suspicious.js';
import { foldUnits, type UnitName } from '../../domain/unit-set.js';
import type { JujuCall } from '../../engine/session.js';
import type { Tone } from '../paint.js';
import { matches } from './filter.js';
import { applicationHealth, checkedUnitHealth, type Health, isChecked } from './health.js';
import { lastResult } from './last-result.js';
import { knownRuns, type ModelChoice, type Screen, type State } from './state.js';
import { reportShown } from './waiting.js';

export type InventoryRow =
  | { readonly kind: 'application'; readonly application: Application; readonly isOpen: boolean }
  | { readonly kind: 'unit'; readonly unit: Unit; readonly application: Application };

/** What decides which rows of the inventory there are and in which order. */
type Shaping = Pick<State, 'catalogue' | 'open' | 'sort' | 'problemsOnly'> & { readonly report: CheckReport | undefined };

/** Rows of the inventory: applications, and the units of those that are open or have a unit that the filter or `!` asks for. */
export function inventoryRows(state: State, filter: string): readonly InventoryRow[] {
  const { inventory, catalogue, open, sort, problemsOnly, check } = state;
  return inventory.value ? rowsOf(inventory.value, filter, catalogue, open, sort, problemsOnly, check.value) : [];
}

const rowsOf = lastResult(
  (
    inventory: Inventory,
    filter: string,
    catalogue: Shaping['catalogue'],
    open: Shaping['open'],
    sort: Shaping['sort'],
    problemsOnly: boolean,
    report: Shaping['report'],
  ): readonly InventoryRow[] =>
    inOrder(inventory, { catalogue, open, sort, problemsOnly, report }).flatMap((application): InventoryRow[] => {
      const named = matches(filter, {
        text: application.name,
        terms: { app: application.name, status: application.status.current },
      });
      const asked = (unit: Unit): boolean =>
        (named || matches(filter, { text: unitText(unit), terms: unitTerms(unit) })) &&
        (!problemsOnly || !isWell(checkedUnitHealth(unit, report)));
      const found = application.units.filter(asked);
      const isBad = (): boolean => !isWell(applicationHealth(application, report, catalogue, 0));
      if (problemsOnly ? found.length === 0 && !(named && isBad()) : filter !== '' && found.length === 0 && !named) return [];
      const isOpen = open.has(application.name) || problemsOnly || (filter !== '' && !named);
      return [
        { kind: 'application', application, isOpen },
        ...(isOpen ? found : []).map((unit): InventoryRow => ({ kind: 'unit', unit, application })),
      ];
    }),
);

function isWell({ sign }: Health): boolean {
  return sign.tone === 'good' || sign.tone === 'busy';
}

const BADNESS: Readonly<Record<Tone, number>> = { bad: 0, warn: 1, accent: 2, busy: 3, plain: 4, dim: 4, good: 5 };

/** Unless told otherwise what can be checked comes first: in an incident that is what a small screen must show. */
function inOrder(inventory: Inventory, { catalogue, sort, report }: Shaping): readonly Application[] {
  const { applications } = inventory;
  if (sort === 'by name') return applications.toSorted((a, b) => compareNatural(a.name, b.name));
  const first = applications.filter((one) => isChecked(one, catalogue));
  const ordered = [...first, ...applications.filter((one) => !first.includes(one))];
  if (sort === 'checked first') return ordered;
  const badness = new Map(ordered.map((one) => [one, BADNESS[applicationHealth(one, report, catalogue, 0).sign.tone]]));
  return ordered.sort((a, b) => (badness.get(a) ?? 0) - (badness.get(b) ?? 0));
}

function unitText(unit: Unit): string {
  return [unit.name, unit.machine, unit.agent.current, unit.workload.current, unit.workload.message, unit.reason].join(' ');
}

function unitTerms(unit: Unit): Record<string, string> {
  return {
    app: unit.application,
    az: unit.az,
    host: unit.host,
    status: `${unit.workload.current} ${unit.agent.current} ${unit.trouble ?? ''}`,
  };
}

/** Rows of the findings: what was found, then who said nothing, who was left out, and diagnostics that did not end well. */
export type FindingRow =
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'note'; readonly title: string; readonly units: readonly UnitName[]; readonly why: string };

export const findingRows = lastResult((report: CheckReport, filter: string): readonly FindingRow[] => {
  const rows: FindingRow[] = [
    ...report.findings.map((finding): FindingRow => ({ kind: 'finding', finding })),
    ...report.silent.map((one): FindingRow => ({ kind: 'note', title: 'did not answer', units: [one.unit], why: one.message })),
    ...report.leftOut.map((one): FindingRow => ({ kind: 'note', title: 'not asked', units: [one.unit], why: one.reason })),
    ...report.units.flatMap((unit) =>
      unit.problems.map(
        (problem): FindingRow => ({ kind: 'note', title: 'diagnostic failed', units: [unit.unit], why: problem }),
      ),
    ),
  ];
  return rows.filter((row) =>
    matches(filter, { text: findingText(row), terms: row.kind === 'finding' ? { status: row.finding.severity } : {} }),
  );
});

function findingText(row: FindingRow): string {
  return row.kind === 'finding'
    ? [row.finding.severity, row.finding.title, row.finding.why, row.finding.units.join(' ')].join(' ')
    : [row.title, row.why, ...row.units].join(' ');
}

/** Newest first. */
export const runRows = lastResult((runs: readonly Run[], filter: string): readonly Run[] =>
  runs.toReversed().filter((run) =>
    matches(filter, {
      text: [run.shortId, run.plan.action.id, run.purpose, run.operator, foldUnits(run.plan.targets)].join(' '),
      terms: { status: `${run.status} ${run.outcome ?? ''}` },
    }),
  ),
);

/** As Juju lists them. */
export const modelRows = lastResult((models: readonly ModelChoice[], filter: string): readonly ModelChoice[] =>
  models.filter((model) =>
    matches(filter, { text: [model.target, model.type, model.access].join(' '), terms: { status: model.status } }),
  ),
);

/** Newest first. */
export const callRows = lastResult((calls: readonly JujuCall[], filter: string): readonly JujuCall[] =>
  calls.toReversed().filter((call) => matches(filter, { text: call.command })),
);

/** The row of the inventory under the cursor, when that is what is shown. */
export function inventoryRowUnderCursor(state: State, screen: Screen): InventoryRow | undefined {
  if (screen.kind !== 'inventory' || !state.inventory.value) return undefined;
  const rows = inventoryRows(state, screen.filter);
  return rows[Math.min(screen.cursor, rows.length - 1)];
}

/** The row with the suspicious words of its evidence. */
export function revealed(row: FindingRow): FindingRow {
  if (row.kind !== 'finding') return row;
  const evidence = row.finding.evidence.map(({ unit, text, reveal }) => ({ unit, text: reveal?.() ?? text }));
  return { ...row, finding: { ...row.finding, evidence } };
}

/** How many suspicious words of its evidence can be shown. */
export function hiddenIn(row: FindingRow | undefined): number {
  const lines = row?.kind === 'finding' ? row.finding.evidence.filter((line) => line.reveal !== undefined) : [];
  return lines.reduce((sum, line) => sum + countSuspicious(line.text), 0);
}

/** The finding or note under the cursor, or the one that is shown whole. */
export function findingRowUnderCursor(state: State, screen: Screen): FindingRow | undefined {
  if (screen.kind === 'finding') return screen.row;
  const report = reportShown(state);
  if (screen.kind !== 'findings' || !report) return undefined;
  const rows = findingRows(report, screen.filter);
  return rows[Math.min(screen.cursor, rows.length - 1)];
}

export function runUnderCursor(state: State, screen: Screen): Run | undefined {
  if (screen.kind !== 'runs') return undefined;
  const rows = runRows(knownRuns(state), screen.filter);
  return rows[Math.min(screen.cursor, rows.length - 1)];
}

export function modelUnderCursor(state: State, screen: Screen): ModelChoice | undefined {
  if (screen.kind !== 'models') return undefined;
  const rows = modelRows(state.models.value ?? [], screen.filter);
  return rows[Math.min(screen.cursor, rows.length - 1)];
}
