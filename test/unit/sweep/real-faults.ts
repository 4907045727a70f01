import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UnitFolder } from '../unit-folder.js';
import { mixedSubject, type Subject } from './subject.js';
import { judgeDeed, type SweepResult } from './sweep.js';

const run = promisify(execFile);

/**
 * Changes on file systems that are full, have no inodes left, are read-only, or hold a file that cannot be changed. Undefined for a user who may
 * not mount one.
 */
export async function fullDisks(context: { readonly folder: string; readonly full: boolean }): Promise<SweepResult | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const place = join(context.folder, 'disk');
  mkdirSync(place);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'juju-tune', place]);
  } catch {
    return undefined;
  }
  await run('umount', [place]);
  const subject = await mixedSubject();
  const wrong: string[] = [];
  let points = 0;
  for (const disk of disksFor(context.full)) {
    await run('mount', ['-t', 'tmpfs', '-o', disk.options, 'juju-tune', place]);
    try {
      const problems = await tryDisk(subject, place, disk);
      if (problems !== undefined) points++;
      wrong.push(...(problems ?? []).map((problem) => `real disk, ${disk.name}: ${problem}`));
    } finally {
      await run('umount', ['-l', place]);
    }
  }
  subject.remove();
  return { points, wrong };
}

interface Disk {
  readonly name: string;
  /** Options of the mount. */
  readonly options: string;
  /** Kibibytes, or inodes, that are taken away once the unit is there, until so many are left. */
  readonly left?: { readonly kibibytes?: number; readonly inodes?: number };
  readonly spoiled?: 'read-only' | 'immutable';
}

function disksFor(full: boolean): Disk[] {
  const rooms = full ? Array.from({ length: 60 }, (_, at) => at * 4) : [0, 8, 40, 120];
  const inodes = full ? Array.from({ length: 60 }, (_, at) => at) : [0, 5, 20, 45];
  return [
    ...rooms.map((kibibytes) => ({ name: `${kibibytes} KiB left`, options: 'size=64m', left: { kibibytes } })),
    ...inodes.map((count) => ({ name: `${count} inodes left`, options: 'nr_inodes=20000,size=64m', left: { inodes: count } })),
    { name: 'read-only', options: 'size=64m', spoiled: 'read-only' },
    { name: 'a file that cannot be changed', options: 'size=64m', spoiled: 'immutable' },
  ];
}

/** Undefined where the machine cannot make such a disk. */
async function tryDisk(subject: Subject, place: string, disk: Disk): Promise<string[] | undefined> {
  const unit = new UnitFolder(join(place, 'unit'));
  await run('cp', ['-a', subject.prepared.root, unit.root]);
  // The unit asks how much room there is before it begins, and would refuse all of these.
  unit.planted = [['apache_is_ready && enough_space && not_stopped', 'apache_is_ready && not_stopped']];
  const site = unit.at('etc/apache2/sites-enabled/wsgi-openstack-api.conf');
  if (disk.left?.kibibytes !== undefined) await fill(unit, place, disk.left.kibibytes);
  if (disk.left?.inodes !== undefined) await takeInodes(unit, place, disk.left.inodes);
  if (disk.spoiled === 'read-only') await run('mount', ['-o', 'remount,ro', place]);
  if (disk.spoiled === 'immutable') {
    try {
      await run('chattr', ['+i', site]);
    } catch {
      return undefined;
    }
  }
  const relieve = async (): Promise<void> => {
    if (disk.spoiled === 'read-only') await run('mount', ['-o', 'remount,rw', place]);
    if (disk.spoiled === 'immutable') await run('chattr', ['-i', site]);
    await run('rm', ['-rf', join(place, 'fill')]);
  };
  return judgeDeed(subject, 'apply with window', unit, relieve);
}

async function fill(unit: UnitFolder, place: string, kibibytes: number): Promise<void> {
  mkdirSync(join(place, 'fill'));
  const script = `cd "$JUJU_TUNE_ROOT/.." && free=$(/usr/bin/df -k --output=avail . | /usr/bin/tail -n 1) && /usr/bin/head -c "$(((free - ${kibibytes}) * 1024))" /dev/zero >fill/room`;
  await unit.run(script);
}

async function takeInodes(unit: UnitFolder, place: string, inodes: number): Promise<void> {
  mkdirSync(join(place, 'fill'));
  const script = `cd "$JUJU_TUNE_ROOT/.." && free=$(/usr/bin/df --output=iavail . | /usr/bin/tail -n 1) && for ((i = ${inodes}; i < free; i++)); do : >"fill/$i"; done`;
  await unit.run(script);
}
