import { isMap, isNode, isScalar, LineCounter, type Node, type ParsedNode, parseDocument, visit } from 'yaml';
import type * as z from 'zod';
import type { Action } from '../domain/action.js';
import { type ActionFile, actionFile } from './action-schema.js';
import { MOST_LEVELS, MOST_VALUES, refusedTokens } from './yaml-tokens.js';

const MAX_BYTES = 256 * 1024;
/** More mistakes than anybody reads. */
const MOST_MISTAKES = 50;
const FORBIDDEN_KEYS = ['__proto__', 'constructor', 'prototype'];

export interface ActionMistake {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** What is wrong, without the place. */
  readonly message: string;
}

export type ParsedAction =
  | { readonly kind: 'action'; readonly action: Action }
  | { readonly kind: 'mistakes'; readonly mistakes: readonly ActionMistake[] };

type Document = ReturnType<typeof parseDocument<ParsedNode>>;
type Path = readonly PropertyKey[];

/**
 * The action that a YAML text describes, or every mistake in it with its place. Files come from people we do not know: no anchors,
 * aliases, tags, directives, merge or repeated keys, nothing that is deep, large or named like a part of every object (safe-change.md 5).
 */
export function parseAction(text: string, file: string): ParsedAction {
  const lines = new LineCounter();
  const mistake = (offset: number, message: string): ActionMistake => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col), message };
  };
  const failed = (mistakes: readonly ActionMistake[]): ParsedAction => ({
    kind: 'mistakes',
    mistakes: mistakes.slice(0, MOST_MISTAKES),
  });
  if (Buffer.byteLength(text, 'utf8') > MAX_BYTES) return failed([mistake(0, `the file is larger than ${MAX_BYTES / 1024} KiB`)]);
  const early = refusedTokens(text);
  if (early.length > 0) return failed(early.map(({ offset, message }) => ({ file, ...placeOf(text, offset), message })));
  const document = parseText(text, lines);
  if (document === undefined) return failed([mistake(0, `the file is nested deeper than ${MOST_LEVELS} levels`)]);
  const syntax = [...document.errors, ...document.warnings].map((error) => mistake(error.pos[0], plainMessage(error.message)));
  if (syntax.length > 0) return failed(syntax);
  const refused = findRefused(document).map(({ offset, message }) => mistake(offset, message));
  if (refused.length > 0) return failed(refused);
  const result = actionFile.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (!result.success) {
    return failed(
      result.error.issues.flatMap((issue) => sayIssue(issue, document).map(({ offset, message }) => mistake(offset, message))),
    );
  }
  const loose = findLooseEnds(result.data).map(({ path, message }) => mistake(offsetOf(document, path), message));
  return loose.length > 0 ? failed(loose) : { kind: 'action', action: toAction(result.data, file) };
}

/** Line and column of an offset, from 1. */
function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function parseText(text: string, lineCounter: LineCounter): Document | undefined {
  try {
    return parseDocument(text, {
      lineCounter,
      schema: 'core',
      merge: false,
      uniqueKeys: true,
      strict: true,
      prettyErrors: false,
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

interface Place {
  readonly offset: number;
  readonly message: string;
}

function findRefused(document: Document): Place[] {
  const places: Place[] = [];
  let nodes = 0;
  const at = (node: Node, message: string): void => void places.push({ offset: node.range?.[0] ?? 0, message });
  visit(document, {
    Node(key, node, path) {
      nodes += 1;
      if (path.length > MOST_LEVELS * 2) {
        at(node, `nested deeper than ${MOST_LEVELS} levels`);
        return visit.BREAK;
      }
      if (key === 'key' && isScalar(node) && FORBIDDEN_KEYS.includes(String(node.value)))
        at(node, `the key "${node.value}" is not allowed`);
      if (key === 'key' && isScalar(node) && node.value === '<<') at(node, 'merge keys are not allowed');
      if (key === 'key' && isScalar(node) && typeof node.value !== 'string') at(node, 'a key must be a word');
      if (key === 'key' && !isScalar(node)) at(node, 'a key must be a word');
      return undefined;
    },
  });
  if (nodes > MOST_VALUES) places.push({ offset: 0, message: `more than ${MOST_VALUES} values` });
  return places;
}

type Issue = z.core.$ZodIssue;

function sayIssue(issue: Issue, document: Document): Place[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      offset: offsetOfKey(document, path, key),
      message: `unknown key "${key}"${within(path)}`,
    }));
  }
  const missing = isMissing(document, path);
  if (missing && issue.code !== 'custom') {
    return [
      { offset: offsetOf(document, path), message: `"${String(path.at(-1) ?? 'kind')}" is missing${within(path.slice(0, -1))}` },
    ];
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0 && path.length > 0) {
    return [{ offset: offsetOf(document, path), message: `${named(path)} has a value of the wrong kind` }];
  }
  const note = issue.code === 'invalid_union' ? 'has a kind that does not exist' : lowerFirst(issue.message);
  return [
    {
      offset: offsetOf(document, path),
      message: `${named(path)} ${note.startsWith('must') || note.startsWith('has') || note.startsWith('cannot') || note.startsWith('may') ? note : `is wrong: ${note}`}`,
    },
  ];
}

