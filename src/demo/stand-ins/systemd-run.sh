#!/bin/bash
# shellcheck source=src/demo/stand-ins/library.sh disable=SC1091,SC2153,SC2154,SC2016,SC2317
. "${JUJU_TUNE_ROOT:-${ROOT:-${0%/usr/*}}}/usr/lib/juju-tune-demo/library.sh"
# --on-active=N runs the command later; without it, now. Unit properties mean nothing here.
delay='' name=run-demo
while (($#)); do
  case $1 in
    --on-active=*) delay=${1#*=} ;;
    --unit=*) name=${1#*=} ;;
    --unit | -u | -p | --property | --description | --timer-property | --slice) [[ $1 == --unit || $1 == -u ]] && name=$2; shift ;;
    --) shift; break ;;
    -*) ;;
    *) break ;;
  esac
  shift
done
if [[ -z $delay ]]; then exec "$@"; fi
to_ms "${delay%s}"
wait=$REPLY
echo "Running timer as unit: $name.timer" >&2
(
  virtual_sleep "$wait"
  exec "$@"
) </dev/null >/dev/null 2>&1 &
disown
exit 0
