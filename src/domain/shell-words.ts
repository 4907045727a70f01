const BARE_WORD = /^[A-Za-z0-9_/.:,@+-][A-Za-z0-9_/.:,@+=%-]*$/;

/** One argument, read back unchanged by bash, zsh and fish. A backslash stays outside the quotes: inside, fish reads it differently. */
export function shellQuote(word: string): string {
  if (BARE_WORD.test(word)) return word;
  if (word === '') return "''";
  return word.replace(/'|\\|[^'\\]+/g, (part) => (part === "'" || part === '\\' ? `\\${part}` : `'${part}'`));
}

/** A command line that bash, zsh and fish read back as exactly these arguments. */
export function shellCommand(words: readonly string[]): string {
  return words.map(shellQuote).join(' ');
}
