import type { Tuning } from '../../../domain/action.js';
import { activationWords } from '../../activation.js';
import { symbolsFor } from '../../paint.js';
import { showableLine } from '../../text.js';
import { cells, EMPTY, type Line, paragraph, type Room, say, span } from '../lines.js';
import type { ScreenOf, State } from '../state.js';
import { clamp, list } from '../widgets/list.js';

/** Tunings that fit what was pointed at; all of them when nothing was. */
export function tuningRows(state: State, targets: readonly string[]): readonly Tuning[] {
  const tunings = state.catalogue.filter((action): action is Tuning => action.kind === 'tuning');
  const charms = (state.inventory.value?.applications ?? []).filter((one) => targets.includes(one.name)).map((one) => one.charm);
  return charms.length === 0
    ? tunings
    : tunings.filter((tuning) => charms.some((charm) => tuning.appliesTo.charms.includes(charm)));
}

export function tuningsLines(state: State, screen: ScreenOf<'tunings'>, room: Room): Line[] {
  const symbols = symbolsFor(state.terminal);
  const rows = tuningRows(state, screen.targets);
  const head: Line = [
    span(screen.targets.length > 0 ? ` tunings for ${screen.targets.join(' ')}` : ' tunings', 'plain', true),
    span('  enter opens the form; nothing is touched before you apply a plan', 'dim'),
  ];
  if (rows.length === 0) return [head, EMPTY, say('  no tuning is for this charm'), say('  esc goes back', 'dim')];
  const width = Math.min(32, Math.max(...rows.map((row) => row.id.length)) + 2);
  const columns = [{ width }, { width: 8 }, { width: 7 }];
  const tuning = rows[clamp(screen.cursor, 0, rows.length - 1)];
  const below = tuning ? detail(tuning, room.columns - 2) : [];
  const top = clamp(rows.length, 1, Math.max(3, room.rows - Math.min(below.length, 10) - 2));
  const line = (row: Tuning): Line =>
    cells(
      [
        span(`  ${row.id}`, 'plain', true),
        span(activationWords(row), 'dim'),
        span(row.risk, riskTone(row.risk)),
        span(showableLine(row.title), 'dim'),
      ],
      columns,
    );
  return [
    head,
    ...list(rows, screen.cursor, { columns: room.columns, rows: top }, line),
    [span(symbols.rule.repeat(room.columns), 'dim')],
    ...below.slice(0, Math.max(0, room.rows - top - 2)).map((one): Line => [span(' '), ...one]),
  ];
}

export function riskTone(risk: Tuning['risk']) {
  return risk === 'high' ? 'bad' : risk === 'medium' ? 'warn' : 'good';
}

function detail(tuning: Tuning, width: number): Line[] {
  const params = tuning.params.map((param) => `${param.name}${param.required ? '' : '?'}`).join(' ');
  return [
    say(tuning.title, 'accent', true),
    ...paragraph(tuning.description, width),
    ...(params === '' ? [] : [EMPTY, ...paragraph(`parameters: ${params}`, width, 'dim')]),
    ...(tuning.lasting === undefined ? [] : [EMPTY, ...paragraph(`for good: ${tuning.lasting}`, width, 'dim')]),
  ];
}
