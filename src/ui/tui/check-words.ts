import type { CheckReport } from '../../domain/check.js';
import type { Failure } from '../../domain/failure.js';
import { count } from '../text.js';
import { SEVERITIES } from './health.js';
import type { Message } from './state.js';

/** Why a check gave no report. */
export function failedText(failure: Failure | undefined, signal: AbortSignal): string {
  if (signal.aborted) return 'the check was ended; nothing was changed by it';
  return failure ? `the check did not work: ${failure.message}` : 'the check did not work';
}

/** What a check came to, in one line. */
export function summaryOf(report: CheckReport): { readonly text: string; readonly tone: Message['tone'] } {
  const parts = SEVERITIES.flatMap((severity) => {
    const number = report.findings.filter((finding) => finding.severity === severity).length;
    return number === 0 ? [] : [`${number} ${severity}`];
  });
  const silent = report.silent.length > 0 ? `; ${count(report.silent.length, 'unit')} did not answer` : '';
  if (parts.length === 0)
    return { text: `nothing found on ${count(report.units.length, 'unit')}${silent}`, tone: silent === '' ? 'good' : 'warn' };
  return { text: `${count(report.findings.length, 'finding')}: ${parts.join(', ')}${silent}; 2 shows them`, tone: 'warn' };
}
