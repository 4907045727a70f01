import type { CheckReport } from '../../domain/check.js';
import type { Finding } from '../../domain/finding.js';
import { shellCommand } from '../../domain/shell-words.js';
import { foldUnits } from '../../domain/unit-set.js';
import { gather } from '../gather.js';
import { jailLines, jailTone } from '../jail-text.js';
import { type Paint, SEVERITY_SIGNS } from '../paint.js';
import { suspiciousLines } from '../suspicious-text.js';
import { count, duration, showableLine, wrap } from '../text.js';

const WIDTH = 100;

/** `juju-tune check` as text: findings worst first, each with its evidence and the cure, then who did not answer. */
export function checkText(report: CheckReport, paint: Paint): string[] {
  const asked = report.units.length + report.silent.length;
  const head = `${report.demo ? 'DEMO  ' : ''}${report.units.length} of ${count(asked, 'unit')} answered, ${report.diagnostics.join(' ')}, logs of the last ${duration(report.windowSeconds)}`;
  const none = report.findings.length === 0 ? [report.units.length > 0 ? 'no findings' : 'nothing was looked at', ''] : [];
  return [
    head,
    ...jailLines(report).map((line) => paint.tone(jailTone(report), line)),
    ...suspiciousLines(report).map((line) => paint.tone('warn', line)),
    '',
    ...report.findings.flatMap((finding) => [...findingText(finding, paint), '']),
    ...none,
    ...rest(report, paint),
  ];
}

/** One finding: title with its units, why, evidence, what to try. */
export function findingText(finding: Finding, paint: Paint): string[] {
  const sign = SEVERITY_SIGNS[finding.severity];
  const units = `${foldUnits(finding.units)} (${finding.units.length})`;
  const mark = paint.tone(sign.tone, `${paint.symbols[sign.symbol]} ${sign.word}`);
  const evidence = gather(
    finding.evidence.map((line) => [line.unit, showableLine(line.text)] as const),
    (text) => text,
  );
  return [
    `${mark}  ${paint.bold(showableLine(finding.title))}  ${units}`,
    ...wrap(showableLine(finding.why), WIDTH - 4).map((line) => `    ${line}`),
    ...evidence.map(({ units: from, value }) => paint.tone('dim', `    ${foldUnits(from)}: ${value}`)),
    ...recommendation(finding, paint),
  ];
}

function recommendation(finding: Finding, paint: Paint): string[] {
  if (!finding.recommend) return [];
  return [`    try: ${paint.tone('accent', planCommand(finding))}`];
}

/** The command that plans the recommended tuning for the applications concerned. */
export function planCommand(finding: Finding): string {
  const applications = [...new Set(finding.units.map((unit) => unit.slice(0, unit.indexOf('/'))))];
  const params = Object.entries(finding.recommend?.params ?? {}).map(([name, value]) => `${name}=${value}`);
  return shellCommand(['juju-tune', 'plan', ...applications, finding.recommend?.action ?? '', ...params]);
}

function rest(report: CheckReport, paint: Paint): string[] {
  const silent = report.silent.map((unit) => paint.tone('bad', `${unit.unit} did not answer: ${showableLine(unit.message)}`));
  const leftOut = gather(
    report.leftOut.map((unit) => [unit.unit, unit.reason] as const),
    (reason) => reason,
  ).map(({ units, value }) => paint.tone('dim', `left out: ${foldUnits(units)} (${showableLine(value)})`));
  const problems = gather(
    report.units.flatMap((unit) => unit.problems.map((problem) => [unit.unit, problem] as const)),
    (problem) => problem,
  ).map(({ units, value }) => paint.tone('warn', `${foldUnits(units)}: ${showableLine(value)}`));
  return [...silent, ...problems, ...leftOut];
}
