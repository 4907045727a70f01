#!/bin/bash
# shellcheck source=src/demo/stand-ins/library.sh disable=SC1091,SC2153,SC2154,SC2016,SC2317
. "${JUJU_TUNE_ROOT:-${ROOT:-${0%/usr/*}}}/usr/lib/juju-tune-demo/library.sh"
# Answers for the unit's own layers: refused while Apache is down, 400 for http to a TLS port, rc 35 for TLS to a WSGI port.
url='' write='' code=200 silent='' out='' head=''
while (($#)); do
  case $1 in
    -w | --write-out) write=$2; shift ;;
    -o | --output) out=$2; shift ;;
    -m | --max-time | --connect-timeout | -A | --user-agent | -H | --header | -X | --request | -d | --data | --resolve | --unix-socket) shift ;;
    -I | --head) head=1 ;;
    -*) [[ $1 == *s* ]] && silent=1; [[ $1 == -*o ]] && { out=$2; shift; }; [[ $1 == -*w ]] && { write=$2; shift; } ;;
    *) url=$1 ;;
  esac
  shift
done
load_state
scheme=http rest=${url#*://}
[[ $url == https://* ]] && scheme=https
hostport=${rest%%/*} path=/
[[ $rest == */* ]] && path=/${rest#*/}
port=${hostport##*:}
[[ $hostport == *:* ]] || { port=80; [[ $scheme == https ]] && port=443; }
rc=0
kind=$(awk -v port="$port" '$1 == port { print $2; exit }' "$STATE/ports" 2>/dev/null)
if [[ ! $kind ]] || [[ ${apache[active]} != active && $kind != haproxy ]]; then rc=7 code=000; elif [[ $scheme == https && $kind == wsgi ]]; then rc=35 code=000; elif [[ $scheme == http && $kind != wsgi && $kind != status ]]; then code=400; else
  case $path in /healthcheck*) code=200 ;; / | /v3 | /v3/) code=$([[ $path == / ]] && echo 300 || echo 200) ;; *auth/tokens*) code=401 ;; /server-status*) code=404 ;; *) code=200 ;; esac
fi
if ((rc == 7)) && [[ ! $silent ]]; then echo "curl: (7) Failed to connect to $hostport: Connection refused" >&2; fi
if ((rc == 0)); then
  body='{"versions": {}}'
  [[ $path == /healthcheck* ]] && body=OK
  [[ $head ]] && body="HTTP/1.1 $code"
  case $out in '') printf '%s' "$body" ;; /dev/null) ;; *) printf '%s' "$body" >"$out" ;; esac
fi
if [[ $write ]]; then
  text=${write//'%{http_code}'/$code}
  text=${text//'%{response_code}'/$code}
  text=${text//'%{time_connect}'/0.001}
  text=${text//'%{time_total}'/0.02$((NOW_MS % 10))}
  text=${text//'%{exitcode}'/$rc}
  printf '%b' "$text"
fi
exit $rc
