#!/bin/bash
# shellcheck source=library.sh
. "${JUJU_TUNE_ROOT:-${ROOT:-${0%/usr/*}}}/usr/lib/juju-tune-demo/library.sh"
total=0
for argument in "$@"; do
  factor=1
  case $argument in
    *s) argument=${argument%s} ;;
    *m) argument=${argument%m} factor=60 ;;
    *h) argument=${argument%h} factor=3600 ;;
    infinity) argument=86400 ;;
  esac
  [[ $argument =~ ^[0-9]*(\.[0-9]+)?$ && -n $argument ]] || { echo "sleep: invalid time interval '$argument'" >&2; exit 1; }
  to_ms "$argument"
  total=$((total + REPLY * factor))
done
virtual_sleep "$total"
now_ms
hundredth=$((NOW_MS / 10 * 32 / 100))
[[ -e $ROOT/proc/stat ]] && printf 'cpu  %s 0 %s %s 0 0 0 0 0 0\n' $((hundredth * 18)) $((hundredth * 4)) $((hundredth * 78)) >"$ROOT/proc/stat"
exit 0
