#!/bin/bash
# shellcheck source=src/demo/stand-ins/library.sh disable=SC1091,SC2153,SC2154,SC2016,SC2317
. "${JUJU_TUNE_ROOT:-${ROOT:-${0%/usr/*}}}/usr/lib/juju-tune-demo/library.sh"
# --on-active=N keeps a timer, which the demo starts when its virtual time has come; without it the command runs now. Of a timer's file
# the first line is when it is due, the second how long after its command ended it is due again (0: never), then the command, a word a line.
# Unit properties mean nothing here.
delay='' again=0 name=run-demo
while (($#)); do
  case $1 in
    --on-active=*) delay=${1#*=} ;;
    --on-unit-inactive=*) again=${1#*=}; to_ms "${again%s}"; again=$REPLY ;;
    --unit=*) name=${1#*=} ;;
    --unit | -u | -p | --property | --description | --timer-property | --slice) [[ $1 == --unit || $1 == -u ]] && name=$2; shift ;;
    --) shift; break ;;
    -*) ;;
    *) break ;;
  esac
  shift
done
if [[ -z $delay ]]; then exec "$@"; fi
[[ $delay =~ ^[0-9]+(\.[0-9]+)?s?$ ]] || { echo "Failed to parse timer value: $delay" >&2; exit 1; }
mkdir -p "$STATE/timers"
if [[ -e $STATE/timers/$name ]]; then
  echo "Failed to start transient timer unit: Unit $name.timer was already loaded or has a fragment file." >&2
  exit 1
fi
to_ms "${delay%s}"
wait=$REPLY
now_ms
printf '%s\n' "$((NOW_MS + wait))" "$again" "$@" >"$STATE/timers/.$name" && mv -f "$STATE/timers/.$name" "$STATE/timers/$name" || exit 1
echo "Running timer as unit: $name.timer" >&2
exit 0
