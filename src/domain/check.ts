import type { Evidence, Facts, Finding } from './finding.js';
import type { LeftOut } from './plan.js';
import type { UnitName } from './unit-set.js';

/** What the diagnostics said of one unit. */
export interface UnitCheck {
  readonly unit: UnitName;
  readonly application: string;
  readonly facts: Facts;
  /** By name, as the collect scripts gave them. */
  readonly evidence: Readonly<Record<string, readonly Evidence[]>>;
  /** Diagnostics that did not end well here, each with its last words. */
  readonly problems: readonly string[];
  readonly milliseconds: number;
  /** Why nothing kept the diagnostics from writing; absent when they ran in the jail. */
  readonly unjailed?: string;
}

/** A unit that was asked and gave no believable answer. */
export interface UnitSilence {
  readonly unit: UnitName;
  readonly code: string;
  readonly message: string;
}

/** The result of `juju-tune check`. */
export interface CheckReport {
  readonly demo: boolean;
  /** ISO 8601, UTC. */
  readonly checkedAt: string;
  /** How far back log evidence goes, seconds. */
  readonly windowSeconds: number;
  readonly diagnostics: readonly string[];
  readonly units: readonly UnitCheck[];
  readonly silent: readonly UnitSilence[];
  readonly leftOut: readonly LeftOut[];
  /** Units that a diagnostic is for, and that gave no answer or whose agent is away: ssh may still reach them. Empty after ssh was used. */
  readonly unreached: readonly UnitName[];
  /** Worst first. */
  readonly findings: readonly Finding[];
}
