import { UnitFolder } from '../unit/unit-folder.js';
import type { MountNamespace } from './mount-namespace.js';

/** What happens to the disk of a unit, as bash: `$R` is the unit's root, `$DISK` where its file system is mounted. */
export interface Fault {
  readonly name: string;
  readonly script: string;
}

const left = (bytes: number) => `mount -o remount,size=$(($(df -B1 --output=used "$DISK" | tail -n 1) + ${bytes})) "$DISK"`;
const inodesLeft = (count: number) =>
  `mount -o remount,nr_inodes=$(($(df --output=iused "$DISK" | tail -n 1) + ${count})) "$DISK"`;
// A folder that is not there yet cannot be spoiled; then nothing happens at this point.
const readOnly = (path: string) =>
  `[ ! -d "$R/${path}" ] || { mount --bind "$R/${path}" "$R/${path}" && mount -o remount,bind,ro "$R/${path}"; }`;
const immutable = (path: string) =>
  `for place in "$R"/${path}; do [ ! -e "$place" ] || [ -L "$place" ] || chattr +i "$place"; done`;

/** As they come over a disk in use. Not one of them can be told from the outside of a program that meets it. */
export const FAULTS: readonly Fault[] = [
  { name: 'full', script: left(0) },
  { name: 'full but for a page', script: left(4096) },
  { name: 'full but for three pages', script: left(3 * 4096) },
  { name: 'no inode', script: inodesLeft(0) },
  { name: 'one inode', script: inodesLeft(1) },
  { name: 'three inodes', script: inodesLeft(3) },
  { name: '/etc read-only', script: readOnly('etc') },
  { name: 'conf-enabled read-only', script: readOnly('etc/apache2/conf-enabled') },
  { name: 'the snapshots read-only', script: readOnly('var/lib/juju-tune/tx') },
  { name: '/var/lib/juju-tune read-only', script: readOnly('var/lib/juju-tune') },
  { name: 'the site file immutable', script: immutable('etc/apache2/sites-enabled/wsgi-openstack-api.conf') },
  { name: 'the removed file immutable', script: immutable('etc/apache2/conf-available/old.conf') },
  { name: 'conf-enabled immutable', script: immutable('etc/apache2/conf-enabled') },
  { name: 'the state immutable', script: immutable('var/lib/juju-tune/tx/*/state') },
  { name: 'the transaction immutable', script: immutable('var/lib/juju-tune/tx/*') },
];

const HEAL = `while umount "$R/etc/apache2/conf-enabled" || umount "$R/var/lib/juju-tune/tx" || umount "$R/var/lib/juju-tune"; do :; done 2> /dev/null
while [ "$(findmnt -n -o TARGET --list "$R/etc" | wc -l)" -gt 1 ]; do umount "$R/etc"; done
mount -o remount,size=16m,nr_inodes=4000 "$DISK"
chattr -R -f -i "$DISK" || :`;

let made = 0;

/** A unit whose /etc and /var/lib lie together on a small file system of their own, real in all that can befall it. */
export class FaultyUnit extends UnitFolder {
  protected override readonly enter: readonly string[];

  private constructor(
    private readonly namespace: MountNamespace,
    private readonly place: string,
  ) {
    super(namespace.from(place), place);
    this.enter = namespace.argv();
  }

  static copyOf(unit: UnitFolder, namespace: MountNamespace): FaultyUnit {
    const place = `/mnt/unit-${made++}`;
    namespace.sh(
      `mkdir "$2" "$2.disk"; cp -a "$1/." "$2"
       mount -t tmpfs -o mode=755,size=16m,nr_inodes=4000 tmpfs "$2.disk"
       cp -a "$2/etc" "$2/var/lib" "$2.disk"
       mount --bind "$2.disk/etc" "$2/etc"; mount --bind "$2.disk/lib" "$2/var/lib"`,
      unit.root,
      place,
    );
    return new FaultyUnit(namespace, place);
  }

  /** Bash that lets the fault happen, for a program of the unit to run at its point. */
  spoiling(fault: Fault): string {
    return `${this.names()}; set -e; ${fault.script}`;
  }

  /** The disk is well again; what is on it stays as it is. */
  heal(): void {
    this.namespace.sh(`${this.names()}; ${HEAL}`);
  }

  override remove(): void {
    this.heal();
    this.namespace.sh(`umount -l "$1/etc" "$1/var/lib" "$1.disk"; rm -rf "$1" "$1.disk"`, this.place);
  }

  private names(): string {
    return `R=${this.place} DISK=${this.place}.disk`;
  }
}
