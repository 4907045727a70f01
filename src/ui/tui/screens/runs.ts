import type { Run } from '../../../domain/run.js';
import { foldUnits } from '../../../domain/unit-set.js';
import type { JujuCall } from '../../../engine/session.js';
import { type Symbols, symbolsFor } from '../../paint.js';
import { age, displayWidth, duration, pad, showableLine, took } from '../../text.js';
import { cells, EMPTY, type Line, paragraph, type Room, say, signSpan, span, widthOf } from '../lines.js';
import { callRows, runRows } from '../rows.js';
import { isRunning, knownRuns, type ScreenOf, type State } from '../state.js';
import { clamp, list } from '../widgets/list.js';
import { failureLines, waitLines } from '../widgets/notice.js';
import { awaitsConfirmation, LAST_SECONDS, secondsLeft } from '../window.js';
import { runSign } from './run.js';

/** Of the last column, before a long name of an action gets more. */
const UNITS_WIDTH = 16;

export function runsLines(state: State, screen: ScreenOf<'runs'>, room: Room): Line[] {
  const symbols = symbolsFor(state.terminal);
  const { value, failure, since } = state.runs;
  const known = knownRuns(state);
  if (!value && known.length === 0)
    return failure
      ? failureLines(failure, room.columns, symbols, 'ctrl-r asks again')
      : waitLines('reading the journals', since, state, symbols);
  const rows = runRows(known, screen.filter);
  if (rows.length === 0) {
    const what =
      screen.filter === '' ? '  no run yet: nothing was ever changed from this machine' : `  no run matches "${screen.filter}"`;
    return [EMPTY, say(what), say('  2 shows what was found, 3 the tunings', 'dim')];
  }
  const name = Math.min(24, Math.max(...rows.map((run) => run.shortId.length)) + 2);
  const labels = rows.map((run) => displayWidth(actionOf(run)));
  const action = clamp(Math.max(...labels), 16, Math.max(16, room.columns - name - 32 - UNITS_WIDTH));
  const columns = [{ width: name }, { width: 10 }, { width: 14 }, { width: action }];
  const head = cells(
    ['  run', 'when', 'outcome', 'action', 'units, why'].map((text) => span(text, 'dim')),
    columns,
  );
  return [
    head,
    ...list(rows, screen.cursor, { columns: room.columns, rows: room.rows - 1 }, (run) =>
      cells(
        [
          span(`  ${run.shortId}`, 'plain', true),
          span(age(run.startedAt, state.modelNow), 'dim'),
          stateSpan(state, run, symbols),
          span(actionOf(run)),
          span(`${foldUnits(run.plan.targets)}  ${showableLine(run.purpose)}`, 'dim'),
        ],
        columns,
      ),
    ),
  ];
}

/** `awaits 9:58` while a change waits to be confirmed. */
function stateSpan(state: State, run: Run, symbols: Symbols) {
  const left = awaitsConfirmation(state, run) ? secondsLeft(state, run) : undefined;
  const sign = runSign(run, isRunning(state) && state.live?.run?.id === run.id);
  if (left === undefined || run.status !== 'awaiting-confirmation') return signSpan(sign, symbols);
  return signSpan({ ...sign, tone: left <= LAST_SECONDS ? 'bad' : sign.tone, word: `awaits ${duration(left)}` }, symbols);
}

function actionOf(run: Run): string {
  return `${run.plan.kind === 'rollback' ? 'take back ' : ''}${showableLine(run.plan.action.id)}`;
}

/** Every juju command that ran, newest first; the one under the cursor whole, where its line has no room for it. */
export function callsLines(state: State, screen: ScreenOf<'calls'>, room: Room): Line[] {
  const rows = callRows(state.calls, screen.filter);
  const head: Line = [span(' juju commands', 'plain', true), span('  exactly as they ran, newest first; esc goes back', 'dim')];
  if (rows.length === 0) return [head, EMPTY, say('  no juju command ran yet', 'dim')];
  const call = rows[clamp(screen.cursor, 0, rows.length - 1)];
  const whole = call && widthOf(callLine(call)) > room.columns ? wholeLines(call, room, symbolsFor(state.terminal)) : [];
  return [head, ...list(rows, screen.cursor, { columns: room.columns, rows: room.rows - 1 - whole.length }, callLine), ...whole];
}

function callLine(call: JujuCall): Line {
  const exit = call.exitCode === undefined ? 'killed' : `exit ${call.exitCode}`;
  return [
    span(` ${call.at.slice(11, 19)} `, 'dim'),
    span(pad(exit, 9), call.exitCode === 0 ? 'good' : 'bad'),
    span(`${pad(took(call.milliseconds), 7, 'right')}  `, 'dim'),
    span(showableLine(call.command)),
  ];
}

function wholeLines({ command }: JujuCall, room: Room, symbols: Symbols): Line[] {
  const lines = paragraph(command, room.columns - 1, 'plain', ' ');
  return [[span(symbols.rule.repeat(room.columns), 'dim')] as Line, ...lines].slice(0, Math.floor(room.rows / 2));
}
