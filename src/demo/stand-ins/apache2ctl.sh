#!/bin/bash
# shellcheck source=src/demo/stand-ins/library.sh disable=SC1091,SC2153,SC2154,SC2016,SC2317
. "${JUJU_TUNE_ROOT:-${ROOT:-${0%/usr/*}}}/usr/lib/juju-tune-demo/library.sh"
dir="${APACHE_CONFDIR:-$ROOT/etc/apache2}" defines='' action=''
while (($#)); do
  case $1 in
    -D) defines+=" ${2-}"; shift ;;
    -d) dir=${2-}; shift ;;
    -f | -c | -C | -e | -k) [[ $1 == -k ]] && action=${2-}; shift ;;
    -t | configtest) action=${action:-check} ;;
    -M) action=modules ;;
    -S) action=vhosts ;;
    -V | -v) action=$1 ;;
    -*) echo "Usage: apache2 [-D name] [-d directory] [-f file]" >&2; exit 1 ;;
    *) action=$1 ;;
  esac
  shift
done
case $defines in *DUMP_VHOSTS*) action=vhosts ;; *DUMP_INCLUDES*) action=includes ;; *DUMP_MODULES*) action=modules ;; *DUMP_RUN_CFG*) action=runcfg ;; esac
must_parse() {
  local words
  words=$(read_config check "$dir" 2>&1) && return 0
  printf '%s\n' "$words" >&2
  exit 1
}
case $action in
  check)
    words=$(read_config check "$dir" 2>&1)
    rc=$?
    printf '%s\n' "$words" >&2
    exit $rc
    ;;
  modules | vhosts) must_parse && read_config "$action" "$dir" ;;
  includes)
    must_parse
    echo 'Included configuration files:'
    read_config includes "$dir"
    ;;
  runcfg) must_parse && printf 'ServerRoot: "/etc/apache2"\nMain DocumentRoot: "/var/www/html"\nMain ErrorLog: "/var/log/apache2/error.log"\nPidFile: "/var/run/apache2/apache2.pid"\nUser: name="www-data" id=33\nGroup: name="www-data" id=33\n' ;;
  -v) printf 'Server version: Apache/2.4.52 (Ubuntu)\nServer built:   2025-07-23T12:02:26\n' ;;
  -V)
    disk_mpm
    threaded=yes
    [[ $REPLY == prefork ]] && threaded=no
    printf 'Server version: Apache/2.4.52 (Ubuntu)\nServer built:   2025-07-23T12:02:26\nArchitecture:   64-bit\nServer MPM:     %s\n  threaded:     %s\n  forked:     yes (variable process count)\nServer compiled with....\n -D HTTPD_ROOT="/etc/apache2"\n -D SERVER_CONFIG_FILE="apache2.conf"\n' "${REPLY:-none}" "$threaded"
    ;;
  graceful)
    load_state
    apache_graceful
    ;;
  start | restart | stop | graceful-stop) exec "$ROOT/usr/bin/systemctl" "${action#graceful-}" apache2 ;;
  *) echo "apache2ctl: unknown action '$action'" >&2; exit 1 ;;
esac
