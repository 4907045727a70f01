#!/bin/bash
# shellcheck source=src/demo/stand-ins/library.sh disable=SC1091,SC2153,SC2154,SC2016,SC2317
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
hundredth=$((NOW_MS * 32 / 1000))
[[ -e $ROOT/proc/stat ]] && printf 'cpu  %s 0 %s %s 0 0 0 0 0 0\n' $((hundredth * 18)) $((hundredth * 4)) $((hundredth * 78)) >"$ROOT/proc/stat"
exit 0
