import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Check, Diagnostic } from '../domain/action.js';
import { encodeState, type FileState } from '../domain/change.js';
import { Failure } from '../domain/failure.js';
import type { Sha256, Step, TransactionId } from '../domain/plan.js';
import type { UnitName } from '../domain/unit-set.js';
import type { ProbeQuestion } from '../engine/ports.js';
import activation from './activation.sh';
import apache from './apache.sh';
import collect from './collect.sh';
import facts from './facts.sh';
import files from './files.sh';
import { line } from './lines.js';
import lines from './lines.sh';
import prepare from './prepare.sh';
import request from './request.sh';
import transaction from './transaction.sh';
import validation from './validation.sh';
import verbs from './verbs.sh';

export type UnitVerb = 'probe' | 'apply' | 'rollback' | 'status' | 'collect';

/** The text that one juju task runs on each of these units. */
export interface UnitScript {
  readonly verb: UnitVerb;
  readonly units: readonly UnitName[];
  readonly text: string;
}

/** A command line argument may not be longer than 128 KiB (safe-change.md 0.5); some room is left for what Juju puts around it. */
export const SCRIPT_LIMIT = 120 * 1024;

const LOOKING = [lines, apache, facts];
const COLLECTING = [...LOOKING, collect].join('');
const CHANGING = [...LOOKING, request, files, prepare, validation, activation, transaction, verbs].join('');

type Contents = Readonly<Record<Sha256, string>>;

/** Looks at every unit; a staged change of the question reaches the units it is for. Throws `Failure('fault')` when one unit's part is too large. */
export function probeScripts(modelUuid: string, question: ProbeQuestion, units: readonly UnitName[]): readonly UnitScript[] {
  const { staged } = question;
  const looks = [...question.paths.map((path) => line('want', path)), ...question.globs.map((glob) => line('glob', glob))];
  if (!staged) return [{ verb: 'probe', units, text: checked('probe', assemble('probe', modelUuid, looks)) }];
  return fitted(units, (part) => {
    const steps = staged.steps.filter((step) => part.includes(step.unit));
    return script(
      'probe',
      part,
      assemble('probe', modelUuid, [...looks, ...sections(steps, {}), ...blobs(steps, staged.contents)]),
    );
  });
}

/** Applies or rolls back, as each step says; `notAfter` is on each unit's own clock. As many scripts as the size of the steps asks for. */
export function changeScripts(
  steps: readonly Step[],
  contents: Contents,
  notAfter: Readonly<Record<UnitName, number>>,
): readonly UnitScript[] {
  return (['apply', 'rollback'] as const).flatMap((verb) => {
    const ofVerb = steps.filter((step) => step.verb === verb);
    return fitted(ofVerb, (part) => {
      const asked = [...sections(part, notAfter), ...(verb === 'apply' ? blobs(part, contents) : [])];
      const units = part.map((step) => step.unit);
      return script(verb, units, assemble(verb, part[0]?.identity.modelUuid ?? '', asked));
    });
  });
}

/** Asks what became of each unit's transaction. */
export function statusScripts(modelUuid: string, transactions: Readonly<Record<UnitName, TransactionId>>): readonly UnitScript[] {
  return fitted(Object.entries(transactions), (part) => {
    const asked = part.flatMap(([unit, id]) => [line('unit', unit), line('tx', id)]);
    const units = part.map(([unit]) => unit);
    return script('status', units, assemble('status', modelUuid, asked));
  });
}

