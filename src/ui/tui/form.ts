import type { Param, Tuning } from '../../domain/action.js';
import { Failure } from '../../domain/failure.js';
import type { PlanRequest } from '../../engine/session.js';
import { checkParams, describeValue } from '../../planning/params.js';
import type { Field, ScreenOf } from './state.js';
import { inputOf, NO_INPUT } from './widgets/input.js';

/** A charm option goes to all units at once, so these say nothing there. */
const ROLLOUT: readonly Field[] = [
  { name: 'except', role: 'except', input: NO_INPUT },
  { name: 'batch', role: 'batch', input: NO_INPUT },
];

/** An empty form for a tuning, with what is known filled in. The cursor starts on the first thing that is missing. */
export function openForm(tuning: Tuning, targets: readonly string[], params: Readonly<Record<string, string>>): ScreenOf<'form'> {
  const fields: Field[] = [
    { name: 'target', role: 'targets', input: inputOf(targets.join(' ')) },
    ...tuning.params.map(
      (param): Field => ({ name: param.name, role: 'param', input: inputOf(params[param.name] ?? startOf(param)) }),
    ),
    ...(tuning.options ? [] : ROLLOUT),
  ];
  const missing = fields.findIndex((field) => field.input.text === '' && (field.role === 'targets' || isRequired(tuning, field)));
  const first = fields.findIndex((field) => field.role === 'param');
  return { kind: 'form', tuning, fields, cursor: missing >= 0 ? missing : Math.max(0, first), filter: '' };
}

/** A default that is a value goes in; one that only describes what happens (`every API group`) stays a remark. */
function startOf(param: Param): string {
  return param.default !== undefined && !param.default.includes(' ') ? param.default : '';
}

function isRequired(tuning: Tuning, field: Field): boolean {
  return tuning.params.some((param) => param.name === field.name && param.required);
}

export function requestOf(form: ScreenOf<'form'>): PlanRequest {
  const words = (role: Field['role']): string[] =>
    form.fields
      .filter((field) => field.role === role)
      .flatMap((field) => field.input.text.split(/\s+/).filter((word) => word !== ''));
  const batch = words('batch')[0];
  return {
    targets: words('targets'),
    except: words('except'),
    action: form.tuning.id,
    params: Object.fromEntries(
      form.fields
        .filter((field) => field.role === 'param' && field.input.text !== '')
        .map((field) => [field.name, field.input.text]),
    ),
    ...(batch === undefined ? {} : { batch }),
  };
}

/** What must be put right before the units are asked: the mistakes in the order of the rules that they break. */
export function formProblems(form: ScreenOf<'form'>): readonly string[] {
  const request = requestOf(form);
  const problems = request.targets.length === 0 ? ['name at least one application or unit'] : [];
  try {
    checkParams(form.tuning, request.params);
    return problems;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [...problems, error.message.replace(/^cannot plan "[^"]*": /, ''), ...error.problems];
  }
}

/** What a field takes, for the line below the form. */
export function fieldHelp(form: ScreenOf<'form'>, field: Field): { readonly title: string; readonly takes: string } {
  switch (field.role) {
    case 'targets':
      return { title: 'where to', takes: 'applications, units or ranges: keystone, gnocchi/0, keystone/0-2, keystone/leader' };
    case 'except':
      return { title: 'units to leave out, though they are of these applications', takes: 'units: keystone/1' };
    case 'batch':
      return {
        title: 'how many units at a time',
        takes: 'empty for one at a time, canary first; else 1,25%,rest (never for restarts)',
      };
    case 'param': {
      const param = form.tuning.params.find((one) => one.name === field.name);
      if (!param) return { title: field.name, takes: '' };
      const fallback = param.default === undefined ? '' : `; default: ${param.default}`;
      const example = param.example === undefined ? '' : `; for instance ${param.example}`;
      return { title: param.title, takes: `${describeValue(param)}${fallback}${example}` };
    }
  }
}

/** The form as it is edited again: what a dry run said of it before no longer holds. */
export function withoutFailure(form: ScreenOf<'form'>): ScreenOf<'form'> {
  const { kind, tuning, fields, cursor, filter } = form;
  return { kind, tuning, fields, cursor, filter };
}
