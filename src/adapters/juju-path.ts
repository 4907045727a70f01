import { accessSync, constants, lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Failure } from '../domain/failure.js';
import { absolutePath } from './child-environment.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The juju to run: `JUJU_BIN`, else the first one on PATH, by the name it was found under. Links are not followed: `/snap/bin/juju`
 * leads to `/usr/bin/snap`, which tells by that name what to run. Throws `Failure('juju')` when there is none, or when somebody
 * else could have put it there.
 */
export function findJuju(environment: Environment): string {
  const chosen = environment.JUJU_BIN;
  if (chosen !== undefined && chosen !== '') {
    if (isExecutable(chosen)) return resolve(chosen);
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

/** Each link and the file at the end must belong to root or to us, and nobody else may write it or its folder. */
function requireTrusted(candidate: string): void {
  let path = candidate;
  for (let depth = 0; depth < 40; depth++) {
    const stats = lstatSync(path);
    const folder = statSync(dirname(path));
    const doubt = doubtOf(stats) ?? (folder.mode & 0o1000 ? undefined : writableByOthers(folder));
    if (doubt !== undefined) {
      throw new Failure('juju', `will not run "${candidate}": "${path}" ${doubt}`, {
        hint: `JUJU_BIN=${candidate} to use it all the same`,
      });
    }
    if (!stats.isSymbolicLink()) return;
    path = resolve(dirname(path), readlinkSync(path));
  }
}

function doubtOf(stats: Stats): string | undefined {
  const self = process.getuid?.() ?? stats.uid;
  if (stats.uid !== 0 && stats.uid !== self) return `belongs to user ${stats.uid}`;
  return stats.isSymbolicLink() ? undefined : writableByOthers(stats);
}

function writableByOthers(stats: Stats): string | undefined {
  return stats.mode & 0o002 ? 'can be written by everybody' : undefined;
}
