#!/bin/bash
# shellcheck source=src/demo/stand-ins/library.sh disable=SC1091,SC2153,SC2154,SC2016,SC2317
. "${JUJU_TUNE_ROOT:-${ROOT:-${0%/usr/*}}}/usr/lib/juju-tune-demo/library.sh"
[[ -r $STATE/journal ]] || exit 0
tail -n 40 "$STATE/journal" | while read -r at line; do
  printf '%s systemd[1]: apache2.service: %s\n' "$(/bin/date -u -d "@$((at / 1000))" '+%b %d %H:%M:%S')" "$line"
done
