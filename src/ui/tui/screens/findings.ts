import type { Finding } from '../../../domain/finding.js';
import { shellCommand } from '../../../domain/shell-words.js';
import { foldUnits } from '../../../domain/unit-set.js';
import { activationWords } from '../../activation.js';
import { gather } from '../../gather.js';
import { jailTone } from '../../jail-text.js';
import { SEVERITY_SIGNS, type Symbols, symbolsFor } from '../../paint.js';
import { suspiciousIn } from '../../suspicious-text.js';
import { age, count, displayWidth, period, showableLine } from '../../text.js';
import { lastResult } from '../last-result.js';
import { beside, cells, EMPTY, item, type Line, paragraph, type Room, say, signSpan, span } from '../lines.js';
import { type FindingRow, findingRows } from '../rows.js';
import type { ScreenOf, State } from '../state.js';
import { isChecking, reportShown } from '../waiting.js';
import { clamp, list } from '../widgets/list.js';
import { failureLines, waitLines } from '../widgets/notice.js';

const WIDE = 124;

const suspiciousShown = lastResult(suspiciousIn);

export function findingsLines(state: State, screen: ScreenOf<'findings'>, room: Room): Line[] {
  const symbols = symbolsFor(state.terminal);
  const { failure, since } = state.check;
  const value = reportShown(state);
  if (!value) {
    if (failure) return failureLines(failure, room.columns, symbols);
    if (since !== undefined) return waitLines('asking the units', since, state, symbols);
    const hint = 'c runs the passive diagnostics on all API applications: read only, nothing is sent to the API';
    return [EMPTY, say('  not checked yet'), ...paragraph(hint, room.columns - 2, 'dim', '  ')];
  }
  const rows = findingRows(value, screen.filter);
  const head = headLine(state, rows.length);
  const trouble = failure ? failureLines(failure, room.columns, symbols) : [];
  if (rows.length === 0) return [head, ...trouble, EMPTY, ...nothing(value.units.length, screen.filter, symbols)];
  const row = rows[clamp(screen.cursor, 0, rows.length - 1)];
  const body = { columns: room.columns, rows: room.rows - 1 - trouble.length };
  const line = (columns: number) => {
    const title = titleWidth(rows, columns);
    return (one: FindingRow): Line => rowLine(one, title, symbols);
  };
  if (room.columns >= WIDE) {
    const left = listWidth(rows, room.columns);
    const right = row ? findingDetail(state, row, room.columns - left - 3, symbols) : [];
    return [
      head,
      ...trouble,
      ...beside(list(rows, screen.cursor, { ...body, columns: left }, line(left)), cut(right, body.rows), left, body, symbols),
    ];
  }
  const top = clamp(rows.length, 1, Math.max(3, Math.floor(body.rows * 0.4)));
  const below = row ? findingDetail(state, row, room.columns - 2, symbols) : [];
  return [
    head,
    ...trouble,
    ...list(rows, screen.cursor, { columns: room.columns, rows: top }, line(room.columns)),
    [span(symbols.rule.repeat(room.columns), 'dim')],
    ...cut(below, Math.max(0, body.rows - top - 1)).map((one): Line => [span(' '), ...one]),
  ];
}

/** As much as there is room for; the last line says that there is more. */
function cut(lines: readonly Line[], rows: number): readonly Line[] {
  return lines.length <= rows ? lines : [...lines.slice(0, Math.max(0, rows - 1)), say('l shows all of it', 'dim')];
}

function headLine(state: State, rows: number): Line {
  const report = reportShown(state);
  if (!report) return EMPTY;
  const { waiting } = state;
  if (waiting && isChecking(state) && report !== state.check.value) {
    const heard = `${waiting.answered.size} of ${count(waiting.units.length, 'unit')} answered so far`;
    return [span(' checking', 'busy', true), span(`  ${heard}, ${count(rows, 'row')}; more may come`, 'dim')];
  }
  const asked = `${count(report.units.length, 'unit')} answered, ${count(rows, 'row')}, logs of the last ${period(report.windowSeconds)}`;
  const away = report.unreached.length;
  const suspicious = suspiciousShown(report);
  const unjailed = report.units.filter((unit) => unit.unjailed !== undefined).length;
  return [
    span(` checked ${age(report.checkedAt, state.modelNow)}`, 'plain', true),
    ...(away > 0 ? [span(`  nothing heard of ${count(away, 'unit')}: o asks by ssh`, 'warn')] : []),
    ...(unjailed > 0 ? [span(`  read-only jail not enforced on ${count(unjailed, 'unit')}`, jailTone(report))] : []),
    ...(suspicious > 0 ? [span(`  ${count(suspicious, 'suspicious word')} hidden: v shows`, 'warn')] : []),
    span(`  ${asked}`, 'dim'),
  ];
}

