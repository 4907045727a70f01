import type { Param, Tuning } from '../../domain/action.js';
import type { Inventory } from '../../domain/inventory.js';
import type { PlanRequest } from '../../engine/session.js';
import { checkParams, describeValue } from '../../planning/params.js';
import { selectUnits } from '../../planning/select.js';
import { mistakesOf } from './failures.js';
import { isRollout, ROLLOUT_FIELDS, rolloutChoices, rolloutHelp, rolloutProblems, rolloutRequest } from './rollout-fields.js';
import type { Field, ScreenOf } from './state.js';
import { inputOf, NO_INPUT } from './widgets/input.js';

/** A charm option goes to all units at once, so these say nothing there. */
const UNIT_BY_UNIT: readonly Field[] = [{ name: 'except', role: 'except', input: NO_INPUT }, ...ROLLOUT_FIELDS];

/** An empty form for a tuning, with what is known filled in. The cursor starts on the first thing that is missing. */
export function openForm(tuning: Tuning, targets: readonly string[], params: Readonly<Record<string, string>>): ScreenOf<'form'> {
  const fields: Field[] = [
    { name: 'target', role: 'targets', input: inputOf(targets.join(' ')) },
    ...tuning.params.map(
      (param): Field => ({ name: param.name, role: 'param', input: inputOf(params[param.name] ?? startOf(param)) }),
    ),
    ...(tuning.options ? [] : UNIT_BY_UNIT),
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

/** What the form asks for. Throws `Failure('usage')` for a mistake in the rollout; `formProblems` tells it and all others. */
export function requestOf(form: ScreenOf<'form'>): PlanRequest {
  return {
    targets: wordsOf(form, 'targets'),
    except: wordsOf(form, 'except'),
    action: form.tuning.id,
    params: paramsOf(form),
    ...rolloutRequest(form.fields),
  };
}

function wordsOf(form: ScreenOf<'form'>, role: Field['role']): readonly string[] {
  return form.fields
    .filter((field) => field.role === role)
    .flatMap((field) => field.input.text.split(/\s+/).filter((word) => word !== ''));
}

function paramsOf(form: ScreenOf<'form'>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    form.fields
      .filter((field) => field.role === 'param' && field.input.text !== '')
      .map((field) => [field.name, field.input.text]),
  );
}

/** What must be put right before the units are asked: the mistakes in the order of the rules that they break. */
export function formProblems(form: ScreenOf<'form'>): readonly string[] {
  const params = mistakesOf(() => checkParams(form.tuning, paramsOf(form)));
  return [
    ...(wordsOf(form, 'targets').length === 0 ? ['name at least one application or unit'] : []),
    ...params.map((problem) => problem.replace(/^cannot plan "[^"]*": /, '')),
    ...rolloutProblems(form.fields, form.tuning),
  ];
}

/** Targets that were not in the model when it was last asked. They keep nobody from a dry run, which asks Juju again. */
export function strangeTargets(form: ScreenOf<'form'>, inventory: Inventory | undefined): readonly string[] {
  if (!inventory) return [];
  return mistakesOf(() => selectUnits(inventory, { targets: wordsOf(form, 'targets'), except: wordsOf(form, 'except') }));
}

/** The words that a field takes one of, to be stepped through; undefined where it is typed. */
export function choicesOf({ tuning }: ScreenOf<'form'>, field: Field): readonly string[] | undefined {
  if (isRollout(field)) return rolloutChoices(field.role);
  return field.role === 'param' ? tuning.params.find((param) => param.name === field.name)?.values : undefined;
}

/** What a field takes, for the line below the form. */
export function fieldHelp(form: ScreenOf<'form'>, field: Field): { readonly title: string; readonly takes: string } {
  switch (field.role) {
    case 'targets':
      return { title: 'where to', takes: 'applications, units or ranges: keystone, gnocchi/0, keystone/0-2, keystone/leader' };
    case 'except':
      return { title: 'units to leave out, though they are of these applications', takes: 'units: keystone/1' };
    case 'param': {
      const param = form.tuning.params.find((one) => one.name === field.name);
      if (!param) return { title: field.name, takes: '' };
      const fallback = param.default === undefined ? '' : `; default: ${param.default}`;
      const example = param.example === undefined ? '' : `; for instance ${param.example}`;
      return { title: param.title, takes: `${describeValue(param)}${fallback}${example}` };
    }
    default:
      return rolloutHelp(field.role);
  }
}

/** The form as it is edited again: what a dry run said of it before no longer holds. */
export function withoutFailure(form: ScreenOf<'form'>): ScreenOf<'form'> {
  const { kind, tuning, fields, cursor, filter } = form;
  return { kind, tuning, fields, cursor, filter };
}
