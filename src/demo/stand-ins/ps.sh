#!/bin/bash
# shellcheck source=src/demo/stand-ins/library.sh disable=SC1091,SC2153,SC2154,SC2016,SC2317
. "${JUJU_TUNE_ROOT:-${ROOT:-${0%/usr/*}}}/usr/lib/juju-tune-demo/library.sh"
columns='pid,tty,time,cmd' selections=() header=1
while (($#)); do
  case $1 in
    -o | --format | -eo | -Ao) [[ $1 == -eo || $1 == -Ao ]] && selections+=(all); columns=$2; shift ;;
    -o*) columns=${1#-o} ;;
    -e | -A | ax | -ax) selections+=(all) ;;
    -ef) selections+=(all) columns='user,pid,ppid,args' ;;
    aux) selections+=(all) columns='user,pid,rss,args' ;;
    axo) selections+=(all) columns=$2; shift ;;
    -u | -U | --user) for name in ${2//,/ }; do selections+=("user=$name"); done; shift ;;
    -C) for name in ${2//,/ }; do selections+=("comm=$name"); done; shift ;;
    -p | --pid) for name in ${2//,/ }; do selections+=("pid=$name"); done; shift ;;
    --ppid) for name in ${2//,/ }; do selections+=("ppid=$name"); done; shift ;;
    --no-headers | --no-heading | h) header='' ;;
    -ww | -w | ww | --sort=* | -f | -L) ;;
    *) echo "ps: unsupported option $1" >&2; exit 1 ;;
  esac
  shift
done
load_state
awk -F '\t' -v columns="$columns" -v chosen="${selections[*]}" -v header="$header" '
  BEGIN {
    n = split(columns, column, ","); many = split(chosen, selection, " ")
    for (i = 1; i <= n; i++) { if (sub(/=.*$/, "", column[i])) quiet++; sub(/:.*$/, "", column[i]) }
    if (header && quiet < n) { for (i = 1; i <= n; i++) printf "%s%s", toupper(column[i] == "args" || column[i] == "cmd" ? "command" : column[i]), i < n ? " " : "\n" }
  }
  {
    value["pid"] = $1; value["ppid"] = $2; value["user"] = $3; value["nlwp"] = value["thcount"] = $4; value["rss"] = $5; value["vsz"] = $5 * 3
    value["comm"] = value["ucmd"] = "apache2"; value["args"] = value["cmd"] = value["command"] = $6 " -k start"; value["euser"] = $3; value["stat"] = "S"; value["pcpu"] = value["%cpu"] = "1.2"
    value["etimes"] = 3600; value["tty"] = "?"; value["time"] = "00:00:07"; value["pss"] = int($5 * 0.93)
    fits = many == 0
    for (i = 1; i <= many && !fits; i++) { if (selection[i] == "all") fits = 1; else { split(selection[i], pair, "="); fits = value[pair[1]] == pair[2] } }
    if (!fits) next
    shown++
    for (i = 1; i <= n; i++) printf "%s%s", value[column[i]], i < n ? " " : "\n"
  }
  END { exit shown ? 0 : 1 }' "$STATE/processes" 2>/dev/null
