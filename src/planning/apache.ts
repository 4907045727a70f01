/**
 * Apache configuration as text: finds directives as httpd reads them (continuation lines, quotes, any case) and edits one word of
 * one directive, every other byte kept.
 */

/** A word of a directive; `start` and `end` are offsets in the file's text, quotes included. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface Directive {
  /** As it is spelled. Compare in lower case. */
  readonly name: string;
  readonly words: readonly Word[];
  /** Open sections around it, outermost first: `VirtualHost *:4980`. */
  readonly sections: readonly string[];
  /** First line, counted from 1. */
  readonly line: number;
}

/** Every directive of a file in order; section tags are told by `sections` of what they enclose. */
export function readDirectives(text: string): Directive[] {
  const directives: Directive[] = [];
  const sections: string[] = [];
  for (const logical of logicalLines(text)) {
    const trimmed = logical.text.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    if (trimmed.startsWith('</')) {
      sections.pop();
    } else if (trimmed.startsWith('<')) {
      sections.push(trimmed.replace(/^</, '').replace(/>$/, '').trim().replace(/\s+/g, ' '));
    } else {
      const [first, ...words] = wordsOf(logical);
      if (first) directives.push({ name: first.text, words, sections: [...sections], line: logical.line });
    }
  }
  return directives;
}

interface LogicalLine {
  readonly text: string;
  /** Offset in the file of each character of `text`. */
  readonly offsets: readonly number[];
  readonly line: number;
}

/** Lines as httpd joins them: a backslash right before the end of a line joins the next one to it without a space. */
function logicalLines(text: string): LogicalLine[] {
  const lines: LogicalLine[] = [];
  let [characters, offsets]: [string[], number[]] = [[], []];
  let [line, firstLine] = [1, 1];
  const end = (): void => {
    if (characters.at(-1) === '\r') characters.pop();
    lines.push({ text: characters.join(''), offsets, line: firstLine });
    [characters, offsets] = [[], []];
  };
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? '';
    if (character !== '\n') {
      characters.push(character);
      offsets.push(index);
      continue;
    }
    line += 1;
    const tail = characters.at(-1) === '\r' ? 2 : 1;
    if (characters.at(-tail) === '\\') {
      characters.splice(-tail);
      offsets.splice(-tail);
      continue;
    }
    end();
    firstLine = line;
  }
  if (characters.length > 0) end();
  return lines;
}

/** Words apart by white space; a quote at the start of a word or after `=` keeps white space together, a backslash keeps a quote. */
function wordsOf(logical: LogicalLine): Word[] {
  const { text, offsets } = logical;
  const words: Word[] = [];
  let index = 0;
  for (;;) {
    while (/\s/.test(text[index] ?? '')) index += 1;
    if (index >= text.length) return words;
    const start = index;
    if (isQuote(text[index])) index = afterQuote(text, index);
    else while (index < text.length && !/\s/.test(text[index] ?? '')) index = afterPart(text, index);
    words.push({ text: unquote(text.slice(start, index)), start: offsets[start] ?? 0, end: (offsets[index - 1] ?? 0) + 1 });
  }
}

function afterPart(text: string, index: number): number {
  return text[index] === '=' && isQuote(text[index + 1]) ? afterQuote(text, index + 1) : index + 1;
}

function afterQuote(text: string, open: number): number {
  let index = open + 1;
  while (index < text.length && text[index] !== text[open]) index += text[index] === '\\' ? 2 : 1;
  return Math.min(index + 1, text.length);
}

function isQuote(character: string | undefined): boolean {
  return character === '"' || character === "'";
}

