import type { Action, ChangeTemplate, OptionTemplate, Param, Tuning } from '../domain/action.js';
import type { Amount, Change, Mpm, OptionChange } from '../domain/change.js';
import { Failure } from '../domain/failure.js';
import { AMOUNT_GRAMMAR, parseAmount } from './amount.js';
import { findDirectiveProblem, splitDirectives } from './directives.js';

/** Checked values by parameter, defaults filled in; a parameter that was not given and has no default is absent. */
export type Values = Readonly<Record<string, string>>;

/**
 * The values as they will be used: spelled the one way a plan records them. Throws `Failure('usage')` that names every mistake at once,
 * with the command to type instead.
 */
export function checkParams(action: Action, given: Values): Values {
  const values: Record<string, string> = {};
  const problems = unknownNames(action, given);
  for (const param of action.params) {
    const text = given[param.name] ?? param.default;
    if (text === undefined || text === '') {
      if (param.required || text === '') problems.push(missing(param));
      continue;
    }
    const checked = checkValue(param, text);
    if (checked.kind === 'good') values[param.name] = checked.value;
    else problems.push(`parameter "${param.name}" must be ${checked.wanted}, not "${shorten(text)}"`);
  }
  problems.push(...needsOne(action, given));
  if (problems.length === 0) return values;
  const [first, ...rest] = problems;
  throw new Failure('usage', `cannot plan "${action.id}": ${first}`, { problems: rest, hint: exampleCommand(action) });
}

function unknownNames(action: Action, given: Values): string[] {
  const known = action.params.map((param) => param.name);
  const takes = known.length === 0 ? 'it takes none' : `it takes ${known.join(', ')}`;
  return Object.keys(given).flatMap((name) => (known.includes(name) ? [] : [`it has no parameter "${shorten(name)}": ${takes}`]));
}

function missing(param: Param): string {
  return `parameter "${param.name}" is missing: ${describeValue(param)}`;
}

function needsOne(action: Action, given: Values): string[] {
  const names = action.kind === 'tuning' ? (action.needsOne ?? []) : [];
  if (names.length === 0 || names.some((name) => given[name] !== undefined)) return [];
  return [`give at least one of ${names.map((name) => `"${name}"`).join(', ')}`];
}

type Checked = { readonly kind: 'good'; readonly value: string } | { readonly kind: 'bad'; readonly wanted: string };

function checkValue(param: Param, text: string): Checked {
  const good = (value: string): Checked => ({ kind: 'good', value });
  const bad: Checked = { kind: 'bad', wanted: describeValue(param) };
  const inRange = (value: number): boolean => value >= (param.min ?? 0) && value <= (param.max ?? Number.MAX_SAFE_INTEGER);
  switch (param.type) {
    case 'integer':
      return /^(0|[1-9]\d{0,14})$/.test(text) && inRange(Number(text)) ? good(text) : bad;
    case 'amount': {
      const amount = parseAmount(text);
      return amount && (amount.kind !== 'to' || inRange(amount.value)) ? good(text) : bad;
    }
    case 'enum':
      return param.values?.includes(text) ? good(text) : bad;
    case 'identifier':
      return /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(text) ? good(text) : bad;
    case 'group':
      return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(text) ? good(text) : bad;
    case 'boolean':
      return /^(yes|true|on)$/i.test(text) ? good('yes') : /^(no|false|off)$/i.test(text) ? good('no') : bad;
    case 'duration': {
      const seconds = parseDuration(text);
      return seconds !== undefined && inRange(seconds) ? good(String(seconds)) : bad;
    }
    case 'number':
      return /^(?:0|[1-9]\d{0,8})(?:\.\d{1,6})?$/.test(text) && inRange(Number(text)) ? good(text) : bad;
    case 'text':
      return /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}@][^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{0,999}$/u.test(text) ? good(text) : bad;
    case 'directives': {
      const problem = findDirectiveProblem(text);
      return problem === undefined
        ? good(splitDirectives(text).join('\n'))
        : { kind: 'bad', wanted: `${bad.wanted}: ${problem}` };
    }
  }
}

/** What a good value is, in words that follow "must be". */
export function describeValue(param: Param): string {
  const range = rangeOf(param);
  switch (param.type) {
    case 'integer':
      return `a whole number${range}`;
    case 'amount':
      return `a whole number${range}, ${AMOUNT_GRAMMAR}`;
    case 'enum':
      return `one of ${(param.values ?? []).join(', ')}`;
    case 'identifier':
      return 'a name of at most 40 lower-case letters, digits and single dashes inside';
    case 'group':
      return 'the name of a daemon process group';
    case 'boolean':
      return 'yes or no';
    case 'duration':
      return `a time like 90, 90s, 10m or 2h${range === '' ? '' : `${range} seconds`}`;
    case 'number':
      return `a number${range}`;
    case 'text':
      return 'one line of at most 1000 characters that does not start with @';
    case 'directives':
      return 'Apache directives, one a line';
  }
}

