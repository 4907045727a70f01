import { createHash } from 'node:crypto';
import { sealed } from '../../src/adapters/journal-record.js';
import { canonicalJson } from '../../src/planning/seal.js';
import { FAKE_CATALOGUE, fakeInventory } from '../fakes/model.js';
import { fakePlan } from '../fakes/plan.js';
import { journalEvent } from './journal-events.js';
import { mutatedLines, mutatedText, mutatedValue } from './mutations.js';
import type { Random } from './random.js';

/** A text for a parser, and whether it was made to get past the parser's syntax. */
export interface Input {
  readonly text: string;
  readonly pastSyntax: boolean;
}

/** Makes one hostile text. */
export type InputMaker = (random: Random) => Input;

/** Of a hundred texts so many are sound JSON, YAML or a receipt whose hash fits, with something wrong inside. */
const PAST_SYNTAX = 0.75;

/** Sound JSON of a value with something wrong in it, or text that was JSON once. */
export function jsonInput(value: unknown): InputMaker {
  return (random) => {
    const text = JSON.stringify(mutatedValue(value, random)) ?? 'null';
    if (random.chance(PAST_SYNTAX)) return { text, pastSyntax: true };
    return { text: mutatedText(text, random), pastSyntax: false };
  };
}

/** A status with few applications: of the samples only some parts each time, so that it is quick to read. */
export function statusInput(samples: readonly string[]): InputMaker {
  const statuses = samples.map((sample) => JSON.parse(sample) as Readonly<Record<string, unknown>>);
  return (random) => {
    const whole = random.pick(statuses);
    const some = (part: string): object =>
      Object.fromEntries(Object.entries((whole[part] ?? {}) as object).filter(() => random.chance(0.1)));
    return jsonInput({ ...whole, applications: some('applications'), machines: some('machines') })(random);
  };
}

const UNIT_FIELDS = { host: 'keystone/0', status: 'completed', timing: { started: 'x', completed: 'y', enqueued: 'z' } };

/** Entries of `juju exec` of 2.9, and what `--background` says. */
export const execInput = jsonInput([
  { unit: 'keystone/0', Stdout: 'juju-tune-receipt', ReturnCode: 0 },
  { UnitId: 'keystone/0', stdout: 'YQ==', 'stdout-encoding': 'base64', 'return-code': 1, stderr: 'no' },
  { unit: 'keystone/0', Error: 'unit "keystone/0" not found', message: 'command cancelled' },
]);

export const operationInput = jsonInput({
  summary: 'exec run on unit-keystone-0',
  status: 'running',
  tasks: {
    '7': { ...UNIT_FIELDS, results: { 'return-code': 0, stdout: 'juju-tune-receipt', stderr: '' } },
    '8': { ...UNIT_FIELDS, host: 'keystone/1', status: 'failed', message: 'command cancelled', results: {} },
    '9': { ...UNIT_FIELDS, host: 'keystone/2', status: 'error', error: 'not found' },
  },
});

const OPTION = { description: 'd', type: 'float', value: 0.5, source: 'user', default: 1 };
export const configInput = jsonInput({
  application: 'keystone',
  charm: 'keystone',
  settings: { 'worker-multiplier': OPTION, debug: { ...OPTION, type: 'boolean', value: false } },
});

/** Plans; what gets past the syntax has a hash that fits whatever is in it. */
export function planInput(): InputMaker {
  const tuning = FAKE_CATALOGUE.find((action) => action.kind === 'tuning');
  if (tuning?.kind !== 'tuning') throw new Error('the fake catalogue has no tuning');
  const [one, two] = [['keystone/0'], ['keystone/0', 'keystone/1']].map((units) =>
    fakePlan({ inventory: fakeInventory(), tuning, kind: 'apply', units, done: new Set(), params: {} }),
  );
  return (random) => {
    const mutated = mutatedValue(random.chance(0.7) ? one : two, random) as object;
    const { hash, ...body } = { ...mutated } as Readonly<Record<string, unknown>>;
    const text = JSON.stringify({ ...body, hash: random.chance(0.8) ? hashOf(body) : hash });
    return random.chance(PAST_SYNTAX) ? { text, pastSyntax: true } : { text: mutatedText(text, random), pastSyntax: false };
  };
}

function hashOf(body: object): string {
  return createHash('sha256').update(canonicalJson(body)).digest('hex');
}

