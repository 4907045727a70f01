import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Check } from '../../src/domain/action.js';
import type { FileState, PathState } from '../../src/domain/change.js';
import type { Sha256, Step } from '../../src/domain/plan.js';
import type { Order, Receipt } from '../../src/engine/ports.js';
import { type Believed, readProbe, readReceipt } from '../../src/unit/receipt.js';
import { changeScripts, probeScripts, statusScripts } from '../../src/unit/request.js';

export const MODEL = '6a1b2c3d-0000-4000-8000-000000000001';
export const MACHINE = '0123456789abcdef0123456789abcdef';
export const UNIT = 'keystone/0';
export const OWNER = `${process.getuid?.()}:${process.getgid?.()}`;
/** The unit's clock when it is made. */
export const NOW = 2_000_000_000;
/** A transaction's deadline that no test run reaches. */
const FAR = 4_000_000_000;

/** In memory where possible: the many `sync` of a change then cost nothing. */
const FOLDERS = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** The bash that plays the units'; JUJU_TUNE_TEST_BASH names another, such as one of version 4.4. */
const BASH = process.env.JUJU_TUNE_TEST_BASH ?? '/bin/bash';

const SYSTEMCTL = `#!/bin/sh
# Keeps one service: its state, its MPM, its daemons. Fails as systemd and Apache do (catalogue 0.9, start limit).
S="$ROOT/run/service"
echo "systemctl $*" >>"$ROOT/calls"
disk() { set -- "$ROOT"/etc/apache2/mods-enabled/mpm_*.load; m=\${1##*/mpm_}; echo "\${m%.load}"; }
stop() { rm -rf "$ROOT/proc/4242"; : >"$S/ps"; echo "$1" >"$S/active"; }
daemons() {
  cat "$ROOT"/etc/apache2/sites-enabled/*.conf | awk '$1 == "WSGIDaemonProcess" { p = 1; for (i = 3; i <= NF; i++) if ($i ~ /^processes=/) p = substr($i, 11)
    for (i = 0; i < p; i++) print 5000 + ++n, 4242, "keystone", substr("(wsgi:" $2 ")", 1, 17) " -k start" }' >"$S/ps"
}
case $1 in
  is-active) cat "$S/active"; exit 0 ;;
  show) printf 'ActiveState=%s\\nMainPID=4242\\nTimeoutStopUSec=1min 30s\\nTimeoutStartUSec=45s\\n' "$(cat "$S/active")" ;;
  reset-failed) : >"$S/starts" ;;
  kill) [ "$(cat "$S/active")" = active ] && stop inactive ;;
  status) echo "apache2.service: $(cat "$S/active")"; exit 3 ;;
  reload)
    [ "$(cat "$S/active")" = active ] || exit 1
    if [ "$(disk)" != "$(cat "$S/mpm")" ]; then stop failed; else daemons; fi ;;
  restart)
    stop inactive
    echo start >>"$S/starts"
    [ "$(wc -l <"$S/starts")" -le 4 ] || { stop failed; echo 'Start request repeated too quickly.' >&2; exit 1; }
    if cat "$ROOT"/etc/apache2/*-enabled/*.conf | grep -q PortIsTaken; then stop failed; echo 'AH00072: make_sock: could not bind' >&2; exit 1; fi
    disk >"$S/mpm"
    mkdir -p "$ROOT/proc/4242"
    echo "7f00-7f01 r-xp 0 08:01 99 /usr/lib/apache2/modules/mod_mpm_$(disk).so" >"$ROOT/proc/4242/maps"
    echo active >"$S/active"
    daemons ;;
esac
`;

