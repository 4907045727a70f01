import type { Check } from '../domain/action.js';
import { encodeState, type FileState } from '../domain/change.js';
import { Failure } from '../domain/failure.js';
import type { Sha256, Step } from '../domain/plan.js';
import type { UnitName } from '../domain/unit-set.js';
import type { Order, OrderNumber, StatusQuestion, Terms } from '../engine/ports.js';
import { sha256 } from '../planning/sha256.js';
import { line } from './lines.js';

type Contents = Readonly<Record<Sha256, string>>;

/** The section of a request that one unit takes for its own. Throws `Failure('fault')` when the plan is not complete. */
export function orderSection(order: Order, terms: Terms | undefined): string[] {
  return [
    line('unit', order.unit),
    line('verb', order.verb),
    ...(terms === undefined ? [] : [line('not-after', terms.notAfter), numberLine(terms.number)]),
    ...orderLines(order),
  ];
}

/** The section of a unit that is asked what became of a transaction. */
export function statusSection(unit: UnitName, { transaction, endsUpTo }: StatusQuestion): string[] {
  const ends = endsUpTo === undefined ? [] : [numberLine(endsUpTo)];
  return [line('unit', unit), line('verb', 'status'), line('tx', transaction), ...ends];
}

function numberLine({ run, number }: OrderNumber): string {
  return line('number', run, number);
}

function orderLines(order: Order): string[] {
  switch (order.verb) {
    case 'apply':
      return [line('window', order.windowSeconds), line('guard', order.guard ? 'yes' : 'no'), ...stepLines(order.step)];
    case 'confirm':
      return [line('tx', order.transaction), line('accept-drift', order.acceptDrift ? 'yes' : 'no')];
    case 'extend':
      return [line('tx', order.transaction), line('window', order.windowSeconds)];
    case 'rollback':
      return [line('tx', order.transaction), line('budget', order.budgetSeconds)];
    case 'gc':
      return [line('older-than', order.olderThanDays), ...order.keep.map((transaction) => line('keep', transaction))];
  }
}

/** The section of a staged change, which is looked at and not made. */
export function stagedSection(step: Step): string[] {
  return [line('unit', step.unit), ...stepLines(step)];
}

function stepLines(step: Step): string[] {
  const work = [
    line('activate', step.activate),
    line('validate', step.validate ? 'apache' : 'none'),
    ...pathLines(step),
    ...step.checks.map(checkLine),
  ];
  return [
    line('machine', step.identity.machineId, step.identity.modelUuid),
    ...(step.transaction === '' ? [] : [line('tx', step.transaction)]),
    line('plan', sha256(work.join('\n'))),
    line('budget', step.budgetSeconds),
    ...work,
  ];
}

function pathLines(step: Step): string[] {
  const before = new Map(step.before.map(({ path, state }) => [path, state]));
  return step.after.map(({ path, state }) => {
    const was: FileState | undefined = before.get(path);
    if (!was) throw new Failure('fault', `cannot change "${path}" on ${step.unit}: the plan does not say what it was before`);
    return line('path', path, encodeState(was), encodeState(state));
  });
}

function checkLine(check: Check): string {
  switch (check.kind) {
    case 'mpm':
      return line('check', 'mpm', check.is);
    case 'daemon-group':
      return line('check', 'daemon-group', check.group, check.processes);
    case 'apache-active':
      return line('check', 'apache-active');
  }
}

/** Contents that the steps put in place, each once, in the order of their hashes. */
export function blobLines(steps: readonly Step[], contents: Contents): string[] {
  const wanted = new Set<Sha256>();
  for (const step of steps) {
    const before = new Map(step.before.map(({ path, state }) => [path, encodeState(state)]));
    for (const { path, state } of step.after) {
      if (state.kind === 'file' && before.get(path) !== encodeState(state)) wanted.add(state.sha256);
    }
  }
  return [...wanted].sort().map((hash) => {
    const text = contents[hash];
    if (text === undefined)
      throw new Failure('fault', `cannot send the change: the content ${hash.slice(0, 12)}… is not in the plan`);
    if (text.includes('\0'))
      throw new Failure('fault', `cannot send the change: the content ${hash.slice(0, 12)}… holds a zero byte`);
    return line('blob', hash, text);
  });
}
