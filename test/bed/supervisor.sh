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
# Upper layers in memory: fast, and gone with the namespace.
mkdir -p "$BED_DIR/store"
mount -t tmpfs -o mode=755,size=3g tmpfs "$BED_DIR/store"

declare -A unit_of=()

lay_disk() {
  local disk=$1 unit=$2
  mkdir -p "$disk/upper" "$disk/work" "$disk/root"
  mount -t overlay overlay -o "lowerdir=$BASE,upperdir=$disk/upper,workdir=$disk/work" "$disk/root"
  # The layout's Apache and haproxy are whole: nothing of the package's may show through.
  rm -rf "$disk/root/etc/apache2" "$disk/root/etc/haproxy" "$disk/root/var/lib/apache2"
  cp -a "$LAYOUT/$unit/." "$disk/root/"
  # An id of its own, but the same one after a reboot.
  tr -d - < /proc/sys/kernel/random/uuid > "$disk/root/etc/machine-id"
  printf '127.0.0.1 localhost %s\n' "$(cat "$disk/root/etc/hostname")" > "$disk/root/etc/hosts"
}

start_unit() {
  local unit=$1 disk="$BED_DIR/store/$1" cgroup="$CG/u$1" launcher child=
  mkdir -p "$disk" "$cgroup"
  mountpoint -q "$disk/root" || lay_disk "$disk" "$unit"
  ip link del "v$unit" 2> /dev/null || :
  ip link add "v$unit" type veth peer name "e$unit"
  ip link set "v$unit" master br0 up
  # The kernel's boot id does not change when only a unit reboots.
  cat /proc/sys/kernel/random/uuid > "$disk/boot_id"
  (
    echo "$BASHPID" > "$cgroup/cgroup.procs"
    exec unshare --cgroup --mount --net --uts --ipc --pid --fork --kill-child \
      bash "$HERE/unit-init.sh" "$disk/root" "10.77.0.$((10 + unit))/24" "$disk/boot_id"
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

# A unit whose init ended has rebooted: it comes back on the same disk.
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
