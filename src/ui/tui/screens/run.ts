import { isGood } from '../../../domain/outcome.js';
import { sayOption } from '../../../domain/plan.js';
import { leftChanged, outcomeOf, partsOf, pendingUnits, type Run, type RunUnit } from '../../../domain/run.js';
import { foldUnits } from '../../../domain/unit-set.js';
import { OUTCOME_SIGNS, RUN_SIGNS, type Sign, type Symbols, symbolsFor } from '../../paint.js';
import { conflictText } from '../../plain/run.js';
import { count, displayWidth, duration, showableLine, took } from '../../text.js';
import { goOnWords } from '../go-on.js';
import { apart, type Column, cells, EMPTY, fill, item, type Line, paragraph, type Room, say, signSpan, span } from '../lines.js';
import { findRun, isRunning, type ScreenOf, type State } from '../state.js';
import { clamp, list } from '../widgets/list.js';
import { waitLines } from '../widgets/notice.js';
import { countdown, isAsking, openWords } from '../window.js';
import { measureLines } from './measured.js';

/** A run, live or past: units and their phases above, what is to be known of it below. */
export function runLines(state: State, screen: ScreenOf<'run'>, room: Room): Line[] {
  const symbols = symbolsFor(state.terminal);
  const run = findRun(state, screen.run) ?? (screen.run === '' ? state.live?.run : undefined);
  if (!run) return waitLines('opening the journal', undefined, state, symbols);
  const isLive = isLiveRun(state, run);
  const held = isAsking(state)
    ? ''
    : state.live?.stopping
      ? 'stopping after the units in flight'
      : state.live?.paused
        ? 'held before the next batch'
        : '';
  const head = headLines(run, isLive, held, room.columns, symbols);
  const units = inBatchOrder(run);
  const unit = units[clamp(screen.cursor, 0, units.length - 1)];
  const note = state.live?.run?.id === run.id ? state.live.note : '';
  const below = [
    ...windowLines(state, run, room.columns - 2, symbols),
    ...(note === '' ? [] : [EMPTY, ...item(span(` ${symbols.warning}`, 'bad', true), note, room.columns - 2)]),
    ...unitLines(hasTrouble(unit) ? unit : units.find(hasTrouble), room.columns - 2, symbols),
    ...(unit && !hasTrouble(unit) ? cutLines(run, unit, room.columns, symbols) : []),
    ...optionLines(run, room.columns - 2, symbols),
    ...restLines(state, run, room.columns - 2, symbols),
  ];
  const left = room.rows - head.length - 1;
  const tableRows = clamp(run.units.length, 1, Math.max(3, left - Math.min(below.length, Math.ceil(left * 0.6))));
  return [
    ...head,
    ...(run.plan.charm ? [] : unitTable(run, isLive, screen.cursor, { columns: room.columns, rows: tableRows + 1 }, symbols)),
    ...below.slice(0, Math.max(0, left - tableRows)),
  ];
}

/** It is carried out from here. */
function isLiveRun(state: State, run: Run): boolean {
  return isRunning(state) && state.live?.run?.id === run.id;
}

/** Units in the order in which they are changed. */
function inBatchOrder(run: Run): readonly RunUnit[] {
  return run.units.toSorted((a, b) => a.batch - b.batch);
}

export function runSign(run: Run, isLive: boolean): Sign {
  if (run.status === 'awaiting-confirmation') return { tone: 'warn', symbol: 'warning', word: 'awaits' };
  if (isLive)
    return {
      tone: 'busy',
      symbol: 'busy',
      word: run.measuringSeconds > 0 && run.measures.length === 0 ? 'measuring' : run.bakingSeconds > 0 ? 'watching' : 'running',
    };
  if (run.outcome !== undefined) return RUN_SIGNS[run.outcome];
  return {
    ...RUN_SIGNS[outcomeOf(run.plan.kind, partsOf(run))],
    tone: 'warn',
    symbol: 'warning',
    word: run.status === 'open' ? 'open' : 'unfinished',
  };
}

function headLines(run: Run, isLive: boolean, held: string, columns: number, symbols: Symbols): Line[] {
  const what = run.plan.kind === 'rollback' ? `take back ${run.plan.action.id}` : run.plan.action.id;
  const batch = run.plan.batches.find((one) => one.number === run.batch);
  const last = run.plan.batches.length;
  const where = batch ? ` batch ${batch.number}/${last} ${batch.canary ? 'canary ' : ''}${foldUnits(batch.units)}` : ' not begun';
  const operations =
    run.operations.length === 0 ? '' : `juju operation ${run.operations.slice(-6).map(showableLine).join(', ')} `;
  return [
    apart(
      [span(` ${run.shortId}`, 'accent', true), span(`  ${showableLine(what)}  `), span(foldUnits(run.plan.targets), 'dim')],
      [signSpan(runSign(run, isLive), symbols), span(' ')],
      columns,
    ),
    say(` ${run.purpose}  by ${run.operator}`, 'dim'),
    apart(
      [
        span(
          run.plan.charm
            ? optionsWord(run, isLive)
            : isLive
              ? where
              : ` ${count(run.units.length, 'unit')}, ${count(last, 'batch', 'batches')}`,
        ),
        span(isLive && held !== '' ? `  ${held}` : '', 'warn', true),
      ],
      [span(operations, 'dim')],
      columns,
    ),
    EMPTY,
  ];
}

