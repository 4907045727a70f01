import { findUnit } from '../../../domain/inventory.js';
import { symbolsFor } from '../../paint.js';
import { age, pad, showableLine } from '../../text.js';
import { unitHealth } from '../health.js';
import { EMPTY, item, type Line, paragraph, type Room, say, signSpan, span } from '../lines.js';
import type { ScreenOf, State } from '../state.js';
import { reportShown } from '../waiting.js';

/** Everything known of one unit: Juju's words, then the facts and evidence of the last check. */
export function unitText(state: State, screen: ScreenOf<'unit'>, room: Room): Line[] {
  const symbols = symbolsFor(state.terminal);
  const unit = state.inventory.value && findUnit(state.inventory.value, screen.unit);
  if (!unit) return [EMPTY, say(`  ${screen.unit} is no longer in the model`, 'warn')];
  const health = unitHealth(unit);
  const check = reportShown(state)?.units.find((one) => one.unit === unit.name);
  const silence = reportShown(state)?.silent.find((one) => one.unit === unit.name);
  const row = (name: string, value: string): Line[] => item(span(`  ${pad(name, 13)}`, 'dim'), value, room.columns);
  return [
    [span(` ${unit.name}`, 'accent', true), span(unit.leader ? '  leader  ' : '  ', 'dim'), signSpan(health.sign, symbols)],
    EMPTY,
    ...row('machine', [unit.machine, unit.az, unit.address].filter((part) => part !== '').join('  ')),
    ...row('agent', `${unit.agent.current}  ${unit.agent.message ?? ''}`),
    ...row('workload', `${unit.workload.current}  ${unit.workload.message ?? ''}`),
    ...row('ports', unit.ports.join(' ') || 'none'),
    ...(unit.principal === undefined ? [] : row('principal', unit.principal)),
    ...(unit.subordinates.length === 0 ? [] : row('subordinates', unit.subordinates.join(' '))),
    ...(unit.runningHook === undefined ? [] : row('hook', `runs ${unit.runningHook}: a tuning waits for it`)),
    ...(unit.reason === undefined ? [] : row('left out', unit.reason)),
    EMPTY,
    ...(silence
      ? item(span(` ${symbols.bad}`, 'bad'), `the last check got no answer: ${silence.message}`, room.columns - 2)
      : []),
    ...(check
      ? factLines(state, check.facts, check.problems, room)
      : silence
        ? []
        : [say('  not checked: c looks at its application, read only', 'dim')]),
    ...Object.entries(check?.evidence ?? {}).flatMap(([name, lines]) => [
      EMPTY,
      say(` ${name}`, 'accent'),
      ...lines.flatMap((line) => paragraph(line.text, room.columns - 2, 'plain', '  ')),
    ]),
  ];
}

function factLines(
  state: State,
  facts: Readonly<Record<string, string | number>>,
  problems: readonly string[],
  room: Room,
): Line[] {
  const names = Object.keys(facts).sort();
  const width = Math.min(34, Math.max(12, ...names.map((name) => name.length)));
  return [
    say(` facts, ${age(state.check.value?.checkedAt ?? '', state.modelNow)}`, 'accent'),
    ...names.map(
      (name): Line => [span(`  ${pad(showableLine(name), width)}  `, 'dim'), span(showableLine(String(facts[name] ?? '')))],
    ),
    ...problems.flatMap((problem) => paragraph(`diagnostic failed: ${problem}`, room.columns - 2, 'warn', '  ')),
  ];
}
