#!/bin/bash
# shellcheck source=src/demo/stand-ins/library.sh disable=SC1091,SC2153,SC2154,SC2016,SC2317
. "${JUJU_TUNE_ROOT:-${ROOT:-${0%/usr/*}}}/usr/lib/juju-tune-demo/library.sh"
# -l listening, -t TCP, -x unix, -n numeric, -p processes, -a all, -H no header; filters: state NAME, sport|dport = :PORT
listen='' tcp='' unix='' processes='' all='' header=1 state='' filters=()
while (($#)); do
  case $1 in
    --*) ;;
    -*)
      flags=${1#-}
      [[ $flags == *l* ]] && listen=1
      [[ $flags == *t* ]] && tcp=1
      [[ $flags == *x* ]] && unix=1
      [[ $flags == *p* ]] && processes=1
      [[ $flags == *a* ]] && all=1
      [[ $flags == *H* ]] && header=''
      ;;
    state) state=$2; shift ;;
    sport | dport) filters+=("$1=${3#:}"); shift 2 ;;
    src | dst) shift ;;
    '(' | ')' | or | and) ;;
    *) for word in $1; do case $word in :*) filters+=("sport=${word#:}") ;; esac; done ;;
  esac
  shift
done
load_state
both=''
[[ $tcp && $unix ]] && both=1
title() { [[ $header ]] && printf 'State Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n'; }
title
if [[ $tcp ]]; then
  if [[ $listen || $all ]]; then
    awk -v processes="$processes" -v pid="${apache[pid]}" -v prefix="${both:+tcp   }" '
      FILENAME ~ /haproxy-ports$/ { printf "%sLISTEN 0      20000      0.0.0.0:%s      0.0.0.0:*%s\n", prefix, $1, processes ? "    users:((\"haproxy\",pid=815,fd=7))" : ""; next }
      { printf "%sLISTEN 0      511            *:%s            *:*%s\n", prefix, $1, processes ? "    users:((\"apache2\",pid=" pid ",fd=4))" : "" }
    ' "$STATE/haproxy-ports" "$STATE/listeners" 2>/dev/null
  fi
  if [[ ! $listen || $all ]]; then
    awk -v state="$state" -v all="$all" -v filters="${filters[*]}" -v prefix="${both:+tcp   }" '
      BEGIN { many = split(filters, filter, " "); name["established"] = "ESTAB"; name["time-wait"] = "TIME-WAIT"; name["close-wait"] = "CLOSE-WAIT" }
      {
        if (state != "" && state != "connected" && $1 != name[state]) next
        if (state == "" && !all && $1 == "TIME-WAIT") next
        local = $2; peer = $3; sport = local; dport = peer; sub(/^.*:/, "", sport); sub(/^.*:/, "", dport)
        fits = many == 0
        for (i = 1; i <= many; i++) { split(filter[i], pair, "="); if ((pair[1] == "sport" ? sport : dport) == pair[2]) fits = 1 }
        if (fits) printf "%s%s0      0      %s %s\n", prefix, state != "" && state != "connected" ? "" : sprintf("%-9s ", $1), local, peer
      }' "$STATE/tcp" 2>/dev/null
  fi
fi
if [[ $unix ]]; then
  awk -F '\t' -v now="$((NOW_MS / 1000))" -v listen="$listen" -v state="$state" -v all="$all" -v processes="$processes" -v pid="${apache[pid]}" '
    FILENAME ~ /queue$/ { if ($1 == now || !($2 in at)) { at[$2] = $1; busy[$2] = $3; queue[$2] = $4 } next }
    {
      inode = 70000 + FNR * 1000
      if (listen || all) printf "u_str LISTEN %-6d 100 %s %d * 0%s\n", queue[$2], $1, inode, processes ? " users:((\"apache2\",pid=" pid ",fd=9))" : ""
      if (!listen || all) for (i = 1; i <= busy[$2]; i++) {
        if (state == "") printf "u_str ESTAB 0      0      %s %d * %d\n", $1, inode + 2 * i, inode + 2 * i + 1
        else if (state == "established" || state == "connected") printf "u_str 0      0      %s %d * %d\n", $1, inode + 2 * i, inode + 2 * i + 1
      }
    }' "$STATE/queue" "$STATE/sockets" 2>/dev/null
fi
exit 0