/** What a run that sets charm options is at. */
function optionsWord({ plan, options, gates }: Run, isLive: boolean): string {
  const all = ` ${plan.charm?.application ?? ''}: all ${plan.charm?.units.length ?? 0} units at once`;
  if (!isLive || gates.length > 0) return all;
  return options?.outcome === 'changed' ? `${all}; waits until their hooks have ended` : `${all}; asks juju`;
}

function optionLines({ plan: { charm }, options }: Run, width: number, symbols: Symbols): Line[] {
  if (!charm || !options) return [];
  return [
    [span(` ${showableLine(charm.application)} charm options `), signSpan(OUTCOME_SIGNS[options.outcome], symbols)],
    ...charm.options.flatMap((option) => paragraph(sayOption(option), width, 'plain', '   ')),
    ...(options.detail === '' ? [] : paragraph(options.detail, width, 'dim', '   ')),
  ];
}

function unitColumns(run: Run): readonly Column[] {
  const name = clamp(Math.max(...run.units.map((unit) => displayWidth(unit.unit))) + 2, 12, 34);
  const widths = [name, 5, 6, 7, 6, 13].map((width) => ({ width }));
  return [...widths, { width: 7, align: 'right' }];
}

function unitTable(run: Run, isLive: boolean, cursor: number, room: Room, symbols: Symbols): Line[] {
  const columns = unitColumns(run);
  const head = cells(
    ['  unit', 'batch', 'sent', 'applied', 'gate', 'result', 'took', ' '].map((text) => span(text, 'dim')),
    columns,
  );
  const row = (unit: RunUnit): Line =>
    cells(
      [
        span(`  ${unit.unit}`),
        span(String(unit.batch), 'dim'),
        ...phaseSpans(run, unit, isLive, symbols),
        resultSpan(unit, isLive, symbols),
        span(unit.milliseconds > 0 ? took(unit.milliseconds) : '', 'dim'),
        span(saidBy(unit), 'dim'),
      ],
      columns,
    );
  return [head, ...list(inBatchOrder(run), cursor, { columns: room.columns, rows: room.rows - 1 }, row)];
}

function saidBy(unit: RunUnit): string {
  return showableLine(unit.phase === 'settled' ? unit.detail : unit.phaseDetail);
}

/** What the table had no room for. */
function cutLines(run: Run, unit: RunUnit, columns: number, symbols: Symbols): Line[] {
  const left = unitColumns(run).reduce((rest, { width }) => rest - width - 2, columns);
  const said = saidBy(unit);
  return displayWidth(said) <= left ? [] : [EMPTY, ...item(span(` ${symbols.bullet} ${unit.unit}:`), said, columns - 2, 'dim')];
}

/** A unit that is not settled is under way only while the run is carried out from here; else its outcome is all that is known. */
function resultSpan(unit: RunUnit, isLive: boolean, symbols: Symbols) {
  if (unit.outcome === 'pending') return signSpan({ ...OUTCOME_SIGNS.pending, word: 'awaits' }, symbols);
  if (unit.phase === 'settled' || !isLive) return signSpan(OUTCOME_SIGNS[unit.outcome], symbols);
  if (!unit.intended) return span('waits', 'dim');
  return span(`${symbols.busy} ${unit.phase === 'reading-back' ? 'reading back' : unit.phase}`, 'busy');
}

/** Sent, applied, gate: done, under way, failed or still to come; each also told by the result's word. */
function phaseSpans(run: Run, unit: RunUnit, isLive: boolean, symbols: Symbols) {
  const gate = run.gates.find((one) => one.batch === unit.batch);
  const done = span(`${symbols.good} yes`, 'good');
  const none = span(symbols.bullet, 'dim');
  const bad = span(`${symbols.bad} no`, 'bad');
  const unknown = isLive && unit.phase !== 'settled' ? span(`${symbols.busy} now`, 'busy') : span('? ', 'warn');
  const applied = { yes: done, no: bad, unknown, 'not yet': none }[appliedWord(unit)];
  const passed = gate ? (gate.ok ? done : bad) : unit.phase === 'gate' ? unknown : none;
  return [unit.intended ? done : none, applied, passed];
}

