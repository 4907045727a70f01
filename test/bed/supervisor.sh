#!/bin/bash
# PID 1 of the outer pid, mount and net namespaces of a bed: its death, even by kill -9, ends every unit,
# and mounts, veth pairs and the bridge go with the namespaces. The machine's own are never touched.
set -euo pipefail
BED_DIR=$1 LAYOUT=$2 BASE=$3 CG=$4 COUNT=$5
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

mount --make-rprivate /
ip link set lo up
ip link add br0 type bridge
ip addr add 10.77.0.1/24 dev br0
ip link set br0 up
# Disks in memory: fast, and gone with the namespace.
mkdir -p "$BED_DIR/store"
mount -t tmpfs -o mode=755,size=3g tmpfs "$BED_DIR/store"

declare -A unit_of=()

# A unit's own disk, below which its upper layer is: ext4 on a loop device, which can lose what was not synced, else a folder in memory.
# No commit by itself within five minutes, and none at a rename: whoever wants something to be durable has to say so.
mount_disk() {
  local disk=$1
  mkdir -p "$disk/disk"
  if [ ! -e "$disk/image" ]; then
    truncate -s 1G "$disk/image"
    mkfs.ext4 -q -F -E nodiscard,lazy_itable_init=1 "$disk/image" || : > "$disk/no-ext4"
  fi
  [ ! -e "$disk/no-ext4" ] && mount -o loop,noatime,noauto_da_alloc,commit=300 "$disk/image" "$disk/disk" && echo ext4 && return
  : > "$disk/no-ext4"
  echo tmpfs
}

mount_root() {
  local disk=$1
  mkdir -p "$disk/disk/upper" "$disk/disk/work" "$disk/root"
  mount -t overlay overlay -o "lowerdir=$BASE,upperdir=$disk/disk/upper,workdir=$disk/disk/work" "$disk/root"
}

lay_disk() {
  local disk=$1 unit=$2
  mount_disk "$disk" > "$BED_DIR/units/$unit/disk"
  mount_root "$disk"
  # The layout's Apache and haproxy are whole: nothing of the package's may show through.
  rm -rf "$disk/root/etc/apache2" "$disk/root/etc/haproxy" "$disk/root/var/lib/apache2"
  cp -a "$LAYOUT/$unit/." "$disk/root/"
  # An id of its own, but the same one after a reboot.
  tr -d - < /proc/sys/kernel/random/uuid > "$disk/root/etc/machine-id"
  printf '127.0.0.1 localhost %s\n' "$(cat "$disk/root/etc/hostname")" > "$disk/root/etc/hosts"
  sync -f "$disk/root/etc/hosts"
}

# After a power cut: what the journal of the disk has is what there is. Two mounts of one image would spoil it, so the old one must be gone.
mount_again() {
  local disk=$1
  umount "$disk/root" && umount "$disk/disk" || return 1
  for _ in $(seq 500); do
    [ -n "$(losetup -j "$disk/image")" ] || break
    sleep 0.01
  done
  [ -z "$(losetup -j "$disk/image")" ] && [ "$(mount_disk "$disk")" = ext4 ] && mount_root "$disk"
}

start_unit() {
  local unit=$1 disk="$BED_DIR/store/$1" cgroup="$CG/u$1" own="$BED_DIR/units/$1" launcher child=
  mkdir -p "$disk" "$cgroup" "$own"
  rm -f "$own/socket" "$own/here"
  # A power cut leaves it frozen.
  echo 0 > "$cgroup/cgroup.freeze"
  mountpoint -q "$disk/root" || lay_disk "$disk" "$unit"
  if [ -e "$own/crashed" ]; then
    mount_again "$disk" || return 1
    rm "$own/crashed"
  fi
  ip link del "v$unit" 2> /dev/null || :
  ip link add "v$unit" type veth peer name "e$unit"
  ip link set "v$unit" master br0
  [ -e "$own/cut" ] || ip link set "v$unit" up
  # The kernel's boot id does not change when only a unit reboots.
  cat /proc/sys/kernel/random/uuid > "$own/boot_id"
  (
    echo "$BASHPID" > "$cgroup/cgroup.procs"
    exec unshare --cgroup --mount --net --uts --ipc --pid --fork --kill-child \
      bash "$HERE/unit-init.sh" "$disk/root" "10.77.0.$((10 + unit))/24" "$own"
  ) < /dev/null >> "$disk/console.log" 2>&1 &
  launcher=$!
  for _ in $(seq 500); do
    child=$(cut -d' ' -f1 "/proc/$launcher/task/$launcher/children" 2> /dev/null) || :
    [ -z "$child" ] || break
    sleep 0.01
  done
  [ -n "$child" ] || return 1
  # The child is in its net namespace as soon as it exists: unshare comes before the fork.
  ip link set "e$unit" netns "$child" name eth0
  unit_of[$launcher]=$unit
  # Out of the unit's cgroup: on a pure v2 machine an inner node must hold no process.
  echo "$launcher" > "$CG/sup/cgroup.procs"
}

for ((unit = 0; unit < COUNT; unit++)); do start_unit "$unit"; done
: > "$BED_DIR/started"

# A unit whose init ended has rebooted or lost its power: it comes back on the same disk.
while :; do
  code=0
  wait -n -p ended || code=$?
  unit=${unit_of[${ended:-0}]-}
  [ -n "$unit" ] || { sleep 0.2; continue; }
  unset "unit_of[$ended]"
  echo "unit $unit ended with $code"
  find "$CG/u$unit" -mindepth 1 -depth -type d -exec rmdir {} \; 2> /dev/null || :
  start_unit "$unit" || echo "unit $unit did not come back"
done
