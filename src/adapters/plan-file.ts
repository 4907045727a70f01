import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import * as z from 'zod';
import { Failure } from '../domain/failure.js';
import type { Plan } from '../domain/plan.js';
import { isUnitName } from '../domain/unit-set.js';
import { planProblems } from '../planning/plan-check.js';
import { requireUntouched } from '../planning/seal.js';

/** A plan with every content is far below this; what is larger is none of ours. */
const MOST_BYTES = 32 * 1024 ** 2;

const text = z.string();
const unit = text.refine(isUnitName, 'is no unit name');
const sha256 = text.regex(/^[0-9a-f]{64}$/);
const mode = text.regex(/^[0-7]{4}$/);
const owner = text.regex(/^\d+:\d+$/);
const state = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('absent') }),
  z.strictObject({ kind: z.literal('file'), mode, owner, sha256 }),
  z.strictObject({ kind: z.literal('link'), target: text }),
  z.strictObject({ kind: z.literal('dir'), mode, owner }),
]);
const path = text.regex(/^\/(?!.*(?:^|\/)\.\.(?:\/|$))/, 'is no absolute path without ".."');
const paths = z.array(z.strictObject({ path, state }));
const check = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('mpm'), is: z.enum(['event', 'worker', 'prefork']) }),
  z.strictObject({ kind: z.literal('daemon-group'), group: text, processes: z.number().int() }),
  z.strictObject({ kind: z.literal('apache-active') }),
]);
const step = z.strictObject({
  unit,
  application: text,
  host: text,
  address: text,
  leader: z.boolean(),
  identity: z.strictObject({ modelUuid: text, unit, machineId: text }),
  verb: z.enum(['apply', 'rollback']),
  transaction: text.regex(/^([a-z0-9-]{8,60})?$/),
  before: paths,
  after: paths,
  activate: z.enum(['none', 'reload', 'restart']),
  validate: z.boolean(),
  checks: z.array(check),
  commands: z.array(text),
  budgetSeconds: z.number().int().nonnegative(),
  summary: z.array(text),
});
const optionValue = z.strictObject({ value: text, source: z.enum(['user', 'default', 'unset']) });
const charm = z.strictObject({
  application: text,
  charm: text,
  units: z.array(unit),
  options: z.array(z.strictObject({ option: text, before: optionValue, after: optionValue })),
});
const leftOut = z.array(z.strictObject({ unit, reason: text }));
const confirmation = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('yes') }),
  z.strictObject({ kind: z.literal('count'), count: z.number().int() }),
  z.strictObject({ kind: z.literal('application'), application: text }),
]);
const measure = z.strictObject({
  fact: text,
  title: text,
  better: z.enum(['lower', 'higher']),
  per: text.optional(),
  level: z.boolean().optional(),
});
const planSchema = z.strictObject({
  schema: z.literal('juju-tune/plan/1'),
  tool: text,
  demo: z.boolean(),
  kind: z.enum(['apply', 'rollback']),
  of: text.optional(),
  createdAt: text,
  model: z.strictObject({ controller: text, name: text, uuid: text }),
  action: z.strictObject({ id: text, title: text, digest: sha256 }),
  params: z.record(text, text),
  targets: z.array(unit),
  others: z.array(unit),
  steps: z.array(step),
  charm: charm.optional(),
  unchanged: z.array(unit),
  leftOut,
  unguarded: leftOut.optional(),
  unjailed: leftOut.optional(),
  refused: leftOut,
  batches: z.array(z.strictObject({ number: z.number().int(), canary: z.boolean(), units: z.array(unit) })),
  rollout: z.strictObject({
    maxFailures: z.number().int().nonnegative(),
    onFailure: z.enum(['batch', 'all']),
    bakeSeconds: z.number().int().nonnegative(),
  }),
  contents: z.record(sha256, text),
  impact: z.array(text),
  warnings: z.array(text),
  risk: z.enum(['low', 'medium', 'high']),
  confirmation,
  measures: z.array(measure),
  hash: sha256,
});

/** The plan in this file, word for word as it was made. Throws `Failure('usage')` for anything else. */
export async function readPlanFile(file: string): Promise<Plan> {
  const source = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Failure('usage', `cannot read plan file "${file}": ${reasonOf(cause)}`, {
      cause,
      hint: `juju-tune plan keystone TUNING -o ${file}`,
    });
  });
  return parsePlan(file, source);
}

/** The plan that this text of a plan file holds. Throws `Failure('usage')` for anything else. */
export function parsePlan(file: string, source: string): Plan {
  if (source.length > MOST_BYTES) throw new Failure('usage', `plan file "${file}" is larger than any plan`);
  const data = parse(file, source);
  const version = data !== null && typeof data === 'object' && 'schema' in data ? data.schema : undefined;
  if (typeof version === 'string' && /^juju-tune\/plan\/(?!1$)\d+$/.test(version)) {
    throw new Failure(
      'usage',
      `plan file "${file}" was made by a newer juju-tune (${version}); this one reads juju-tune/plan/1`,
      {
        hint: 'make the plan again with this version',
      },
    );
  }
  const result = planSchema.safeParse(data);
  if (!result.success) {
    throw new Failure('usage', `"${file}" is no plan file of juju-tune`, {
      problems: result.error.issues.slice(0, 20).map((issue) => `${issue.path.join('.') || 'top'}: ${issue.message}`),
      hint: `juju-tune plan keystone TUNING -o ${file}`,
    });
  }
  const plan = result.data as Plan;
  requireUntouched(plan);
  const problems = planProblems(plan);
  if (problems.length === 0) return plan;
  throw new Failure('usage', `"${file}" is no plan that juju-tune makes`, {
    problems: problems.slice(0, 20),
    hint: `juju-tune plan keystone TUNING -o ${file}`,
  });
}

function parse(file: string, source: string): unknown {
  try {
    return JSON.parse(source);
  } catch (cause) {
    throw new Failure('usage', `plan file "${file}" is no JSON: ${reasonOf(cause)}`, { cause, hint: 'make the plan again' });
  }
}

/** Writes the plan, readable by its owner only; the file is whole or not there. Throws `Failure('usage')`. */
export async function writePlanFile(file: string, plan: Plan): Promise<void> {
  const part = `${file}.${randomBytes(4).toString('hex')}.part`;
  try {
    const handle = await open(part, 'wx', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(plan, null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } catch (cause) {
    await rm(part, { force: true });
    throw new Failure('usage', `cannot write plan file "${file}": ${reasonOf(cause)}`, {
      cause,
      hint: 'the same with -o in a folder that can be written',
    });
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
