import type { Check } from '../domain/action.js';
import { type Change, type PathState, sameState } from '../domain/change.js';
import type { Activation, Sha256 } from '../domain/plan.js';
import { type Move, markerPaths, Obstacle, splitMoves } from './a2.js';
import { ownName, planConf, planConfOff } from './change-conf.js';
import { MPMS, planMpm } from './change-mpm.js';
import { planDaemon } from './change-wsgi.js';
import { APACHE, type ProbeView, readTree } from './config-tree.js';
import { sha256 } from './sha256.js';

/** What one change comes to on one unit. */
export interface PlannedChange {
  readonly kind: 'planned';
  /** Same paths in the same order, which is the order to put them in place. Paths that stay as they are are left out: none means unchanged. */
  readonly before: readonly PathState[];
  readonly after: readonly PathState[];
  /** Text of every file state in `before` and `after`. */
  readonly contents: Readonly<Record<Sha256, string>>;
  /** What a person would type; shown, never run. */
  readonly commands: readonly string[];
  /** In a few words: `keystone-public processes 12 -> 20`. */
  readonly summary: readonly string[];
  readonly checks: readonly Check[];
  /** What this change needs to take effect; more than the tuning asks for when a directive is read at a start only. */
  readonly activate: Activation;
  /** What to know about this change on this unit. */
  readonly warnings: readonly string[];
}

export type ChangeResult = PlannedChange | { readonly kind: 'problem'; readonly problem: string };

/** What the parts in change-*.ts work out. */
export interface Draft {
  readonly moves: readonly Move[];
  /** Texts that the moves put in place. */
  readonly texts: readonly string[];
  readonly commands: readonly string[];
  readonly summary: readonly string[];
  readonly checks: readonly Check[];
  readonly activate: Activation;
  readonly warnings: readonly string[];
}

/** Why the unit's tree does not allow the change is a value, never an exception. `tuning` is the id in the header of files of ours. */
export function planChange(change: Change, probe: ProbeView, tuning: string): ChangeResult {
  try {
    return finish(draft(change, probe, tuning), probe);
  } catch (error) {
    if (error instanceof Obstacle) return { kind: 'problem', problem: error.message };
    throw error;
  }
}

function draft(change: Change, probe: ProbeView, tuning: string): Draft {
  const tree = readTree(probe);
  switch (change.kind) {
    case 'apache-conf':
      return planConf(change, tree, tuning);
    case 'apache-conf-off':
      return planConfOff(change, tree);
    case 'apache-mpm':
      return planMpm(change, tree);
    case 'wsgi-daemon':
      return planDaemon(change, tree);
  }
}

function finish(draft: Draft, probe: ProbeView): PlannedChange {
  const { moves, texts, ...rest } = draft;
  const real = moves.filter((move) => !sameState(move.before, move.after));
  const known = { ...probe.contents, ...Object.fromEntries(contentPairs(['', ...texts])) };
  const hashes = real.flatMap(({ before, after }) =>
    [before, after].flatMap((state) => (state.kind === 'file' ? [state.sha256] : [])),
  );
  const contents = Object.fromEntries(hashes.flatMap((hash) => (known[hash] === undefined ? [] : [[hash, known[hash]]])));
  if (real.length === 0) {
    return {
      kind: 'planned',
      before: [],
      after: [],
      contents: {},
      commands: [],
      summary: [],
      // What must be true is asked of the running Apache also where the files need no change.
      checks: rest.checks,
      activate: 'none',
      warnings: [],
    };
  }
  return { kind: 'planned', ...splitMoves(real), contents, ...rest };
}

function contentPairs(texts: readonly string[]): [Sha256, string][] {
  return texts.map((text) => [sha256(text), text]);
}

/** What a probe must look at so that these changes can be planned. Links found by a glob are told with the state of what they lead to. */
export function pathsFor(changes: readonly Change[]): { readonly paths: readonly string[]; readonly globs: readonly string[] } {
  const paths = changes.flatMap(pathsOf);
  const globs = [`${APACHE}/mods-enabled/*.load`, `${APACHE}/conf-enabled/*`, `${APACHE}/sites-enabled/*`];
  return { paths: [...new Set(paths)].sort(), globs };
}

function pathsOf(change: Change): string[] {
  switch (change.kind) {
    case 'apache-conf':
    case 'apache-conf-off': {
      const names = change.kind === 'apache-conf' ? [ownName(change.name)] : [ownName(change.name), change.name];
      const files = names.flatMap((name) => [`${APACHE}/conf-available/${name}.conf`, `${APACHE}/conf-enabled/${name}.conf`]);
      return [`${APACHE}/conf-available`, `${APACHE}/conf-enabled`, ...files, ...markerPaths('conf', names)];
    }
    case 'apache-mpm': {
      const names = MPMS.map((mpm) => `mpm_${mpm}`);
      const files = names.flatMap((name) =>
        ['available', 'enabled'].flatMap((where) => [
          `${APACHE}/mods-${where}/${name}.load`,
          `${APACHE}/mods-${where}/${name}.conf`,
        ]),
      );
      return [`${APACHE}/mods-enabled`, ...files, ...markerPaths('module', names)];
    }
    case 'wsgi-daemon':
      return [];
  }
}