function appliedWord(unit: RunUnit): 'yes' | 'no' | 'unknown' | 'not yet' {
  if (!unit.intended || unit.outcome === 'not-started') return 'not yet';
  if (unit.phase === 'gate' || isGood(unit.outcome)) return 'yes';
  return unit.phase === 'settled' && unit.outcome !== 'unknown' ? 'no' : 'unknown';
}

/** What a change that awaits confirmation does by itself, and the keys that decide about it. */
function windowLines(state: State, run: Run, width: number, symbols: Symbols): Line[] {
  const open = openWords(state, run);
  const further = goOnWords(state, run);
  if (open !== undefined) {
    const words = further === undefined ? open : `${open}; ${further}`;
    return [EMPTY, ...item(span(` ${symbols.warning} ${run.shortId}`, 'warn', true), words, width)];
  }
  const counting = countdown(state, run);
  if (!counting) return [];
  const isBusy = isLiveRun(state, run) && !isAsking(state);
  const keys = isBusy ? 'prolonged as long as the run is on' : 'C keeps it, E gives 5 more minutes, R takes it back';
  const names = foldUnits(pendingUnits(run).map((unit) => unit.unit));
  return [
    EMPTY,
    [span(` ${symbols.warning} ${names} ${counting.text}`, counting.tone, true)],
    [span(`   ${keys}`, 'dim')],
    ...(further === undefined ? [] : paragraph(further, width, 'dim', '   ')),
  ].map((line) => fill(line, width));
}

function hasTrouble(unit: RunUnit | undefined): boolean {
  // What a unit notes of its timer is no trouble, and what it said before is none while it is told something else.
  return unit?.phase === 'settled' && ((unit.log.length > 0 && unit.outcome !== 'pending') || unit.code !== '');
}

/** What a unit said that did not end well: the one under the cursor, else the first. */
function unitLines(unit: RunUnit | undefined, width: number, symbols: Symbols): Line[] {
  if (!unit) return [];
  const task = unit.task === '' ? '' : `  juju task ${unit.task}`;
  return [
    EMPTY,
    ...item(
      span(` ${symbols.bad} ${unit.unit}:`, 'bad', true),
      `${unit.code === '' ? '' : `${unit.code}: `}${unit.detail}${task}`,
      width,
    ),
    ...unit.log.flatMap((line) => paragraph(line, width, 'dim', '     ')),
  ];
}

function restLines(state: State, run: Run, width: number, symbols: Symbols): Line[] {
  const gate = run.gates.at(-1);
  const isLive = isLiveRun(state, run);
  const measuring = isLive && run.measuringSeconds > 0 && run.measures.length === 0;
  return [
    ...(gate ? [EMPTY] : []),
    ...(gate?.checks ?? []).flatMap((check) =>
      item(
        span(` ${check.ok ? symbols.good : symbols.bad} gate ${gate?.batch ?? ''}:`, check.ok ? 'good' : 'bad'),
        `${check.name}: ${check.detail}`,
        width,
      ),
    ),
    ...(measuring
      ? [
          EMPTY,
          [
            span(` ${symbols.busy} measuring for ${duration(run.measuringSeconds)}`, 'busy'),
            span(': the same numbers again, to compare', 'dim'),
          ] as Line,
        ]
      : []),
    ...measureLines(run.measures, width, symbols),
    ...run.decisions.flatMap((decision) => item(span(` ${symbols.bullet}`, 'dim'), decision, width)),
    ...(isLive ? [] : closingLines(state, run, width, symbols)),
  ];
}

function closingLines(state: State, run: Run, width: number, symbols: Symbols): Line[] {
  const left = leftChanged(run);
  const before = findRun(state, run.plan.of ?? '')?.shortId ?? run.plan.of ?? '';
  const unknown = run.units.filter((unit) => unit.intended && (unit.outcome === 'unknown' || unit.outcome === 'broken'));
  const changed = run.units.filter((unit) => unit.outcome === 'changed');
  return [
    EMPTY,
    ...(run.detail === '' ? [] : paragraph(run.detail, width, 'plain', ' ')),
    ...(unknown.length > 0
      ? item(
          span(` ${symbols.warning} not known:`, 'warn', true),
          `${foldUnits(unknown.map((unit) => unit.unit))} may be half-way: juju-tune runs ${run.shortId}`,
          width,
        )
      : []),
    ...conflictText(run).flatMap((line) => paragraph(line, width, 'warn', ' ')),
    ...(left.length > 0
      ? paragraph(`left as it is: ${foldUnits(left)}; R on ${before} takes it back later`, width, 'warn', ' ')
      : []),
    ...(run.plan.kind === 'apply' && changed.length > 0
      ? [say(` R takes it back: juju-tune rollback ${run.shortId}`, 'dim')]
      : []),
  ];
}