function unquote(text: string): string {
  const quoted = /^(["'])([\s\S]*)\1$/.exec(text);
  return quoted ? (quoted[2] ?? '').replace(/\\(["'\\])/g, '$1') : text;
}

/** A group of mod_wsgi daemon processes. */
export interface DaemonGroup {
  readonly name: string;
  readonly processes: number;
  readonly threads: number;
  readonly user: string;
  /** The file that an edit changes. */
  readonly path: string;
  readonly line: number;
}

/** mod_wsgi's own values where the directive does not say (mod_wsgi documentation, WSGIDaemonProcess). */
const DEFAULTS = { processes: 1, threads: 15 } as const;

type DaemonOption = keyof typeof DEFAULTS;

/** Groups in the order in which httpd reads them, which is also the number in their socket's name. A file enabled twice counts once. */
export function listDaemonGroups(files: readonly { readonly path: string; readonly text: string }[]): DaemonGroup[] {
  const once = [...new Map(files.map((file) => [file.path, file])).values()];
  return once.flatMap(({ path, text }) => daemonDirectives(text).map((directive) => groupOf(directive, path)));
}

function daemonDirectives(text: string): Directive[] {
  return readDirectives(text).filter((directive) => directive.name.toLowerCase() === 'wsgidaemonprocess');
}

function groupOf(directive: Directive, path: string): DaemonGroup {
  return {
    name: directive.words[0]?.text ?? '',
    processes: numberOption(directive, 'processes'),
    threads: numberOption(directive, 'threads'),
    user: option(directive, 'user').at(-1)?.value ?? '',
    path,
    line: directive.line,
  };
}

function numberOption(directive: Directive, name: DaemonOption): number {
  const value = option(directive, name).at(-1)?.value;
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : DEFAULTS[name];
}

function option(directive: Directive, name: string): { readonly word: Word; readonly value: string }[] {
  return directive.words
    .slice(1)
    .filter((word) => word.text.startsWith(`${name}=`))
    .map((word) => ({ word, value: unquote(word.text.slice(name.length + 1)) }));
}

export type Edited = { readonly kind: 'edited'; readonly text: string } | { readonly kind: 'problem'; readonly problem: string };

/**
 * The text with `processes=` and `threads=` of one group as wanted, put in where they are missing; all else byte for byte.
 * A problem when the group is not there exactly once, or names an option twice or not as a number.
 */
export function setDaemonOptions(text: string, group: string, wanted: Partial<Record<DaemonOption, number>>): Edited {
  const found = daemonDirectives(text).filter((directive) => directive.words[0]?.text === group);
  const directive = found[0];
  if (!directive || found.length > 1) return problem(`it has ${found.length} WSGIDaemonProcess lines for "${group}", not one`);
  const edits: { start: number; end: number; text: string }[] = [];
  for (const name of ['processes', 'threads'] as const) {
    const value = wanted[name];
    if (value === undefined) continue;
    const there = option(directive, name);
    const [first] = there;
    if (there.length > 1) return problem(`line ${directive.line} says ${name}= ${there.length} times`);
    if (first && !/^\d+$/.test(first.value)) return problem(`line ${directive.line} says ${name}=${first.value}, not a number`);
    const after = directive.words[0]?.end ?? 0;
    edits.push(first ? { ...first.word, text: `${name}=${value}` } : { start: after, end: after, text: ` ${name}=${value}` });
  }
  const ordered = [...edits].reverse().sort((a, b) => b.start - a.start);
  return {
    kind: 'edited',
    text: ordered.reduce((done, edit) => done.slice(0, edit.start) + edit.text + done.slice(edit.end), text),
  };
}

function problem(text: string): Edited {
  return { kind: 'problem', problem: text };
}

export interface EffectiveValue {
  readonly value: string;
  readonly path: string;
  readonly line: number;
}

/**
 * What a directive says at server scope: the last one that httpd reads wins. `files` in read order. Values inside VirtualHost,
 * Directory, Location, Files, Proxy and If are not server scope; IfModule, IfDefine and IfVersion are looked through, but for those
 * of an MPM other than `mpm`.
 */
export function effectiveValue(
  files: readonly { readonly path: string; readonly text: string }[],
  name: string,
  mpm: string,
): EffectiveValue | undefined {
  let last: EffectiveValue | undefined;
  for (const { path, text } of files) {
    for (const directive of readDirectives(text)) {
      if (directive.name.toLowerCase() !== name.toLowerCase() || !directive.sections.every((section) => isOpen(section, mpm)))
        continue;
      last = { value: directive.words.map((word) => word.text).join(' '), path, line: directive.line };
    }
  }
  return last;
}

function isOpen(section: string, mpm: string): boolean {
  const match = /^(IfModule|IfDefine|IfVersion)\s+(!?)(?:mpm_)?([a-z_0-9]+?)(?:_module|\.c)?$/i.exec(
    section.replace(/["']/g, ''),
  );
  if (!match) return /^(IfDefine|IfVersion)\s/i.test(section);
  const subject = match[3] ?? '';
  if (!['event', 'worker', 'prefork'].includes(subject)) return match[2] !== '!' || match[1]?.toLowerCase() !== 'ifmodule';
  return (subject === mpm) === (match[2] !== '!');
}
