/**
 * Titles of the tests in the text of a test file, as they stand there: `%s` and the like are not filled in. Of a case of an action
 * (YAML) its description.
 */
export function testTitles(text: string, file: string): ReadonlySet<string> {
  if (file.endsWith('.yaml')) return new Set([...text.matchAll(/^description: (.*)$/gm)].map(([, title = '']) => title));
  const titles = new Set<string>();
  for (const { index, 0: start } of text.matchAll(/^[ \t]*test\b/gm)) {
    const title = titleAt(text, index + start.length);
    if (title !== undefined) titles.add(title);
  }
  return titles;
}

/** What follows `test`: `.concurrent`, `.each<…>(…)`, `.skipIf(…)`, then `(` and the title. */
function titleAt(text: string, from: number): string | undefined {
  let at = from;
  for (;;) {
    const modifier = /^\.\w+/.exec(text.slice(at))?.[0];
    if (modifier === undefined) break;
    at += modifier.length;
    if (text[at] === '<') at = text.indexOf('>(', at) + 1;
    const takes = /^\.(each|skipIf|runIf|for)$/.test(modifier);
    if (takes && text[at] === '(') at = afterBrackets(text, at);
  }
  const [, title] = /^\(\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)/.exec(text.slice(at)) ?? [];
  return title?.slice(1, -1).replaceAll(/\\(.)/g, '$1');
}

const STRING = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const PATTERN = /\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

/** Where the bracket at `from` is closed. Brackets in strings, comments and patterns are none. */
function afterBrackets(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const skipped = [STRING, COMMENT, PATTERN].reduce((length, part) => {
      part.lastIndex = at;
      return length > 0 ? length : (part.exec(text)?.[0].length ?? 0);
    }, 0);
    if (skipped > 0) {
      at += skipped;
      continue;
    }
    if ('([{'.includes(text[at] ?? '')) depth++;
    if (')]}'.includes(text[at] ?? '')) depth--;
    at++;
    if (depth === 0) return at;
  }
  return at;
}
