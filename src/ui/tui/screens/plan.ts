import { changedUnits, type Plan, sayOptionValue } from '../../../domain/plan.js';
import { foldUnits } from '../../../domain/unit-set.js';
import { DIFF_TONES, planDiffs, type StepDiff } from '../../diff-text.js';
import { type Gathered, gather } from '../../gather.js';
import { jailLines, jailTone } from '../../jail-text.js';
import { type Symbols, symbolsFor } from '../../paint.js';
import { nothingWord } from '../../plain/plan.js';
import { planRolloutLine } from '../../rollout-text.js';
import { count, showableLine, wrap } from '../../text.js';
import { EMPTY, item, type Line, paragraph, type Room, say, span } from '../lines.js';
import type { ScreenOf, State } from '../state.js';
import { riskTone } from './tunings.js';

/** The whole plan as text: what it does to whom, what it costs, in which order, and each distinct diff once. */
export function planText(state: State, screen: ScreenOf<'plan'>, room: Room): Line[] {
  const { plan } = screen;
  const symbols = symbolsFor(state.terminal);
  const width = room.columns - 2;
  return [
    ...headLines(plan, width),
    ...plan.refused.flatMap((left) => item(span(` ${symbols.bad} refused:`, 'bad', true), `${left.unit}: ${left.reason}`, width)),
    ...plan.warnings.flatMap((warning) => item(span(` ${symbols.warning} mind:`, 'warn'), warning, width)),
    ...plan.impact.flatMap((sentence) => item(span(` ${symbols.bullet}`, 'dim'), sentence, width)),
    ...orderLines(plan, width, symbols),
    ...rolloutLine(plan, width, symbols),
    ...leftOutLines(plan, width, symbols),
    ...charmLines(plan),
    ...diffs(plan).flatMap((group) => diffLines(group, width, symbols)),
  ];
}

const known = new WeakMap<Plan, readonly Gathered<StepDiff>[]>();

function diffs(plan: Plan): readonly Gathered<StepDiff>[] {
  const made = known.get(plan) ?? planDiffs(plan);
  known.set(plan, made);
  return made;
}

function headLines(plan: Plan, width: number): Line[] {
  const params = Object.entries(plan.params).map(([name, value]) => `${name}=${showableLine(value)}`);
  const what = plan.kind === 'rollback' ? `take back ${plan.action.id}` : plan.action.id;
  const changed = changedUnits(plan).length;
  const units = changed === 0 ? nothingWord(plan) : `${count(changed, 'unit')} would change`;
  return [
    [
      span(` ${showableLine(what)}`, 'accent', true),
      span(` ${params.join(' ')}  `),
      span(units, 'plain', true),
      span('  '),
      span(`${plan.risk} risk`, riskTone(plan.risk)),
    ],
    ...paragraph(`${plan.action.title}, on ${foldUnits(plan.targets)}`, width, 'dim', ' '),
    ...jailLines(plan).flatMap((line) => paragraph(line, width, jailTone(plan), ' ')),
    EMPTY,
  ];
}

function orderLines(plan: Plan, width: number, symbols: Symbols): Line[] {
  if (plan.batches.length < 2) return [];
  const order = plan.batches.map((batch) => `${batch.canary ? 'canary ' : ''}${foldUnits(batch.units)}`);
  const shown = order.length > 12 ? [...order.slice(0, 10), `${order.length - 11} more`, order.at(-1) ?? ''] : order;
  return item(
    span(` ${symbols.bullet}`, 'dim'),
    `in ${count(order.length, 'batch', 'batches')}, a gate after each: ${shown.join(` ${symbols.arrow} `)}`,
    width,
  );
}

function rolloutLine(plan: Plan, width: number, symbols: Symbols): Line[] {
  const line = planRolloutLine(plan);
  return line === '' ? [] : item(span(` ${symbols.bullet}`, 'dim'), line, width);
}

function leftOutLines(plan: Plan, width: number, symbols: Symbols): Line[] {
  const groups = gather(
    plan.leftOut.map((left) => [left.unit, left.reason] as const),
    (reason) => reason,
  );
  return [
    ...groups.flatMap(({ units, value }) =>
      item(span(` ${symbols.warning} left out:`, 'warn'), `${foldUnits(units)}: ${value}`, width),
    ),
    ...(plan.unchanged.length > 0
      ? item(span(` ${symbols.good} already as asked:`, 'good'), foldUnits(plan.unchanged), width)
      : []),
  ];
}

function charmLines({ charm }: Plan): Line[] {
  if (!charm) return [];
  return [
    EMPTY,
    [span(` ${showableLine(charm.application)}`, 'plain', true), span(' charm configuration, all units at once', 'dim')],
    ...charm.options.flatMap(({ option, before, after }): Line[] => [
      say(`   - ${option}: ${sayOptionValue(before)}`, 'bad'),
      say(`   + ${option}: ${sayOptionValue(after)}`, 'good'),
    ]),
  ];
}

function diffLines({ units, value }: Gathered<StepDiff>, width: number, symbols: Symbols): Line[] {
  const activation = value.activate === 'none' ? '' : `, then ${value.activate}`;
  return [
    EMPTY,
    [span(` ${foldUnits(units)}`, 'plain', true), span(` (${count(units.length, 'unit')})`, 'dim'), span(activation, 'dim')],
    ...value.summary.flatMap((sentence) => paragraph(sentence, width, 'plain', '   ')),
    ...value.lines.flatMap((line) => wrap(line.text, width - 3).map((text): Line => [span(`   ${text}`, DIFF_TONES[line.kind])])),
    ...value.commands.flatMap((command) => item(span('   as if by:', 'dim'), command, width, 'dim')),
    ...(value.lines.length === 0 && value.commands.length === 0 ? [say(`   ${symbols.bullet} no file changes`, 'dim')] : []),
  ];
}

/** Why this plan cannot be applied, or undefined. */
export function refusalOf(plan: Plan): string | undefined {
  if (plan.refused.length > 0)
    return `refused for ${foldUnits(plan.refused.map((left) => left.unit))}; change the form or leave them out`;
  return changedUnits(plan).length === 0 ? 'nothing would change' : undefined;
}
