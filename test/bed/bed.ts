import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { layUnits } from './layout.js';
import { HERE } from './place.js';
import { UNITS, unitNamed } from './units.js';

const BED = join(HERE, 'bed');

export interface Ended {
  /** -1 when a signal ended it. */
  readonly code: number;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Burst {
  readonly requests: number;
  readonly seconds: number;
  /** Outcomes of the first requests of connections, and of later ones: a status, `dropped`, `timeout` or a socket error. */
  readonly new: Readonly<Record<string, number>>;
  readonly reused: Readonly<Record<string, number>>;
  readonly medianMilliseconds: number;
}

export interface BurstOptions {
  readonly total?: number;
  readonly concurrent?: number;
  /** Requests over one connection. */
  readonly kept?: number;
  readonly milliseconds?: number;
}

/** Why the bed cannot run on this machine; undefined when it can. */
export function obstacle(): string | undefined {
  try {
    execFileSync(BED, ['check'], { stdio: ['ignore', 'ignore', 'pipe'] });
    return undefined;
  } catch (error) {
    return String((error as { stderr?: Buffer }).stderr ?? error).trim();
  }
}

/** Runs a program to its end, with `input` on its stdin; never throws for its exit code. */
export function run(argv: readonly string[], input = '', environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const [program = '', ...words] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { env: { ...process.env, ...environment } });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    // A program that does not read its input to the end is none of ours to judge.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('close', (code, signal) => {
      resolve({ code: code ?? -1, signal, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
}

/** Seven running units. They end with `down`, and at the latest with this process. */
export class Bed {
  private constructor(
    readonly dir: string,
    private readonly layout: string,
    private readonly lifeline: Lifeline,
  ) {}

  static async start(): Promise<Bed> {
    const layout = mkdtempSync(join(tmpdir(), 'juju-tune-bed-layout-'));
    const dir = `/run/juju-tune-bed-${process.pid}`;
    layUnits(layout);
    const lifeline = await hold(dir, layout);
    const bed = new Bed(dir, layout, lifeline);
    try {
      await bed.command('wait');
      await bed.serving();
    } catch (error) {
      await bed.down();
      throw error;
    }
    return bed;
  }

  /** Argv that has the unit's agent run a command, as Juju does. */
  execArgv(unit: string): readonly string[] {
    return this.argv('exec', unit);
  }

  /** A file that is there while the unit's agent can be reached. */
  presenceOf(unit: string): string {
    return join(this.dir, 'units', String(unitNamed(unit).index), 'here');
  }

  /** What happens to a unit from outside (`bed`). `reboot` and `crash` resolve when its next boot has begun. */
  async fate(what: 'reboot' | 'crash' | 'cut' | 'mend' | 'restart-jujud', unit: string): Promise<void> {
    await this.command(what, String(unitNamed(unit).index));
  }

  /** Whether a power cut takes what was not synced: only of a real file system. */
  losesUnsynced(unit: string): boolean {
    return readFileSync(join(this.dir, 'units', String(unitNamed(unit).index), 'disk'), 'utf8').trim() === 'ext4';
  }

  /** Runs bash text on a unit; throws when it fails. */
  async sh(unit: string, script: string): Promise<string> {
    const ended = await this.try(unit, script);
    if (ended.code !== 0) throw new Error(`${unit}: exit ${ended.code}: ${ended.stderr}${ended.stdout.slice(-2000)}`);
    return ended.stdout;
  }

  try(unit: string, script: string): Promise<Ended> {
    return run([...this.argv('look', unit), '/bin/bash', '-s'], script);
  }

  /** Has the unit's agent run bash text, as Juju does. Ended by signal 9: the agent ended first. */
  asJuju(unit: string, script: string): Promise<Ended> {
    return run([...this.execArgv(unit), '/bin/bash', '-c', script]);
  }

  /** Resolves once the unit's agent cannot be reached. */
  async absent(unit: string, seconds = 20): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    while (existsSync(this.presenceOf(unit))) {
      if (Date.now() > deadline) throw new Error(`the agent of ${unit} does not go away`);
      await wait(20);
    }
  }

  /** Resolves once the script's last command succeeds on the unit. */
  async until(unit: string, script: string, seconds = 60): Promise<void> {
    await this.sh(
      unit,
      `for i in $(seq ${seconds * 5}); do if ( ${script} ) > /dev/null 2>&1; then exit 0; fi; sleep 0.2; done; exit 1`,
    );
  }

  /** The same for a unit that is away for a while. */
  async again(unit: string, script: string, seconds = 60): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    while ((await this.try(unit, script)).code !== 0) {
      if (Date.now() > deadline) throw new Error(`${unit} did not come back`);
      await wait(100);
    }
  }

