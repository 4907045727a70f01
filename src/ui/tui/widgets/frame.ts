import { foldUnits } from '../../../domain/unit-set.js';
import { type Symbols, symbolsFor, type Tone } from '../../paint.js';
import { count, duration, showableLine } from '../../text.js';
import { disabledReason } from '../available.js';
import { bindingsFor, keyName } from '../keys.js';
import { apart, EMPTY, fill, type Line, type Room, say, span, widthOf } from '../lines.js';
import { screenName } from '../screens/help.js';
import { inventoryOffer } from '../screens/inventory.js';
import { isDemo, isRunning, type Screen, type State, shown } from '../state.js';
import { screenLines } from '../views.js';
import { reportShown } from '../waiting.js';
import { countdown, isAsking, keysInRun, startNotice } from '../window.js';
import { dialogLines } from './dialog.js';
import { inputLine } from './input.js';

const HEADER_ROWS = 3;
const FOOTER_ROWS = 2;
const LEAST: Room = { columns: 60, rows: 16 };

/** The room of the screen itself: one row of the terminal stays free, and a dialog takes what it needs. */
export function bodyRoom(state: State): Room {
  return { columns: state.size.columns, rows: Math.max(1, state.size.rows - 1 - HEADER_ROWS - FOOTER_ROWS - dialogRows(state)) };
}

/** Everything on the terminal: exactly rows - 1 lines, each exactly as wide as it. */
export function frameLines(state: State): readonly Line[] {
  const { columns, rows } = state.size;
  if (columns < LEAST.columns || rows < LEAST.rows) return tooSmall(state);
  const symbols = symbolsFor(state.terminal);
  const screen = shown(state);
  const room = bodyRoom(state);
  const body = screenLines(state, screen, room).slice(0, room.rows);
  const blank = Array.from({ length: room.rows - body.length }, () => EMPTY);
  const dialog = state.dialog ? dialogLines(state.dialog, { columns, rows: dialogRows(state) }, symbols.rule) : [];
  const space = Array.from({ length: dialogRows(state) - dialog.length }, () => EMPTY);
  return [
    ...headerLines(state, symbols),
    ...body,
    ...blank,
    ...dialog,
    ...space,
    statusLine(state, screen, symbols),
    keyLine(state, screen),
  ].map((line) => fill(line, columns));
}

function dialogRows(state: State): number {
  if (!state.dialog) return 0;
  const most = Math.max(5, Math.floor((state.size.rows - 1 - HEADER_ROWS - FOOTER_ROWS) * 0.7));
  return Math.min(most, dialogLines(state.dialog, { columns: state.size.columns, rows: 100 }, '-').length);
}

function tooSmall(state: State): Line[] {
  const { columns, rows } = state.size;
  const words = [`${columns}x${rows} is too small`, `needs ${LEAST.columns}x${LEAST.rows}`, 'enlarge, or q to leave'];
  const running = isRunning(state) ? ['a run is on'] : [];
  return [...words, ...running].slice(0, Math.max(1, rows - 1)).map((text) => fill(say(text, 'warn'), columns));
}

function headerLines(state: State, symbols: Symbols): Line[] {
  const model = state.inventory.value?.model;
  const who: Line = model
    ? [
        span(showableLine(model.name), 'plain', true),
        span(` (${showableLine(model.controller)})  juju ${showableLine(model.version)}`, 'dim'),
      ]
    : [span(`asking juju${symbols.ellipsis}`, 'dim')];
  const demo: Line = isDemo(state) ? [{ text: ' DEMO ', tone: 'warn', bold: true, inverse: true }, span(' ')] : [];
  const clock = new Date(state.now).toTimeString().slice(0, 8);
  return [
    apart(
      [span(' juju-tune  ', 'accent', true), ...demo, ...who],
      [...headerCountdown(state, symbols), span(clock, 'dim'), span(' ')],
      state.size.columns,
    ),
    apart(tabs(state), [...crumbs(state, symbols), span(' ')], state.size.columns),
    [span(symbols.rule.repeat(state.size.columns), 'dim')],
  ];
}

/** On every screen: a change goes back by itself unless somebody says otherwise. */
function headerCountdown(state: State, symbols: Symbols): Line {
  const run = state.live?.run;
  const counting = run && isAsking(state) ? countdown(state, run) : undefined;
  return counting
    ? [span(`  ${symbols.warning} ${counting.text.replace('takes itself back', 'back')}  `, counting.tone, true)]
    : [];
}

function tabs(state: State): Line {
  const top = state.stack[0]?.kind;
  const findings = reportShown(state)?.findings.length;
  const runs = state.runs.value?.length;
  const tab = (key: string, kind: Screen['kind'], name: string, number: number | undefined): Line => {
    const text = `${key} ${name}${number === undefined || number === 0 ? '' : ` ${number}`}`;
    return [span(' '), { text, tone: top === kind ? 'plain' : 'dim', bold: top === kind }, span(' ')];
  };
  return [
    ...tab('1', 'inventory', 'Applications', undefined),
    ...tab('2', 'findings', 'Findings', findings),
    ...tab('3', 'tunings', 'Tunings', undefined),
    ...tab('4', 'runs', 'Runs', runs),
  ];
}

