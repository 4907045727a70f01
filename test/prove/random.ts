/** Numbers that look random and are the same for the same seed (mulberry32). */
export interface Random {
  /** From 0 up to but not including `below`. */
  below(below: number): number;
  pick<T>(list: readonly T[]): T;
  /** True in that share of the cases, from 0 to 1. */
  chance(share: number): boolean;
  /** So many characters of these. */
  text(length: number, characters: string): string;
}

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const pick = <T>(list: readonly T[]): T => {
    const item = list[below(list.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  };
  return {
    below,
    pick,
    chance: (share) => next() < share,
    text: (length, characters) => Array.from({ length }, () => characters[below(characters.length)]).join(''),
  };
}

/** The seed of one trial of many, so that each can be made again alone. */
export function seedOf(seed: number, ...which: readonly (number | string)[]): number {
  let mixed = (seed ^ 0x811c9dc5) >>> 0;
  for (const word of which) {
    for (const character of `/${word}`) mixed = Math.imul(mixed ^ character.charCodeAt(0), 0x01000193) >>> 0;
  }
  return mixed;
}
