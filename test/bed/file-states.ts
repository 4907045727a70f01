import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { decodeState, type PathState } from '../../src/domain/change.js';
import type { ProbeView } from '../../src/planning/config-tree.js';
import { sha256 } from '../../src/planning/sha256.js';
import type { Bed } from './bed.js';

interface Row {
  readonly path: string;
  /** As `decodeState` reads it, but without a file's hash. */
  readonly code: string;
  readonly text: string;
}

/** Every path of Apache below `root` on a unit, as a probe would tell it, with the text of every file. */
export async function probeTree(bed: Bed, unit: string, root = ''): Promise<ProbeView> {
  const listing = await bed.sh(
    unit,
    `cd '${root}/' && for folder in etc/apache2 var/lib/apache2; do
       [ ! -d $folder ] || find $folder -printf '%p\\t%y\\t%m\\t%U:%G\\t%l\\t' \\( -type f -exec base64 -w0 {} \\; -o -true \\) -printf '\\n'
     done; stat -c $'%n\\td\\t%a\\t%u:%g\\t\\t' var/lib`,
  );
  const rows = listing.trimEnd().split('\n').map(readRow);
  return {
    facts: {},
    paths: rows.map(pathState),
    contents: Object.fromEntries(rows.filter(({ code }) => code.startsWith('F:')).map(({ text }) => [sha256(text), text])),
  };
}

function readRow(line: string): Row {
  const [path = '', kind = '', mode = '', owner = '', target = '', base64 = ''] = line.split('\t');
  const code = kind === 'l' ? `L:${target}` : `${kind.toUpperCase()}:${mode.padStart(4, '0')}:${owner}`;
  return { path: `/${path}`, code, text: Buffer.from(base64, 'base64').toString() };
}

function pathState({ path, code, text }: Row): PathState {
  const state = decodeState(code.startsWith('F:') ? `${code}:${sha256(text)}` : code);
  if (!state) throw new Error(`${path}: ${code} is no file state`);
  return { path, state };
}

/** The same of a unit that is a folder. */
export function probeFolder(root: string): readonly PathState[] {
  return ['etc/apache2', 'var/lib/apache2'].flatMap((folder) => walk(root, `/${folder}`)).concat(walkOne(root, '/var/lib'));
}

function walk(root: string, path: string): readonly PathState[] {
  const here = walkOne(root, path);
  if (here[0]?.state.kind !== 'dir') return here;
  return [...here, ...readdirSync(join(root, path)).flatMap((name) => walk(root, `${path}/${name}`))];
}

function walkOne(root: string, path: string): readonly PathState[] {
  const full = join(root, path);
  const stats = lstatSync(full, { throwIfNoEntry: false });
  if (!stats) return [];
  if (stats.isSymbolicLink()) return [{ path, state: { kind: 'link', target: readlinkSync(full) } }];
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
  const owner = `${stats.uid}:${stats.gid}`;
  if (stats.isDirectory()) return [{ path, state: { kind: 'dir', mode, owner } }];
  return [{ path, state: { kind: 'file', mode, owner, sha256: sha256(readFileSync(full, 'utf8')) } }];
}
