import { accessSync, constants, lstatSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Failure } from '../domain/failure.js';
import { shellCommand } from '../domain/shell-words.js';
import { absolutePath } from './child-environment.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The juju to run: `JUJU_BIN`, else the first one on PATH, by the name it was found under. Links are not followed: `/snap/bin/juju`
 * leads to `/usr/bin/snap`, which tells by that name what to run. Throws `Failure('juju')` when there is none, or when somebody
 * else could have put it there, however it was named.
 */
export function findJuju(environment: Environment): string {
  const chosen = environment.JUJU_BIN;
  if (chosen !== undefined && chosen !== '') {
    if (isExecutable(chosen)) {
      requireTrusted(resolve(chosen));
      return resolve(chosen);
    }
    throw new Failure('juju', `JUJU_BIN names "${chosen}", which is no program`, { hint: 'unset JUJU_BIN' });
  }
  for (const folder of absolutePath(environment.PATH).split(':')) {
    const candidate = join(folder, 'juju');
    if (!isExecutable(candidate)) continue;
    requireTrusted(candidate);
    return candidate;
  }
  throw new Failure('juju', 'cannot find "juju" on PATH', {
    hint: 'sudo snap install juju, or juju-tune demo to look around without one',
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The program, every link on the way to it and every folder that they are in belong to root or to us, and nobody else may write them; a
 * folder where all may write must be sticky, as /tmp is.
 */
function requireTrusted(candidate: string): void {
  let path = candidate;
  for (let depth = 0; depth < 40; depth++) {
    const stats = lstatSync(path);
    for (const folder of foldersOf(path)) requireNoDoubt(candidate, folder, doubtOf(lstatSync(folder)));
    requireNoDoubt(candidate, path, doubtOf(stats));
    if (!stats.isSymbolicLink()) return;
    path = resolve(dirname(path), readlinkSync(path));
  }
}

function requireNoDoubt(candidate: string, path: string, doubt: Doubt | undefined): void {
  if (doubt === undefined) return;
  throw new Failure(
    'juju',
    `will not run "${candidate}": "${path}" ${doubt.why}, so that somebody else could put another program there`,
    {
      hint: `${shellCommand([...doubt.cure, path])}, or JUJU_BIN=… to name another juju`,
    },
  );
}

/** From the outermost one, as the path says and as the folders really are. */
function foldersOf(path: string): readonly string[] {
  const above = (folder: string): string[] => (folder === dirname(folder) ? [folder] : [...above(dirname(folder)), folder]);
  return [...new Set([...above(dirname(path)), ...above(realpathSync(dirname(path)))])];
}

interface Doubt {
  readonly why: string;
  readonly cure: readonly string[];
}

function doubtOf(stats: Stats): Doubt | undefined {
  const self = process.getuid?.() ?? stats.uid;
  if (stats.uid !== 0 && stats.uid !== self) return { why: `belongs to user ${stats.uid}`, cure: ['sudo', 'chown', 'root:root'] };
  if (stats.isSymbolicLink() || (stats.isDirectory() && stats.mode & 0o1000)) return undefined;
  if (stats.mode & 0o002) return { why: 'can be written by everybody', cure: ['chmod', 'go-w'] };
  // Where each user has a group of the same number, ours holds only us.
  const isOurs = stats.gid === 0 || (stats.gid === self && stats.gid === process.getgid?.());
  return stats.mode & 0o020 && !isOurs ? { why: `can be written by group ${stats.gid}`, cure: ['chmod', 'g-w'] } : undefined;
}
