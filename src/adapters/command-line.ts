import { shellQuote } from '../domain/shell-words.js';

const LONG = 400;

/** A juju command as a person could type it; a long script is shown by its beginning and size. */
export function commandForPeople(argv: readonly string[]): string {
  return ['juju', ...argv.map(word)].join(' ');
}

function word(argument: string): string {
  if (argument.length <= LONG) return shellQuote(argument);
  return `'… ${Buffer.byteLength(argument)} bytes of script'`;
}
