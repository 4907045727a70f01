import type { FailureCode } from './failure.js';

/** How a step ended on one unit. Never `ok` by default: what was not read back is `unknown`. */
export type Outcome =
  | 'changed' // in the asked state, read back
  | 'pending' // in the asked state, read back, and taken back by the unit unless it is confirmed in time
  | 'unchanged' // was there already, nothing touched
  | 'refused' // the unit refused before it touched anything
  | 'failed' // did not work, read back as before
  | 'reverted' // was changed and is as before again
  | 'conflict' // somebody else's later edit was left alone
  | 'broken' // neither before nor after; commands to type are shown
  | 'unknown' // not read back
  | 'not-started';

export type RunStatus = 'open' | 'awaiting-confirmation' | 'closed' | 'unfinished';
export type RunOutcome = 'done' | 'failed' | 'refused' | 'unknown' | 'taken-back' | 'interrupted';

/** The exit codes of product.md; a command returns one, main.ts sets it. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  unknown: 4,
  juju: 5,
  takenBack: 6,
  awaiting: 7,
  findings: 10,
  fault: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export function exitCodeOfFailure(code: FailureCode): ExitCode {
  switch (code) {
    case 'usage':
      return EXIT.usage;
    case 'refused':
      return EXIT.refused;
    case 'juju':
      return EXIT.juju;
    case 'unknown-outcome':
      return EXIT.unknown;
    case 'interrupted':
      return EXIT.interrupted;
    case 'fault':
      return EXIT.fault;
  }
}

export function exitCodeOfRun(outcome: RunOutcome): ExitCode {
  switch (outcome) {
    case 'done':
      return EXIT.ok;
    case 'failed':
      return EXIT.failed;
    case 'refused':
      return EXIT.refused;
    case 'unknown':
      return EXIT.unknown;
    case 'taken-back':
      return EXIT.takenBack;
    case 'interrupted':
      return EXIT.interrupted;
  }
}

export function isGood(outcome: Outcome): boolean {
  return outcome === 'changed' || outcome === 'pending' || outcome === 'unchanged';
}
