import type { Inventory, Unit } from '../../../domain/inventory.js';
import { applicationOf, foldUnits } from '../../../domain/unit-set.js';
import { SEVERITY_SIGNS, type Symbols, symbolsFor } from '../../paint.js';
import { age, count, displayWidth, showableLine } from '../../text.js';
import { applicationHealth, canBeTuned, checkedUnitHealth, findingsOf, type Health, isChecked } from '../health.js';
import { beside, cells, EMPTY, item, type Line, paragraph, type Room, say, signSpan, span } from '../lines.js';
import { type InventoryRow, inventoryRows } from '../rows.js';
import type { ScreenOf, State } from '../state.js';
import { isChecking, reportShown } from '../waiting.js';
import { clamp, list } from '../widgets/list.js';
import { failureLines, waitLines } from '../widgets/notice.js';

/** From this width on the row under the cursor is told beside the list. */
const WIDE = 124;

export function inventoryLines(state: State, screen: ScreenOf<'inventory'>, room: Room): Line[] {
  const { value, failure } = state.inventory;
  const symbols = symbolsFor(state.terminal);
  if (!value)
    return failure
      ? failureLines(failure, room.columns, symbols)
      : waitLines('asking juju for its status', state.inventory.since, state, symbols);
  const trouble = failure ? failureLines(failure, room.columns, symbols) : [];
  const rows = inventoryRows(state, screen.filter);
  const body = { columns: room.columns, rows: room.rows - trouble.length };
  if (rows.length === 0 && state.problemsOnly)
    return [...trouble, EMPTY, say('  no problem is known'), say('  ! shows everything again', 'dim')];
  if (rows.length === 0) return [...trouble, EMPTY, ...emptyLines(value, screen.filter)];
  if (room.columns < WIDE) return [...trouble, ...table(state, value, rows, screen.cursor, body, symbols)];
  const left = Math.floor(room.columns * 0.58);
  const row = rows[clamp(screen.cursor, 0, rows.length - 1)];
  const right = row ? detail(state, row, room.columns - left - 3, symbols) : [];
  return [
    ...trouble,
    ...beside(table(state, value, rows, screen.cursor, { ...body, columns: left }, symbols), right, left, body, symbols),
  ];
}

function emptyLines(inventory: Inventory, filter: string): Line[] {
  if (filter !== '') return [say(`  no row matches "${filter}"`), say('  esc clears the filter', 'dim')];
  return [
    say(`  model ${inventory.model.name} has no applications`),
    say('  choose another one: juju-tune -m CONTROLLER:MODEL', 'dim'),
  ];
}

function table(
  state: State,
  inventory: Inventory,
  rows: readonly InventoryRow[],
  cursor: number,
  room: Room,
  symbols: Symbols,
): Line[] {
  const names = inventory.applications.map((one) => displayWidth(one.name) + 8);
  const name = clamp(Math.max(...names), 18, Math.max(18, Math.floor(room.columns * 0.38)));
  const columns = [{ width: name }, { width: 11 }, { width: room.columns >= 76 ? 9 : 0 }].filter((column) => column.width > 0);
  const hasMachine = columns.length === 3;
  const head = cells(
    ['  application, unit', 'state', ...(hasMachine ? ['machine'] : []), 'why'].map((text) => span(text, 'dim')),
    columns,
  );
  const line = (row: InventoryRow): Line => {
    const { mark, health, machine } = rowParts(state, row, symbols);
    return cells(
      [
        mark,
        signSpan(health.sign, symbols),
        ...(hasMachine ? [span(machine, 'dim')] : []),
        span(showableLine(health.why), 'dim'),
      ],
      columns,
    );
  };
  return [head, ...list(rows, cursor, { columns: room.columns, rows: room.rows - 1 }, line)];
}

const CHECKING = { tone: 'busy', symbol: 'busy', word: 'checking' } as const;

function rowParts(state: State, row: InventoryRow, symbols: Symbols) {
  if (row.kind === 'unit') {
    const { unit } = row;
    return {
      mark: span(`   ${unit.leader ? symbols.leader : ' '} ${unit.name}`),
      health: unitProgress(state, unit) ?? checkedUnitHealth(unit, reportShown(state)),
      machine: showableLine(unit.machine),
    };
  }
  const { application } = row;
  const marked = state.marked.has(application.name) ? symbols.cursor : ' ';
  const fold = application.units.length === 0 ? ' ' : row.isOpen ? symbols.open : symbols.closed;
  const progress = checkProgress(state, application.name);
  const health = applicationHealth(application, reportShown(state), state.catalogue, state.modelNow);
  return {
    mark: span(`${marked}${fold} ${application.name} ${application.units.length}`, 'plain', true),
    health: progress === undefined ? health : { sign: CHECKING, why: [progress, worstOf(state, application.name)].join('') },
    machine: '',
  };
}

