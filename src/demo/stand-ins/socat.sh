#!/bin/bash
# shellcheck source=src/demo/stand-ins/library.sh disable=SC1091,SC2153,SC2154,SC2016,SC2317
. "${JUJU_TUNE_ROOT:-${ROOT:-${0%/usr/*}}}/usr/lib/juju-tune-demo/library.sh"
# `show stat`, `show info` and `show servers state` of this unit's haproxy. A peer counts as down while its Apache does not run,
# and as up again when two checks passed.
command=$(cat)
now_ms
[[ -e $ROOT/run/haproxy/admin.sock ]] || { echo 'socat E connect: No such file or directory' >&2; exit 1; }

peer_state() { # FOLDER -> REPLY up|down, SINCE seconds
  local key value active=inactive since=0 dies='' wait
  if [[ -r $1/.demo/apache ]]; then
    while read -r key value; do
      case $key in active) active=$value ;; since) since=$value ;; dies) dies=$value ;; esac
    done <"$1/.demo/apache"
  fi
  if [[ -n $dies ]] && ((NOW_MS >= dies)); then active=failed since=$dies; fi
  wait=$((2000 + (${#ROOT} * 37 + ${#1} * 101 + since) % 2000))
  SINCE=$(((NOW_MS - since) / 1000))
  if [[ $active == active ]]; then
    if ((NOW_MS - since >= wait)); then REPLY=up; else REPLY=down; fi
  else
    REPLY=down
  fi
}

stat_line() { printf '%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\n' "$@"; }
case $command in
  *'show info'*)
    printf 'Name: HAProxy\nVersion: 2.4.24-0ubuntu0.22.04.2\nMaxconn: 20000\nUlimit-n: 40075\nCurrConns: %s\nUptime_sec: %s\n' \
      "$(grep -c ^ESTAB "$STATE/tcp" 2>/dev/null)" $((NOW_MS / 1000 % 1000000))
    ;;
  *'show stat'*)
    echo '# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck,chkfail,chkdown,lastchg'
    while read -r backend server root; do
      if [[ $server == BACKEND ]]; then
        state=UP
        ((ups > 0)) || state=DOWN
        stat_line "$backend" BACKEND 0 12 9 210 2000 481230 912000000 7712000000 0 0 '' "$econ" "$econ" 0 0 $state "$ups" "$ups" 0 '' 0 86400
        continue
      fi
      if [[ $server == FRONTEND ]]; then
        ups=0 econ=0
        stat_line "${backend%_*}" FRONTEND '' '' 9 210 20000 481230 912000000 7712000000 0 0 0 '' '' '' '' OPEN '' '' '' '' '' ''
        continue
      fi
      peer_state "$ROOT/$root"
      if [[ $REPLY == up ]]; then
        ups=$((ups + 1))
        stat_line "$backend" "$server" 0 4 3 70 '' 160410 304000000 2570000000 0 0 '' 0 0 0 0 UP 1 1 0 0 0 "$SINCE"
      else
        econ=$((econ + 3))
        stat_line "$backend" "$server" 0 4 0 70 '' 160410 304000000 2570000000 0 0 '' 3 0 3 0 DOWN 1 1 0 3 1 "$SINCE"
      fi
    done <"$STATE/backends"
    ;;
  *) printf 'Unknown command: %s\n' "$command" ;;
esac
echo
