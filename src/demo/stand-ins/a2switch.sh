#!/bin/bash
# shellcheck source=src/demo/stand-ins/library.sh disable=SC1091,SC2153,SC2154,SC2016,SC2317
. "${JUJU_TUNE_ROOT:-${ROOT:-${0%/usr/*}}}/usr/lib/juju-tune-demo/library.sh"
# a2enmod a2dismod a2enconf a2disconf a2ensite a2dissite by the name it is called.
self=${0##*/}
case $self in a2en*) act=enable what=${self#a2en} ;; *) act=disable what=${self#a2dis} ;; esac
case $what in mod) type=module kind=Module ext=load ;; conf) type=conf kind=Conf ext=conf ;; *) type=site kind=Site ext=conf ;; esac
conf="${APACHE_CONFDIR:-$ROOT/etc/apache2}" state="${APACHE_STATE_DIRECTORY:-$ROOT/var/lib/apache2}"
available="$conf/${what}s-available" enabled="$conf/${what}s-enabled"
[[ $what == conf ]] && available="$conf/conf-available" enabled="$conf/conf-enabled"
quiet='' force='' by=admin rc=0 changed=''
while [[ ${1-} == -* ]]; do
  case $1 in -q | --quiet) quiet=1 ;; -f | --force) force=1 ;; -m | --maintmode) by=maint ;; -p | --purge) ;; *) echo "Unknown option: ${1#-}" >&2; exit 1 ;; esac
  shift
done
say() { [[ $quiet ]] || printf '%s\n' "$*"; }
header() { sed -n "s/^# $1: *//p" "$available/$2.load" 2>/dev/null; }

mark() { # NAME
  local folder="$state/$type/${act}d_by_$by"
  mkdir -p "$folder"
  rm -f "$state/$type"/*abled_by_*/"$1"
  : >"$folder/$1"
}

enable_one() {
  local name=$1 other
  if [[ $what == mod ]]; then
    for other in $(header Depends "$name"); do
      say "Considering dependency $other for $name:"
      enable_one "$other" || return 1
    done
    for other in $(header Conflicts "$name"); do
      say "Considering conflict $other for $name:"
      if [[ -L $enabled/$other.load && ! $force ]]; then
        echo "ERROR: Module $other is enabled - cannot proceed due to conflicts. It needs to be disabled first!" >&2
        return 1
      fi
    done
  fi
  if [[ -L $enabled/$name.$ext ]]; then
    say "$kind $name already enabled"
    mark "$name"
    return 0
  fi
  if [[ -e $enabled/$name.$ext ]]; then
    echo "ERROR: $enabled/$name.$ext is a real file, not touching it" >&2
    return 1
  fi
  mkdir -p "$enabled"
  ln -s "../${available##*/}/$name.$ext" "$enabled/$name.$ext"
  if [[ $what == mod && -e $available/$name.conf ]]; then ln -sfn "../${available##*/}/$name.conf" "$enabled/$name.conf"; fi
  mark "$name"
  case $what in mod) say "Enabling module $name." ;; *) say "Enabling ${kind,} $name." ;; esac
  changed=1
}

disable_one() {
  local name=$1 file dependents=''
  if [[ $what == mod ]]; then
    for file in "$enabled"/*.load; do
      [[ -e $file ]] || continue
      file=${file##*/}
      case " $(header Depends "${file%.load}") " in *" $name "*) dependents+=" ${file%.load}" ;; esac
    done
    if [[ $dependents && ! $force ]]; then
      echo "ERROR: The following modules depend on $name and need to be disabled first:$dependents" >&2
      return 1
    fi
  fi
  if [[ ! -L $enabled/$name.$ext ]]; then
    if [[ -e $enabled/$name.$ext ]]; then
      echo "ERROR: $enabled/$name.$ext is a real file, not touching it" >&2
      return 1
    fi
    say "$kind $name already disabled"
    return 0
  fi
  rm -f "$enabled/$name.$ext"
  [[ $what == mod ]] && rm -f "$enabled/$name.conf"
  mark "$name"
  say "$kind $name disabled."
  changed=1
}

for name in "$@"; do
  name=${name%.conf}
  if [[ ! -e $available/$name.$ext ]]; then
    if [[ $act == disable && -L $enabled/$name.$ext ]]; then
      echo "removing dangling symlink $enabled/$name.$ext"
      rm -f "$enabled/$name.$ext"
      changed=1
    else
      echo "ERROR: $kind $name does not exist!" >&2
      rc=1
    fi
    continue
  fi
  "${act}_one" "$name" || rc=1
done
if [[ $changed ]]; then
  how=reload
  [[ $what == mod ]] && how=restart
  say "To activate the new configuration, you need to run:"
  say "  systemctl $how apache2"
fi
exit $rc
