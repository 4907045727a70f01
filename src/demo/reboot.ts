import { existsSync, lstatSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { uuidOf } from './cloud.js';
import { readText, writeAtomically } from './files.js';
import { materialise } from './materialise.js';
import { liveUntil, startAt, type UnitFolder } from './timers.js';

/** Written by the stand-in of `systemctl reboot`: the machine goes down once the command has ended. */
export function wantsReboot(root: string): boolean {
  return existsSync(join(root, '.demo/reboot'));
}

/**
 * The machine goes down at the virtual time `now` and comes up again at once: another boot id, no transient timers, then what is enabled to run
 * before Apache, then Apache.
 */
export async function reboot(folder: UnitFolder, now: number): Promise<void> {
  const { root } = folder;
  await liveUntil(folder, now);
  const script = '. "$JUJU_TUNE_ROOT/usr/lib/juju-tune-demo/library.sh"; load_state; ';
  const bash = (text: string): string[] => ['/bin/bash', '-c', script + text];
  if (existsSync(join(root, '.demo/apache'))) await startAt(folder, bash('machine_down'), now);
  rmSync(join(root, '.demo/timers'), { recursive: true, force: true });
  rmSync(join(root, '.demo/reboot'), { force: true });
  writeAtomically(join(root, '.demo/booted'), `${Math.floor(now)}\n`);
  writeFileSync(join(root, 'proc/sys/kernel/random/boot_id'), `${uuidOf(`boot ${root} ${now} ${Date.now()}`)}\n`);
  let up = now;
  for (const command of earlyCommands(root)) up = await startAt(folder, command, up);
  if (existsSync(join(root, '.demo/apache'))) up = await startAt(folder, bash('apache_start'), up);
  materialise(root, folder.cloud, folder.unit, up);
}

/** What runs before Apache: our boot guard, when it is enabled and its condition holds. Its paths are those of the unit's own root. */
function earlyCommands(root: string): string[][] {
  const name = 'juju-tune-boot-guard.service';
  const folder = join(root, 'etc/systemd/system');
  const text = readText(join(folder, name));
  // The link is absolute, as systemctl makes it.
  const wanted = lstatSync(join(folder, 'multi-user.target.wants', name), { throwIfNoEntry: false }) !== undefined;
  if (text === undefined || !wanted) return [];
  const condition = /^ConditionPathExists=(.*)$/m.exec(text)?.[1];
  if (condition !== undefined && !existsSync(join(root, condition))) return [];
  const [program = '', ...words] = /^ExecStart=(.*)$/m.exec(text)?.[1]?.split(' ') ?? [];
  return program === '' ? [] : [[program, ...words.map((word) => (word.startsWith('/') ? join(root, word) : word))]];
}
