#!/bin/bash
# Runs in the fresh mount, pid, net, uts, ipc and cgroup namespaces of one unit, as its PID 1, and becomes systemd.
#   $1 root file system   $2 address with prefix   $3 the unit's folder in the bed's state: this boot's id, and where its agent is to be seen
set -euo pipefail
ROOT=$1 ADDRESS=$2 OWN=$3

hostname "$(cat "$ROOT/etc/hostname")"
mount --make-rprivate /
mount -t proc -o nosuid,nodev,noexec proc "$ROOT/proc"
mount -t sysfs -o nosuid,nodev,noexec,ro sysfs "$ROOT/sys"
# Its root is this unit's cgroup, by the cgroup namespace.
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$ROOT/sys/fs/cgroup"
mount -t tmpfs -o nosuid,mode=755,size=1m tmpfs "$ROOT/dev"
for node in null zero full random urandom tty; do
  : > "$ROOT/dev/$node"
  mount --bind "/dev/$node" "$ROOT/dev/$node"
done
mkdir "$ROOT/dev/pts" "$ROOT/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$ROOT/dev/pts"
mount -t tmpfs -o nosuid,nodev,mode=1777,size=32m tmpfs "$ROOT/dev/shm"
ln -s pts/ptmx "$ROOT/dev/ptmx"
ln -s /proc/self/fd "$ROOT/dev/fd"
ln -s fd/0 "$ROOT/dev/stdin"
ln -s fd/1 "$ROOT/dev/stdout"
ln -s fd/2 "$ROOT/dev/stderr"
mount -t tmpfs -o nosuid,nodev,mode=755,size=64m tmpfs "$ROOT/run"
mount -t tmpfs -o nosuid,nodev,mode=1777,size=64m tmpfs "$ROOT/tmp"
mkdir "$ROOT/run/bed"
mount --bind "$OWN" "$ROOT/run/bed"
mount --bind "$OWN/boot_id" "$ROOT/proc/sys/kernel/random/boot_id"
# The machine's sysctls stay as they are.
mount --rbind "$ROOT/proc/sys" "$ROOT/proc/sys"
mount -o remount,bind,ro "$ROOT/proc/sys"

ip link set lo up
for _ in $(seq 500); do
  ip link show eth0 > /dev/null 2>&1 && break
  sleep 0.01
done
ip addr add "$ADDRESS" dev eth0
ip link set eth0 up

cd "$ROOT"
mkdir -p .old
pivot_root . .old
cd /
umount -l /.old
rmdir /.old
exec env -i container=juju-tune-bed PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
  setpriv --bounding-set -sys_module,-sys_time,-sys_boot,-sys_rawio,-mac_admin,-mac_override,-syslog,-wake_alarm,-block_suspend,-bpf,-perfmon \
  /lib/systemd/systemd --unit=multi-user.target --log-target=journal
