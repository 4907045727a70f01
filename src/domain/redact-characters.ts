const MEANS: ReadonlyMap<string, string> = new Map([
  ['22', '"'],
  ['27', "'"],
  ['3a', ':'],
  ['3d', '='],
  ['5c', '\\'],
  ['3c', '<'],
  ['3e', '>'],
  ['7b', '{'],
  ['5b', '['],
  ['2c', ','],
  ['26', '&'],
  ['3b', ';'],
  ['5d', ']'],
  ['7d', '}'],
  ['20', ' '],
  ['09', ' '],
  ['0a', '\n'],
  ['0d', '\r'],
]);
const ENTITY: ReadonlyMap<string, string> = new Map([
  ['quot', '"'],
  ['apos', "'"],
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['#34', '"'],
  ['#39', "'"],
  ['#60', '<'],
  ['#62', '>'],
  ['#61', '='],
  ['#58', ':'],
]);
const OCTAL: ReadonlyMap<string, string> = new Map([
  ['042', '"'],
  ['047', "'"],
  ['072', ':'],
  ['075', '='],
  ['054', ','],
]);

/** A character of a text in lower case, and how it is written there. */
export interface Character {
  readonly char: string;
  readonly raw: string;
  readonly length: number;
}

/** What is written at a place: a quote may be `"`, `\u0022`, `\x22`, `\042`, `%22`, `%2522` or `&quot;`. */
export function characterAt(low: string, at: number): Character {
  const first = low[at] ?? '';
  const of = (char: string | undefined, length: number): Character =>
    char === undefined ? { char: first, raw: first, length: 1 } : { char, raw: low.slice(at, at + length), length };
  if (first === '%') {
    const twice = low.startsWith('25', at + 1) ? MEANS.get(low.slice(at + 3, at + 5)) : undefined;
    return twice === undefined ? of(MEANS.get(low.slice(at + 1, at + 3)), 3) : of(twice, 5);
  }
  if (first === '&') {
    const end = low.slice(at + 1, at + 8).indexOf(';');
    if (end < 1) return of(undefined, 1);
    const entity = low.slice(at + 1, at + 1 + end);
    return of(ENTITY.get(entity) ?? (entity.startsWith('#x') ? MEANS.get(entity.slice(2)) : undefined), end + 2);
  }
  if (first !== '\\') return of(undefined, 1);
  if (low.startsWith('u00', at + 1)) return of(MEANS.get(low.slice(at + 4, at + 6)), 6);
  if (low[at + 1] === 'x') return of(MEANS.get(low.slice(at + 2, at + 4)), 4);
  return of(OCTAL.get(low.slice(at + 1, at + 4)), 4);
}
