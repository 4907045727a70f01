import type { UnitName } from './unit-set.js';

export type Severity = 'high' | 'medium' | 'low' | 'info';

/** A fact of one unit: `mpm.running` -> `event`, `log.px-502` -> 105. Numbers are numbers, all else is text. */
export type FactValue = string | number;
export type Facts = Readonly<Record<string, FactValue>>;

/** One line of what a unit said that a finding rests on, e.g. a log line. Redacted, not yet made showable. */
export interface Evidence {
  readonly unit: UnitName;
  readonly text: string;
  /** The line with its suspicious words: only to be looked at, by somebody who said so; no JSON, journal or copy has it. */
  readonly reveal?: () => string;
}

export interface Finding {
  /** `<diagnostic>/<rule>`: stable, so that scripts can wait for it. */
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  /** The numbers it rests on, in one or two sentences. */
  readonly why: string;
  readonly units: readonly UnitName[];
  readonly evidence: readonly Evidence[];
  readonly recommend?: { readonly action: string; readonly params: Readonly<Record<string, string>> };
}