const APACHE2CTL = `#!/bin/sh
echo "apache2ctl $*" >>"$ROOT/calls"
C="\${APACHE_CONFDIR:-$ROOT/etc/apache2}"
text=$(cat "$C"/conf-enabled/*.conf "$C"/sites-enabled/*.conf)
case $text in
  *Nonsense*) echo "AH00526: Syntax error on line 2 of $C/conf-enabled/zz-juju-tune-x.conf:" >&2; echo "Invalid command 'Nonsense'" >&2; exit 1 ;;
  *MaxRequestWorkers*) echo 'AH00513: WARNING: MaxRequestWorkers of 401 is not an integer multiple' >&2 ;;
esac
if [ -n "\${APACHE_CONFDIR-}" ]; then
  find "$C" -type l -lname '/*' ! -lname "$C/*" | grep . && { echo 'a link leads out of the stage' >&2; exit 1; }
  grep -rhiE '^ *(Include|IncludeOptional|ServerRoot) +"?/etc/apache2' "$C" && { echo 'an include leads out of the stage' >&2; exit 1; }
fi
set -- "$C"/mods-enabled/mpm_*.load
[ $# -eq 1 ] || { echo 'AH00534: apache2: Configuration error: More than one MPM loaded.' >&2; exit 1; }
echo 'Syntax OK' >&2
`;

/** Time passes only by sleeping. */
const SLEEP = `#!/bin/sh
read -r now <"$ROOT/run/clock"
echo $((now + $1)) >"$ROOT/run/clock"
`;

const DATE = `#!/bin/sh
read -r now <"$ROOT/run/clock"
case $1 in
  +%s) echo "$now" ;;
  +%s%3N) echo "$now"000 ;;
  *) TZ=UTC exec /usr/bin/date "$@" ;;
esac
`;

const STAND_INS: Readonly<Record<string, string>> = {
  systemctl: SYSTEMCTL,
  apache2ctl: APACHE2CTL,
  ps: '#!/bin/sh\ncat "$ROOT/run/service/ps"\n',
  ss: '#!/bin/sh\ncat "$ROOT/run/service/ss"\n',
  sleep: SLEEP,
  date: DATE,
  'dpkg-query': '#!/bin/sh\nprintf 2.4.52-1ubuntu4.14\n',
};

const SITE = `# Configuration file maintained by Juju. Local changes may be overwritten.
Listen 4980
<VirtualHost *:4980>
    WSGIDaemonProcess keystone-public processes=4 threads=1 user=keystone group=keystone display-name=%{GROUP}
    WSGIDaemonProcess keystone-admin \\
        processes=2 threads=1 user=keystone display-name=%{GROUP}
</VirtualHost>
`;

/** The files of a unit with Apache as a charm leaves it, without our own. */
const FILES: Readonly<Record<string, string>> = {
  'etc/machine-id': `${MACHINE}\n`,
  'etc/apache2/apache2.conf':
    'IncludeOptional mods-enabled/*.load\nIncludeOptional conf-enabled/*.conf\nIncludeOptional sites-enabled/*.conf\n',
  'etc/apache2/ports.conf': 'Listen 80\n',
  'etc/apache2/mods-available/mpm_event.load': 'LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so\n',
  'etc/apache2/mods-available/mpm_worker.load': 'LoadModule mpm_worker_module /usr/lib/apache2/modules/mod_mpm_worker.so\n',
  'etc/apache2/conf-available/security.conf': 'ServerTokens OS\n',
  'etc/apache2/sites-enabled/wsgi-openstack-api.conf': SITE,
  'proc/sys/kernel/random/boot_id': 'b00t\n',
  'proc/meminfo': 'MemTotal: 1000 kB\nMemAvailable: 800 kB\n',
  'run/apache2/apache2.pid': '4242\n',
  'run/clock': `${NOW}\n`,
  'run/service/active': 'inactive\n',
  'run/service/starts': '',
  'run/service/mpm': '',
  'run/service/ps': '',
  'run/service/ss': '0 0 10.0.0.1:4980 10.0.0.9:51000\n0 0 10.0.0.1:22 10.0.0.9:51001\n',
};

const LINKS: Readonly<Record<string, string>> = {
  'etc/apache2/mods-enabled/mpm_event.load': '../mods-available/mpm_event.load',
  'etc/apache2/conf-enabled/security.conf': '../conf-available/security.conf',
};

