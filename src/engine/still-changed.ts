import type { GateCheck } from '../domain/event.js';
import type { Step } from '../domain/plan.js';
import type { UnitName } from '../domain/unit-set.js';
import { isInEffect } from '../planning/failures.js';
import { gatherAnswers } from './gather.js';
import { readingOf } from './reading.js';
import { READ_BACK_SECONDS, type Sending, settle } from './send.js';

const WHY = { code: '', message: 'its gate was held' };

/**
 * Asks units that a gate saw well whether their change is still there, and gives a check that failed for each that does not say so. A
 * unit may have taken it back meanwhile (a reboot in the window), or be another machine under the same name: what was seen of it is then
 * no evidence that the change is good. What a unit says otherwise becomes true of the run; one that says nothing stays as it was.
 */
export async function checkStillChanged(sending: Sending, steps: readonly Step[]): Promise<readonly GateCheck[]> {
  const { recorder, units, detach } = sending;
  const asked = recorder.run().units.filter(({ unit }) => steps.some((step) => step.unit === unit));
  const transactions = Object.fromEntries(asked.map(({ unit, transaction }) => [unit, transaction]));
  const events = units.transactionStatus(transactions, { timeoutSeconds: READ_BACK_SECONDS, signal: detach });
  const { answers, silent } = await gatherAnswers(events, undefined, Object.keys(transactions));
  if (detach.aborted) return [];
  const checks: GateCheck[] = [];
  for (const { unit, outcome, milliseconds } of asked) {
    const receipt = answers.get(unit)?.value;
    const read = receipt && readingOf('apply', undefined, WHY, receipt);
    if (!read || read.outcome === 'unknown') {
      const why = read?.detail ?? silent.find((one) => one.unit === unit)?.message ?? '';
      checks.push(failed(unit, `it did not say so: ${why}`));
      continue;
    }
    const { code } = read;
    const detail = receipt.message === '' ? read.detail : receipt.message;
    if (read.outcome !== outcome) await settle(sending, unit, { ...receipt, code }, read.outcome, milliseconds, { detail });
    if (!isInEffect(read.outcome)) {
      checks.push(failed(unit, `not any more (${read.outcome}): what was seen of it says nothing of the change`));
    }
  }
  return checks;
}

function failed(unit: UnitName, detail: string): GateCheck {
  return { name: `${unit} is changed`, ok: false, detail };
}
