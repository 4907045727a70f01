# shellcheck shell=bash
# How a request of a change is read, and how its end is said.
# shellcheck disable=SC2015  # `a && b || c` is meant as "unless both hold"
# shellcheck disable=SC2034  # read by the files that follow

STORE="$ROOT/var/lib/juju-tune"
PATH_LIMIT=64
CONTENT_LIMIT=65536
CHECK_SECONDS=30
DIGITS='^[0-9]{1,10}$'

STOP=''
LOG=()
OUTCOME='' CODE='' MESSAGE=''
# Whose order this is, and which of those to this unit.
ASKED_RUN='' ASKED_NUMBER=0 STORE_IS_OURS=''
MODEL='' WANTS=() GLOBS=() HAVE_UNIT='' TX='' KEEP=() OLDER_THAN='' ACCEPT_DRIFT=no
# Who takes a change back: timer, boot, operator, failure (of the change itself) or recovery.
BY=''
SETTLED_BY='' LOCK_SECONDS=5
declare -A BLOBS=()
trap 'STOP=1' TERM HUP INT

# Both remember the first reason only and return 1, so that `… || fail …` ends a chain.
refuse() {
  if [ -z "$CODE" ]; then OUTCOME=refused CODE=$1 MESSAGE=$2; fi
  return 1
}

fail() {
  if [ -z "$CODE" ]; then OUTCOME=failed CODE=$1 MESSAGE=$2; fi
  return 1
}

not_stopped() { [ -z "$STOP" ] || fail STOPPED 'was told to stop'; }

# Keeps lines for the end of the receipt, which says them without their secrets.
note() {
  local line REPLY
  for line in "$@"; do
    [ ${#LOG[@]} -lt 40 ] || return 0
    cut_short "$line" 4000
    LOG+=("$REPLY")
  done
}

# Runs a command that says things, and notes what it said. Its output goes to a file, for a daemon that it starts must not hold a pipe.
noting() {
  local rc
  if ! : >"$D/said"; then
    "$@" >/dev/null 2>&1 </dev/null
    return
  fi
  "$@" >"$D/said" 2>&1 </dev/null
  rc=$?
  note_file "$D/said"
  return "$rc"
}

note_file() {
  local -a lines=()
  if [ -r "$1" ]; then mapfile -t -n 40 lines <"$1"; fi
  note "${lines[@]}"
}

read_request() {
  local -a lines=()
  local last sum
  mapfile -t lines
  last=$((${#lines[@]} - 1))
  [ "$last" -ge 1 ] || refuse BAD_REQUEST 'the request is empty' || return 1
  sum=$(printf '%s\n' "${lines[@]:0:last}" | sha256sum) || refuse BAD_REQUEST 'cannot check the request' || return 1
  [ "${lines[last]}" = "end$TAB${sum%% *}" ] || refuse BAD_REQUEST 'the request was damaged on its way' || return 1
  [ "${lines[0]}" = "juju-tune-request${TAB}1$TAB$VERB" ] || refuse BAD_REQUEST 'the request is of another version' || return 1
  read_lines "${lines[@]:1:last-1}"
}

# Reads the lines of a request, or of the manifest of a transaction, which is the section of its unit.
read_lines() {
  local line mine=''
  P_PATH=() P_BEFORE=() P_AFTER=() CHECKS=() SECTION=()
  MACHINE='' PLANNED_MODEL='' PLAN='' NOT_AFTER='' BUDGET=240 ACTIVATE=none VALIDATE=none
  ORDER='' RUN='' NUMBER=0 WINDOW=0 GUARD=yes
  for line in "$@"; do
    split "$line"
    case ${FIELDS[0]} in
      model) MODEL=${FIELDS[1]-} ;;
      want) read_field WANTS 1 || return 1 ;;
      glob) read_field GLOBS 1 || return 1 ;;
      unit)
        mine=''
        if [ "${FIELDS[1]-}" = "${JUJU_UNIT_NAME-}" ]; then mine=1 HAVE_UNIT=1; fi
        ;;
      blob)
        mine=''
        BLOBS[${FIELDS[1]-}]=${FIELDS[2]-}
        ;;
      *)
        [ -n "$mine" ] || continue
        SECTION+=("$line")
        read_section_line || refuse BAD_REQUEST "the request has a line that is not understood: ${FIELDS[0]}" || return 1
        ;;
    esac
  done
}

