/** What was asked for on the command line. */
export interface Command {
  readonly full: boolean;
  readonly list: boolean;
  /** Leave out what OUT already holds of a full run of this commit that held. */
  readonly resume: boolean;
  readonly out: string | undefined;
  readonly seed: number | undefined;
  /** The lines to run, each with the words after its name. */
  readonly lines: readonly { readonly name: string; readonly words: readonly string[] }[];
}

export const USAGE = `npm run prove -- [--full] [--seed N] [--out FILE [--resume]] [LINE [WORD…]]…
npm run prove -- --list`;

/** Throws an `Error` whose message says what is wrong. */
export function readCommand(words: readonly string[], known: readonly string[]): Command {
  const lines: { name: string; words: string[] }[] = [];
  const found = {
    full: false,
    list: false,
    resume: false,
    out: undefined as string | undefined,
    seed: undefined as number | undefined,
  };
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--full' || word === '--list' || word === '--resume') found[word.slice(2) as 'full' | 'list' | 'resume'] = true;
    else if (word === '--out' || word === '--seed') {
      const value = words[++at];
      if (value === undefined) throw new Error(`${word} wants a value`);
      if (word === '--out') found.out = value;
      else found.seed = seedOf(value);
    } else if (known.includes(word)) lines.push({ name: word, words: [] });
    else {
      const last = lines.at(-1);
      if (!last || word.startsWith('--')) throw new Error(`there is no line "${word}"; there are ${known.join(', ')}`);
      last.words.push(word);
    }
  }
  if (found.resume && found.out === undefined) throw new Error('--resume wants --out FILE');
  return { ...found, lines: lines.length > 0 ? lines : known.map((name) => ({ name, words: [] })) };
}

function seedOf(value: string): number {
  if (!/^\d{1,10}$/.test(value) || Number(value) > 0xffff_ffff)
    throw new Error(`--seed wants a number up to ${0xffff_ffff}, not "${value}"`);
  return Number(value);
}
