import { CST, Lexer } from 'yaml';

/** Levels of lists and maps inside each other, and values in all, that a file of ours may have. */
export const MOST_LEVELS = 16;
export const MOST_VALUES = 5000;
/** Signs, names and values: every value comes with a few. */
const MOST_TOKENS = 8 * MOST_VALUES;
const MOST_LINES = 20_000;
const MOST_REFUSALS = 20;

export interface Refusal {
  /** In the text, from 0. */
  readonly offset: number;
  readonly message: string;
}

/** Tokens that mean nothing but that something follows; they are no part of the text. */
const MARKS = new Set(['doc-mode', 'flow-error-end', 'scalar']);
const REFUSED: Readonly<Record<string, string>> = {
  anchor: 'anchors are not allowed',
  alias: 'aliases are not allowed',
  tag: 'tags are not allowed',
  'directive-line': 'directives are not allowed',
};

/**
 * What is wrong with a YAML text by its tokens alone, so that nothing is built from a text that would take long: no anchors, aliases, tags or
 * directives, not deep, not many. Takes time in proportion to the text's length at most.
 */
export function refusedTokens(text: string): readonly Refusal[] {
  const refusals: Refusal[] = [];
  let [offset, tokens, values, lines, open, inLine, lineStart] = [0, 0, 0, 0, 0, 0, true];
  for (const source of new Lexer().lex(text)) {
    const type = CST.tokenType(source) ?? 'scalar-text';
    if (MARKS.has(type)) continue;
    const message = REFUSED[type];
    if (message !== undefined) refusals.push({ offset, message });
    if (type === 'newline') [inLine, lineStart, lines] = [0, true, lines + 1];
    else if (type !== 'space' && type !== 'comment') {
      tokens += 1;
      if (type === 'flow-map-start' || type === 'flow-seq-start') open += 1;
      else if (type === 'flow-map-end' || type === 'flow-seq-end') open -= 1;
      else if (type === 'seq-item-ind' || type === 'explicit-key-ind' || type === 'map-value-ind') inLine += lineStart ? 1 : 0;
      else {
        values += 1;
        lineStart = false;
      }
    }
    if (open > MOST_LEVELS || inLine > MOST_LEVELS)
      return [...refusals, { offset, message: `nested deeper than ${MOST_LEVELS} levels` }];
    if (values > MOST_VALUES * 2 || tokens > MOST_TOKENS)
      return [...refusals, { offset: 0, message: `more than ${MOST_VALUES} values` }];
    if (lines > MOST_LINES) return [...refusals, { offset: 0, message: `more than ${MOST_LINES} lines` }];
    if (refusals.length >= MOST_REFUSALS) return refusals;
    offset += source.length;
  }
  return refusals;
}
