import type { Diagnostic } from '../domain/action.js';
import { Failure } from '../domain/failure.js';
import type { Sha256 } from '../domain/plan.js';
import type { UnitName } from '../domain/unit-set.js';
import type { Order, ProbeQuestion, StatusQuestion, Terms } from '../engine/ports.js';
import { sha256 } from '../planning/sha256.js';
import { line } from './lines.js';
import { blobLines, orderSection, stagedSection, statusSection } from './orders.js';
import { packed } from './packed.js';
import { sentProgram, type UnitVerb } from './programs.js';

/** The text that one juju task runs on each of these units. */
export interface UnitScript {
  readonly verb: UnitVerb;
  readonly units: readonly UnitName[];
  readonly text: string;
}

/** A command line argument may not be longer than 128 KiB (safe-change.md 0.5); some room is left for what Juju puts around it. */
export const SCRIPT_LIMIT = 120 * 1024;

type Contents = Readonly<Record<Sha256, string>>;

/** Looks at every unit; a staged change of the question reaches the units it is for. Throws `Failure('fault')` when one unit's part is too large. */
export function probeScripts(modelUuid: string, question: ProbeQuestion, units: readonly UnitName[]): readonly UnitScript[] {
  const { staged } = question;
  const looks = [...question.paths.map((path) => line('want', path)), ...question.globs.map((glob) => line('glob', glob))];
  if (!staged) return [{ verb: 'probe', units, text: checked('probe', assemble('probe', modelUuid, looks)) }];
  return fitted(units, (part) => {
    const steps = staged.steps.filter((step) => part.includes(step.unit));
    const asked = [...looks, ...steps.flatMap(stagedSection), ...blobLines(steps, staged.contents)];
    return script('probe', part, assemble('probe', modelUuid, asked));
  });
}

/** All orders in one text, each unit's verb in its own section. As many scripts as the size of the steps asks for. */
export function changeScripts(
  modelUuid: string,
  orders: readonly Order[],
  contents: Contents,
  terms: Readonly<Record<UnitName, Terms>>,
): readonly UnitScript[] {
  return fitted(orders, (part) => {
    const steps = part.flatMap((order) => (order.verb === 'apply' ? [order.step] : []));
    const asked = [...part.flatMap((order) => orderSection(order, terms[order.unit])), ...blobLines(steps, contents)];
    const units = part.map((order) => order.unit);
    return script('change', units, assemble('change', modelUuid, asked, verbsOf(part)));
  });
}

/** For whoever reads Juju's record of the task. */
function verbsOf(orders: readonly Order[]): string {
  return [...new Set(orders.map(({ verb }) => verb))].sort().join(', ');
}

/** Asks what became of each unit's transaction. */
export function statusScripts(modelUuid: string, questions: Readonly<Record<UnitName, StatusQuestion>>): readonly UnitScript[] {
  return fitted(Object.entries(questions), (part) => {
    const asked = part.flatMap(([unit, question]) => statusSection(unit, question));
    const units = part.map(([unit]) => unit);
    return script('change', units, assemble('change', modelUuid, asked, 'status'));
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

/** The whole text: what is asked for and the program that does it travel as compressed data, so no value is ever shell text. */
function assemble(verb: UnitVerb, modelUuid: string, asked: readonly string[], title: string = verb): string {
  const head = [line('juju-tune-request', 1, verb), line('model', modelUuid), ...asked].map((text) => `${text}\n`).join('');
  const sent = sentProgram(verb);
  return `# juju-tune ${title}
set -u
ROOT="\${JUJU_TUNE_ROOT-}"
UNIT_HOST="\${JUJU_TUNE_UNIT_HOST-127.0.0.1}"
PATH="$ROOT/usr/sbin:$ROOT/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LC_ALL=C
export ROOT UNIT_HOST PATH LC_ALL
unset BASH_ENV ENV PERL5OPT PERL5LIB PERL5DB JUJU_CONTEXT_ID JUJU_AGENT_SOCKET_ADDRESS
trap : TERM HUP INT
unpack() { printf %s "$1" | base64 -d | gzip -dc; }
program=$(unpack '${sent.packed}')
if [ "$(printf %s "$program" | sha256sum)" != '${sent.sha256}  -' ]; then
  echo 'juju-tune: the program was damaged on its way to the unit' >&2
  exit 70
fi
request='${packed(`${head}end\t${sha256(head)}\n`)}'
ask() { unpack "$request" | bash --norc -c "$program" juju-tune "$@"; }
${verb === 'change' ? CHANGE : look(verb)}
if [ "\${#answer}" -le 8192 ]; then
  printf '%s\\n' "$answer"
else
  answer=$(printf '%s\\n' "$answer" | gzip -9c | base64 -w0)
  if [ "\${#answer}" -gt 65500 ]; then printf 'juju-tune-too-large %s\\n' "\${#answer}"; else printf 'gz %s\\n' "$answer"; fi
fi
exit "$code"
`;
}

const CHANGE = `answer=$(trap : TERM HUP INT; ask change)
code=$?`;

/** A probe that finds a change cut off half-way ends with 75: that is put right outside of the jail, for to recover is to write. */
const RECOVER = `
if [ "$code" = 75 ]; then
  reason=$(trap : TERM HUP INT; ask recover)
  answer=$(trap : TERM HUP INT; look "$reason")
  code=$?
fi`;

function look(verb: 'probe' | 'collect'): string {
  return `jail=\${program%%$'\\f'*}
program=\${program:\${#jail}+1}
look() {
  if command -v perl >/dev/null; then
    unpack "$request" | perl -e "$jail" ${verb} "$HOSTTYPE" bash --norc -c "$program" juju-tune ${verb} "$@"
  else
    JUJU_TUNE_JAIL='none perl is not installed' ask ${verb} "$@"
  fi
}
answer=$(trap : TERM HUP INT; look)
code=$?${verb === 'probe' ? RECOVER : ''}`;
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
