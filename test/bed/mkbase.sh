#!/bin/bash
# mkbase.sh: prints the folder of the bed's base root file system, building it first when the cache has none.
# A base depends on this file and on the machine's package sources only, so it is kept in a folder named after their hash.
# Nothing is installed on the machine: mmdebstrap is downloaded and unpacked beside the base.
set -euo pipefail
CACHE=${JUJU_TUNE_BED_CACHE:-/var/cache/juju-tune-bed}
export LC_ALL=C.UTF-8

PACKAGES=systemd,systemd-sysv,dbus,apache2,libapache2-mod-wsgi-py3,haproxy,procps,iproute2,curl,socat,openssl,logrotate
# Services that need hardware, a network beyond the bed or a terminal.
MASKED=(systemd-networkd.service systemd-networkd.socket systemd-resolved.service systemd-timesyncd.service systemd-udevd.service
  systemd-logind.service systemd-sysctl.service systemd-modules-load.service apt-daily.timer apt-daily-upgrade.timer
  dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer getty.target logrotate.timer)

die() { echo "mkbase: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || die "needs root"
# shellcheck source=/dev/null
CODENAME=$(. /etc/os-release && echo "${VERSION_CODENAME:?}")

# The machine's own package sources for its own release, security and updates included.
sources=()
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
  if [ -f "$file" ] && grep -Eq "^(deb .*|Suites:.*)[[:space:]]$CODENAME([[:space:]-]|\$)" "$file"; then sources+=("$file"); fi
done
[ "${#sources[@]}" -gt 0 ] || die "no package source for $CODENAME in /etc/apt"

hash=$(cat "${BASH_SOURCE[0]}" "${sources[@]}" | sha256sum | cut -c1-16)
BASE=$CACHE/$hash
mkdir -p "$CACHE"
exec 9> "$CACHE/lock"
flock 9
if [ -e "$BASE/.complete" ]; then touch "$BASE/.complete"; echo "$BASE"; exit 0; fi

work=$(mktemp -d "$CACHE/building.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
(cd "$work" && apt-get -o APT::Sandbox::User=root download -qq mmdebstrap && dpkg -x mmdebstrap_*.deb tool) >&2
PATH="$work/tool/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin" mmdebstrap --quiet --mode=root --variant=minbase --skip=check/empty \
  --include="$PACKAGES" --aptopt='Acquire::Languages "none"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  "$CODENAME" "$work/root" "${sources[@]}" >&2

cd "$work/root"
: > etc/machine-id
for unit in "${MASKED[@]}"; do ln -sf /dev/null "etc/systemd/system/$unit"; done
# mod_wsgi's daemons run as the service's user, and a home that is missing is a crash loop.
for user in keystone gnocchi nova; do
  chroot . useradd --system --user-group --create-home --home-dir "/var/lib/$user" --shell /usr/sbin/nologin "$user"
  install -d -m 755 "var/log/$user"
done
install -d -m 755 etc/juju-tune-bed
chroot . openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=bed.test -addext 'subjectAltName=DNS:*.bed.test,DNS:localhost' \
  -keyout /etc/juju-tune-bed/key.pem -out /etc/juju-tune-bed/cert.pem 2> "$work/openssl.log" || die "$(cat "$work/openssl.log")"
: > .complete

# Bases nobody used for a month go; one that is in use is touched at every start.
find "$CACHE" -mindepth 2 -maxdepth 2 -name .complete -mtime +30 -printf '%h\n' | while read -r old; do rm -rf "$old"; done
rm -rf "$BASE"
mv "$work/root" "$BASE"
echo "$BASE"
