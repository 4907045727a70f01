import type { Amount, Change } from '../domain/change.js';
import { fileWith, type Move, Obstacle, stateOf } from './a2.js';
import { applyAmount } from './amount.js';
import { type DaemonGroup, listDaemonGroups, setDaemonOptions } from './apache.js';
import type { Draft } from './change.js';
import { type ConfigTree, siteFiles } from './config-tree.js';

/** mod_wsgi takes more; more than this of one group on a unit is a slip of the finger (catalogue, T-WSGI-WORKERS). */
const MOST = { processes: 256, threads: 256 } as const;

interface Wish {
  readonly group: DaemonGroup;
  readonly processes: number;
  readonly threads: number;
}

/** Edits `processes=` and `threads=` of one group, or of every group of the unit, in whatever file has its WSGIDaemonProcess. */
export function planDaemon(change: Extract<Change, { kind: 'wsgi-daemon' }>, tree: ConfigTree): Draft {
  const groups = chosenGroups(change.group, tree);
  const wishes = groups.map((group) => ({
    group,
    processes: wanted('processes', group, change.processes),
    threads: wanted('threads', group, change.threads),
  }));
  const real = wishes.filter(({ group, processes, threads }) => processes !== group.processes || threads !== group.threads);
  const edits = [...new Set(real.map(({ group }) => group.path))].map((path) => editFile(path, real, change, tree));
  return {
    moves: edits.map((edit) => edit.move),
    texts: edits.map((edit) => edit.text),
    commands: real.flatMap((wish) => commandsFor(wish)),
    summary: real.flatMap((wish) => summaryOf(wish)),
    checks: wishes.map(({ group, processes }) => ({ kind: 'daemon-group', group: group.name, processes })),
    activate: 'reload',
    warnings: real.flatMap((wish) => warningsFor(wish)),
  };
}

function chosenGroups(asked: string | undefined, tree: ConfigTree): readonly DaemonGroup[] {
  const groups = listDaemonGroups(siteFiles(tree));
  const odd = groups.find((group) => group.name.includes('='));
  if (odd)
    throw new Obstacle(`${odd.path}, line ${odd.line}: WSGIDaemonProcess has no group name, httpd takes "${odd.name}" for one`);
  const unread = tree.unread.length > 0 ? `; ${tree.unread.join(', ')} could not be read` : '';
  if (groups.length === 0) throw new Obstacle(`no WSGIDaemonProcess in conf-enabled or sites-enabled${unread}`);
  if (asked === undefined) return groups;
  const named = groups.filter((group) => group.name === asked);
  if (named.length > 0) return named;
  throw new Obstacle(`no daemon process group "${asked}" here: it has ${groups.map((group) => group.name).join(', ')}${unread}`);
}

function wanted(option: 'processes' | 'threads', group: DaemonGroup, amount: Amount | undefined): number {
  if (amount === undefined) return group[option];
  const result = applyAmount(amount, group[option]);
  if (result >= 1 && result <= MOST[option]) return result;
  throw new Obstacle(`${group.name} would have ${result} ${option}; 1 to ${MOST[option]} are possible`);
}

function editFile(
  path: string,
  wishes: readonly Wish[],
  change: Extract<Change, { kind: 'wsgi-daemon' }>,
  tree: ConfigTree,
): { readonly move: Move; readonly text: string } {
  let text = tree.textOf(path);
  if (text === undefined || stateOf(tree, path).kind !== 'file') throw new Obstacle(`${path} could not be read`);
  for (const { group, processes, threads } of wishes.filter((wish) => wish.group.path === path)) {
    const edited = setDaemonOptions(text, group.name, {
      ...(change.processes === undefined ? {} : { processes }),
      ...(change.threads === undefined ? {} : { threads }),
    });
    if (edited.kind === 'problem') throw new Obstacle(`${path}: ${edited.problem}`);
    text = edited.text;
  }
  return { move: fileWith(tree, path, text), text };
}

/** Good for the usual one-line directive; the plan's diff is the truth. */
function commandsFor({ group, processes, threads }: Wish): string[] {
  const edit = (option: string, value: number): string =>
    `sed -i '/WSGIDaemonProcess *${group.name} /s/${option}=[0-9]*/${option}=${value}/' ${group.path}`;
  return [
    ...(processes === group.processes ? [] : [edit('processes', processes)]),
    ...(threads === group.threads ? [] : [edit('threads', threads)]),
  ];
}

function summaryOf({ group, processes, threads }: Wish): string[] {
  return [
    ...(processes === group.processes ? [] : [`${group.name} processes ${group.processes} -> ${processes}`]),
    ...(threads === group.threads ? [] : [`${group.name} threads ${group.threads} -> ${threads}`]),
  ];
}

function warningsFor({ group, threads }: Wish): string[] {
  if (threads <= 1 || threads <= group.threads) return [];
  return [
    `${group.name}: ${threads} threads where ${group.threads} ran; memory and database connections of one process grow with its threads`,
  ];
}
