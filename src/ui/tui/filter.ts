/** What a row offers to the filter: its words, and named terms such as `status` and `az`. */
export interface Filtered {
  readonly text: string;
  readonly terms?: Readonly<Record<string, string>>;
}

/** Every word must be found; `!word` must not; `status:lost`, `az:zone1`, `app:key` look at one term. Letter case does not count. */
export function matches(filter: string, row: Filtered): boolean {
  const text = row.text.toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '' && word !== '!')
    .every((word) => {
      const inverse = word.startsWith('!');
      const wanted = inverse ? word.slice(1) : word;
      const at = wanted.indexOf(':');
      const term = at > 0 ? row.terms?.[wanted.slice(0, at)] : undefined;
      const found = term === undefined ? text.includes(wanted) : term.toLowerCase().includes(wanted.slice(at + 1));
      return found !== inverse;
    });
}
