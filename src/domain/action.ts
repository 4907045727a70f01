import type { Change, Mpm } from './change.js';
import type { FactValue, Severity } from './finding.js';

/** What kind of value a parameter takes. `directives` is Apache configuration, one directive a line; `number` may have decimals. */
export type ParamType =
  | 'integer'
  | 'amount'
  | 'enum'
  | 'identifier'
  | 'group'
  | 'directives'
  | 'duration'
  | 'boolean'
  | 'number'
  | 'text';

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
  /** A good value, for forms and for the command that a mistake is answered with. */
  readonly example?: string;
}

/** What must be on a unit, found by the probe: never by the application's name. */
export type Need = 'apache' | 'tls-frontend' | 'wsgi-daemon';

export interface Applicability {
  readonly charms: readonly string[];
  readonly needs: readonly Need[];
}

/**
 * One test of a fact, or of a parameter. One `*` in `fact` stands for any run of characters; it is bound by the first condition of a
 * rule that has one, so that later conditions of the same rule speak of the same group, port or server, and sentences may say `{*}`.
 * A fact that is not there fits nothing but `present: false`: what is unknown never accuses anybody.
 */
export interface Condition {
  readonly fact?: string;
  readonly is?: FactValue | readonly FactValue[];
  readonly not?: FactValue | readonly FactValue[];
  readonly atLeast?: number;
  readonly atMost?: number;
  /** Another fact this one must differ from. */
  readonly differsFrom?: string;
  readonly present?: boolean;
  /** Instead of `fact`: the value of a parameter. */
  readonly param?: { readonly name: string; readonly is: string };
}

/** A reason not to touch a unit, or a warning; without conditions it always holds. `say` may name facts as `{mpm.running}` and parameters as `{param.to}`. */
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
  /** The numbers, one sentence or two; said for each unit where they differ. */
  readonly say: string;
  /** What they mean; said once. */
  readonly because?: string;
  /** Names of evidence lines of the collect script that go with it. */
  readonly evidence: readonly string[];
  /** Parameters may name facts: `{mpm.useful-max-request-workers}` becomes the largest of the units found. */
  readonly recommend?: { readonly action: string; readonly params: Readonly<Record<string, string>> };
  /** Findings (`<diagnostic>/<rule>`) that this one explains; they are not shown beside it. */
  readonly explains: readonly string[];
  /** Findings to cure first: while one of them is there, this one is shown without its recommendation. One tuning at a time. */
  readonly after?: readonly string[];
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
  /** A level (requests waiting now), not a count over the window: compared as it is; `per` then only tells whether there was traffic. */
  readonly level?: boolean;
}

export interface Tuning extends Described {
  readonly kind: 'tuning';
  /** Parameters of which at least one must be given. */
  readonly needsOne?: readonly string[];
  readonly refuse: readonly Rule[];
  readonly warn: readonly Rule[];
  /** Strings may hold `{param.NAME}`; planning/params.ts puts the checked values in. */
  readonly changes: readonly ChangeTemplate[];
  /** Charm options; a tuning has either these or changes. */
  readonly options?: readonly OptionTemplate[];
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
/** A charm option whose value may still be a parameter. Resolved by planning/params.ts into an `OptionChange`. */
export interface OptionTemplate {
  readonly option: string;
  readonly value?: string;
  /** Instead of `value`: this number divided by the CPUs of a unit. */
  readonly perCpu?: string;
  /** Instead of both, when it comes to `yes`: back to the charm's default. */
  readonly reset?: string;
  /** What else the option moves, by charm. */
  readonly moves: Readonly<Record<string, string>>;
}

export type Action = Diagnostic | Tuning;
export type { Change };
