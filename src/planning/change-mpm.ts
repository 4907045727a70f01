import type { Change, Mpm } from '../domain/change.js';
import { linkTo, type Move, Obstacle, removal, stateOf, switchMarker } from './a2.js';
import type { Draft } from './change.js';
import { APACHE, type ConfigTree } from './config-tree.js';

export const MPMS: readonly Mpm[] = ['event', 'worker', 'prefork'];

/**
 * `a2dismod` of the MPM that is enabled and `a2enmod` of the other as one swap, in an order in which the disk never lacks an MPM. Also
 * repairs a disk on which several are enabled, or none.
 */
export function planMpm(change: Extract<Change, { kind: 'apache-mpm' }>, tree: ConfigTree): Draft {
  const { to } = change;
  const enabled = MPMS.filter((mpm) => stateOf(tree, enabledPath(mpm, 'load')).kind !== 'absent');
  const others = enabled.filter((mpm) => mpm !== to);
  if (stateOf(tree, availablePath(to, 'load')).kind === 'absent') throw new Obstacle(`this Apache has no mpm_${to}`);
  for (const mpm of others) requireLink(tree, mpm);
  requireFriends(tree, others, to);
  return {
    moves: swap(tree, others, to, enabled.includes(to)),
    texts: [],
    commands: [...others.map((mpm) => `a2dismod mpm_${mpm}`), `a2enmod mpm_${to}`],
    summary: [`MPM ${enabled.join(' and ') || 'none'} -> ${to}`],
    checks: [{ kind: 'mpm', is: to }],
    activate: 'restart',
    warnings: [],
  };
}

/**
 * The new MPM's settings first (of no effect without its module), then its module, at once followed by the removal of the old module: the
 * window is one rename long. In it two MPMs are enabled, so `apache2ctl -t` fails, and a reload that comes just then is refused and
 * leaves the server running. The other order would leave none enabled for that long, with the same failing reload, and a
 * unit cut off there would look as if nobody had ever chosen an MPM; with two enabled it is plain what was on its way.
 */
function swap(tree: ConfigTree, others: readonly Mpm[], to: Mpm, already: boolean): Move[] {
  const removals = (kind: 'load' | 'conf'): Move[] => others.map((mpm) => removal(tree, enabledPath(mpm, kind)));
  const markers = [
    ...others.flatMap((mpm) => switchMarker(tree, 'module', 'disabled', `mpm_${mpm}`)),
    // a2enmod of what is enabled touches no marker.
    ...(already ? [] : switchMarker(tree, 'module', 'enabled', `mpm_${to}`)),
  ];
  return merge([...enabling(tree, to), ...removals('load'), ...removals('conf'), ...markers]);
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

function requireLink(tree: ConfigTree, mpm: Mpm): void {
  const path = enabledPath(mpm, 'load');
  if (stateOf(tree, path).kind !== 'link') throw new Obstacle(`${path} is not a link; a2dismod would not remove it either`);
}

/** Modules say in their .load file what they depend on and what they cannot be beside (a2enmod, `get_deps`). */
function requireFriends(tree: ConfigTree, olds: readonly Mpm[], to: Mpm): void {
  const leaving = olds.map((mpm) => `mpm_${mpm}`);
  const modules = tree.enabled('mods-enabled', '.load').map((file) => ({ name: moduleName(file.enabledAs), text: file.text }));
  const staying = modules.filter((module) => !leaving.includes(module.name));
  const dependent = staying.filter((module) => namesIn(module.text, 'Depends').some((name) => leaving.includes(name)));
  if (dependent.length > 0) throw new Obstacle(`${listed(dependent)} needs ${leaving.join(', ')}: disable it first`);
  const refused = namesIn(tree.textOf(availablePath(to, 'load')) ?? '', 'Conflicts');
  const hostile = staying.filter(
    (module) => namesIn(module.text, 'Conflicts').includes(`mpm_${to}`) || refused.includes(module.name),
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
