import type { Change, Mpm } from '../domain/change.js';
import { linkTo, type Move, Obstacle, removal, stateOf, switchMarker } from './a2.js';
import type { Draft } from './change.js';
import { APACHE, type ConfigTree } from './config-tree.js';

export const MPMS: readonly Mpm[] = ['event', 'worker', 'prefork'];

/** `a2dismod mpm_<old>` and `a2enmod mpm_<new>` as one swap, in an order in which the disk never lacks an MPM. */
export function planMpm(change: Extract<Change, { kind: 'apache-mpm' }>, tree: ConfigTree): Draft {
  const enabled = MPMS.filter((mpm) => stateOf(tree, enabledPath(mpm, 'load')).kind !== 'absent');
  if (enabled.length > 1)
    throw new Obstacle(`${enabled.map((mpm) => `mpm_${mpm}`).join(' and ')} are both enabled: repair that first`);
  const [old] = enabled;
  const { to } = change;
  if (stateOf(tree, availablePath(to, 'load')).kind === 'absent') throw new Obstacle(`this Apache has no mpm_${to}`);
  requireLink(tree, old);
  requireFriends(tree, old, to);
  return {
    moves: old === to ? enabling(tree, to) : swap(tree, old, to),
    texts: [],
    commands: [...(old === undefined || old === to ? [] : [`a2dismod mpm_${old}`]), `a2enmod mpm_${to}`],
    summary: [`MPM ${old ?? 'none'} -> ${to}`],
    checks: [{ kind: 'mpm', is: to }],
    activate: 'restart',
    warnings: [],
  };
}

/**
 * The new MPM's settings first (of no effect without its module), then its module, at once followed by the removal of the old module: the
 * window is one rename long. In it two MPMs are enabled, so `apache2ctl -t` fails and a reload that comes just then is refused and
 * leaves the server running. The other order would leave none enabled for that long, with the same failing reload, and a
 * unit cut off there would look as if nobody had ever chosen an MPM; with two enabled it is plain what was on its way, and
 * a2query and the recovery both name them.
 */
function swap(tree: ConfigTree, old: Mpm | undefined, to: Mpm): Move[] {
  const oldMoves = old === undefined ? [] : [removal(tree, enabledPath(old, 'load')), removal(tree, enabledPath(old, 'conf'))];
  const oldMarkers = old === undefined ? [] : switchMarker(tree, 'module', 'disabled', `mpm_${old}`);
  return merge([...enabling(tree, to), ...oldMoves, ...oldMarkers, ...switchMarker(tree, 'module', 'enabled', `mpm_${to}`)]);
}

/** The folders that both markers need are there once. */
function merge(moves: readonly Move[]): Move[] {
  return moves.filter((move, index) => moves.findIndex((other) => other.path === move.path) === index);
}

function enabling(tree: ConfigTree, to: Mpm): Move[] {
  const withConf = stateOf(tree, availablePath(to, 'conf')).kind !== 'absent';
  const kinds = withConf ? (['conf', 'load'] as const) : (['load'] as const);
  return kinds.map((kind) => linkTo(tree, enabledPath(to, kind), `../mods-available/mpm_${to}.${kind}`));
}

function requireLink(tree: ConfigTree, mpm: Mpm | undefined): void {
  if (mpm === undefined) return;
  const path = enabledPath(mpm, 'load');
  if (stateOf(tree, path).kind !== 'link') throw new Obstacle(`${path} is not a link; a2dismod would not remove it either`);
}

/** Modules say in their .load file what they depend on and what they cannot be beside (a2enmod, `get_deps`). */
function requireFriends(tree: ConfigTree, old: Mpm | undefined, to: Mpm): void {
  if (old === to) return;
  const modules = tree.enabled('mods-enabled', '.load').map((file) => ({ name: moduleName(file.enabledAs), text: file.text }));
  const others = modules.filter((module) => module.name !== `mpm_${old}`);
  const dependent = others.filter((module) => namesIn(module.text, 'Depends').includes(`mpm_${old}`));
  if (dependent.length > 0) throw new Obstacle(`${listed(dependent)} needs mpm_${old}: disable it first`);
  const newText = tree.textOf(availablePath(to, 'load')) ?? '';
  const hostile = others.filter(
    (module) => namesIn(module.text, 'Conflicts').includes(`mpm_${to}`) || namesIn(newText, 'Conflicts').includes(module.name),
  );
  if (hostile.length > 0) throw new Obstacle(`${listed(hostile)} cannot be enabled beside mpm_${to}`);
}

function listed(modules: readonly { readonly name: string }[]): string {
  return modules.map((module) => `module ${module.name}`).join(', ');
}

/** Names of a `# Depends:` or `# Conflicts:` line in the comments at the top of a .load file. */
function namesIn(text: string, kind: 'Depends' | 'Conflicts'): string[] {
  for (const line of text.split('\n')) {
    const match = new RegExp(`^# ${kind}:\\s+(.*?)\\s*$`).exec(line);
    if (match?.[1] !== undefined) return match[1].split(/\s+/);
    if (!/^\s*(#.*)?$/.test(line)) return [];
  }
  return [];
}

function moduleName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1, -'.load'.length);
}

function enabledPath(mpm: Mpm, kind: 'load' | 'conf'): string {
  return `${APACHE}/mods-enabled/mpm_${mpm}.${kind}`;
}

function availablePath(mpm: Mpm, kind: 'load' | 'conf'): string {
  return `${APACHE}/mods-available/mpm_${mpm}.${kind}`;
}
