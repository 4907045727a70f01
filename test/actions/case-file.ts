import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import * as z from 'zod';

const text = z.record(z.string(), z.string());
const value = z.union([z.string(), z.number()]);
const facts = z.record(z.string(), value);

/** What one diagnostic says of one unit folder. */
const diagnosticCase = z.strictObject({
  description: z.string().min(1),
  params: text.default({}),
  unit: z.strictObject({ files: text.default({}), links: text.default({}), commands: text.default({}) }),
  /** Facts of other diagnostics, for the findings. */
  otherFacts: facts.default({}),
  expect: z.strictObject({
    /** Each must be there with this value; there may be more. */
    facts,
    /** None of these may be there. */
    absent: z.array(z.string()).default([]),
    /** Number of lines. */
    evidence: z.record(z.string(), z.number()).default({}),
    /** All findings, with their recommendation as `action name=value`, or `none`. */
    findings: text.default({}),
    /** A part of each sentence, by finding. */
    say: text.default({}),
  }),
});

/** What one tuning makes of one probed unit. */
const tuningCase = z.strictObject({
  description: z.string().min(1),
  params: text.default({}),
  unit: z.strictObject({
    facts: facts.default({}),
    /** Text of files, all 0644 of root unless `states` says else. What is not named here is absent. */
    files: text.default({}),
    links: text.default({}),
    /** Anything else, as receipts write it: `D:0755:0:0`. */
    states: text.default({}),
    /** Charm options that are there: `float unset`, `int default 90000`, `float user 0.5`. */
    options: text.default({}),
  }),
  expect: z.strictObject({
    /** Every mistake in the parameters. */
    mistakes: z.array(z.string()).optional(),
    refusal: z.string().optional(),
    warnings: z.array(z.string()).default([]),
    /** Every path that changes, in order: `A`, `L:target`, `D:…`, `file` (0644 of root), or `F:mode:owner`. */
    after: z.array(z.record(z.string(), z.string())).default([]),
    /** New text by path, whole. */
    contents: text.default({}),
    /** Changed lines by path, `-` and `+`. */
    lines: z.record(z.string(), z.array(z.string())).default({}),
    summary: z.array(z.string()).default([]),
    /** Charm options: `worker-multiplier unset -> 0.75`. */
    options: z.array(z.string()).default([]),
    /** A part of each sentence. */
    impact: z.array(z.string()).default([]),
    activate: z.enum(['none', 'reload', 'restart']).optional(),
    checks: z.array(z.string()).default([]),
  }),
});

export type DiagnosticCase = z.infer<typeof diagnosticCase>;
export type TuningCase = z.infer<typeof tuningCase>;

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** The names of an action's cases. */
export function caseNames(action: string): string[] {
  try {
    return readdirSync(join(FOLDER, action))
      .filter((name) => name.endsWith('.yaml'))
      .sort();
  } catch {
    return [];
  }
}

export function readCaseText(action: string, name: string): string {
  return readFileSync(join(FOLDER, action, name), 'utf8');
}

export function parseDiagnosticCase(text: string): DiagnosticCase {
  return diagnosticCase.parse(parse(text));
}

export function parseTuningCase(text: string): TuningCase {
  return tuningCase.parse(parse(text));
}
