import type { Outcome } from '../domain/outcome.js';
import type { Plan } from '../domain/plan.js';
import type { NoAnswer, Order, Receipt } from './ports.js';

type RunVerb = Exclude<Order['verb'], 'gc'>;

/** What did not happen on a unit that stands as before. */
export const NOT_DONE: Readonly<Record<RunVerb, string>> = {
  apply: 'not changed',
  confirm: 'not confirmed',
  extend: 'not extended',
  rollback: 'not taken back',
};

/** What is known of a transaction of which a unit said nothing. */
export const NO_RECEIPT: Receipt = {
  verb: 'status',
  transaction: '',
  outcome: 'unknown',
  state: 'NONE',
  code: '',
  message: '',
  paths: [],
  log: [],
  clock: 0,
};

/** When the unit takes an unconfirmed change back, on our clock, ISO 8601: the sooner of what its clock and its timer say; empty: never. */
export function untilOf({ deadline, windowLeft }: Receipt, now: number, clockOffset: number | undefined): string {
  const byTimer = windowLeft === undefined ? Number.POSITIVE_INFINITY : now + windowLeft * 1000;
  const byClock =
    deadline === undefined || clockOffset === undefined ? Number.POSITIVE_INFINITY : (deadline - clockOffset) * 1000;
  const soonest = Math.min(byTimer, byClock);
  return Number.isFinite(soonest) ? new Date(soonest).toISOString() : '';
}

type Silence = Pick<NoAnswer, 'code' | 'message'> & {
  /** Its task may still be waiting in Juju, and the unit would yet carry it out. */
  readonly mayBegin?: boolean;
};

export interface Reading {
  readonly outcome: Outcome;
  readonly code: string;
  readonly detail: string;
}

/** Of a unit that was asked how it stands and said nothing, either. */
export function unread(absence: Silence, again: Silence | undefined): Reading {
  const { code, message } = again ?? absence;
  return { outcome: 'unknown', code, detail: `${message}; not read back, so its state is unknown` };
}

/**
 * What the state of its transaction says of a unit that was asked for something. Read back as untouched is `failed`, once no task can
 * change that any more.
 */
export function readingOf(kind: Plan['kind'], verb: RunVerb | undefined, silence: Silence, receipt: Receipt): Reading {
  const { code, message } = silence;
  // The unit did not look (locked, damaged, an earlier change half-way): that says nothing of this change.
  if (receipt.outcome === 'refused') {
    return { outcome: 'unknown', code: receipt.code, detail: `${message}; not read back: ${receipt.message}` };
  }
  // It looked, and somebody else was there since, or it cannot read what there is.
  if (receipt.outcome === 'conflict' || receipt.outcome === 'unknown') {
    return { outcome: receipt.outcome, code: receipt.code, detail: receipt.message };
  }
  const back = verb === 'rollback' || kind === 'rollback';
  const read = verb === undefined ? message : 'read back after it did not answer';
  switch (receipt.state) {
    case 'PENDING':
    case 'COMMITTED': {
      if (silence.mayBegin && verb === 'rollback') {
        return { outcome: 'unknown', code, detail: `${message}; read back: not taken back yet` };
      }
      if (kind === 'rollback') return { outcome: 'failed', code, detail: `${message}; read back: not taken back` };
      const outcome = receipt.state === 'PENDING' ? 'pending' : 'changed';
      const missed = back || (verb === 'confirm' && outcome === 'pending') || (verb === 'extend' && code !== '');
      const yet = silence.mayBegin ? ' yet, and still may be' : '';
      if (missed) return { outcome, code, detail: `${NOT_DONE[verb ?? 'rollback']}${yet}: ${message}` };
      return { outcome, code: '', detail: read };
    }
    case 'REVERTED':
      return { outcome: kind === 'rollback' ? 'changed' : 'reverted', code: '', detail: read };
    case 'NONE':
      // It was there when the unit was asked before: this is another machine, or one that was put back to an earlier day.
      if (verb === undefined) {
        return { outcome: 'failed', code, detail: `${message}; read back: the unit knows of no such change any more` };
      }
      if (silence.mayBegin) return { outcome: 'unknown', code, detail: `${message}; read back: not begun yet` };
      return verb === 'apply'
        ? { outcome: 'failed', code, detail: `${message}; read back: nothing was changed` }
        : { outcome: 'unknown', code, detail: `${message}; read back: the unit knows of no such change` };
    default:
      return { outcome: receipt.outcome, code: receipt.code, detail: receipt.message };
  }
}