/** How far the check of an application is, while one is under way. */
function checkProgress(state: State, application: string): string | undefined {
  const { waiting } = state;
  if (!waiting || !isChecking(state)) return undefined;
  const asked = waiting.units.filter((unit) => applicationOf(unit) === application);
  if (asked.length === 0) return undefined;
  const answered = asked.filter((unit) => waiting.answered.has(unit)).length;
  const silent = asked.filter((unit) => waiting.silent.has(unit)).length;
  return `${answered} of ${asked.length} answered${silent > 0 ? `, ${silent} did not` : ''}`;
}

function worstOf(state: State, application: string): string {
  const [worst] = findingsOf(reportShown(state), application);
  return worst === undefined ? '' : `; ${worst.severity}: ${worst.title}`;
}

/** A unit that is asked and has said nothing yet. */
function unitProgress(state: State, unit: Unit): Health | undefined {
  const { waiting } = state;
  if (!waiting || !isChecking(state) || !waiting.units.includes(unit.name)) return undefined;
  if (waiting.answered.has(unit.name) || waiting.silent.has(unit.name)) return undefined;
  return { sign: CHECKING, why: waiting.held.get(unit.name) ?? 'asked, no answer yet' };
}

function detail(state: State, row: InventoryRow, width: number, symbols: Symbols): Line[] {
  const { application } = row;
  if (row.kind === 'unit') return unitDetail(row, width);
  const revision = application.revision === undefined ? '' : ` rev ${application.revision}`;
  const findings = findingsOf(reportShown(state), application.name);
  const troubled = application.units.filter((unit) => unit.reason !== undefined);
  const busy = application.units.filter((unit) => unit.runningHook !== undefined);
  return [
    say(application.name, 'accent', true),
    say(`charm ${application.charm} ${application.channel}${revision}`, 'dim'),
    say(`${application.status.current}  ${application.status.message ?? ''}`),
    ...(application.subordinateTo.length > 0 ? [say(`subordinate to ${application.subordinateTo.join(', ')}`, 'dim')] : []),
    EMPTY,
    ...troubled.flatMap((unit) =>
      item(span(symbols.bad, 'bad'), `${unit.name}: ${unit.reason ?? ''}; left out of a tuning only when you say so`, width),
    ),
    ...busy.flatMap((unit) =>
      item(span(symbols.busy, 'busy'), `${unit.name} runs ${unit.runningHook ?? ''}; it is waited for`, width),
    ),
    ...(troubled.length + busy.length > 0 ? [EMPTY] : []),
    ...findings.flatMap((finding) => [
      ...item(signSpan(SEVERITY_SIGNS[finding.severity], symbols), finding.title, width),
      say(`    ${foldUnits(finding.units)}`, 'dim'),
    ]),
    ...nextStep(state, row, findings.length, width),
  ];
}

function nextStep(state: State, row: InventoryRow, findings: number, width: number): Line[] {
  const { application } = row;
  const report = reportShown(state);
  const checked = report?.units.some((unit) => unit.application === application.name);
  if (findings > 0) return [EMPTY, ...paragraph('2 shows the findings with their evidence', width, 'dim')];
  if (checked && isChecking(state)) return paragraph('answered: nothing found so far', width);
  if (checked) return paragraph(`checked ${age(report?.checkedAt ?? '', state.modelNow)}: nothing found`, width);
  if (isChecked(application, state.catalogue)) return paragraph('not checked: c looks, read only', width, 'dim');
  const reason = application.subordinate ? 'a subordinate: shown, not tuned' : 'no diagnostic and no tuning is for this charm';
  return canBeTuned(application, state.catalogue) ? [] : paragraph(reason, width, 'dim');
}

function unitDetail(row: Extract<InventoryRow, { kind: 'unit' }>, width: number): Line[] {
  const { unit } = row;
  return [
    say(`${unit.name}${unit.leader ? '  leader' : ''}`, 'accent', true),
    say(`machine ${unit.machine || 'none'}  ${unit.az}  ${unit.address}`, 'dim'),
    say(`agent ${unit.agent.current}  ${unit.agent.message ?? ''}`),
    ...paragraph(`workload ${unit.workload.current}  ${unit.workload.message ?? ''}`, width),
    ...(unit.reason === undefined ? [] : paragraph(`left out of a tuning: ${unit.reason}`, width, 'bad')),
    ...(unit.subordinates.length === 0 ? [] : [EMPTY, ...paragraph(`with ${unit.subordinates.join(', ')}`, width, 'dim')]),
    EMPTY,
    say('enter shows its facts', 'dim'),
  ];
}

/** The one line that offers what to do next. */
export function inventoryOffer(state: State): string {
  const inventory = state.inventory.value;
  if (!inventory) return '';
  const wanted = inventory.applications.filter(
    (one) => isChecked(one, state.catalogue) && (state.marked.size === 0 || state.marked.has(one.name)),
  );
  const units = wanted.flatMap((one) => one.units).filter((unit) => unit.trouble !== 'lost' && unit.trouble !== 'down').length;
  if (wanted.length === 0) return 'no diagnostic is for an application of this model';
  const which =
    state.marked.size > 0
      ? `the marked ${count(wanted.length, 'application')}`
      : wanted.length === 1
        ? wanted[0]?.name
        : `all ${wanted.length} API applications`;
  return `c checks ${which} (${count(units, 'unit')}, read only)`;
}