function isMissing(document: Document, path: Path): boolean {
  return path.length > 0 ? document.getIn(path) === undefined : document.contents === null;
}

function named(path: Path): string {
  return path.length === 0 ? 'the file' : `"${dotted(path)}"`;
}

function within(path: Path): string {
  return path.length === 0 ? '' : ` in "${dotted(path)}"`;
}

function dotted(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part + 1}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('');
}

/** Of the deepest part of the path that is there. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range[0] ?? 0;
}

function offsetOfKey(document: Document, path: Path, key: string): number {
  const map = path.length === 0 ? document.contents : document.getIn(path, true);
  if (!isMap(map)) return offsetOf(document, path);
  const pair = map.items.find((item) => isScalar(item.key) && item.key.value === key);
  return isScalar(pair?.key) ? (pair.key.range?.[0] ?? 0) : offsetOf(document, path);
}

interface LooseEnd {
  readonly path: Path;
  readonly message: string;
}

/** Parameters that are named in a sentence, a change or `needsOne` and are not declared; two things of one name; scripts Juju would stumble over. */
function findLooseEnds(file: ActionFile): LooseEnd[] {
  const declared = new Set(file.params.map((param) => param.name));
  const used = paramsIn(file, []).filter(({ name }) => !declared.has(name));
  const loose: LooseEnd[] = used.map(({ path, name }) => ({
    path,
    message: `parameter "${name}" is used here and not declared`,
  }));
  loose.push(...repeats(file.params, 'params', (param) => param.name));
  if (file.kind === 'diagnostic') {
    loose.push(...repeats(file.findings, 'findings', (rule) => rule.id));
    const word = /juju-(run|exec)\b/.exec(file.collect)?.[0];
    if (word) loose.push({ path: ['collect'], message: `"collect" says "${word}", which Juju takes for a call of its own` });
    return loose;
  }
  if (file.changes.length > 0 === (file.options !== undefined)) {
    loose.push({ path: ['changes'], message: 'a tuning has either "changes" of units or charm "options"' });
  }
  const needed = (file.needsOne ?? [])
    .map((name, index) => ({ name, path: ['needsOne', index] }))
    .filter(({ name }) => !declared.has(name));
  loose.push(...needed.map(({ path, name }) => ({ path, message: `parameter "${name}" is used here and not declared` })));
  return [...loose, ...repeats(file.refuse, 'refuse', (rule) => rule.id), ...repeats(file.warn, 'warn', (rule) => rule.id)];
}

function paramsIn(value: unknown, path: Path): { readonly name: string; readonly path: Path }[] {
  if (typeof value === 'string')
    return [...value.matchAll(/\{param\.([a-z0-9-]+)\}/g)].map((match) => ({ name: match[1] ?? '', path }));
  if (Array.isArray(value)) return value.flatMap((item, index) => paramsIn(item, [...path, index]));
  if (value === null || typeof value !== 'object') return [];
  const own = 'param' in value && isParamTest(value.param) ? [{ name: value.param.name, path: [...path, 'param', 'name'] }] : [];
  return [...own, ...Object.entries(value).flatMap(([key, item]) => paramsIn(item, [...path, key]))];
}

function isParamTest(value: unknown): value is { readonly name: string } {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}

function repeats<T>(items: readonly T[], key: string, nameOf: (item: T) => string): LooseEnd[] {
  return items.flatMap((item, index) => {
    const name = nameOf(item);
    const earlier = items.findIndex((other) => nameOf(other) === name);
    return earlier < index ? [{ path: [key, index], message: `"${name}" is there twice in "${key}"` }] : [];
  });
}

/** Fields that were left out stay left out: `undefined` is not a value of the domain's types. */
function toAction(file: ActionFile, source: string): Action {
  return JSON.parse(JSON.stringify({ ...file, source })) as Action;
}

function plainMessage(message: string): string {
  return lowerFirst(message.split('\n')[0] ?? '');
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** `file:line:column: what`, as compilers and editors write it. */
export function formatMistake(mistake: ActionMistake): string {
  return `${mistake.file}:${mistake.line}:${mistake.column}: ${mistake.message}`;
}
