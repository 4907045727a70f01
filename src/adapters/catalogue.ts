import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Action } from '../domain/action.js';
import { Failure } from '../domain/failure.js';

/**
 * The actions that come with the program. In the bundle they were read and checked when it was built, so that neither YAML nor its
 * schema is loaded to run them; from source they are read from actions/.
 */
export async function loadBundled(): Promise<readonly Action[]> {
  for (const place of ['./catalogue.json', '../catalogue.json']) {
    const text = await readIfThere(new URL(place, import.meta.url));
    if (text !== undefined) return JSON.parse(text) as readonly Action[];
  }
  return readBundled(fileURLToPath(new URL('../../actions', import.meta.url)));
}

/** What the build puts into dist/catalogue.json. Throws `Failure('usage')` that names every mistake. */
export async function readBundled(folder: string): Promise<readonly Action[]> {
  const actions = await readActions([join(folder, 'diagnostics'), join(folder, 'tunings')]);
  return actions.map((action) => ({ ...action, source: 'bundled' }));
}

/** The actions of all `*.yaml` in these folders, in order of name. Throws `Failure('usage')` that names every mistake in every file. */
export async function loadFiles(folders: readonly string[]): Promise<readonly Action[]> {
  return readActions(folders);
}

/** Both together. Throws `Failure('usage')` when a file takes a name that is taken: nothing bundled is ever replaced silently. */
export function joinCatalogues(bundled: readonly Action[], own: readonly Action[]): readonly Action[] {
  requireDistinct([...bundled, ...own]);
  return [...bundled, ...own];
}

async function readActions(folders: readonly string[]): Promise<readonly Action[]> {
  const { parseAction, formatMistake } = await import('./action-file.js');
  const files = (await Promise.all(folders.map(listFiles))).flat();
  const parsed = await Promise.all(files.map(async (file) => parseAction(await readText(file), file)));
  const mistakes = parsed.flatMap((result) => (result.kind === 'mistakes' ? result.mistakes.map(formatMistake) : []));
  if (mistakes.length > 0) throw wrongFiles(mistakes);
  const actions = parsed.flatMap((result) => (result.kind === 'action' ? [result.action] : []));
  requireDistinct(actions);
  return actions;
}

async function listFiles(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((entry) => !entry.isDirectory() && entry.name.endsWith('.yaml')).map((entry) => entry.name);
    return names.sort().map((name) => join(folder, name));
  } catch (error) {
    throw new Failure('usage', `cannot read the actions in "${folder}": ${reason(error)}`, { cause: error });
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Failure('usage', `cannot read the action "${file}": ${reason(error)}`, { cause: error });
  }
}

async function readIfThere(url: URL): Promise<string | undefined> {
  try {
    return await readFile(url, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Ids and aliases share one space of names in each kind: commands say which kind they want. */
function requireDistinct(actions: readonly Action[]): void {
  const owners = new Map<string, Action>();
  const mistakes: string[] = [];
  for (const action of actions) {
    for (const name of [action.id, ...action.aliases]) {
      const key = `${action.kind} ${name}`;
      const owner = owners.get(key);
      if (owner)
        mistakes.push(`${action.source}:1:1: "${name}" is already the name of ${owner.kind} "${owner.id}" (${owner.source})`);
      else owners.set(key, action);
    }
  }
  if (mistakes.length > 0) throw wrongFiles(mistakes);
}

function wrongFiles(mistakes: readonly string[]): Failure {
  const [first = '', ...rest] = mistakes;
  return new Failure('usage', first, { problems: rest, hint: 'juju-tune actions --schema' });
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
