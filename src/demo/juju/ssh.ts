import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { applicationOf } from '../cloud.js';
import { reboot, wantsReboot } from '../reboot.js';
import { STAND_INS_WRITE } from '../stand-ins.js';
import { liveUntil } from '../timers.js';
import { ensureUnit } from '../unit-folder.js';
import { JujuError, type Parsed } from './arguments.js';
import type { Place } from './place.js';
import { folderOf, principalOf } from './runner.js';

/** Quotes for a remote shell that has no `sudo` of its own: the demo's user may do all a root may in its folder. */
const SUDO =
  'sudo() { while [ $# -gt 0 ]; do case $1 in -n|-E|-H|-i) shift;; -u|-g) shift 2;; --) shift; break;; *) break;; esac; done; "$@"; }; ';

/** Runs a command on a unit by the machine, not by its agent: works when the agent is lost or in a hook (juju-contract 7). */
export async function ssh(place: Place, parsed: Parsed): Promise<number> {
  const [target, ...rest] = parsed.words;
  if (target === undefined) throw new JujuError('no target name specified', 2);
  const name = target.replace(/^.*@/, '');
  const spec = name.endsWith('/leader')
    ? place.cloud.units.find((unit) => unit.leader && applicationOf(unit.name) === applicationOf(name))
    : place.cloud.units.find((unit) => unit.name === name);
  if (spec === undefined) throw new JujuError(`unit "${name}" not found`);
  const { runner } = spec;
  if (runner?.kind === 'command') return pass(runner.argv, { ...process.env, JUJU_UNIT_NAME: '' }, command(rest));
  if (runner?.kind !== 'folder') throw new JujuError(`cannot connect to any address: [${spec.address}:22]`);
  const root = join(place.dir, runner.root);
  const principal = principalOf(place.cloud, spec);
  ensureUnit(root, place.cloud, principal);
  const folder = folderOf(place, spec, root);
  await liveUntil(folder, place.now());
  const env = {
    HOME: root,
    USER: 'ubuntu',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    PATH: `${root}/usr/sbin:${root}/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    JUJU_TUNE_ROOT: root,
    JUJU_TUNE_STAND_INS: STAND_INS_WRITE,
    JUJU_TUNE_UNIT_HOST: spec.address,
  };
  const code = await pass(['/bin/bash', '-c', SUDO + command(rest)], env, undefined, root);
  if (wantsReboot(root)) await reboot(folder, place.now());
  return code;
}

/** Options of openssh go before the command; the command's words are joined with spaces, as ssh does. */
function command(rest: readonly string[]): string {
  let at = 0;
  while (rest[at]?.startsWith('-')) at += /^-[oipFlL]$/.test(rest[at] ?? '') ? 2 : 1;
  const words = rest.slice(at);
  return words.length === 0 ? '/bin/bash -s' : words.join(' ');
}

function pass(argv: readonly string[], env: NodeJS.ProcessEnv, stdin: string | undefined, cwd?: string): Promise<number> {
  const [program = '', ...words] = argv;
  const child = spawn(program, words, {
    env,
    stdio: [stdin === undefined ? 'inherit' : 'pipe', 'inherit', 'inherit'],
    ...(cwd !== undefined && { cwd }),
  });
  child.stdin?.end(stdin);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 255));
  });
}