const template = { path: '' };

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A unit that is a folder: real bash, small stand-ins for Apache and systemd. */
export class UnitFolder {
  readonly root: string;
  /** The user that the unit's programs run as, when it is not ours. */
  runAs: number | undefined;
  /** Bash that spoils the unit's program, to see that a test would notice. */
  spoiledBy = '';

  constructor(root: string) {
    this.root = root;
  }

  at(path: string): string {
    return join(this.root, path);
  }

  write(path: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), text);
    chmodSync(this.at(path), mode);
  }

  link(path: string, target: string): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    symlinkSync(target, this.at(path));
  }

  replaceByLink(path: string, target: string): void {
    rmSync(this.at(path));
    this.link(path, target);
  }

  text(path: string): string {
    return readFileSync(this.at(path), 'utf8');
  }

  /** The commands that Apache and systemd were asked, since the last call. */
  calls(): string[] {
    const calls = existsSync(this.at('calls')) ? this.text('calls').trimEnd().split('\n') : [];
    rmSync(this.at('calls'), { force: true });
    return calls;
  }

  state(path: string): FileState {
    const place = this.at(path);
    const stat = lstatSync(place, { throwIfNoEntry: false });
    if (!stat) return { kind: 'absent' };
    if (stat.isSymbolicLink()) return { kind: 'link', target: readlinkSync(place) };
    const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0');
    const owner = `${stat.uid}:${stat.gid}`;
    if (stat.isDirectory()) return { kind: 'dir', mode, owner };
    return { kind: 'file', mode, owner, sha256: sha256(readFileSync(place)) };
  }

  /** Everything below a folder: kind, mode, owner, content or target, and with `times` when it was last changed. */
  tree(folder: string, times = false): Record<string, string> {
    const found: Record<string, string> = {};
    if (!existsSync(this.at(folder))) return found;
    const entries = readdirSync(this.at(folder), { recursive: true, encoding: 'utf8' });
    for (const entry of ['', ...entries].sort()) {
      const path = join(folder, entry);
      const changed = times ? ` ${lstatSync(this.at(path), { bigint: true }).mtimeNs}` : '';
      found[path] = JSON.stringify(this.state(path)) + changed;
    }
    return found;
  }

  run(script: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const child = spawn(BASH, ['-s'], {
        detached: true,
        ...(this.runAs === undefined ? {} : { uid: this.runAs, gid: this.runAs }),
        stdio: ['pipe', 'pipe', 'pipe'],
        env: {
          PATH: '/usr/bin:/bin',
          HOME: '/',
          JUJU_TUNE_ROOT: this.root,
          JUJU_UNIT_NAME: UNIT,
          JUJU_MODEL_UUID: MODEL,
          ...env,
        },
      });
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      child.stdout.on('data', (data: Buffer) => out.push(data));
      child.stderr.on('data', (data: Buffer) => err.push(data));
      child.on('error', reject);
      child.on('close', (code, signal) =>
        resolve({ code, signal, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') }),
      );
      child.stdin.on('error', () => undefined);
      child.stdin.end(this.spoiledBy === '' ? script : spoiled(script, this.spoiledBy));
    });
  }

  async change(step: Step, contents: Readonly<Record<Sha256, string>>, more: ChangeOptions = {}): Promise<Believed<Receipt>> {
    const ran = await this.run(changeText(step, contents, more.notAfter), more.env);
    return readReceipt(ran.stdout, step.verb, more.unit ?? UNIT);
  }

  async status(transaction: string, env: Readonly<Record<string, string>> = {}): Promise<Believed<Receipt>> {
    const [script] = statusScripts(MODEL, { [UNIT]: transaction });
    const ran = await this.run(script?.text ?? '', env);
    return readReceipt(ran.stdout, 'status', UNIT);
  }

  async probe(paths: readonly string[], globs: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const [script] = probeScripts(MODEL, { paths, globs }, [UNIT]);
    const ran = await this.run(script?.text ?? '', env);
    return readProbe(ran.stdout, UNIT);
  }

  /** A second unit that is the same in everything. */
  async copy(): Promise<UnitFolder> {
    const root = mkdtempSync(join(FOLDERS, 'juju-tune-unit-'));
    await promisify(execFile)('/bin/cp', ['-a', `${this.root}/.`, root]);
    return new UnitFolder(root);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The script with more bash at the end of its program, as if it had been written so. */
function spoiled(script: string, by: string): string {
  const [, packed = '', hash = ''] = /program=\$\(unpack '([^']+)'\)[\s\S]*?!= '([0-9a-f]{64}) {2}-'/.exec(script) ?? [];
  const program = gunzipSync(Buffer.from(packed, 'base64'))
    .toString('utf8')
    .replace(/\nmain "\$1"$/, `\n${by}\nmain "$1"`);
  return script.replace(packed, gzipSync(program).toString('base64')).replace(hash, sha256(program));
}

