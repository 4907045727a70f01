import { execFileSync, spawn, spawnSync } from 'node:child_process';

/** Why real file systems cannot be had here; undefined when they can. */
export function mountObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root';
  const tried = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { encoding: 'utf8' });
  if (tried.error) return `no unshare: ${tried.error.message}`;
  return tried.status === 0 ? undefined : `cannot mount: ${tried.stderr.trim()}`;
}

/** Mounts that nobody else sees, on /mnt, and that are gone with this process, however it ends. */
export class MountNamespace {
  private constructor(
    private readonly pid: number,
    private readonly release: () => void,
  ) {}

  static async open(): Promise<MountNamespace> {
    // The shell lives as long as the pipe to it, which only this process holds.
    const script = 'mount -t tmpfs -o mode=755 tmpfs /mnt && echo ready && cat > /dev/null';
    const shell = spawn('unshare', ['--mount', '--propagation', 'private', 'bash', '-c', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve, reject) => {
      shell.stdout.once('data', () => resolve());
      shell.once('error', reject);
      shell.once('close', () => reject(new Error('cannot make a mount namespace')));
    });
    if (shell.pid === undefined) throw new Error('the shell of the mount namespace has no process');
    return new MountNamespace(shell.pid, () => shell.stdin.end());
  }

  /** Argv that runs a command there. */
  argv(...command: readonly string[]): readonly string[] {
    return ['nsenter', '-t', String(this.pid), '-m', ...command];
  }

  /** Runs bash there with `$1`, `$2`, …; throws when it fails. */
  sh(script: string, ...words: readonly string[]): string {
    const [program = '', ...argv] = this.argv('bash', '-euo', 'pipefail', '-c', script, 'bash', ...words);
    return execFileSync(program, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** The same path for processes outside. */
  from(path: string): string {
    return `/proc/${this.pid}/root${path}`;
  }

  close(): void {
    this.release();
  }
}
