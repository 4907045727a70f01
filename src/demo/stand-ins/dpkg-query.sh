#!/bin/bash
# shellcheck source=src/demo/stand-ins/library.sh disable=SC1091,SC2153,SC2154,SC2016,SC2317
. "${JUJU_TUNE_ROOT:-${ROOT:-${0%/usr/*}}}/usr/lib/juju-tune-demo/library.sh"
format='${binary:Package}\t${Version}\n' packages=()
while (($#)); do
  case $1 in
    -f) format=$2; shift ;;
    -f*) format=${1#-f}; format=${format#=} ;;
    --showformat=*) format=${1#*=} ;;
    -W | --show | -l | -s) ;;
    *) packages+=("$1") ;;
  esac
  shift
done
rc=0
for wanted in "${packages[@]:-*}"; do
  found=''
  while IFS=$'\t' read -r package version; do
    # shellcheck disable=SC2053 # a pattern, as dpkg-query takes them
    [[ $package == $wanted ]] || continue
    found=1
    text=${format//'${Package}'/$package}
    text=${text//'${binary:Package}'/$package}
    text=${text//'${Version}'/$version}
    text=${text//'${Status}'/install ok installed}
    text=${text//'${db:Status-Status}'/installed}
    text=${text//'${db:Status-Abbrev}'/ii }
    text=${text//'${Architecture}'/amd64}
    printf '%b' "$text"
  done <"$STATE/packages"
  if [[ ! $found ]]; then
    echo "dpkg-query: no packages found matching $wanted" >&2
    rc=1
  fi
done
exit $rc