  /** Every haproxy sees every server of its application up, so that load reaches all of them, and every daemon process asked for runs. */
  async serving(units: readonly string[] = UNITS.map((unit) => unit.name)): Promise<void> {
    const down =
      "echo 'show stat' | socat stdio /run/haproxy/admin.sock | awk -F, '$2 !~ /END$/ && NF > 18 && /^[a-z]/ && $18 != \"UP\"'";
    const asked = `cat /etc/apache2/{sites,conf}-enabled/*.conf | awk '$1 == "WSGIDaemonProcess" && match($0, /processes=[0-9]+/) { n += substr($0, RSTART + 10, RLENGTH - 10) } END { print n + 0 }'`;
    const running = `ps -eo args | awk '/^\\(wsgi:/ { n++ } END { print n + 0 }'`;
    for (const unit of units) await this.until(unit, `test -z "$(${down})" && test "$(${asked})" = "$(${running})"`);
  }

  /** Token requests sent from `from`, over the network of the bed, to `url`. */
  async burst(from: string, url: string, options: BurstOptions = {}): Promise<Burst> {
    const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const program = readFileSync(join(HERE, 'burst.py'), 'utf8');
    const ended = await run([...this.argv('look', from), 'python3', '-', url, ...words], program);
    if (ended.code !== 0) throw new Error(`burst: ${ended.stderr}`);
    return JSON.parse(ended.stdout) as Burst;
  }

  /** Kind, mode, owner, content or target of every path of Apache and haproxy, one line a path. */
  async tree(unit: string): Promise<readonly string[]> {
    const listing = await this.sh(
      unit,
      `cd / && find etc/apache2 etc/haproxy var/lib/apache2 -printf '%p %y %m %U:%G %l\\n' | sort
       find etc/apache2 etc/haproxy var/lib/apache2 -type f -exec sha256sum {} + | sort -k2`,
    );
    return listing.trimEnd().split('\n');
  }

  /** What runs: `mpm <name>`, then `<user> <group> <processes>` for each daemon group, and the ports that are listened to. */
  async processes(unit: string): Promise<readonly string[]> {
    const listing = await this.sh(
      unit,
      `pid=$(cat /run/apache2/apache2.pid)
       grep -o 'mod_mpm_[a-z]*' "/proc/$pid/maps" | sort -u
       ps -eo user:12,args | awk '$2 ~ /^\\(wsgi:/ { n[$1 " " $2]++ } END { for (k in n) print k, n[k] }' | sort
       ss -ltnH | awk '{ sub(/.*:/, "", $4); print "port", $4 }' | sort -u`,
    );
    return listing.trimEnd().split('\n');
  }

  async down(): Promise<void> {
    await this.lifeline.end();
    rmSync(this.layout, { recursive: true, force: true });
  }

  private argv(verb: 'exec' | 'look', unit: string): readonly string[] {
    return ['env', `BED_DIR=${this.dir}`, BED, verb, String(unitNamed(unit).index)];
  }

  private async command(...words: readonly string[]): Promise<void> {
    const ended = await run([BED, ...words], '', { BED_DIR: this.dir });
    if (ended.code !== 0) throw new Error(ended.stderr);
  }
}

interface Lifeline {
  /** Resolves when the bed is gone. */
  end(): Promise<void>;
}

/** The bed lives as long as a pipe that only this process holds open: it cannot outlive a test run that was killed. */
function hold(dir: string, layout: string): Promise<Lifeline> {
  const child = spawn(BED, ['hold', layout], { env: { ...process.env, BED_DIR: dir }, detached: true });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  return new Promise((resolve, reject) => {
    child.stdout.once('data', () => {
      resolve({
        end: () => {
          child.stdin.end();
          return ended;
        },
      });
    });
    child.on('error', reject);
    child.on('close', () => reject(new Error(Buffer.concat(said).toString())));
  });
}
