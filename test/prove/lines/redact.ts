import { readFileSync } from 'node:fs';
import { redact } from '../../../src/domain/redact.js';
import { MARK } from '../../../src/domain/redact-names.js';
import { SUSPICIOUS, withoutSuspicious } from '../../../src/domain/suspicious.js';
import redactProgram from '../../../src/unit/redact.awk';
import { type Line, type LineContext, type Planted, summed, type Tally } from '../line.js';
import { ordinarySamples, type Sample, secretSamples } from '../redact-corpus.js';
import { type Score, score } from '../redact-score.js';
import { redactOnUnit } from '../redact-unit.js';

const GOALS = { recall: 99.9, precision: 98 };
/** Of each of 20 kinds in each of 12 encodings; a key of several lines is several secrets. */
const EACH = { short: 21, full: 210 };
const ORDINARY = { short: 50_000, full: 500_000 };

const PLACES: Readonly<Record<string, string>> = {
  unit: 'On the unit',
  ours: 'At our end',
  told: 'At our end with suspicious words hidden too',
};

/** Parts of the unit's redactor, each of which must be missed when it is not there. */
const BUGS: readonly (readonly [name: string, part: string, without: string])[] = [
  ['bodies that mod_dumpio wrote are left', 'text = without_body(text)', 'text = text'],
  ['the body of a private key is left', 'text = without_key_body(text)', 'text = text'],
  ['names are not looked at', 'text = without_values(text)', 'text = text'],
  ['shapes are not looked at', 'return without_shapes(text)', 'return text'],
  ['quotes of an address are not known', 'hex in MEANS) { T_CHAR', 'hex in NOTHING) { T_CHAR'],
  [
    'only the first password of a line is hidden',
    '    from = V_QUOTE ? end + V_QUOTE_LEN : end\n',
    '    from = V_QUOTE ? end + V_QUOTE_LEN : end\n    break\n',
  ],
];

export const line: Line = {
  title:
    'secrets in lines of logs, 20 kinds in 12 encodings: both redactors hide them and leave ordinary lines as they are; FILE: score these lines',
  workers: 1,
  minutes: { short: 4, full: 40 },
  async run(context) {
    const [file] = context.words;
    const samples = file === undefined ? corpus(context) : readSamples(readFileSync(file, 'utf8'));
    const texts = samples.map((sample) => sample.line);
    const scores = {
      unit: score(samples, await redactOnUnit(texts, context.folder)),
      ours: score(samples, texts.map(redact)),
      told: score(samples, texts.map(asTold)),
    };
    const parts = Object.entries(scores).flatMap(([where, result]) => tallies(where, result));
    context.report(texts.length, texts.length);
    return summed(Object.fromEntries(parts), {
      planted: file === undefined ? await plantedBugs(context) : [],
      failures: Object.values(scores)
        .flatMap(({ examples }) => examples)
        .map((example) => example.replaceAll('\n', ' | ').slice(0, 600)),
      notes: Object.entries(scores).map(([where, result]) => words(where, result)),
    });
  },
};

/** Of what a unit says of what it saw, what is random to look at is hidden too. */
function asTold(text: string): string {
  return withoutSuspicious(redact(text)).replaceAll(SUSPICIOUS, MARK);
}

function corpus({ full, seed }: Pick<LineContext, 'full' | 'seed'>): Sample[] {
  const size = full ? 'full' : 'short';
  return [...secretSamples(seed, EACH[size]), ...ordinarySamples(seed, ORDINARY[size])];
}

/** One JSON object a line: `{"line": "…", "secrets": ["…"]}`, the secrets as they are written in the line, none in an ordinary one. */
function readSamples(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => {
      const sample: unknown = JSON.parse(line);
      if (!isSample(sample))
        throw new Error(`line ${index + 1} is no {"line": "…", "secrets": ["…"]}, or names a secret that is not in it`);
      const { kind = 'given', encoding = `line ${index + 1}` } = sample;
      return { line: sample.line, secrets: sample.secrets ?? [], kind, encoding };
    });
}

interface Given {
  readonly line: string;
  readonly secrets?: readonly string[];
  readonly kind?: string;
  readonly encoding?: string;
}

function isSample(value: unknown): value is Given {
  if (typeof value !== 'object' || value === null || !('line' in value) || typeof value.line !== 'string') return false;
  const { line: text } = value;
  const secrets: unknown = 'secrets' in value ? value.secrets : [];
  return (
    Array.isArray(secrets) && secrets.every((secret) => typeof secret === 'string' && secret !== '' && text.includes(secret))
  );
}

/** What stays within the goal has not failed; the numbers are in the notes. */
function tallies(where: string, { secrets, leaked, ordinary, altered, recall, precision }: Score): [string, Tally][] {
  const enough: [string, Tally][] = [
    [`secrets, ${where}`, { goal: secrets, done: secrets, failed: recall >= GOALS.recall ? 0 : leaked }],
    [`ordinary lines, ${where}`, { goal: ordinary, done: ordinary, failed: precision >= GOALS.precision ? 0 : altered }],
  ];
  return enough.filter(([, { goal }]) => goal > 0);
}

function words(where: string, { secrets, leaked, ordinary, altered, recall, precision, kept }: Score): string {
  return `${PLACES[where] ?? where}: recall ${recall} % (${leaked} of ${secrets} secrets could be read), precision ${precision} % (${altered} of ${ordinary} ordinary lines were altered); ${kept} % of what stands around secrets is kept.`;
}

async function plantedBugs(context: LineContext): Promise<Planted[]> {
  const samples = [...secretSamples(context.seed, 5), ...ordinarySamples(context.seed, 500)];
  const texts = samples.map((sample) => sample.line);
  const fails = (shown: readonly string[]): boolean => tallies('', score(samples, shown)).some(([, { failed }]) => failed > 0);
  const found: Planted[] = [{ name: 'everything is hidden', found: fails(texts.map(() => '[redacted]')) }];
  for (const [name, part, without] of BUGS) {
    if (!redactProgram.includes(part)) throw new Error(`redact.awk has no "${part}" any more`);
    found.push({ name, found: fails(await redactOnUnit(texts, context.folder, redactProgram.replace(part, without))) });
  }
  return found;
}
