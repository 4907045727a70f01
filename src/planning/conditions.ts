import type { Condition, Rule } from '../domain/action.js';
import type { Facts, FactValue } from '../domain/finding.js';
import { compareNatural } from '../domain/natural-order.js';
import type { Values } from './params.js';

/** What made a rule hold: its sentence's `{*}` and `{value}`. */
export interface Match {
  /** What `*` stood for; undefined when no condition has one. */
  readonly star: string | undefined;
  /** Of the first condition that names a fact. */
  readonly value: FactValue | undefined;
}

/**
 * How these conditions hold together on these facts, or undefined. With a `*`, every condition must hold for the same binding, and the
 * binding with the largest value of the first one is told.
 */
export function matchConditions(conditions: readonly Condition[], facts: Facts, values: Values = {}): Match | undefined {
  const { plain, starred, search } = partsOf(conditions);
  // Most rules fail on a plain fact, which costs no search.
  if (!plain.every((condition) => holds(condition, undefined, facts, values))) return undefined;
  if (search === undefined) return matchOf(undefined, conditions, facts);
  const bindings = bindingsOf(search, facts);
  // `present: false` with a `*`: nothing at all fits it.
  if (search.present === false) {
    const isAbsent = bindings.length === 0 && starred.every((condition) => holds(condition, undefined, facts, values));
    return isAbsent ? matchOf(undefined, conditions, facts) : undefined;
  }
  let first: Binding | undefined;
  for (const binding of bindings) {
    const holdsHere = starred.every((condition) => holds(condition, binding.star, facts, values));
    if (holdsHere && (first === undefined || compareBindings(binding, first) < 0)) first = binding;
  }
  return first && matchOf(first.star, conditions, facts);
}

/** The conditions of a rule as they are tried, found out once: a rule is tried on every unit. */
interface Parts {
  readonly plain: readonly Condition[];
  readonly starred: readonly Condition[];
  /** The condition by whose fact `*` is bound. */
  readonly search?: Search;
}

interface Search {
  readonly before: string;
  readonly after: string;
  readonly present: boolean | undefined;
}

const partsKnown = new WeakMap<readonly Condition[], Parts>();

function partsOf(conditions: readonly Condition[]): Parts {
  const known = partsKnown.get(conditions);
  if (known) return known;
  const search = conditions.find(({ fact }) => fact?.includes('*'));
  const [before = '', after = ''] = search?.fact?.split('*', 2) ?? [];
  const parts = {
    plain: search ? conditions.filter((condition) => !hasStar(condition)) : conditions,
    starred: search ? conditions.filter(hasStar) : [],
    ...(search ? { search: { before, after, present: search.present } } : {}),
  };
  partsKnown.set(conditions, parts);
  return parts;
}

function hasStar({ fact, differsFrom }: Condition): boolean {
  return fact?.includes('*') === true || differsFrom?.includes('*') === true;
}

interface Binding {
  readonly star: string;
  readonly value: FactValue;
}

function bindingsOf(search: Search, facts: Facts): Binding[] {
  const { before, after } = search;
  return fittingOf(search, namesOf(facts)).map((fact) => ({
    star: fact.slice(before.length, fact.length - after.length),
    value: facts[fact] ?? '',
  }));
}

const fitting = new WeakMap<readonly string[], Map<Search, readonly string[]>>();

function fittingOf(search: Search, all: readonly string[]): readonly string[] {
  const known = fitting.get(all) ?? new Map<Search, readonly string[]>();
  fitting.set(all, known);
  const before = known.get(search);
  if (before) return before;
  const least = search.before.length + search.after.length;
  const found = all.filter((fact) => fact.length > least && fact.startsWith(search.before) && fact.endsWith(search.after));
  known.set(search, found);
  return found;
}

const names = new WeakMap<Facts, readonly string[]>();
const LISTS_KNOWN = 512;
const lists = new Map<string, readonly string[]>();

/** Facts do not change, and dozens of rules search those of one unit. Units whose facts have the same names share one list of them. */
function namesOf(facts: Facts): readonly string[] {
  const known = names.get(facts);
  if (known) return known;
  const own = Object.keys(facts);
  const key = own.join('\n');
  const found = lists.get(key) ?? own;
  if (lists.size < LISTS_KNOWN) lists.set(key, found);
  names.set(facts, found);
  return found;
}

function compareBindings(a: Binding, b: Binding): number {
  return compareValues(b.value, a.value) || compareNatural(a.star, b.star);
}

function matchOf(star: string | undefined, conditions: readonly Condition[], facts: Facts): Match {
  const first = conditions.find((condition) => condition.fact !== undefined);
  return { star, value: first?.fact === undefined ? undefined : facts[bind(first.fact, star)] };
}

function holds(condition: Condition, star: string | undefined, facts: Facts, values: Values): boolean {
  if (condition.param && values[condition.param.name] !== condition.param.is) return false;
  if (condition.fact === undefined) return condition.param !== undefined;
  const value = ownValue(facts, bind(condition.fact, star));
  if (value === undefined) return condition.present === false;
  if (condition.present === false) return false;
  const other = condition.differsFrom === undefined ? undefined : ownValue(facts, bind(condition.differsFrom, star));
  return (
    (condition.is === undefined || listOf(condition.is).includes(value)) &&
    (condition.not === undefined || !listOf(condition.not).includes(value)) &&
    (condition.atLeast === undefined || (typeof value === 'number' && value >= condition.atLeast)) &&
    (condition.atMost === undefined || (typeof value === 'number' && value <= condition.atMost)) &&
    (condition.differsFrom === undefined || (other !== undefined && other !== value))
  );
}

/** Facts come from units: a name like `constructor` must not find what every object has. */
function ownValue(facts: Facts, name: string): FactValue | undefined {
  return Object.hasOwn(facts, name) ? facts[name] : undefined;
}

function listOf(value: FactValue | readonly FactValue[]): readonly FactValue[] {
  return typeof value === 'object' ? value : [value];
}

function bind(name: string, star: string | undefined): string {
  return star === undefined ? name : name.replace('*', () => star);
}

/** Matches fact names; what `*` stands for is the first group. */
export function starPattern(name: string): RegExp {
  const [before = '', after = ''] = name.split('*', 2).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${before}(.+)${after}$`);
}

function compareValues(a: FactValue, b: FactValue): number {
  return (typeof a === 'number' ? a : 0) - (typeof b === 'number' ? b : 0);
}

/** The sentence with `{*}`, `{value}`, `{param.NAME}` and fact names (`{mpm.running}`, `{queue.*}`) put in; "unknown" for what is not there. */
export function fillSentence(sentence: string, match: Match, facts: Facts, values: Values = {}): string {
  return sentence.replace(/\{([a-zA-Z0-9*._-]+)\}/g, (_, name: string) => {
    if (name === '*') return match.star ?? 'unknown';
    if (name === 'value') return String(match.value ?? 'unknown');
    if (name.startsWith('param.')) return values[name.slice('param.'.length)] ?? 'unknown';
    return String(ownValue(facts, bind(name, match.star)) ?? 'unknown');
  });
}

/** The sentences of all rules that hold, in the order of the rules. */
export function firedRules(rules: readonly Rule[], facts: Facts, values: Values = {}): string[] {
  return rules.flatMap((rule) => {
    const match = matchConditions(rule.when, facts, values);
    return match ? [fillSentence(rule.say, match, facts, values)] : [];
  });
}

/** The sentence of the first rule that holds. */
export function brokenRule(rules: readonly Rule[], facts: Facts, values: Values = {}): string | undefined {
  return firedRules(rules, facts, values)[0];
}
