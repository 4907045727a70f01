import type { Plan, Step } from '../domain/plan.js';
import { applicationOf } from '../domain/unit-set.js';
import { sha256 } from './sha256.js';

/** Where the changes of every tuning are: what a plan may name, wherever it came from. */
const TREES = ['/etc/apache2/', '/var/lib/apache2/'];

/**
 * What no plan of juju-tune has, one sentence each: a hash says that a plan is as somebody wrote it, not that it was made here. Empty for a
 * plan that was made here.
 */
export function planProblems(plan: Plan): readonly string[] {
  const { steps, batches, charm } = plan;
  const batched = batches.flatMap((batch) => batch.units);
  const units = steps.map((step) => step.unit);
  return [
    ...repeated(units).map((unit) => `${unit} has more than one step`),
    ...repeated(batched).map((unit) => `${unit} is in more than one batch`),
    ...units.filter((unit) => !batched.includes(unit)).map((unit) => `${unit} is in no batch`),
    ...batched.filter((unit) => !units.includes(unit)).map((unit) => `${unit} is in a batch and has no step`),
    ...steps.flatMap((step) => stepProblems(plan, step)),
    // The steps of such a plan would be passed over.
    ...(charm !== undefined && steps.length > 0 ? ['it sets charm options and changes units'] : []),
    ...(charm?.units ?? []).flatMap((unit) =>
      applicationOf(unit) === charm?.application ? [] : [`${unit} is no unit of ${charm?.application}`],
    ),
    ...batches.flatMap((batch) => crowdProblems(steps.filter((step) => batch.units.includes(step.unit)))),
    ...Object.entries(plan.contents).flatMap(([hash, text]) =>
      sha256(text) === hash ? [] : [`the content named ${hash.slice(0, 12)} has another hash`],
    ),
  ];
}

function stepProblems(plan: Plan, { unit, application, identity, verb, transaction, before, after }: Step): readonly string[] {
  const outside = [...before, ...after].find(({ path }) => !TREES.some((tree) => path.startsWith(tree)));
  return [
    ...(plan.targets.includes(unit) ? [] : [`${unit} is no target`]),
    ...(applicationOf(unit) === application && identity.unit === unit ? [] : [`${unit} is named otherwise in its step`]),
    ...(identity.modelUuid === plan.model.uuid ? [] : [`${unit} is of another model`]),
    ...(verb === plan.kind && (verb === 'rollback') === (transaction !== '') ? [] : [`${unit} is asked for something else`]),
    ...(samePaths(before, after) ? [] : [`${unit}: before and after are not the same paths`]),
    ...(outside ? [`${unit}: ${outside.path} is nothing that a tuning changes`] : []),
  ];
}

function samePaths(before: Step['before'], after: Step['after']): boolean {
  return before.length === after.length && before.every(({ path }, index) => path === after[index]?.path);
}

/** A host gets one change at a time, and an application one restart. */
function crowdProblems(steps: readonly Step[]): readonly string[] {
  const restarted = steps.filter((step) => step.activate === 'restart').map((step) => step.application);
  return [
    ...repeated(steps.map((step) => step.host)).map((host) => `two units of one batch are on host ${host}`),
    ...repeated(restarted).map((application) => `two units of ${application} would restart at once`),
  ];
}

function repeated(words: readonly string[]): readonly string[] {
  return [...new Set(words.filter((word, index) => words.indexOf(word) !== index))];
}