function rangeOf(param: Param): string {
  if (param.min !== undefined && param.max !== undefined) return ` from ${param.min} to ${param.max}`;
  if (param.min !== undefined) return ` of at least ${param.min}`;
  return param.max === undefined ? '' : ` of at most ${param.max}`;
}

function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,7})([smh]?)$/.exec(text);
  return match ? Number(match[1]) * { '': 1, s: 1, m: 60, h: 3600 }[match[2] as '' | 's' | 'm' | 'h'] : undefined;
}

function exampleCommand(action: Action): string {
  const oneOf = action.kind === 'tuning' ? (action.needsOne ?? []) : [];
  const wanted = action.params.filter((param) => param.example !== undefined && (param.required || oneOf.includes(param.name)));
  const shown = wanted.some((param) => param.required) ? wanted.filter((param) => param.required) : wanted.slice(0, 1);
  const words = shown.map((param) => `${param.name}=${quoteWord(param.example ?? '')}`);
  return ['juju-tune plan APPLICATION', action.id, ...words].join(' ');
}

function quoteWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The changes a tuning asks for with these checked values. A field whose parameter was not given is left out. */
export function resolveChanges(tuning: Tuning, values: Values): readonly Change[] {
  return tuning.changes.map((template) => resolveChange(template, values, tuning));
}

function resolveChange(template: ChangeTemplate, values: Values, tuning: Tuning): Change {
  const need = (text: string): string => {
    const filled = fillParams(text, values);
    if (filled !== undefined) return filled;
    throw new Failure('usage', `action "${tuning.id}" uses a parameter in "${text}" that has no value`);
  };
  switch (template.kind) {
    case 'apache-conf':
      return { kind: template.kind, name: need(template.name), content: endLine(need(template.content)) };
    case 'apache-conf-off':
      return { kind: template.kind, name: need(template.name) };
    case 'apache-mpm':
      return { kind: template.kind, to: toMpm(need(template.to), tuning) };
    case 'wsgi-daemon': {
      const group = template.group === undefined ? undefined : fillParams(template.group, values);
      const processes = toAmount(template.processes, values, tuning);
      const threads = toAmount(template.threads, values, tuning);
      return {
        kind: template.kind,
        ...(group === undefined ? {} : { group }),
        ...(processes === undefined ? {} : { processes }),
        ...(threads === undefined ? {} : { threads }),
      };
    }
  }
}

/** The charm options that a tuning sets with these checked values. */
export function resolveOptions(tuning: Tuning, values: Values): readonly OptionChange[] {
  return (tuning.options ?? []).map((template) => ({
    option: fillParams(template.option, values) ?? '',
    to: optionValue(template, values, tuning),
    moves: template.moves,
  }));
}

/** Exactly one of the three ways to say what an option comes to. Throws `Failure('usage')`. */
function optionValue(template: OptionTemplate, values: Values, tuning: Tuning): OptionChange['to'] {
  const filled = (text: string | undefined): string | undefined => (text === undefined ? undefined : fillParams(text, values));
  const [value, perCpu, reset] = [filled(template.value), filled(template.perCpu), filled(template.reset) === 'yes'];
  if ([value !== undefined, perCpu !== undefined, reset].filter(Boolean).length !== 1) {
    throw new Failure('usage', `cannot plan "${tuning.id}": say either what the option comes to or that it is reset, not both`, {
      hint: `juju-tune actions ${tuning.id}`,
    });
  }
  if (value !== undefined) return { kind: 'value', value };
  return perCpu !== undefined ? { kind: 'per-cpu', value: Number(perCpu) } : { kind: 'reset' };
}

/** Puts values in for `{param.NAME}`; undefined when one of them has no value. */
function fillParams(text: string, values: Values): string | undefined {
  let complete = true;
  const filled = text.replace(/\{param\.([a-z0-9-]+)\}/g, (_, name: string) => {
    const value = values[name];
    complete &&= value !== undefined;
    return value ?? '';
  });
  return complete ? filled : undefined;
}

function endLine(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

function toMpm(text: string, tuning: Tuning): Mpm {
  if (text === 'event' || text === 'worker' || text === 'prefork') return text;
  throw new Failure('usage', `action "${tuning.id}" asks for MPM "${text}", which is not event, worker or prefork`);
}

function toAmount(template: string | undefined, values: Values, tuning: Tuning): Amount | undefined {
  const text = template === undefined ? undefined : fillParams(template, values);
  if (text === undefined) return undefined;
  const amount = parseAmount(text);
  if (amount) return amount;
  throw new Failure(
    'usage',
    `action "${tuning.id}" asks for the amount "${text}", which is not a whole number, ${AMOUNT_GRAMMAR}`,
  );
}
