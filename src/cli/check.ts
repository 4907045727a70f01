import type { CheckReport, UnitCheck } from '../domain/check.js';
import { Failure } from '../domain/failure.js';
import { EXIT, type ExitCode } from '../domain/outcome.js';
import { foldUnits } from '../domain/unit-set.js';
import type { Progress } from '../engine/session.js';
import { parseSeconds } from '../planning/length-of-time.js';
import { checkJson } from '../ui/json.js';
import { checkText } from '../ui/plain/check.js';
import type { Invocation, NarrowingOptions, Verb } from './invocation.js';
import { progressLines } from './progress.js';

interface CheckOptions extends NarrowingOptions {
  readonly only?: string;
  readonly since?: string;
  readonly exitCode?: boolean;
}

export const check: Verb<CheckOptions> = async (targets, options, invocation) => {
  const { session, output, signal } = invocation;
  const { where = [], except = [] } = options;
  const request = {
    transport: invocation.common.transport,
    targets,
    where,
    except,
    ...(options.only === undefined ? {} : { only: options.only.split(',') }),
    ...(options.since === undefined ? {} : { windowSeconds: windowOf(options.since) }),
  };
  const report = await (await session()).check(request, tell(invocation), signal);
  if (output.format === 'text') output.lines([...checkText(report, output.paint), ...sshHint(report)]);
  else if (output.format === 'json') output.json(checkJson(report));
  else output.json({ ...checkJson(report), schema: 'juju-tune/check-summary/1', units: report.units.map((unit) => unit.unit) });
  // A check that did not look, or not at everything, has not found that all is well.
  const heard = report.silent.length === 0 && report.unreached.length === 0 && report.units.length > 0;
  const failed = !heard || report.units.some((unit) => unit.problems.length > 0);
  return exitCodeOf(failed, report.findings.length, options.exitCode === true);
};

/** Without a second of logs nothing is found in them, and that would read like a healthy unit. Throws `Failure('usage')`. */
function windowOf(since: string): number {
  const seconds = parseSeconds(since, '--since');
  if (seconds > 0) return seconds;
  throw new Failure('usage', `"--since ${since}" reads no logs`, { hint: '--since 15m' });
}

/** What may still reach the units that nothing was heard of. */
function sshHint(report: CheckReport): string[] {
  return report.unreached.length === 0 ? [] : [`try: the same with --transport ssh (${foldUnits(report.unreached)})`];
}

function exitCodeOf(failed: boolean, findings: number, wanted: boolean): ExitCode {
  if (failed) return EXIT.failed;
  return wanted && findings > 0 ? EXIT.findings : EXIT.ok;
}

/** In `jsonl` every unit's facts are a line of their own, as soon as they are there. */
function tell({ output, common }: Invocation): (event: Progress) => void {
  const lines = progressLines(output, common.verbose === true);
  return (event) => {
    if (event.type === 'checked' && output.format === 'jsonl') output.json(unitJson(event.unit));
    if (event.type === 'unit' && event.state === 'no answer' && output.format === 'jsonl') {
      output.json({ schema: 'juju-tune/no-answer/1', unit: event.unit, message: event.detail });
    }
    lines(event);
  };
}

function unitJson(unit: UnitCheck): object {
  return { schema: 'juju-tune/check-unit/1', ...unit };
}
