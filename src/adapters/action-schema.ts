import * as z from 'zod';

/** What may stand in an action's file; `actions/schema.json` is made from it, for editors. Defaults are filled in when it is read. */

const id = z
  .string()
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'must be lower-case words joined by single dashes')
  .max(40);
const text = z.string().trim().min(1, 'must not be empty');
const factName = z.string().regex(/^[a-zA-Z0-9_-]+(?:[.*][a-zA-Z0-9_*-]*)*$/, 'must be a fact name like mpm.running or queue.*');
const factValue = z.union([z.string(), z.number()]);
const factValues = z.union([factValue, z.array(factValue).min(1)]);

const oneStar = (name: string): boolean => name.split('*').length <= 2;

const condition = z
  .strictObject({
    fact: factName.refine(oneStar, 'may have one * at most').optional(),
    is: factValues.optional(),
    not: factValues.optional(),
    atLeast: z.number().optional(),
    atMost: z.number().optional(),
    differsFrom: factName.optional(),
    present: z.boolean().optional(),
    param: z.strictObject({ name: id, is: z.string() }).optional(),
  })
  .refine((value) => (value.fact === undefined) !== (value.param === undefined), 'must name either a fact or a param')
  .refine(
    (value) =>
      value.fact === undefined ||
      [value.is, value.not, value.atLeast, value.atMost, value.differsFrom, value.present].some((test) => test !== undefined),
    'must test its fact: is, not, atLeast, atMost, differsFrom or present',
  );

const rule = z.strictObject({ id, when: z.array(condition).default([]), say: text });

const param = z
  .strictObject({
    name: id,
    type: z.enum(['integer', 'amount', 'enum', 'identifier', 'group', 'directives', 'duration', 'boolean', 'number', 'text']),
    title: text,
    required: z.boolean().default(false),
    default: z.string().optional(),
    min: z.number().optional(),
    max: z.number().optional(),
    values: z.array(z.string().min(1)).min(1).optional(),
    example: z.string().min(1).optional(),
  })
  .refine((value) => (value.type === 'enum') === (value.values !== undefined), 'must have values exactly when its type is enum')
  .refine((value) => !(value.required && value.default !== undefined), 'cannot be required and have a default')
  .refine((value) => value.min === undefined || value.max === undefined || value.min <= value.max, 'must have min at most max');

const recommend = z.strictObject({ action: id, params: z.record(id, z.string()).default({}) });

const findingRule = z
  .strictObject({
    id,
    severity: z.enum(['high', 'medium', 'low', 'info']),
    title: text,
    when: z.array(condition).default([]),
    differs: factName.refine(oneStar, 'may have one * at most').optional(),
    say: text,
    because: text.optional(),
    evidence: z.array(z.string().min(1)).default([]),
    recommend: recommend.optional(),
    explains: z.array(z.string().regex(/^[a-z0-9-]+\/[a-z0-9-]+$/, 'must be <diagnostic>/<rule>')).default([]),
    after: z.array(z.string().regex(/^[a-z0-9-]+\/[a-z0-9-]+$/, 'must be <diagnostic>/<rule>')).default([]),
  })
  .refine((value) => (value.when.length === 0) === (value.differs !== undefined), 'must have either when or differs');

const described = {
  id,
  aliases: z.array(id).default([]),
  title: text.max(100),
  description: text,
  params: z.array(param).default([]),
  appliesTo: z.strictObject({
    charms: z.array(id).min(1).describe('Names of charms as in juju status; never of applications'),
    needs: z.array(z.enum(['apache', 'tls-frontend', 'wsgi-daemon'])).default([]),
  }),
};

const diagnostic = z.strictObject({
  kind: z.literal('diagnostic'),
  ...described,
  mode: z.enum(['passive', 'sends-requests', 'reloads', 'load']).default('passive'),
  timeoutSeconds: z.number().int().min(1).max(120).default(20),
  collect: text.describe('bash 4.4; see actions/README.md'),
  findings: z.array(findingRule).default([]),
});

const change = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('apache-conf'), name: text, content: text }),
  z.strictObject({ kind: z.literal('apache-conf-off'), name: text }),
  z.strictObject({ kind: z.literal('apache-mpm'), to: text }),
  z
    .strictObject({
      kind: z.literal('wsgi-daemon'),
      group: text.optional(),
      processes: text.optional(),
      threads: text.optional(),
    })
    .refine((value) => value.processes !== undefined || value.threads !== undefined, 'must set processes or threads'),
]);

const option = z
  .strictObject({
    option: text,
    value: text.optional().describe('What the option is set to'),
    perCpu: text.optional().describe('Instead of value: this number divided by the CPUs of a unit'),
    reset: text.optional().describe('Instead of both, when it comes to yes: back to the default of the charm'),
    moves: z.record(id, text).default({}).describe('What else the option moves, by charm'),
  })
  .refine((value) => value.value !== undefined || value.perCpu !== undefined, 'must set value or perCpu');

const measure = z.strictObject({
  fact: factName,
  title: text,
  better: z.enum(['lower', 'higher']),
  per: factName.optional(),
  level: z.boolean().optional(),
});

const tuning = z.strictObject({
  kind: z.literal('tuning'),
  ...described,
  needsOne: z.array(id).min(2).optional(),
  refuse: z.array(rule).default([]),
  warn: z.array(rule).default([]),
  changes: z.array(change).default([]),
  options: z.array(option).min(1).optional().describe('Charm options, instead of changes of units'),
  activate: z.enum(['reload', 'restart', 'none']),
  risk: z.enum(['low', 'medium', 'high']),
  measure: z.array(measure).default([]),
  lasting: text.optional(),
  guide: text,
});

/** One action file, before what only the whole can tell (references between its parts, between actions) is checked. */
export const actionFile = z.discriminatedUnion('kind', [diagnostic, tuning]);

export type ActionFile = z.infer<typeof actionFile>;

/** The JSON Schema (draft 2020-12) of an action file, as `actions/schema.json` and `juju-tune actions --schema` give it. */
export function actionSchema(): Readonly<Record<string, unknown>> {
  return { title: 'juju-tune action', ...z.toJSONSchema(actionFile, { io: 'input' }) };
}
