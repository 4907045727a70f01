#!/bin/bash
# shellcheck source=src/demo/stand-ins/library.sh disable=SC1091,SC2153,SC2154,SC2016,SC2317
. "${JUJU_TUNE_ROOT:-${ROOT:-${0%/usr/*}}}/usr/lib/juju-tune-demo/library.sh"
conf="${APACHE_CONFDIR:-$ROOT/etc/apache2}" state="${APACHE_STATE_DIRECTORY:-$ROOT/var/lib/apache2}"
how() { # TYPE NAME
  if [[ -e $state/$1/enabled_by_maint/$2 ]]; then echo 'enabled by maintainer script'; elif [[ -e $state/$1/enabled_by_admin/$2 ]]; then echo 'enabled by site administrator'; else echo 'enabled by unknown'; fi
}
query() { # TYPE FOLDER EXT [NAME]
  local file name
  if [[ ${4-} ]]; then
    name=${4%.conf}
    if [[ -e $conf/$2/$name.$3 ]]; then
      echo "$name ($(how "$1" "$name"))"
      return 0
    fi
    if [[ -e $state/$1/disabled_by_admin/$name ]]; then
      echo "No $1 matches $name (disabled by site administrator)" >&2
      return 32
    fi
    echo "No $1 matches $name" >&2
    return 1
  fi
  for file in "$conf/$2"/*."$3"; do
    [[ -e $file ]] || continue
    name=${file##*/} name=${name%.*}
    echo "$name ($(how "$1" "$name"))"
  done
}
rc=0
while (($#)); do
  case $1 in
    -q) exec >/dev/null 2>&1 ;;
    -M)
      disk_mpm
      [[ $REPLY ]] || { echo 'No MPM found' >&2; exit 1; }
      echo "${REPLY%% *}"
      ;;
    -v) echo 2.4.52 ;;
    -a) echo 20120211 ;;
    -d) echo /usr/lib/apache2/modules ;;
    -m) query module mods-enabled load "${2-}"; rc=$?; shift ;;
    -c) query conf conf-enabled conf "${2-}"; rc=$?; shift ;;
    -s) query site sites-enabled conf "${2-}"; rc=$?; shift ;;
    *) echo "Unknown option: $1" >&2; exit 1 ;;
  esac
  shift
done
exit $rc
