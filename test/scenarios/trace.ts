import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Whether programs can be followed on this machine. */
export const canTrace = spawnSync('strace', ['-f', '-qq', '-o', '/dev/null', '/bin/true']).status === 0;

/** System calls that change a file, and which of their words name what is changed: a path, or a folder's descriptor and a path. */
const CHANGES: Readonly<Record<string, readonly ('path' | 'at' | 'skip')[]>> = {
  creat: ['path'],
  truncate: ['path'],
  mkdir: ['path'],
  rmdir: ['path'],
  unlink: ['path'],
  chmod: ['path'],
  chown: ['path'],
  lchown: ['path'],
  mknod: ['path'],
  utime: ['path'],
  utimes: ['path'],
  setxattr: ['path'],
  lsetxattr: ['path'],
  removexattr: ['path'],
  rename: ['path', 'path'],
  link: ['skip', 'path'],
  symlink: ['skip', 'path'],
  mkdirat: ['at'],
  mknodat: ['at'],
  unlinkat: ['at'],
  fchmodat: ['at'],
  fchownat: ['at'],
  futimesat: ['at'],
  utimensat: ['at'],
  renameat: ['at', 'at'],
  renameat2: ['at', 'at'],
  linkat: ['skip', 'skip', 'at'],
  symlinkat: ['skip', 'at'],
  mount: ['skip', 'path'],
  umount2: ['path'],
};
const MOUNTS = ['mount', 'umount2'];
const OPENS = ['open', 'openat', 'openat2'];
const FOLLOWED = [...Object.keys(CHANGES), ...OPENS, 'chdir', 'unshare', 'connect', 'sendto', 'sendmsg'];

/** Runs a command and everything that it starts; the record says what each asked of the kernel. */
export function traced(argv: readonly string[], record: string, env: Readonly<Record<string, string>>): number | null {
  const options = ['-f', '--seccomp-bpf', '-y', '-qq', '-s', '4096', '-e', `trace=${FOLLOWED.join(',')}`, '-e', 'signal=none'];
  const { status, error } = spawnSync('strace', [...options, '-o', record, '--', ...argv], { env, stdio: 'ignore' });
  if (error) throw error;
  return status;
}

/** What would have been changed, or reached by a socket, by all of them; each once, a path absolute where it can be known. */
export function effects(record: string): { readonly changed: readonly string[]; readonly reached: readonly string[] } {
  const changed = new Set<string>();
  const reached = new Set<string>();
  const folders = new Map<string, string>();
  // What a process mounts where nobody else sees it changes nothing: that is how what only looks is jailed.
  const alone = new Set<string>();
  for (const { pid, call, words } of calls(record)) {
    // What is there already was not made.
    if (/ = -1 EEXIST/.test(words)) continue;
    const add = (paths: readonly string[]): void =>
      paths.forEach((path) => void changed.add(path.startsWith('/') ? path : resolve(folders.get(pid) ?? '?', path)));
    if (call === 'unshare' && words.includes('CLONE_NEWNS')) alone.add(pid);
    else if (MOUNTS.includes(call) && alone.has(pid)) continue;
    else if (call === 'chdir') {
      const [folder = '?'] = changedBy(['path'], words);
      folders.set(pid, resolve(folders.get(pid) ?? '/', folder));
    } else if (OPENS.includes(call)) {
      if (/O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|O_TMPFILE/.test(words))
        add(changedBy([call === 'open' ? 'path' : 'at'], words));
    } else if (call in CHANGES) add(changedBy(CHANGES[call] ?? [], words));
    else if (/sun_path=|sin_port=|sin6_port=/.test(words)) {
      const address = /sun_path=(@?"[^"]*")|sin6?_port=htons\((\d+)\).*?"([^"]*)"/.exec(words);
      reached.add(address?.[1]?.replaceAll('"', '') ?? `${address?.[3]}:${address?.[2]}`);
    }
  }
  return { changed: [...changed].sort(), reached: [...reached].sort() };
}

interface Call {
  readonly pid: string;
  readonly call: string;
  /** Its arguments and its result. */
  readonly words: string;
}

/** A call that another process interrupted is written in two parts. */
function* calls(record: string): Generator<Call> {
  const begun = new Map<string, string>();
  for (const line of readFileSync(record, 'utf8').split('\n')) {
    const [, pid = '', text = ''] = /^(\d+) +(.*)/.exec(line) ?? [];
    const [, head] = /^(.*) <unfinished \.\.\.>$/.exec(text) ?? [];
    if (head !== undefined) {
      begun.set(pid, head);
      continue;
    }
    const [, tail] = /^<\.\.\. \w+ resumed>(.*)/.exec(text) ?? [];
    const [, call = '', words = ''] = /^(\w+)\((.*)/.exec(tail === undefined ? text : `${begun.get(pid) ?? ''}${tail}`) ?? [];
    yield { pid, call, words };
  }
}

/** A folder's descriptor is written `AT_FDCWD</folder>` or `3</folder>`. */
function changedBy(kinds: readonly ('path' | 'at' | 'skip')[], words: string): string[] {
  let rest = words;
  return kinds.flatMap((kind) => {
    const [all, folder = '', path = ''] =
      kind === 'at' ? (/^\w+(?:<((?:[^>\\]|\\.)*)>)?, (?:"((?:[^"\\]|\\.)*)"|NULL)(?:, )?/.exec(rest) ?? []) : [];
    if (all !== undefined) {
      rest = rest.slice(all.length);
      return [resolve('/', folder, path)];
    }
    const [word = rest, , plain = word] = /^(\w+(?:<[^>]*>)?|"((?:[^"\\]|\\.)*)")(?:, )?/.exec(rest) ?? [];
    rest = rest.slice(word.length);
    return kind === 'skip' ? [] : [plain.startsWith('/') ? resolve(plain) : plain];
  });
}

/** Runs shell text under trace; for a test of the trace itself. */
export function tracedShell(text: string, record: string): ReturnType<typeof effects> {
  execFileSync('strace', ['-V'], { stdio: 'ignore' });
  traced(['/bin/bash', '--norc', '-c', text], record, { PATH: '/usr/bin:/bin' });
  return effects(record);
}
