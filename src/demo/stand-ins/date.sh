#!/bin/bash
# shellcheck source=src/demo/stand-ins/library.sh disable=SC1091,SC2153,SC2154,SC2016,SC2317
. "${JUJU_TUNE_ROOT:-${ROOT:-${0%/usr/*}}}/usr/lib/juju-tune-demo/library.sh"
# Virtual time, so many seconds ahead as the scenario sets this unit's clock; all else is left to the real date.
now_ms
ahead=0
if [[ -r $STATE/ahead ]]; then read -r ahead <"$STATE/ahead"; fi
seconds=$((NOW_MS / 1000 + ahead))
fraction=$(printf '%03d' $((NOW_MS % 1000)))
case "$#:${1-}" in
  1:+%s) printf '%s\n' "$seconds" && exit ;;
  1:+%s%N) printf '%s%s000000\n' "$seconds" "$fraction" && exit ;;
  1:+%s%3N) printf '%s%s\n' "$seconds" "$fraction" && exit ;;
esac
relative=()
for argument in "$@"; do
  case $argument in
    -d | --date | --date=* | -d?* | -r | --reference* | -f | --file* | -s | --set*) exec /bin/date "${relative[@]}" "$@" ;;
  esac
done
exec /bin/date -d "@$seconds.$fraction" "$@"