read_field() {
  local -n list=$1
  decode "${FIELDS[$2]-}" && good_path "$REPLY" || refuse BAD_REQUEST 'the request names a path that is not allowed' || return 1
  list+=("$REPLY")
}

read_section_line() {
  local value=${FIELDS[1]-}
  case ${FIELDS[0]} in
    machine) MACHINE=$value PLANNED_MODEL=${FIELDS[2]-} ;;
    verb)
      [[ $value =~ ^(apply|confirm|extend|rollback|status|gc)$ ]] || return 1
      ORDER=$value
      ;;
    window)
      [[ $value =~ $DIGITS ]] || return 1
      WINDOW=$value
      ;;
    guard)
      [[ $value =~ ^(yes|no)$ ]] || return 1
      GUARD=$value
      ;;
    accept-drift) ACCEPT_DRIFT=$value ;;
    older-than)
      [[ $value =~ $DIGITS ]] || return 1
      OLDER_THAN=$value
      ;;
    keep) KEEP+=("$value") ;;
    tx)
      [[ $value =~ ^[a-z0-9-]{8,60}$ ]] || return 1
      TX=$value
      ;;
    plan) PLAN=$value ;;
    not-after)
      [[ $value =~ $DIGITS ]] || return 1
      NOT_AFTER=$value
      ;;
    number)
      [[ $value =~ ^[A-Za-z0-9-]{1,40}$ && ${FIELDS[2]-} =~ $DIGITS ]] || return 1
      RUN=$value NUMBER=${FIELDS[2]}
      ;;
    budget)
      [[ $value =~ $DIGITS ]] || return 1
      BUDGET=$value
      ;;
    activate)
      [[ $value =~ ^(none|reload|restart)$ ]] || return 1
      ACTIVATE=$value
      ;;
    validate)
      [[ $value =~ ^(apache|none)$ ]] || return 1
      VALIDATE=$value
      ;;
    path) read_path_line ;;
    check)
      [[ $value =~ ^(mpm|daemon-group|apache-active)$ ]] || return 1
      CHECKS+=("$value$TAB${FIELDS[2]-}$TAB${FIELDS[3]-}")
      ;;
    *) return 1 ;;
  esac
}

read_path_line() {
  local path before after
  decode "${FIELDS[1]-}" && path=$REPLY && decode "${FIELDS[2]-}" && before=$REPLY && decode "${FIELDS[3]-}" && after=$REPLY || return 1
  good_path "$path" && [[ $path == /etc/* || $path == /var/lib/* ]] && [[ $path/ != /var/lib/juju-tune/* ]] || return 1
  # Lists of paths are kept as words.
  [[ $path != *[\ *?[]* ]] && good_state "$before" && good_state "$after" || return 1
  # A folder is made or removed, never changed or turned into something else: that would not be one rename.
  if [ "$before" != "$after" ]; then
    [[ $before == D:* && $after != A || $after == D:* && $before != A ]] && return 1
  fi
  [[ " ${P_PATH[*]} " == *" $path "* || ${#P_PATH[@]} -ge $PATH_LIMIT ]] && return 1
  P_PATH+=("$path") P_BEFORE+=("$before") P_AFTER+=("$after")
}

good_path() {
  [[ $1 == /?* && ${#1} -le 1024 && $1 != *[!\ -\[\]-~]* && $1 != *//* && $1/ != */./* && $1/ != */../* && $1 != */ ]]
}

good_state() {
  [[ $1 == A || $1 =~ ^F:[0-7]{4}:[0-9]+:[0-9]+:[0-9a-f]{64}$ || $1 =~ ^D:[0-7]{4}:[0-9]+:[0-9]+$ || $1 =~ ^L:. ]] &&
    [[ $1 != *[!\ -~]* ]]
}