const HASH = 'a'.repeat(64);
const RECEIPTS: readonly (readonly string[])[] = [
  [
    'juju-tune-receipt\t1\tchange',
    'verb\tapply',
    'fact\tunit\tkeystone/0',
    'fact\tclock\t1000',
    'tx\trun-0001-k-0',
    `state\t/etc/x\tF:0644:0:0:${HASH}`,
    'window\t1600\t600',
    'void\t01KABCDEFGHJKMNPQRSTVWXYZ0\t2',
    'result\tpending\tPENDING\t\t',
    'log\tone%0Atwo',
  ],
  [
    'juju-tune-receipt\t1\tprobe',
    'fact\tunit\tkeystone/0',
    'fact\tmodel\tm',
    'fact\tclock\t1000',
    'fact\tmachine-id\tx',
    `state\t/etc/apache2/a.conf\tF:0644:0:0:${HASH}`,
    `content\t${HASH}\tU2V0RW52IHggMQo=`,
    'transaction\trun-0001-k-0\tCOMMITTED',
    'validation\tok\t',
  ],
  [
    'juju-tune-receipt\t1\tcollect',
    'fact\tunit\tkeystone/0',
    'diagnostic\tmpm\t0\t12\t0',
    'fact\tmpm.running\tevent',
    'evidence\tconfigtest\tSyntax%20OK',
    'problem\ttook longer',
  ],
];

/** Receipts; what gets past the syntax has a hash that fits. */
export const receiptInput: InputMaker = (random) => {
  const lines = mutatedLines(random.pick(RECEIPTS), random);
  const body = lines.map((line) => `${line}\n`).join('');
  const text = `${body}end\t${createHash('sha256').update(body).digest('hex')}\n`;
  return random.chance(PAST_SYNTAX) ? { text, pastSyntax: true } : { text: mutatedText(text, random), pastSyntax: false };
};

/** YAML of the actions as they are, a few lines of one moved, repeated, cut or replaced. Most are short, so that it is quick to read. */
export function yamlInput(actions: readonly string[]): InputMaker {
  const files = actions.map((text) => text.split('\n').filter((line) => line.length < 200));
  return (random) => {
    const whole = random.pick(files);
    const lines = mutatedLines(linesOf(whole, random), random, YAML_PIECES);
    if (random.chance(0.3)) return { text: mutatedText(lines.join('\n'), random), pastSyntax: false };
    return { text: lines.join('\n'), pastSyntax: true };
  };
}

function linesOf(whole: readonly string[], random: Random): readonly string[] {
  if (random.chance(0.005)) return whole;
  if (random.chance(0.2)) return whole.slice(0, random.pick([10, 20, 40]));
  const start = random.below(Math.max(1, whole.length - 10));
  return ['kind: tuning', 'id: x', ...whole.slice(start, start + 10)];
}

const YAML_PIECES = [
  'params: &a [*a, *a]',
  '<<: *a',
  '__proto__: { polluted: 1 }',
  'constructor: { prototype: { polluted: 1 } }',
  'a: !!js/function x',
  '? [complex, key]',
  ': value',
  '%YAML 1.2',
  '---',
  '...',
  'x: |2',
  "  - 'unclosed",
  '{ a: { b: { c: { d: [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]] } } } }',
  'id: x',
  '\t- tab',
];

/** Journals of sound records in a wrong order, or damaged. */
export const journalInput: InputMaker = (random) => {
  const head = { run: '01JD0000000000000000000001', shortId: 'keystone-1', model: 'm', at: '2026-11-24T00:00:00.000Z' };
  const bodies: object[] = [head];
  const seed = random.below(1000);
  for (let sequence = 1; sequence <= 1 + random.below(6); sequence++) {
    const event = journalEvent(seed, sequence);
    bodies.push({
      sequence,
      at: head.at,
      run: head.run,
      event: random.chance(0.03) ? random.pick([null, {}, 'x', { type: 'newer' }]) : event,
    });
  }
  if (random.chance(0.3)) bodies.splice(random.below(bodies.length), 1);
  let previous = '';
  let text = '';
  for (const body of bodies) {
    const { line, hash } = sealed(body, previous);
    previous = hash;
    text += line;
  }
  return random.chance(PAST_SYNTAX) ? { text, pastSyntax: true } : { text: mutatedText(text, random), pastSyntax: false };
};