function nothing(units: number, filter: string, symbols: Symbols): Line[] {
  if (filter !== '') return [say(`  no finding matches "${filter}"`), say('  esc clears the filter', 'dim')];
  return [[span(`  ${symbols.good} nothing found`, 'good'), span(` on ${count(units, 'unit')}`)]];
}

const SEVERITY_WIDTH = 9;
const LEAST_TITLE = 24;
/** What a row has beside title and units. */
const GAPS = SEVERITY_WIDTH + 5;

/** The widest title and the widest set of units. */
function widths(rows: readonly FindingRow[]): { readonly title: number; readonly units: number } {
  const titles = rows.map((row) => displayWidth(row.kind === 'finding' ? showableLine(row.finding.title) : row.title));
  const units = rows.map((row) => displayWidth(foldUnits(row.kind === 'finding' ? row.finding.units : row.units)));
  return { title: Math.max(...titles), units: Math.max(...units) };
}

/** Titles take the room that the units leave them; both are cut only where there is not enough for both. */
function titleWidth(rows: readonly FindingRow[], columns: number): number {
  const wanted = widths(rows);
  const free = columns - GAPS;
  const forUnits = clamp(wanted.units, 8, Math.max(8, Math.floor(free / 3)));
  return clamp(wanted.title, LEAST_TITLE, Math.max(LEAST_TITLE, free - forUnits));
}

/** The list beside the detail is as wide as its rows, but leaves the detail two fifths. */
function listWidth(rows: readonly FindingRow[], columns: number): number {
  const { title, units } = widths(rows);
  return clamp(title + units + GAPS, Math.floor(columns * 0.45), Math.floor(columns * 0.6));
}

function rowLine(row: FindingRow, title: number, symbols: Symbols): Line {
  const columns = [{ width: SEVERITY_WIDTH }, { width: title }];
  if (row.kind === 'finding') {
    const { finding } = row;
    return cells(
      [
        {
          ...signSpan(SEVERITY_SIGNS[finding.severity], symbols),
          text: ` ${signSpan(SEVERITY_SIGNS[finding.severity], symbols).text}`,
        },
        span(showableLine(finding.title), 'plain', true),
        span(foldUnits(finding.units), 'dim'),
      ],
      columns,
    );
  }
  return cells(
    [span(` ${symbols.warning}`, 'warn'), span(row.title), span(`${foldUnits(row.units)}  ${showableLine(row.why)}`, 'dim')],
    columns,
  );
}

export function findingDetail(state: State, row: FindingRow, width: number, symbols: Symbols): Line[] {
  if (row.kind === 'note') {
    const isAway = row.units.some((unit) => state.check.value?.unreached.includes(unit));
    return [
      say(`${foldUnits(row.units)}: ${row.title}`, 'accent', true),
      ...paragraph(row.why, width),
      ...(isAway ? [EMPTY, ...paragraph('o asks it over ssh, which needs no agent: read only', width, 'good')] : []),
    ];
  }
  const { finding } = row;
  return [
    say(finding.title, 'accent', true),
    [span(foldUnits(finding.units)), span(` (${count(finding.units.length, 'unit')})  ${finding.id}`, 'dim')],
    ...cure(state, finding, width, symbols),
    EMPTY,
    ...paragraph(finding.why, width),
    ...(finding.evidence.length > 0 ? [EMPTY, say('evidence', 'dim')] : []),
    ...evidence(finding, width, symbols),
  ];
}

function evidence(finding: Finding, width: number, symbols: Symbols): Line[] {
  const groups = gather(
    finding.evidence.map((one) => [one.unit, one.text] as const),
    (text) => text,
  );
  return groups.flatMap(({ units, value }) => [
    [span(`${symbols.bullet} ${foldUnits(units)}`, 'dim')],
    ...paragraph(value, width, 'plain', '  '),
  ]);
}

function cure(state: State, finding: Finding, width: number, symbols: Symbols): Line[] {
  const { recommend } = finding;
  if (!recommend) return [say('no tuning is recommended for this', 'dim')];
  const tuning = state.catalogue.find((action) => action.id === recommend.action);
  const params = Object.entries(recommend.params).map(([name, value]) => `${name}=${value}`);
  const how = tuning?.kind === 'tuning' ? `  (${activationWords(tuning)}, ${tuning.risk} risk)` : '';
  return [
    ...item(span(`try ${symbols.arrow}`, 'good'), `${shellCommand([recommend.action, ...params])}${how}`, width, 'good'),
    ...(tuning ? paragraph(tuning.title, width, 'dim', '      ') : []),
  ];
}
