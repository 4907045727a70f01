import { Failure } from '../domain/failure.js';
import { type Application, allUnits, type Inventory, isAway, isReachable, type Unit } from '../domain/inventory.js';
import type { LeftOut } from '../domain/plan.js';
import { compareUnits, foldUnits, isApplicationName, isUnitName, parseNumbers } from '../domain/unit-set.js';

/** What a person points at, and how it is narrowed (product.md, TARGET). */
export interface Selection {
  readonly targets: readonly string[];
  readonly where?: readonly string[];
  readonly except?: readonly string[];
}

/** What people call a charm; a word that is no application's name is looked up here, then among the charms' own names. */
const CHARM_WORDS: Readonly<Record<string, string>> = {
  nova: 'nova-cloud-controller',
  ncc: 'nova-cloud-controller',
  neutron: 'neutron-api',
  horizon: 'openstack-dashboard',
  dashboard: 'openstack-dashboard',
};

/**
 * The units that the words name: a union, ordered, each once.
 * Throws `Failure('usage')` that lists every word that names nothing.
 */
export function selectUnits(inventory: Inventory, selection: Selection): Unit[] {
  const problems: string[] = [];
  const take = (words: readonly string[]): Unit[] =>
    words.flatMap((word) => {
      const found = unitsOf(inventory, word);
      if (typeof found !== 'string') return found;
      problems.push(found);
      return [];
    });
  const wanted = take(selection.targets);
  const spared = new Set(take(selection.except ?? []).map((unit) => unit.name));
  const tests = (selection.where ?? []).map((term) => {
    const test = termTest(term);
    if (typeof test === 'string') problems.push(test);
    return test;
  });
  if (problems.length > 0) {
    throw new Failure('usage', problems[0] ?? '', { problems: problems.slice(1), hint: 'juju-tune status' });
  }
  const kept = wanted.filter((unit) => !spared.has(unit.name) && tests.every((test) => typeof test === 'string' || test(unit)));
  const units = [...new Map(kept.map((unit) => [unit.name, unit])).values()];
  return units.sort((a, b) => compareUnits(a.name, b.name));
}

function unitsOf(inventory: Inventory, word: string): readonly Unit[] | string {
  const slash = word.indexOf('/');
  const name = slash < 0 ? word : word.slice(0, slash);
  const applications = applicationsOf(inventory, name);
  if (typeof applications === 'string') return applications;
  if (slash < 0) return applications.flatMap((application) => application.units);
  const rest = word.slice(slash + 1);
  if (rest === 'leader') return leaders(applications, word);
  const numbers = parseNumbers(rest);
  if (!numbers) return `"${word}" is no unit, range or leader: write ${name}/0, ${name}/0-2,5 or ${name}/leader`;
  const units = applications.flatMap((application) => application.units);
  const missing = numbers.filter((number) => !units.some((unit) => unit.name.endsWith(`/${number}`)));
  if (missing.length > 0) {
    const there = units.length > 0 ? foldUnits(units.map((unit) => unit.name)) : 'no unit';
    return `unit "${foldUnits(missing.map((number) => `${name}/${number}`))}" does not exist: there is ${there}`;
  }
  return units.filter((unit) => numbers.includes(Number(unit.name.slice(unit.name.indexOf('/') + 1))));
}

function applicationsOf(inventory: Inventory, word: string): readonly Application[] | string {
  const named = inventory.applications.filter((application) => application.name === word);
  if (named.length > 0) return named;
  const charm = CHARM_WORDS[word] ?? word;
  const byCharm = inventory.applications.filter((application) => application.charm === charm);
  if (byCharm.length > 0) return byCharm;
  if (!isApplicationName(word) && !isUnitName(word)) return `"${word}" is no application or unit name`;
  const near = nearest(
    word,
    inventory.applications.map((application) => application.name),
  );
  const model = inventory.model.name;
  return `application "${word}" is not in model "${model}"${near ? `: did you mean "${near}"` : ''}`;
}

function leaders(applications: readonly Application[], word: string): readonly Unit[] | string {
  const found = applications.flatMap((application) => application.units).filter((unit) => unit.leader);
  return found.length > 0 ? found : `"${word}": Juju names no leader of it now`;
}

function termTest(term: string): ((unit: Unit) => boolean) | string {
  const [key, value] = [term.slice(0, term.indexOf(':')), term.slice(term.indexOf(':') + 1)];
  switch (key) {
    case 'az':
      return (unit) => unit.az === value;
    case 'host':
      return (unit) => unit.host === value;
    case 'status':
      return (unit) => [unit.agent.current, unit.workload.current, unit.trouble].includes(value);
    default:
      return `"--where ${term}" is not understood: write az:NAME, host:MACHINE or status:STATE`;
  }
}

/** The closest of `names` by edit distance, when it is close enough to be a slip of the finger. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const scored = names.map((name) => ({ name, distance: editDistance(word, name) }));
  const best = scored.sort((a, b) => a.distance - b.distance)[0];
  return best && best.distance <= Math.max(1, Math.floor(word.length / 3)) ? best.name : undefined;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const change = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(change, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** Units that can be looked at, and those that cannot, each with the reason. Over ssh no agent is needed, only a machine. */
export function splitReachable(
  units: readonly Unit[],
  transport: 'exec' | 'ssh' = 'exec',
): {
  readonly reachable: readonly Unit[];
  readonly leftOut: readonly LeftOut[];
} {
  const canBeAsked = (unit: Unit): boolean => isReachable(unit) || (transport === 'ssh' && isAway(unit));
  return {
    reachable: units.filter(canBeAsked),
    leftOut: units
      .filter((unit) => !canBeAsked(unit))
      .map((unit) => ({ unit: unit.name, reason: unit.reason ?? 'not reachable' })),
  };
}

/**
 * Refuses a tuning that would leave a unit of a targeted application behind: it would differ from the others.
 * Units that the operator excepted by name are no trouble. Throws `Failure('refused')`.
 */
export function requireWholeApplications(inventory: Inventory, units: readonly Unit[]): void {
  const troubled = units.filter((unit) => unit.trouble !== undefined);
  if (troubled.length === 0) return;
  const problems = troubled.map((unit) => {
    const all = allUnits(inventory).filter((other) => other.application === unit.application);
    const others = all.filter((other) => other.trouble === undefined).length;
    return `${unit.name} is left out (${unit.reason}): ${others} of ${all.length} ${unit.application} units would differ from it`;
  });
  throw new Failure('refused', problems[0] ?? '', {
    problems: problems.slice(1),
    hint: `the same with ${troubled.map((unit) => `--except ${unit.name}`).join(' ')}, or bring the unit back first`,
  });
}

/** Tunings change Apache on a machine with systemd; a Kubernetes model has neither. Throws `Failure('refused')`. */
export function requireMachines(inventory: Inventory): void {
  if (inventory.model.type !== 'caas') return;
  throw new Failure('refused', `model "${inventory.model.name}" is a Kubernetes model: tunings change Apache on machines`, {
    hint: 'juju-tune status',
  });
}
