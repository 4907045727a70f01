import { changedUnits, type Plan, sayOptionValue } from '../../domain/plan.js';
import { foldUnits } from '../../domain/unit-set.js';
import { DIFF_TONES, type DiffLine, planDiffs } from '../diff-text.js';
import { gather } from '../gather.js';
import { jailLines, jailTone } from '../jail-text.js';
import type { Paint } from '../paint.js';
import { rolloutLines } from '../rollout-text.js';
import { count, showableLine } from '../text.js';

/** `juju-tune plan` as text: each distinct diff once with its units, then commands, impact, order and who is left out. */
export function planText(plan: Plan, paint: Paint): string[] {
  const what = plan.kind === 'rollback' ? `take back ${plan.action.id}` : plan.action.id;
  const params = Object.entries(plan.params).map(([name, value]) => `${name}=${showableLine(value)}`);
  return [
    `${plan.demo ? paint.tone('warn', 'DEMO  ') : ''}${paint.bold(what)} ${params.join(' ')}  on ${showableLine(plan.model.controller)}:${showableLine(plan.model.name)}`,
    ...jailLines(plan).map((line) => paint.tone(jailTone(plan), line)),
    '',
    ...planDiffs(plan).flatMap(({ units, value }) => [
      `${paint.bold(foldUnits(units))} (${units.length})  ${value.summary.map(showableLine).join(', ')}`,
      ...value.lines.map((line) => `    ${diffLine(line, paint)}`),
      ...value.commands.map((command) => paint.tone('dim', `    as if by: ${showableLine(command)}`)),
      '',
    ]),
    ...charmLines(plan, paint),
    ...outcomeLines(plan, paint),
  ];
}

/** A charm option has no diff: what it is and what it comes to says all. */
function charmLines({ charm }: Plan, paint: Paint): string[] {
  if (!charm) return [];
  const command = charm.options.map(({ option, after }) =>
    after.source === 'user' ? `${option}=${after.value}` : `--reset ${option}`,
  );
  return [
    `${paint.bold(showableLine(charm.application))} (${charm.units.length})  charm configuration`,
    ...charm.options.flatMap(({ option, before, after }) => [
      `    ${paint.tone('bad', showableLine(`- ${option}: ${sayOptionValue(before)}`))}`,
      `    ${paint.tone('good', showableLine(`+ ${option}: ${sayOptionValue(after)}`))}`,
    ]),
    paint.tone('dim', `    as if by: juju config ${showableLine(charm.application)} ${showableLine(command.join(' '))}`),
    '',
  ];
}

export function diffLine(line: DiffLine, paint: Paint): string {
  return paint.tone(DIFF_TONES[line.kind], line.text);
}

function outcomeLines(plan: Plan, paint: Paint): string[] {
  const units = changedUnits(plan);
  const unchanged = plan.unchanged.length > 0 ? [`already as asked: ${foldUnits(plan.unchanged)}`] : [];
  const refused = plan.refused.map((left) => paint.tone('bad', `refused: ${left.unit}: ${showableLine(left.reason)}`));
  const leftOut = gather(
    plan.leftOut.map((left) => [left.unit, left.reason] as const),
    (reason) => reason,
  ).map(({ units, value }) => `left out: ${foldUnits(units)} (${showableLine(value)})`);
  const unguarded = gather(
    (plan.unguarded ?? []).map((left) => [left.unit, left.reason] as const),
    (reason) => reason,
  ).map(({ units, value }) =>
    paint.tone(
      'bad',
      `${paint.symbols.warning} no guard: nothing on ${foldUnits(units)} would take the change back (${showableLine(value)})`,
    ),
  );
  const warnings = plan.warnings.map((warning) => paint.tone('warn', `${paint.symbols.warning} ${showableLine(warning)}`));
  const order = plan.batches
    .map((batch) => `${batch.canary ? 'canary ' : ''}${foldUnits(batch.units)}`)
    .join(`  ${paint.symbols.arrow}  `);
  return [
    ...unchanged,
    ...plan.impact.map((line) => `impact: ${line}`),
    ...(plan.batches.length > 1 ? [`order: ${order}`] : []),
    ...(plan.steps.length > 0 ? rolloutLines(plan) : []),
    ...warnings,
    ...unguarded,
    ...refused,
    ...leftOut,
    units.length === 0 ? nothingWord(plan) : `${count(units.length, 'unit')} would change, risk ${plan.risk}`,
  ];
}

/** Of a plan that changes no unit: a refusal is not that all is as asked. */
export function nothingWord({ refused }: Plan): string {
  return refused.length > 0 ? 'refused: nothing would change' : 'nothing to do';
}
