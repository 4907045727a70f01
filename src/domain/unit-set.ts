/** `keystone/0`: application name, slash, number. Juju's grammar (names.IsValidUnit). */
export type UnitName = string;

const UNIT = /^([a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*)\/(0|[1-9][0-9]*)$/;

/** True for what Juju accepts as a unit name; such a name is safe as one argument of a command. */
export function isUnitName(text: string): boolean {
  return UNIT.test(text);
}

export function isApplicationName(text: string): boolean {
  return UNIT.test(`${text}/0`);
}

export function applicationOf(unit: UnitName): string {
  return unit.slice(0, unit.indexOf('/'));
}

export function numberOf(unit: UnitName): number {
  return Number(unit.slice(unit.indexOf('/') + 1));
}

/** Orders by application, then by number: keystone/2 before keystone/10. */
export function compareUnits(a: UnitName, b: UnitName): number {
  const [first, second] = [applicationOf(a), applicationOf(b)];
  if (first === second) return numberOf(a) - numberOf(b);
  return first < second ? -1 : 1;
}

/** `keystone/[0-2,5] gnocchi/0`: the folded form of a set of units, ordered, without repetitions. */
export function foldUnits(units: Iterable<UnitName>): string {
  const byApplication = new Map<string, number[]>();
  for (const unit of [...new Set(units)].sort(compareUnits)) {
    const numbers = byApplication.get(applicationOf(unit)) ?? [];
    numbers.push(numberOf(unit));
    byApplication.set(applicationOf(unit), numbers);
  }
  return [...byApplication].map(([application, numbers]) => `${application}/${foldNumbers(numbers)}`).join(' ');
}

function foldNumbers(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  const text = runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
  return numbers.length === 1 ? text : `[${text}]`;
}

/** The numbers of `0-2,5`, with or without brackets; undefined when it is no such list. At most 100,000 numbers. */
export function parseNumbers(text: string): number[] | undefined {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  const numbers = new Set<number>();
  for (const part of bare.split(',')) {
    const match = /^(0|[1-9]\d{0,8})(?:-(0|[1-9]\d{0,8}))?$/.exec(part);
    if (!match) return undefined;
    const from = Number(match[1]);
    const to = Number(match[2] ?? match[1]);
    if (to < from || to - from > 100_000) return undefined;
    for (let number = from; number <= to; number++) numbers.add(number);
  }
  return [...numbers].sort((a, b) => a - b);
}
