const MAX_BYTES = 16 * 1024;
const MAX_LINE = 4096;

/**
 * Directives that a file of ours must not hold: they pull in other files or code, which no diff would show, or belong to the server
 * as a whole and take effect only at a start that the charm or systemd decides on.
 */
const REFUSED = [
  'include',
  'includeoptional',
  'loadmodule',
  'loadfile',
  'define',
  'undefine',
  'serverroot',
  'pidfile',
  'user',
  'group',
  'mutex',
];

/** Directives that httpd reads only at a start: after a reload it keeps the old value (AH00501, AH00516). */
const RESTART = ['serverlimit', 'threadlimit'];

/** Lines of directives as given: line breaks, or `\n` outside quotes for shells and forms that make line breaks hard. */
export function splitDirectives(text: string): string[] {
  const lines: string[] = [''];
  let quote = '';
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? '';
    const escaped = quote === '' && character === '\\' && text[index + 1] === 'n';
    if (character === '\n' || escaped) {
      lines.push('');
      quote = '';
      if (escaped) index += 1;
      continue;
    }
    if (character === quote) quote = '';
    else if (quote === '' && (character === '"' || character === "'")) quote = character;
    lines.push((lines.pop() ?? '') + character);
  }
  const trimmed = lines.map((line) => line.trimEnd());
  const [first, last] = [trimmed.findIndex((line) => line !== ''), trimmed.findLastIndex((line) => line !== '')];
  return first < 0 ? [] : trimmed.slice(first, last + 1);
}

/** Why these lines cannot be a file of ours; undefined when they can. What they mean is Apache's word, given on the staged tree. */
export function findDirectiveProblem(text: string): string | undefined {
  const lines = splitDirectives(text);
  if (lines.length === 0) return 'there is none';
  if (Buffer.byteLength(text, 'utf8') > MAX_BYTES) return `more than ${MAX_BYTES} bytes`;
  if (/[\0-\x08\x0b-\x1f\x7f]/.test(text.replaceAll('\n', ''))) return 'there is a control character';
  const long = lines.findIndex((line) => line.length > MAX_LINE);
  if (long >= 0) return `line ${long + 1} is longer than ${MAX_LINE} characters`;
  const refused = lines.map(nameOf).find((name) => REFUSED.includes(name.toLowerCase()));
  if (refused !== undefined) return `${refused} is not for a file of this tool`;
  return findOpenSection(lines);
}

function findOpenSection(lines: readonly string[]): string | undefined {
  const open: string[] = [];
  for (const line of lines) {
    const match = /^\s*<(\/?)([A-Za-z]+)/.exec(line);
    const name = match?.[2] ?? '';
    if (!match) continue;
    if (match[1] === '') open.push(name);
    else if (open.pop()?.toLowerCase() !== name.toLowerCase()) return `</${name}> closes a section that is not open`;
  }
  return open.length > 0 ? `<${open.at(-1)}> is not closed` : undefined;
}

/** What Apache must do for these directives to take effect. */
export function activationFor(content: string): 'reload' | 'restart' {
  return content.split('\n').some((line) => RESTART.includes(nameOf(line).toLowerCase())) ? 'restart' : 'reload';
}

function nameOf(line: string): string {
  return line.trim().split(/\s+/)[0] ?? '';
}
