import { activationWords } from '../../activation.js';
import { symbolsFor } from '../../paint.js';
import { displayWidth, pad, showableLine } from '../../text.js';
import { choicesOf, fieldHelp, formProblems, strangeTargets } from '../form.js';
import { EMPTY, item, type Line, paragraph, type Room, say, span } from '../lines.js';
import { emptyRollout, isRollout, rolloutProblems, rolloutWords } from '../rollout-fields.js';
import type { Field, ScreenOf, State } from '../state.js';
import { inputLine } from '../widgets/input.js';
import { failureLines, waitLines } from '../widgets/notice.js';
import { riskTone } from './tunings.js';

export function formLines(state: State, screen: ScreenOf<'form'>, room: Room): Line[] {
  const symbols = symbolsFor(state.terminal);
  const { tuning } = screen;
  const width = room.columns - 2;
  const field = screen.fields[screen.cursor];
  const mistakes = formProblems(screen);
  const problems = screen.failure ? mistakes : [...mistakes, ...strangeTargets(screen, state.inventory.value)];
  const help = field && fieldHelp(screen, field);
  return [
    [
      span(` ${tuning.id}`, 'accent', true),
      span(`  ${activationWords(tuning)}  `, 'dim'),
      span(`${tuning.risk} risk`, riskTone(tuning.risk)),
    ],
    ...paragraph(tuning.title, width, 'dim', ' '),
    EMPTY,
    ...fieldLines(screen, room.columns, symbols.cursor),
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

/** Every field; those of the rollout are one line while the cursor is elsewhere and nothing is wrong with them. */
function fieldLines(screen: ScreenOf<'form'>, columns: number, cursor: string): Line[] {
  const { fields, tuning } = screen;
  const label = Math.max(...fields.map((field) => displayWidth(showableLine(field.name)))) + 2;
  const focused = fields[screen.cursor];
  const isOpen = (focused && isRollout(focused)) || rolloutProblems(fields, tuning).length > 0;
  const folded = !isOpen && fields.some(isRollout);
  return [
    ...fields.flatMap((field): Line[] => [
      ...(field.role === 'except' ? [EMPTY] : []),
      ...(folded && isRollout(field) ? [] : [fieldLine(screen, field, label, columns, cursor)]),
    ]),
    ...(folded ? item(span(`   ${pad('rollout', label - 1)}`), rolloutWords(fields, tuning), columns - 2, 'dim') : []),
  ];
}

function fieldLine(screen: ScreenOf<'form'>, field: Field, label: number, columns: number, cursor: string): Line {
  const isFocused = field === screen.fields[screen.cursor];
  const room = Math.max(8, columns - label - 8);
  const values = isFocused ? choicesOf(screen, field) : undefined;
  const choices = values ? [span(`   ${values.map(showableLine).join(' | ')}`, 'dim')] : [];
  const hint =
    field.input.text === '' && !isFocused ? [span(emptyWords(screen, field), 'dim')] : inputLine(field.input, room, isFocused);
  return [
    span(isFocused ? ` ${cursor} ` : '   ', 'accent', true),
    span(pad(showableLine(field.name), label), isFocused ? 'accent' : 'plain', isFocused),
    ...hint,
    ...choices,
  ];
}

function emptyWords({ tuning }: ScreenOf<'form'>, field: Field): string {
  if (isRollout(field)) return emptyRollout(field.role);
  if (field.role === 'except') return 'none';
  const param = tuning.params.find((one) => one.name === field.name && field.role === 'param');
  if (param?.default !== undefined) return showableLine(param.default);
  return param && !param.required ? 'as it is' : 'needed';
}

export function formOffer(): Line {
  return say('a dry run asks the units and changes nothing', 'dim');
}