export interface ChangeOptions {
  readonly notAfter?: number;
  /** The unit that answers, when it is not the one that was meant. */
  readonly unit?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export function changeText(step: Step, contents: Readonly<Record<Sha256, string>>, notAfter = FAR): string {
  return orderText(orderOf(step), contents, notAfter);
}

/** The order that a step without a window is. */
export function orderOf(step: Step): Order {
  const { unit, transaction, budgetSeconds } = step;
  if (step.verb === 'apply') return { verb: 'apply', unit, step, windowSeconds: 0, guard: true };
  return { verb: 'rollback', unit, transaction, budgetSeconds };
}

export function orderText(order: Order, contents: Readonly<Record<Sha256, string>> = {}, notAfter = FAR): string {
  return changeScripts(MODEL, [order], contents, { [order.unit]: notAfter })[0]?.text ?? '';
}

/** A running unit, copied from one that is made once. */
export async function unitFolder(): Promise<UnitFolder> {
  if (template.path === '') template.path = await makeTemplate();
  return new UnitFolder(template.path).copy();
}

async function makeTemplate(): Promise<string> {
  const unit = new UnitFolder(mkdtempSync(join(FOLDERS, 'juju-tune-template-')));
  process.on('exit', () => unit.remove());
  for (const [path, text] of Object.entries(FILES)) unit.write(path, text);
  for (const [path, target] of Object.entries(LINKS)) unit.link(path, target);
  for (const [name, text] of Object.entries(STAND_INS)) unit.write(`usr/bin/${name}`, text, 0o755);
  symlinkSync(BASH, unit.at('usr/bin/bash'));
  mkdirSync(unit.at('var/lib/apache2/conf/enabled_by_admin'), { recursive: true });
  mkdirSync(unit.at('var/log/apache2'), { recursive: true });
  const ran = await unit.run(`ROOT="$JUJU_TUNE_ROOT" "$JUJU_TUNE_ROOT/usr/bin/systemctl" restart apache2`);
  if (ran.code !== 0) throw new Error(ran.stderr);
  unit.calls();
  unit.write('run/service/starts', '');
  return unit.root;
}

export function sha256(content: string | Buffer): Sha256 {
  return createHash('sha256').update(content).digest('hex');
}

export function fileOf(text: string, mode = '0644'): FileState {
  return { kind: 'file', mode, owner: OWNER, sha256: sha256(text) };
}

export interface Wanted {
  readonly path: string;
  readonly after: FileState;
}

/** A step from what is on the unit now to what is wanted. */
export function stepOf(unit: UnitFolder, wanted: readonly Wanted[], more: Partial<Step> = {}): Step {
  const paths = (state: (one: Wanted) => FileState): PathState[] => wanted.map((one) => ({ path: one.path, state: state(one) }));
  const checks: readonly Check[] = [{ kind: 'apache-active' }];
  return {
    unit: UNIT,
    application: 'keystone',
    host: '0',
    address: '10.0.0.1',
    leader: true,
    identity: { modelUuid: MODEL, unit: UNIT, machineId: MACHINE },
    verb: 'apply',
    transaction: 'run-0001-keystone-0',
    before: paths((one) => unit.state(one.path)),
    after: paths((one) => one.after),
    activate: 'reload',
    validate: true,
    checks,
    commands: [],
    budgetSeconds: 60,
    summary: [],
    ...more,
  };
}
