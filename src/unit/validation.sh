# shellcheck shell=bash
# Apache's own word on a change, from a staged copy of /etc/apache2.
# shellcheck disable=SC2015  # `a && b || c` is meant as "unless both hold"

# Apache adjusted a value and says so; its exit code is 0 all the same (catalogue 0.8).
CLAMPED='AH00501|AH00507|AH00513|AH00515|AH00516|AH00518|AH00519'

# Copies /etc/apache2 to a stage and puts the wanted states there. Links and includes that name absolute paths lead into the stage.
make_stage() {
  local index path place state
  mkdir -p -- "$STAGE/etc" "$STAGE/after" || return 1
  rooted "$ROOT/etc/apache2" && cp -a -- "$REPLY" "$STAGE/etc/apache2" || return 1
  if [ "$VERB" = probe ]; then render "$STAGE/after" || return 1; fi
  for index in "${!P_PATH[@]}"; do
    path=${P_PATH[index]} state=${P_AFTER[index]}
    [[ $path == /etc/apache2/* ]] || continue
    place=$STAGE$path
    case $state in
      A) rm -rf -- "$place" || return 1 ;;
      D:*) mkdir -p -- "$place" || return 1 ;;
      *)
        [ -d "${place%/*}" ] || mkdir -p -- "${place%/*}" || return 1
        cp -a --remove-destination -- "$RENDERED/$index" "$place" || return 1
        ;;
    esac
  done
  stage_links && stage_includes
}

stage_links() {
  local link target at part rest
  while IFS=$TAB read -r link target; do
    at=''
    rest=$target
    if [[ $target != /* ]]; then rest=/etc/apache2/${link%"${link##*/}"}$target; fi
    while [ -n "$rest" ]; do
      part=${rest%%/*}
      if [[ $rest == */* ]]; then rest=${rest#*/}; else rest=''; fi
      case $part in '' | .) ;; ..) at=${at%/*} ;; *) at=$at/$part ;; esac
    done
    if [[ $at == /etc/apache2/* ]]; then
      [[ $target == /* ]] || continue
      at=$STAGE$at
    else
      at=$ROOT$at
    fi
    ln -sfn -- "$at" "$STAGE/etc/apache2/$link" || return 1
  done < <(find "$STAGE/etc/apache2" -type l -printf '%P\t%l\n')
}

stage_includes() {
  local -a files=()
  local -r named='^[[:space:]]*(Include|IncludeOptional|ServerRoot)[[:space:]]+"?/etc/apache2'
  mapfile -t files < <(grep -rliE "$named" "$STAGE/etc/apache2")
  [ ${#files[@]} -gt 0 ] || return 0
  sed -E -i "s#$named#&\\n#I; s#/etc/apache2\\n#${STAGE//[&#\\]/\\&}/etc/apache2#" -- "${files[@]}"
}

# Runs `apache2ctl -t` on the live tree, or on a stage. SAID = what it said, CLAMPS = the lines with which it adjusted a value.
config_test() {
  local rc line
  local -a lines=()
  SAID=() CLAMPS=()
  if [ -n "$1" ]; then
    APACHE_CONFDIR="$1/etc/apache2" timeout 60 apache2ctl -t >"$2" 2>&1 </dev/null
  else
    timeout 60 apache2ctl -t >"$2" 2>&1 </dev/null
  fi
  rc=$?
  mapfile -t -n 40 lines <"$2" || return 1
  for line in "${lines[@]}"; do
    [ -z "$1" ] || line=${line//"$1"/}
    if [[ $line =~ $CLAMPED ]]; then CLAMPS+=("$line"); fi
    case $line in '' | 'Syntax OK' | AH00558:* | "Action '-t' failed."* | 'The Apache error log may have more information.'*) continue ;; esac
    SAID+=("$line")
  done
  return "$rc"
}

said() {
  local text
  printf -v text '%s; ' "$@"
  redact "${text%; }"
  REPLY=${REPLY:0:600}
}

# Refuses when Apache would not take the change: the live configuration is tested first, for what was wrong before is not ours.
validate_stage() {
  local clamped
  make_stage || fail NO_STAGE 'cannot make a staged copy of /etc/apache2' || return 1
  if ! config_test '' "$STAGE/said"; then
    said "${SAID[@]-apache2ctl -t failed}"
    refuse INVALID "the configuration on this unit does not pass apache2ctl -t as it is: $REPLY"
    return 1
  fi
  clamped=${#CLAMPS[@]}
  if ! config_test "$STAGE" "$STAGE/said"; then
    said "${SAID[@]-apache2ctl -t failed}"
    refuse INVALID "$REPLY"
    return 1
  fi
  if [ "${#CLAMPS[@]}" -gt "$clamped" ]; then
    said "${CLAMPS[@]}"
    refuse INVALID "Apache would not use the values as given: $REPLY"
    return 1
  fi
}

validated() {
  local rc=0
  [ "$VALIDATE" = apache ] || return 0
  STAGE=$STORE/stage RENDERED=$D/after
  if [ "$VERB" = probe ]; then
    if [ "$JAIL" = mount ]; then STAGE=$ROOT/tmp/juju-tune-stage; fi
    RENDERED=$STAGE/after
  fi
  rm -rf -- "$STAGE" && validate_stage || rc=1
  rm -rf -- "$STAGE" || fail NO_STAGE 'cannot remove the staged copy' || rc=1
  return "$rc"
}
