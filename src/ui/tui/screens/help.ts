import { symbolsFor } from '../../paint.js';
import { pad } from '../../text.js';
import { disabledReason } from '../available.js';
import { matches } from '../filter.js';
import { type Binding, bindingsFor, keyName } from '../keys.js';
import { EMPTY, type Line, paragraph, type Room, span } from '../lines.js';
import type { Screen, ScreenOf, State } from '../state.js';

const NAMES: Readonly<Record<Screen['kind'], string>> = {
  inventory: 'applications',
  unit: 'unit',
  findings: 'findings',
  finding: 'finding',
  tunings: 'tunings',
  form: 'form',
  plan: 'plan',
  run: 'run',
  runs: 'runs',
  models: 'models',
  calls: 'juju commands',
  help: 'help',
  text: 'text',
};

export function screenName(kind: Screen['kind']): string {
  return NAMES[kind];
}

/** The keys of the screen below, from the table that handles them; what cannot be used now is dim and says why. */
export function helpText(state: State, screen: ScreenOf<'help'>, room: Room): Line[] {
  const below = state.stack.at(-2) ?? screen;
  const symbols = symbolsFor(state.terminal);
  const rows = bindingsFor(below.kind).filter((binding) =>
    matches(screen.filter, { text: `${binding.keys.join(' ')} ${binding.help}` }),
  );
  const lines = (binding: Binding): Line[] => {
    const reason = disabledReason(binding.command, below, state);
    const tone = reason === undefined ? 'plain' : 'dim';
    const keys = span(
      `  ${pad(binding.keys.map(keyName).join(' '), 14)}`,
      reason === undefined ? 'accent' : 'dim',
      reason === undefined,
    );
    const [first, ...more] = paragraph(binding.help, room.columns - 18, tone);
    const rest = [...more, ...(reason === undefined ? [] : paragraph(`not now: ${reason}`, room.columns - 18, 'warn'))];
    return [[keys, ...(first ?? [])], ...rest.map((line): Line => [span(' '.repeat(16)), ...line])];
  };
  const touching = rows.filter((binding) => binding.touches);
  const looking = rows.filter((binding) => !binding.touches);
  return [
    [span(` keys of the ${NAMES[below.kind]} screen`, 'plain', true), span('  / searches, esc goes back', 'dim')],
    EMPTY,
    ...(touching.length > 0
      ? [[span(` ${symbols.alarm} can change units, after a confirmation`, 'warn')], ...touching.flatMap(lines), EMPTY]
      : []),
    [span(' looks, changes nothing', 'dim')],
    ...looking.flatMap(lines),
    ...(rows.length === 0 ? [[span(`  no key matches "${screen.filter}"`, 'dim')]] : []),
    EMPTY,
    [
      span(
        ` signs: ${symbols.alarm} high  ${symbols.warning} medium, mind  ${symbols.good} good  ${symbols.bad} bad  ${symbols.busy} under way  ${symbols.leader} leader  ${symbols.cursor} marked`,
        'dim',
      ),
    ],
  ];
}
