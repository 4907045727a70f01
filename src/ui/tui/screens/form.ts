import { activationWords } from '../../activation.js';
import { symbolsFor } from '../../paint.js';
import { pad, showableLine } from '../../text.js';
import { fieldHelp, formProblems } from '../form.js';
import { EMPTY, item, type Line, paragraph, type Room, say, span } from '../lines.js';
import type { Field, ScreenOf, State } from '../state.js';
import { inputLine } from '../widgets/input.js';
import { failureLines, waitLines } from '../widgets/notice.js';
import { riskTone } from './tunings.js';

export function formLines(state: State, screen: ScreenOf<'form'>, room: Room): Line[] {
  const symbols = symbolsFor(state.terminal);
  const { tuning } = screen;
  const width = room.columns - 2;
  const label = Math.max(...screen.fields.map((field) => field.name.length)) + 2;
  const field = screen.fields[screen.cursor];
  const problems = formProblems(screen);
  const help = field && fieldHelp(screen, field);
  return [
    [
      span(` ${tuning.id}`, 'accent', true),
      span(`  ${activationWords(tuning)}  `, 'dim'),
      span(`${tuning.risk} risk`, riskTone(tuning.risk)),
    ],
    ...paragraph(tuning.title, width, 'dim', ' '),
    EMPTY,
    ...screen.fields.flatMap((one, index) => [
      ...(one.role === 'except' ? [EMPTY] : []),
      fieldLine(screen, one, index === screen.cursor, label, room.columns, symbols.cursor),
    ]),
    EMPTY,
    ...(help ? [...paragraph(help.title, width, 'plain', '   '), ...paragraph(help.takes, width, 'dim', '   ')] : []),
    ...(problems.length > 0 ? [EMPTY] : []),
    ...problems.flatMap((problem) => item(span(` ${symbols.warning}`, 'warn'), problem, width)),
    ...(screen.failure && problems.length === 0 ? failureLines(screen.failure, room.columns, symbols, '') : []),
    ...(state.planning.since === undefined
      ? []
      : waitLines('asking the units what would change', state.planning.since, state, symbols)),
    ...(problems.length === 0 && !screen.failure && state.planning.since === undefined
      ? [
          EMPTY,
          [
            span(` ${symbols.good} complete`, 'good'),
            span(': enter shows exactly what would change; nothing is touched', 'dim'),
          ] as Line,
        ]
      : []),
  ];
}

function fieldLine(
  screen: ScreenOf<'form'>,
  field: Field,
  isFocused: boolean,
  label: number,
  columns: number,
  cursor: string,
): Line {
  const room = Math.max(8, columns - label - 8);
  const param = screen.tuning.params.find((one) => one.name === field.name && field.role === 'param');
  const choices = param?.values && isFocused ? [span(`   ${param.values.map(showableLine).join(' | ')}`, 'dim')] : [];
  const hint =
    field.input.text === '' && !isFocused ? [span(emptyWords(field, param), 'dim')] : inputLine(field.input, room, isFocused);
  return [
    span(isFocused ? ` ${cursor} ` : '   ', 'accent', true),
    span(pad(showableLine(field.name), label), isFocused ? 'accent' : 'plain', isFocused),
    ...hint,
    ...choices,
  ];
}

function emptyWords(field: Field, param: { readonly required: boolean; readonly default?: string } | undefined): string {
  if (field.role === 'batch') return 'one unit at a time';
  if (field.role === 'except') return 'none';
  if (param?.default !== undefined) return showableLine(param.default);
  return param && !param.required ? 'as it is' : 'needed';
}

export function formOffer(): Line {
  return say('a dry run asks the units and changes nothing', 'dim');
}
