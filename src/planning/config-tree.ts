import type { FileState, PathState } from '../domain/change.js';
import type { Sha256 } from '../domain/plan.js';

/** The structural part of a probe that planning a change needs. */
export interface ProbeView {
  readonly facts: Readonly<Record<string, string | number>>;
  readonly paths: readonly PathState[];
  readonly contents: Readonly<Record<Sha256, string>>;
}

/** An Apache configuration file: where it is enabled, and the file that an edit changes when that is a link. */
export interface ConfigFile {
  readonly enabledAs: string;
  readonly path: string;
  readonly text: string;
}

/** What a probe saw below /etc/apache2 and /var/lib/apache2. */
export interface ConfigTree {
  /** Undefined: the probe did not look there. */
  stateOf(path: string): FileState | undefined;
  /** Of a file whose content was read. */
  textOf(path: string): string | undefined;
  /** Readable files enabled in one folder, in httpd's read order. */
  enabled(folder: 'mods-enabled' | 'conf-enabled' | 'sites-enabled', ending: '.conf' | '.load'): readonly ConfigFile[];
  /** Enabled files that could not be read, by the path they are enabled as. */
  readonly unread: readonly string[];
}

export const APACHE = '/etc/apache2';

export function readTree(view: ProbeView): ConfigTree {
  const states = new Map(view.paths.map(({ path, state }) => [path, state]));
  const textOf = (path: string): string | undefined => {
    const state = states.get(path);
    return state?.kind === 'file' ? view.contents[state.sha256] : undefined;
  };
  const unread = new Set<string>();
  const enabled: ConfigTree['enabled'] = (folder, ending) => {
    const prefix = `${APACHE}/${folder}/`;
    const names = [...states.keys()].filter((path) => path.startsWith(prefix) && path.endsWith(ending)).sort(byBytes);
    return names.flatMap((enabledAs) => {
      const path = followLink(states, enabledAs);
      const text = path === undefined ? undefined : textOf(path);
      // A link to nowhere is skipped by IncludeOptional; nothing of it is in effect.
      const dangling = path !== undefined && states.get(path)?.kind === 'absent';
      if (text === undefined && !dangling && states.get(enabledAs)?.kind !== 'absent') unread.add(enabledAs);
      return path === undefined || text === undefined ? [] : [{ enabledAs, path, text }];
    });
  };
  for (const folder of ['conf-enabled', 'sites-enabled'] as const) enabled(folder, '.conf');
  return { stateOf: (path) => states.get(path), textOf, enabled, unread: [...unread] };
}

/** Server configuration that charms and operators write, in read order: conf-enabled, then sites-enabled. */
export function siteFiles(tree: ConfigTree): readonly ConfigFile[] {
  return [...tree.enabled('conf-enabled', '.conf'), ...tree.enabled('sites-enabled', '.conf')];
}

function followLink(states: ReadonlyMap<string, FileState>, path: string): string | undefined {
  let current = path;
  for (let hops = 0; hops < 8; hops++) {
    const state = states.get(current);
    if (state?.kind !== 'link') return current;
    current = resolveLink(current, state.target);
  }
  return undefined;
}

/** The absolute path that a link with this target leads to, without looking at the disk. */
export function resolveLink(link: string, target: string): string {
  const from = target.startsWith('/') ? [] : link.split('/').slice(0, -1);
  const parts: string[] = [];
  for (const part of [...from, ...target.split('/')]) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** httpd reads a folder in the order of strcmp, not of a locale. */
function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
