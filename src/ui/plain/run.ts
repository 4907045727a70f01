import type { Entry, Measured, RunEvent } from '../../domain/event.js';
import { sayOption } from '../../domain/plan.js';
import { leftChanged, partsOf, type Run } from '../../domain/run.js';
import { shellCommand } from '../../domain/shell-words.js';
import { foldUnits } from '../../domain/unit-set.js';
import { gather } from '../gather.js';
import { OUTCOME_SIGNS, type Paint, RUN_SIGNS, type Sign, VERDICT_SIGNS } from '../paint.js';
import { duration, moment, showableLine, took } from '../text.js';

function signed(sign: Sign, paint: Paint): string {
  return paint.tone(sign.tone, `${paint.symbols[sign.symbol]} ${sign.word}`);
}

/** What one entry of a run says to somebody who watches; no line for what only a record needs. */
export function entryText(entry: Entry, paint: Paint): string[] {
  const { event } = entry;
  switch (event.type) {
    case 'run-opened':
      return [`run ${paint.bold(event.shortId)}: ${showableLine(event.purpose)}`];
    case 'batch-started':
      return [`batch ${event.batch}: ${foldUnits(event.units)}`];
    case 'intent':
      return [];
    case 'task-queued':
      return [paint.tone('dim', `  ${foldUnits(Object.keys(event.tasks))}  sent as juju operation ${event.operation}`)];
    case 'unit-phase':
      return [paint.tone('dim', `  ${event.unit}  ${event.phase}  ${showableLine(event.detail)}`)];
    case 'unit-settled':
      return settledText(event, paint);
    case 'options-intent':
      return [
        `  ${event.charm.application}  juju config ${event.charm.options.map((option) => showableLine(sayOption(option))).join(', ')}`,
      ];
    case 'options-settled':
      return [`  charm options  ${signed(OUTCOME_SIGNS[event.outcome], paint)}  ${showableLine(event.detail)}`.trimEnd()];
    case 'gate':
      return event.checks.map(
        (check) => `  ${check.name}  ${check.ok ? 'ok' : paint.tone('bad', 'FAILED')}: ${showableLine(check.detail)}`,
      );
    case 'baking':
      return [paint.tone('dim', `  watching it for ${duration(event.seconds)}`)];
    case 'measuring':
      return [`measuring for ${duration(event.seconds)}`];
    case 'measured':
      return event.measures.map((measured) => measuredText(measured, paint));
    case 'decision':
      return [`${showableLine(event.text)} (${showableLine(event.by)})`];
    case 'batch-finished':
    case 'extending':
    // Whoever shows a run says how it awaits confirmation, with the time that is left.
    case 'awaiting-confirmation':
      return [];
    case 'confirming':
      return [`confirming (${showableLine(event.by)})`];
    case 'taking-back':
      return [paint.tone('warn', `taking it back: ${showableLine(event.reason)} (${showableLine(event.by)})`)];
    case 'interrupted':
      return [paint.tone('warn', `interrupted: ${showableLine(event.reason)}`)];
    case 'resumed':
      return [`taken up again by ${showableLine(event.by)}`];
    case 'run-closed':
      return [`${signed(RUN_SIGNS[event.outcome], paint)}${event.detail ? `: ${showableLine(event.detail)}` : ''}`];
  }
}

function settledText(event: Extract<RunEvent, { type: 'unit-settled' }>, paint: Paint): string[] {
  const until = event.until === undefined ? '' : `takes itself back at ${moment(event.until)} unless confirmed`;
  const detail = [event.code, event.detail, until].filter((part) => part !== '').map(showableLine);
  return [
    `  ${event.unit}  ${signed(OUTCOME_SIGNS[event.outcome], paint)}  ${took(event.milliseconds)}  ${detail.join(': ')}`.trimEnd(),
    // What a unit notes of its timer is for the record.
    ...(event.outcome === 'pending' ? [] : event.log).map((line) => paint.tone('dim', `      ${showableLine(line)}`)),
  ];
}

/** `502s and drops: 6.1 per 100 requests before, 0 after: cured`. */
export function measuredText(measured: Measured, paint: Paint): string {
  return `${showableLine(measured.title)}: ${signed(VERDICT_SIGNS[measured.verdict], paint)}  ${showableLine(measured.detail)}`;
}

/** One run whole, from its journal. */
export function runText(run: Run, paint: Paint): string[] {
  const units = gather(
    run.units.map((unit) => [unit.unit, unit] as const),
    (unit) => JSON.stringify([unit.outcome, unit.code, unit.detail]),
  );
  return [
    `${paint.bold(run.shortId)}  ${run.id}  ${showableLine(run.purpose)}`,
    `${run.plan.demo ? 'DEMO  ' : ''}${showableLine(run.plan.model.controller)}:${showableLine(run.plan.model.name)}  ${run.startedAt}  by ${showableLine(run.operator)}  juju ${run.juju}`,
    ...(run.problem === undefined ? [] : [paint.tone('bad', `${paint.symbols.warning} ${showableLine(run.problem)}`)]),
    `${run.status}${run.outcome ? `  ${signed(RUN_SIGNS[run.outcome], paint)}` : ''}`,
    ...units.map(({ units: names, value }) =>
      `  ${foldUnits(names)}  ${signed(OUTCOME_SIGNS[value.outcome], paint)}  ${[value.code, value.detail].filter(Boolean).map(showableLine).join(': ')}`.trimEnd(),
    ),
    ...optionsText(run, paint),
    ...run.units
      .filter((unit) => unit.task !== '')
      .map((unit) => paint.tone('dim', `  ${unit.unit}  juju operation ${unit.operation}, task ${unit.task}`)),
    ...run.measures.map((measured) => measuredText(measured, paint)),
    ...run.decisions.map((decision) => `  ${showableLine(decision)}`),
    ...nextStep(run),
  ];
}

function optionsText(run: Run, paint: Paint): string[] {
  const { charm } = run.plan;
  if (!charm || !run.options) return [];
  const what = charm.options.map((option) => showableLine(sayOption(option))).join(', ');
  const detail = showableLine(run.options.detail);
  return [`  ${charm.application}  ${what}  ${signed(OUTCOME_SIGNS[run.options.outcome], paint)}  ${detail}`.trimEnd()];
}

function nextStep(run: Run): string[] {
  const changed = partsOf(run).some(({ outcome }) => outcome === 'changed' || outcome === 'unknown' || outcome === 'conflict');
  const back = run.plan.kind === 'apply' && changed ? [`take it back: juju-tune rollback ${run.shortId}`] : [];
  return [...conflictText(run), ...leftText(run), ...back];
}

/** Who is to settle it where somebody's later edit was left alone: nothing of ours does. Empty without one. */
export function conflictText(run: Run): string[] {
  const units = run.units.filter((unit) => unit.outcome === 'conflict').map((unit) => unit.unit);
  const [first] = units;
  if (first === undefined) return [];
  const { controller, name } = run.plan.model;
  const look = shellCommand(['juju', 'ssh', '-m', `${controller}:${name}`, first]);
  return [`${foldUnits(units)} keeps what somebody edited since: settle that by hand, or leave it: ${look}`];
}

/** What a rollback left as it is, and the command that takes it back later. Empty when it left nothing. */
export function leftText(run: Run): string[] {
  const left = leftChanged(run);
  return left.length > 0 ? [`left as it is: ${foldUnits(left)}; later: juju-tune rollback ${run.plan.of ?? ''}`] : [];
}
