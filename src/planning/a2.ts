/**
 * What a2enconf, a2disconf, a2enmod and a2dismod (Debian's apache2 package, `switch_marker`, `add_link`, `remove_link`) leave on the disk,
 * as ordered paths: links, markers, and the folders that they make.
 */
import type { FileState, PathState } from '../domain/change.js';
import { type ConfigTree, resolveLink } from './config-tree.js';
import { sha256 } from './sha256.js';

/** One path on its way: what is there, and what will be. */
export interface Move {
  readonly path: string;
  readonly before: FileState;
  readonly after: FileState;
}

/** Thrown inside planning when a unit's tree does not allow a change; `planChange` turns it into a problem value. */
export class Obstacle extends Error {}

const STATE = '/var/lib/apache2';
const ABSENT: FileState = { kind: 'absent' };
/** umask 022 of root, as the a2* commands run. */
const FILE_MODE = '0644';
const DIR_MODE = '0755';

export type A2Object = 'conf' | 'module';
type Act = 'enabled' | 'disabled';

export function stateOf(tree: ConfigTree, path: string): FileState {
  const state = tree.stateOf(path);
  if (state) return state;
  throw new Obstacle(`the probe did not look at ${path}`);
}

export function moveTo(tree: ConfigTree, path: string, after: FileState): Move {
  return { path, before: stateOf(tree, path), after };
}

export function removal(tree: ConfigTree, path: string): Move {
  return moveTo(tree, path, ABSENT);
}

/** A file of ours: a new one has the owner of its folder as probed; one that is there keeps its mode and owner. */
export function fileWith(tree: ConfigTree, path: string, text: string): Move {
  const before = stateOf(tree, path);
  if (before.kind === 'link' || before.kind === 'dir') throw new Obstacle(`${path} is not a plain file`);
  const kept = before.kind === 'file' ? before : { mode: FILE_MODE, owner: ownerOf(tree, parentOf(path)) };
  return { path, before, after: { kind: 'file', mode: kept.mode, owner: kept.owner, sha256: sha256(text) } };
}

/** Makes the link as a2* do: relative, only where nothing else is in its way. */
export function linkTo(tree: ConfigTree, path: string, target: string): Move {
  const before = stateOf(tree, path);
  const dangling = before.kind === 'link' && isDangling(tree, path);
  if (before.kind === 'file' || before.kind === 'dir') throw new Obstacle(`${path} is not a link; a2* would not touch it either`);
  if (before.kind === 'link' && !dangling && !sameEnd(path, before.target, target)) {
    throw new Obstacle(`${path} leads to ${before.target}, not to ${target}`);
  }
  return { path, before, after: before.kind === 'link' && !dangling ? before : { kind: 'link', target } };
}

/** A link whose target was looked at and is not there. */
function isDangling(tree: ConfigTree, path: string): boolean {
  const state = tree.stateOf(path);
  return state?.kind === 'link' && tree.stateOf(resolveLink(path, state.target))?.kind === 'absent';
}

function sameEnd(link: string, a: string, b: string): boolean {
  return resolveLink(link, a) === resolveLink(link, b);
}

/** The marker that says who switched it, and when last; older markers of the same name go, missing folders are made. */
export function switchMarker(tree: ConfigTree, object: A2Object, act: Act, name: string): Move[] {
  const marker = markerPath(object, act, 'admin', name);
  const folders = [STATE, `${STATE}/${object}`, parentOf(marker)];
  const others = markers(object, name).filter((path) => path !== marker && tree.stateOf(path)?.kind === 'file');
  return [
    ...folders.map((path) => folder(tree, path)),
    ...others.map((path) => removal(tree, path)),
    { path: marker, before: stateOf(tree, marker), after: emptyFile(ownerOf(tree, parentOf(marker))) },
  ];
}

function folder(tree: ConfigTree, path: string): Move {
  const before = stateOf(tree, path);
  if (before.kind === 'file') throw new Obstacle(`${path} is a file, not a folder`);
  return {
    path,
    before,
    after: before.kind === 'absent' ? { kind: 'dir', mode: DIR_MODE, owner: ownerOf(tree, parentOf(path)) } : before,
  };
}

function emptyFile(owner: string): FileState {
  return { kind: 'file', mode: FILE_MODE, owner, sha256: sha256('') };
}

/** Of a folder that will be made: the owner of the nearest one that is there. */
function ownerOf(tree: ConfigTree, path: string): string {
  const state = tree.stateOf(path);
  if (state?.kind === 'dir') return state.owner;
  if (path === '/var/lib' || path === '/' || path === '') return '0:0';
  return ownerOf(tree, parentOf(path));
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function markerPath(object: A2Object, act: Act, who: 'admin' | 'maint', name: string): string {
  return `${STATE}/${object}/${act}_by_${who}/${name}`;
}

function markers(object: A2Object, name: string): string[] {
  const kinds = [
    ['enabled', 'admin'],
    ['enabled', 'maint'],
    ['disabled', 'admin'],
    ['disabled', 'maint'],
  ] as const;
  return kinds.map(([act, who]) => markerPath(object, act, who, name));
}

/** Everything that `switchMarker` looks at for these names. */
export function markerPaths(object: A2Object, names: readonly string[]): string[] {
  const folders = (['enabled', 'disabled'] as const).map((act) => parentOf(markerPath(object, act, 'admin', '')));
  return ['/var/lib', STATE, `${STATE}/${object}`, ...folders, ...names.flatMap((name) => markers(object, name))];
}

/** The moves that change something, as the before and after of a plan. */
export function splitMoves(moves: readonly Move[]): { readonly before: PathState[]; readonly after: PathState[] } {
  return {
    before: moves.map(({ path, before }) => ({ path, state: before })),
    after: moves.map(({ path, after }) => ({ path, state: after })),
  };
}
