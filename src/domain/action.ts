import type { Change, Mpm } from './change.js';
import type { FactValue, Severity } from './finding.js';

/** What kind of value a parameter takes. `directives` is Apache configuration, one directive a line. */
export type ParamType = 'integer' | 'amount' | 'enum' | 'identifier' | 'group' | 'directives' | 'duration' | 'boolean';

export interface Param {
  readonly name: string;
  readonly type: ParamType;
  readonly title: string;
  readonly required: boolean;
  readonly default?: string;
  /** For `integer`, `amount` (of the result) and `duration` (seconds). */
  readonly min?: number;
  readonly max?: number;
  /** For `enum`. */
  readonly values?: readonly string[];
}

/** What must be on a unit, found by the probe: never by the application's name. */
export type Need = 'apache' | 'tls-frontend' | 'wsgi-daemon';

export interface Applicability {
  readonly charms: readonly string[];
  readonly needs: readonly Need[];
}

/**
 * One test of a fact. `*` in `fact` stands for any run of characters; the condition holds when any matching fact fits, and
 * `{*}` and `{value}` in a sentence then name the first that did. `param` compares with the value of a parameter.
 */
export interface Condition {
  readonly fact: string;
  readonly is?: FactValue | readonly FactValue[];
  readonly not?: FactValue | readonly FactValue[];
  readonly atLeast?: number;
  readonly atMost?: number;
  /** Another fact this one must differ from. */
  readonly differsFrom?: string;
  readonly present?: boolean;
  readonly param?: { readonly name: string; readonly is: string };
}

/** A reason not to touch a unit; `say` may name facts as `{mpm.running}` and parameters as `{param.to}`. */
export interface Rule {
  readonly id: string;
  readonly when: readonly Condition[];
  readonly say: string;
}

export interface FindingRule {
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  readonly when: readonly Condition[];
  /** Instead of `when`: the fact must be the same on all units of an application; the finding names the odd ones out. */
  readonly differs?: string;
  readonly say: string;
  /** Names of evidence lines of the collect script that go with it. */
  readonly evidence: readonly string[];
  readonly recommend?: { readonly action: string; readonly params: Readonly<Record<string, string>> };
  /** Findings that this one explains; they are not shown beside it (decision table of the catalogue). */
  readonly explains: readonly string[];
}

interface Described {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly title: string;
  readonly description: string;
  readonly params: readonly Param[];
  readonly appliesTo: Applicability;
  /** Where it came from: `bundled` or a file's path. */
  readonly source: string;
}

export type DiagnosticMode = 'passive' | 'sends-requests' | 'reloads' | 'load';

export interface Diagnostic extends Described {
  readonly kind: 'diagnostic';
  readonly mode: DiagnosticMode;
  /** bash 4.4; prints `fact` and `evidence` lines by the functions of unit/collect.sh. */
  readonly collect: string;
  readonly timeoutSeconds: number;
  readonly findings: readonly FindingRule[];
}

/** What must be true on the unit after a change beside the paths themselves; the unit program checks it. */
export type Check =
  | { readonly kind: 'mpm'; readonly is: Mpm }
  | { readonly kind: 'daemon-group'; readonly group: string; readonly processes: number }
  | { readonly kind: 'apache-active' };

/** A number measured before and after, and which way is better. */
export interface Measure {
  readonly fact: string;
  readonly title: string;
  readonly better: 'lower' | 'higher';
  /** The fact that it is a share of, e.g. requests. */
  readonly per?: string;
}

export interface Tuning extends Described {
  readonly kind: 'tuning';
  readonly refuse: readonly Rule[];
  readonly warn: readonly Rule[];
  /** Strings may hold `{param.NAME}`; planning/params.ts puts the checked values in. */
  readonly changes: readonly ChangeTemplate[];
  readonly activate: 'reload' | 'restart' | 'none';
  readonly risk: 'low' | 'medium' | 'high';
  readonly measure: readonly Measure[];
  /** Charm options that do the same for good, with what else they move. */
  readonly lasting?: string;
  readonly guide: string;
}

/** A change whose values may still be parameters. Resolved by planning/params.ts into a `Change`. */
export type ChangeTemplate =
  | { readonly kind: 'apache-conf'; readonly name: string; readonly content: string }
  | { readonly kind: 'apache-conf-off'; readonly name: string }
  | { readonly kind: 'apache-mpm'; readonly to: string }
  | { readonly kind: 'wsgi-daemon'; readonly group?: string; readonly processes?: string; readonly threads?: string };

export type Action = Diagnostic | Tuning;
export type { Change };
