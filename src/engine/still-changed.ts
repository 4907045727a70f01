import type { GateCheck } from '../domain/event.js';
import type { Step } from '../domain/plan.js';
import { isInEffect } from '../planning/failures.js';
import { gatherAnswers } from './gather.js';
import { NO_RECEIPT, readingOf, unread } from './reading.js';
import { READ_BACK_SECONDS, type Sending, settle } from './send.js';

const WHY = { code: '', message: 'its gate was held' };

/**
 * Asks units that a gate saw well whether their change is still there, and gives a check that failed for each that does not say so. A
 * unit may have taken it back meanwhile (a reboot in the window), or be another machine under the same name: what was seen of it is then
 * no evidence that the change is good. What a unit says otherwise, or that it says nothing, becomes true of the run.
 */
export async function checkStillChanged(sending: Sending, steps: readonly Step[]): Promise<readonly GateCheck[]> {
  const { recorder, units, detach } = sending;
  const asked = recorder.run().units.filter(({ unit }) => steps.some((step) => step.unit === unit));
  const questions = Object.fromEntries(asked.map(({ unit, transaction }) => [unit, { transaction }]));
  const events = units.transactionStatus(questions, { timeoutSeconds: READ_BACK_SECONDS, signal: detach });
  const { answers, silent } = await gatherAnswers(events, undefined, Object.keys(questions));
  if (detach.aborted) return [];
  const checks: GateCheck[] = [];
  for (const unit of asked) {
    const receipt = answers.get(unit.unit)?.value;
    const silence = silent.find((one) => one.unit === unit.unit);
    const read = receipt ? readingOf('apply', undefined, WHY, receipt) : unread(silence ?? WHY, undefined);
    const { outcome, code } = read;
    const detail = receipt?.message || read.detail;
    // What was known of its timer still holds of a unit that does not say how it stands.
    const until = outcome === 'unknown' ? { until: unit.until } : {};
    const told = { ...(receipt ?? NO_RECEIPT), code };
    if (outcome !== unit.outcome) await settle(sending, unit.unit, told, outcome, unit.milliseconds, { detail, ...until });
    if (!isInEffect(outcome)) checks.push({ name: `${unit.unit} is changed`, ok: false, detail: `${outcome}: ${detail}` });
  }
  return checks;
}