/** Where one is below the top level. */
function crumbs(state: State, symbols: Symbols): Line {
  const names = state.stack.slice(1).map((screen) => (screen.kind === 'unit' ? screen.unit : screenName(screen.kind)));
  return names.length === 0 ? [] : [span(names.map((name) => `${symbols.cursor} ${name}`).join(' '), 'accent')];
}

function statusLine(state: State, screen: Screen, symbols: Symbols): Line {
  const { columns } = state.size;
  if (state.filtering)
    return [
      span(' /', 'accent', true),
      ...inputLine(state.filtering, columns - 20, true),
      span('   enter keeps, esc clears', 'dim'),
    ];
  if (state.prompt) return [span(' :', 'accent', true), ...inputLine(state.prompt, columns - 4, true)];
  const busy = runBanner(state, symbols) ?? waitBanner(state, symbols);
  const message: Line | undefined = state.message && say(` ${state.message.text}`, state.message.tone);
  // A message goes with the next key; until then it must be read whole.
  if (message && busy && widthOf(message) + widthOf(busy) + 3 <= columns) return apart(message, [...busy, span(' ')], columns);
  if (message) return message;
  if (busy) return [span(' '), ...busy];
  const filter: Line = screen.filter === '' ? [] : [span(` filter: ${screen.filter} `, 'warn'), span(' esc clears it  ', 'dim')];
  const notice = filter.length === 0 && (screen.kind === 'inventory' || screen.kind === 'runs') ? startNotice(state) : undefined;
  if (notice) return [span(` ${symbols.warning} ${showableLine(notice.text)}`, notice.tone)];
  return [...filter, span(` ${screen.kind === 'inventory' ? inventoryOffer(state) : ''}`, 'dim')];
}

function runBanner(state: State, symbols: Symbols): Line | undefined {
  if (!isRunning(state)) return undefined;
  const run = state.live?.run;
  if (!run) return [span(`${symbols.busy} opening a run${symbols.ellipsis}`, 'busy')];
  const counting = isAsking(state) ? countdown(state, run) : undefined;
  if (counting)
    return [
      span(`${symbols.warning} ${run.shortId} ${counting.text}`, counting.tone, true),
      span(`  ${keysInRun(state, run, 'C keeps it, E: +5 min')}`, 'dim'),
    ];
  const settled = run.units.filter((unit) => unit.phase === 'settled').length;
  const held = state.live?.paused ? ', held before the next batch: P goes on' : '';
  const stopping = state.live?.stopping ? ', stopping: ctrl-c again stops watching' : held;
  const how = run.plan.charm ? 'charm options' : `${settled} of ${count(run.units.length, 'unit')}`;
  return [span(`${symbols.busy} ${run.shortId}: ${how}${stopping}`, 'busy')];
}

function waitBanner(state: State, symbols: Symbols): Line | undefined {
  const { waiting } = state;
  if (!waiting) return undefined;
  const elapsed = duration((state.now - waiting.since) / 1000);
  const answered = waiting.units.length === 0 ? '' : `  ${waiting.answered.size} of ${waiting.units.length} answered`;
  const open = waiting.units.filter((unit) => !waiting.answered.has(unit) && !waiting.silent.has(unit));
  const held = [...waiting.held].filter(([unit]) => open.includes(unit)).map(([unit, why]) => `${unit} ${showableLine(why)}`);
  const last =
    held[0] ?? (open.length > 0 && open.length <= 3 && waiting.answered.size > 0 ? `waiting for ${foldUnits(open)}` : '');
  return [
    span(`${symbols.busy} ${waiting.what}${answered}  ${elapsed}`, 'busy'),
    span(`  ${last}${last === '' ? '' : '  '}ctrl-c ends it`, 'dim'),
  ];
}

/** Keys that do something here; those that can change units stand out, and only where they are live. */
function keyLine(state: State, screen: Screen): Line {
  if (state.dialog)
    return [
      span(
        state.dialog.typed
          ? ' type, tab or arrows choose, enter takes, esc cancels'
          : ' tab or arrows choose, enter takes, esc cancels',
        'dim',
      ),
    ];
  if (state.prompt)
    return state.message
      ? say(` ${state.message.text}`, state.message.tone)
      : [span(' check, plan, rollback, confirm, resume, filter, quit; tab completes, esc leaves', 'dim')];
  const { columns } = state.size;
  const seen = new Set<string>(['help', 'quit']);
  const always: Line =
    screen.kind === 'form'
      ? []
      : [span('?', 'accent', true), span(' help  ', 'dim'), span('q', 'accent', true), span(' quit ', 'dim')];
  const line: Line[number][] = [span(' ')];
  for (const binding of bindingsFor(screen.kind)) {
    if (binding.label === undefined || seen.has(binding.command) || disabledReason(binding.command, screen, state) !== undefined)
      continue;
    seen.add(binding.command);
    const tone: Tone = binding.touches ? 'warn' : 'accent';
    const entry = [span(keyName(binding.keys[0] ?? ''), tone, true), span(` ${binding.label}  `, 'dim')];
    if (widthOf(line) + widthOf(entry) + widthOf(always) > columns) break;
    line.push(...entry);
  }
  return apart(line, always, columns);
}