/** Runs the diagnostics in their order, each under its own time limit. Parameters reach them as data: `PARAM_WINDOW`. */
export function collectScripts(
  modelUuid: string,
  diagnostics: readonly Diagnostic[],
  params: Readonly<Record<string, string>>,
  units: readonly UnitName[],
): readonly UnitScript[] {
  const asked = [
    ...Object.entries(params).map(([name, value]) => line('param', variableName(name), value)),
    ...diagnostics.map(({ id, timeoutSeconds, collect: text }) => line('diagnostic', id, timeoutSeconds, base64(text))),
  ];
  return [{ verb: 'collect', units, text: checked('collect', assemble('collect', modelUuid, asked)) }];
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

function script(verb: UnitVerb, units: readonly UnitName[], text: string): UnitScript {
  return { verb, units, text };
}

/** Splits until every part fits. */
function fitted<T>(items: readonly T[], build: (items: readonly T[]) => UnitScript): readonly UnitScript[] {
  if (items.length === 0) return [];
  const whole = build(items);
  if (whole.text.length <= SCRIPT_LIMIT) return [whole];
  if (items.length === 1) checked(whole.verb, whole.text);
  const middle = Math.ceil(items.length / 2);
  return [...fitted(items.slice(0, middle), build), ...fitted(items.slice(middle), build)];
}

function checked(verb: UnitVerb, text: string): string {
  if (text.length <= SCRIPT_LIMIT) return text;
  throw new Failure(
    'fault',
    `cannot send this ${verb}: it takes ${text.length} bytes for one unit, and Juju takes ${SCRIPT_LIMIT}`,
  );
}

function sections(steps: readonly Step[], notAfter: Readonly<Record<UnitName, number>>): string[] {
  return steps.flatMap((step) => {
    const work = [
      line('activate', step.activate),
      line('validate', step.validate ? 'apache' : 'none'),
      ...pathLines(step),
      ...step.checks.map(checkLine),
    ];
    const deadline = notAfter[step.unit];
    return [
      line('unit', step.unit),
      line('machine', step.identity.machineId),
      ...(step.transaction === '' ? [] : [line('tx', step.transaction)]),
      line('plan', sha256(work.join('\n'))),
      ...(deadline === undefined ? [] : [line('not-after', deadline)]),
      line('budget', step.budgetSeconds),
      ...work,
    ];
  });
}

function pathLines(step: Step): string[] {
  const before = new Map(step.before.map(({ path, state }) => [path, state]));
  return step.after.map(({ path, state }) => {
    const was: FileState | undefined = before.get(path);
    if (!was) throw new Failure('fault', `cannot change "${path}" on ${step.unit}: the plan does not say what it was before`);
    return line('path', path, encodeState(was), encodeState(state));
  });
}

function checkLine(check: Check): string {
  switch (check.kind) {
    case 'mpm':
      return line('check', 'mpm', check.is);
    case 'daemon-group':
      return line('check', 'daemon-group', check.group, check.processes);
    case 'apache-active':
      return line('check', 'apache-active');
  }
}

/** Contents that the steps put in place, each once, in the order of their hashes. */
function blobs(steps: readonly Step[], contents: Contents): string[] {
  const wanted = new Set<Sha256>();
  for (const step of steps) {
    const before = new Map(step.before.map(({ path, state }) => [path, encodeState(state)]));
    for (const { path, state } of step.after) {
      if (state.kind === 'file' && before.get(path) !== encodeState(state)) wanted.add(state.sha256);
    }
  }
  return [...wanted].sort().map((hash) => {
    const text = contents[hash];
    if (text === undefined)
      throw new Failure('fault', `cannot send the change: the content ${hash.slice(0, 12)}… is not in the plan`);
    if (text.includes('\0'))
      throw new Failure('fault', `cannot send the change: the content ${hash.slice(0, 12)}… holds a zero byte`);
    return line('blob', hash, text);
  });
}

/** The whole text: what is asked for and the program that does it travel as compressed data, so no value is ever shell text. */
function assemble(verb: UnitVerb, modelUuid: string, asked: readonly string[]): string {
  const head = [line('juju-tune-request', 1, verb), line('model', modelUuid), ...asked].map((text) => `${text}\n`).join('');
  const program = (verb === 'collect' ? COLLECTING : CHANGING).trimEnd();
  return `# juju-tune ${verb}
set -u
ROOT="\${JUJU_TUNE_ROOT-}"
UNIT_HOST="\${JUJU_TUNE_UNIT_HOST-127.0.0.1}"
PATH="$ROOT/usr/sbin:$ROOT/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LC_ALL=C
export ROOT UNIT_HOST PATH LC_ALL
unset BASH_ENV ENV JUJU_CONTEXT_ID JUJU_AGENT_SOCKET_ADDRESS
trap : TERM HUP INT
unpack() { printf %s "$1" | base64 -d | gzip -dc; }
program=$(unpack '${packed(program)}')
if [ "$(printf %s "$program" | sha256sum)" != '${sha256(program)}  -' ]; then
  echo 'juju-tune: the program was damaged on its way to the unit' >&2
  exit 70
fi
answer=$(trap : TERM HUP INT; unpack '${packed(`${head}end\t${sha256(head)}\n`)}' | bash --norc -c "$program" juju-tune ${verb})
code=$?
if [ "\${#answer}" -le 8192 ]; then
  printf '%s\\n' "$answer"
else
  answer=$(printf '%s\\n' "$answer" | gzip -9c | base64 -w0)
  if [ "\${#answer}" -gt 65500 ]; then printf 'juju-tune-too-large %s\\n' "\${#answer}"; else printf 'gz %s\\n' "$answer"; fi
fi
exit "$code"
`;
}

function packed(text: string): string {
  return gzipSync(text, { level: 9 }).toString('base64');
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function sha256(text: string): Sha256 {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
