#!/bin/bash
# shellcheck source=library.sh
. "${JUJU_TUNE_ROOT:-${ROOT:-${0%/usr/*}}}/usr/lib/juju-tune-demo/library.sh"
[[ -r $STATE/journal ]] || exit 0
tail -n 40 "$STATE/journal" | while read -r at line; do
  printf '%s systemd[1]: apache2.service: %s\n' "$(/bin/date -u -d "@$((at / 1000))" '+%b %d %H:%M:%S')" "$line"
done
