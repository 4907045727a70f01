# shellcheck shell=bash
# shellcheck disable=SC2015  # `a && b || c` is meant as "unless both hold"
# Carries one change through on a unit: probe | apply | rollback | status (safe-change.md 3). Begins with facts.sh.
# The request comes on stdin, the receipt goes to stdout once, at the end. The place of the confirm window (PENDING, guard, confirm)
# is between ACTIVATING and COMMITTED.

STORE="$ROOT/var/lib/juju-tune"
PATH_LIMIT=64
CONTENT_LIMIT=65536
CHECK_SECONDS=30
CLAMPED='AH00501|AH00507|AH00513|AH00515|AH00516|AH00518|AH00519'
DIGITS='^[0-9]{1,10}$'

STOP=''
LOG=()
OUTCOME='' CODE='' MESSAGE=''
MODEL='' WANTS=() GLOBS=() HAVE_UNIT='' TX=''
declare -A BLOBS=() NOW=() REAL_FOLDER=() TOUCHED=()
trap 'STOP=1' TERM HUP INT

# --- how things went ------------------------------------------------------------------------------------------------

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

note() {
  local line
  for line in "$@"; do
    [ ${#LOG[@]} -lt 40 ] || return 0
    redact "${line:0:300}"
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

# --- the request ----------------------------------------------------------------------------------------------------

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
  MACHINE='' PLAN='' NOT_AFTER='' BUDGET=240 ACTIVATE=none VALIDATE=none
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
    machine) MACHINE=$value ;;
    tx)
      [[ $value =~ ^[a-z0-9-]{8,60}$ ]] || return 1
      TX=$value
      ;;
    plan) PLAN=$value ;;
    not-after)
      [[ $value =~ $DIGITS ]] || return 1
      NOT_AFTER=$value
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

# --- what is there --------------------------------------------------------------------------------------------------

# REPLY = the place of a path below ROOT: links of its folders are followed inside ROOT, the path itself is not.
real() {
  local folder=${1%/*}
  if [ -z "${REAL_FOLDER[$folder/]-}" ]; then
    rooted "$ROOT$folder" || return 1
    REAL_FOLDER[$folder/]=${REPLY%/}
  fi
  REPLY=${REAL_FOLDER[$folder/]}/${1##*/}
}

# Sets NOW[path] for every path: its state, or `!` for what cannot be read. Takes three processes, however many paths.
states() {
  local path
  local -a places=()
  for path in "$@"; do
    if real "$path"; then places+=("$REPLY"); else places+=("!"); fi
  done
  states_at "${places[@]}"
  local index=0
  for path in "$@"; do
    NOW[$path]=${AT[index]}
    index=$((index + 1))
  done
}

# Sets AT[i] to the state of the i-th place, a path as this program sees it.
states_at() {
  local -a links=() link_of=() others=() other_of=() files=() file_of=() answer=()
  local place index=0 mode owner hash
  AT=()
  for place in "$@"; do
    AT+=('!')
    if [ -L "$place" ]; then
      links+=("$place") link_of+=("$index")
    elif [ -f "$place" ]; then
      others+=("$place") other_of+=("$index") files+=("$place") file_of+=("$index")
    elif [ -d "$place" ]; then
      others+=("$place") other_of+=("$index")
    elif [ "$place" != '!' ] && is_absent "$place"; then
      AT[index]=A
    fi
    index=$((index + 1))
  done
  if [ ${#links[@]} -gt 0 ]; then
    mapfile -t answer < <(readlink -- "${links[@]}")
    if [ ${#answer[@]} -eq ${#links[@]} ]; then
      for index in "${!links[@]}"; do AT[link_of[index]]=L:${answer[index]}; done
    fi
  fi
  [ ${#others[@]} -gt 0 ] || return 0
  mapfile -t answer < <(stat -c '%f %u:%g' -- "${others[@]}")
  [ ${#answer[@]} -eq ${#others[@]} ] || return 0
  for index in "${!others[@]}"; do
    mode=${answer[index]%% *} owner=${answer[index]#* }
    [[ $mode =~ ^[0-9a-f]{4,8}$ && $owner =~ ^[0-9]+:[0-9]+$ ]] || continue
    printf -v hash '%04o:%s' "$((16#$mode & 4095))" "$owner"
    case $((16#$mode & 61440)) in
      32768) AT[other_of[index]]=f:$hash ;;
      16384) AT[other_of[index]]=D:$hash ;;
    esac
  done
  [ ${#files[@]} -gt 0 ] || return 0
  mapfile -t answer < <(sha256sum -- "${files[@]}")
  for index in "${!files[@]}"; do
    hash=${answer[index]-}
    hash=${hash#\\}
    hash=${hash%% *}
    mode=${AT[file_of[index]]}
    AT[file_of[index]]='!'
    if [ ${#answer[@]} -eq ${#files[@]} ] && [[ $mode == f:* && $hash =~ $HEX64 ]]; then AT[file_of[index]]=F:${mode#f:}:$hash; fi
  done
}

# Absent means that the nearest folder above can be looked into; anything else is "cannot be read".
is_absent() {
  local above=${1%/*}
  [ ! -e "$1" ] && [ ! -L "$1" ] || return 1
  while [ -n "$above" ] && [ "$above" != "${ROOT%/}" ] && [ ! -e "$above" ] && [ ! -L "$above" ]; do above=${above%/*}; done
  [ -z "$above" ] || { [ -d "$above" ] && [ -x "$above" ]; }
}

# Fails with the first path that is not in its state of the list: `before` or `after`. Sets WRONG.
all_are() {
  local -n wanted=$1
  local index
  WRONG=''
  [ ${#P_PATH[@]} -gt 0 ] || return 0
  states "${P_PATH[@]}"
  for index in "${!P_PATH[@]}"; do
    [ "${NOW[${P_PATH[index]}]}" = "${wanted[index]}" ] || WRONG+=" ${P_PATH[index]}"
  done
  [ -z "$WRONG" ]
}

# --- small durable steps --------------------------------------------------------------------------------------------

# Writes a small file so that it would survive a power cut, and reads it back.
put() {
  local back=''
  printf '%s\n' "$2" >"$1.new" && sync -- "$1.new" && mv -T -- "$1.new" "$1" && sync -- "${1%/*}" || return 1
  mapfile -t PUT_BACK <"$1" || return 1
  printf -v back '%s\n' "${PUT_BACK[@]}"
  [ "$back" = "$2"$'\n' ]
}

# STATE and WAS_ACTIVATED of the transaction in D.
read_state() {
  local line=''
  STATE=NONE WAS_ACTIVATED=''
  [ -e "$D/state" ] || return 0
  read -r line <"$D/state" || return 1
  STATE=${line%% *}
  if [[ $line == *' activated' ]]; then WAS_ACTIVATED=1; fi
  [[ $STATE =~ ^(PREPARED|SWAPPING|ACTIVATING|COMMITTED|REVERTING|REVERTED|CONFLICT|BROKEN)$ ]]
}

# Moves the transaction on; only the transitions of safe-change.md 3 are possible.
set_state() {
  local line=$1
  case $STATE-$1 in
    NONE-PREPARED | PREPARED-SWAPPING | SWAPPING-ACTIVATING | ACTIVATING-COMMITTED) ;;
    SWAPPING-REVERTING | ACTIVATING-REVERTING | COMMITTED-REVERTING | REVERTING-REVERTING | BROKEN-REVERTING) ;;
    REVERTING-REVERTED | REVERTING-CONFLICT | REVERTING-BROKEN) ;;
    *) return 1 ;;
  esac
  case $1 in
    ACTIVATING | COMMITTED) WAS_ACTIVATED=1 ;;
  esac
  if [ -n "$WAS_ACTIVATED" ]; then line+=' activated'; fi
  put "$D/state" "$line" || return 1
  STATE=$1
}

# The name under which the i-th path is made ready beside its place. The dot hides it from Apache's wildcards.
beside() {
  real "${P_PATH[$1]}" || return 1
  REPLY=${REPLY%/*}/.juju-tune-$TX-$1
}

# Makes the i-th path ready beside its place: a copy of `before` or `after`, held to the state it must have.
make_beside() {
  local temp
  beside "$1" || return 1
  temp=$REPLY
  if [ -e "$temp" ] || [ -L "$temp" ]; then rm -rf -- "$temp" || return 1; fi
  case $2 in
    D:*) make_folder "$temp" "$2" || return 1 ;;
    F:*) cp -a -- "$D/$3/$1" "$temp" && sync -- "$temp" || return 1 ;;
    *) cp -a -- "$D/$3/$1" "$temp" || return 1 ;;
  esac
  states_at "$temp"
  [ "${AT[0]}" = "$2" ]
}

make_folder() {
  local mode owner
  mode=${2#D:} owner=${mode#*:} mode=${mode%%:*}
  mkdir -m "$mode" -- "$1" && give_owner "$owner" "$1" && chmod "$mode" -- "$1"
}

# What we make is ours already; the state is read back later in any case.
give_owner() { [ "$1" = "$EUID:${GROUPS[0]}" ] || chown -h "$1" -- "$2"; }

# Puts the i-th path into a state in one atomic step. TOUCHED are the folders to be made durable before the next state is: until then
# any of these steps may be lost, and recovery finds each path before or after.
put_path() {
  local index=$1 state=$2 place temp
  real "${P_PATH[index]}" || return 1
  place=$REPLY
  TOUCHED[${place%/*}]=1
  if [ "$state" = A ]; then
    if [ -d "$place" ] && [ ! -L "$place" ]; then rmdir -- "$place"; else rm -f -- "$place"; fi
  else
    beside "$index" || return 1
    temp=$REPLY
    if [ ! -e "$temp" ] && [ ! -L "$temp" ]; then make_beside "$index" "$state" "$3" || return 1; fi
    mv -T -- "$temp" "$place"
  fi
}

# A folder that was removed again has nothing to be kept.
sync_touched() {
  local folder
  local -a folders=()
  for folder in "${!TOUCHED[@]}"; do
    if [ -d "$folder" ]; then folders+=("$folder"); fi
  done
  [ ${#folders[@]} -eq 0 ] || sync -- "${folders[@]}"
}

remove_beside() {
  local index
  local -a left=()
  for index in "${!P_PATH[@]}"; do
    beside "$index" || return 1
    if [ -e "$REPLY" ] || [ -L "$REPLY" ]; then left+=("$REPLY"); fi
  done
  [ ${#left[@]} -eq 0 ] || rm -rf -- "${left[@]}"
}

# --- before anything is touched -------------------------------------------------------------------------------------

own_section() {
  [ -n "$HAVE_UNIT" ] || refuse WRONG_UNIT "the request is not for ${JUJU_UNIT_NAME:-this unit}" || return 1
  [ -z "$MACHINE" ] || [ "$MACHINE" = "$MACHINE_ID" ] ||
    refuse WRONG_UNIT 'this is another machine than the one that was planned for (machine-id)'
}

right_model() {
  [ -n "$MODEL" ] && [ "$MODEL" = "${JUJU_MODEL_UUID-}" ] || refuse WRONG_UNIT 'this unit belongs to another model'
}

in_time() {
  local clock
  clock=$(date +%s) && [[ $clock =~ $DIGITS ]] || refuse EXPIRED 'the clock cannot be read' || return 1
  [ -n "$NOT_AFTER" ] && [ "$clock" -le "$NOT_AFTER" ] ||
    refuse EXPIRED "the request arrived $((clock - ${NOT_AFTER:-0})) s after it had to be started"
}

# dpkg and apt hold record locks, which flock does not see; the kernel lists them by inode.
apt_is_idle() {
  local file number line pid
  for file in lock-frontend lock; do
    [ -e "$ROOT/var/lib/dpkg/$file" ] && [ -r "$ROOT/proc/locks" ] || continue
    number=$(stat -c %i -- "$ROOT/var/lib/dpkg/$file") || refuse APT_LOCKED 'cannot tell whether packages are being changed' || return 1
    while read -r line; do
      if [[ $line =~ WRITE\ +(-?[0-9]+)\ +[0-9a-f]+:[0-9a-f]+:$number\  ]]; then
        pid=${BASH_REMATCH[1]}
        refuse APT_LOCKED "packages are being changed on this unit (process $pid)"
        return 1
      fi
    done <"$ROOT/proc/locks"
  done
}

service_is() {
  local active
  active=$(systemctl is-active apache2 2>/dev/null </dev/null)
  [ "$active" = "$1" ]
}

apache_is_ready() {
  local disk running
  [ "$ACTIVATE" != none ] || return 0
  service_is active || refuse NOT_ACTIVE 'apache2 is not running; start it first: systemctl status apache2' || return 1
  [ "$ACTIVATE" = reload ] || return 0
  disk=$(mpm_disk) running=$(mpm_running)
  [ "$running" = none ] || [ "$disk" = "$running" ] ||
    refuse MPM_MISMATCH "a reload would end Apache: mods-enabled says $disk, $running is running" || return 1
  [[ " ${P_PATH[*]} " != */mods-enabled/mpm_*.load* ]] || refuse BAD_REQUEST 'a change of the MPM needs a restart, not a reload'
}

# Three times what is written, and a staged copy of /etc/apache2.
enough_space() {
  local index line need=8388608 bytes total inodes hash
  local -a lines=() folders=("$STORE")
  for index in "${!P_PATH[@]}"; do
    hash=${BLOBS[${P_AFTER[index]##*:}]-}
    need=$((need + 3 * ${#hash}))
    real "${P_PATH[index]}" || return 1
    if [ -f "$REPLY" ] && [ ! -L "$REPLY" ]; then folders+=("$REPLY"); fi
    if [ -d "${REPLY%/*}" ]; then folders+=("${REPLY%/*}"); fi
  done
  mapfile -t lines < <(df -B1 --output=avail,itotal,iavail -- "${folders[@]}")
  [ ${#lines[@]} -ge 2 ] || refuse NO_SPACE 'cannot tell how much space is free' || return 1
  for line in "${lines[@]:1}"; do
    read -r bytes total inodes < <(printf '%s\n' "$line")
    [[ $bytes =~ ^[0-9]+$ ]] || continue
    [ "$bytes" -ge "$need" ] || refuse NO_SPACE "needs $need bytes of free space, has $bytes" || return 1
    # File systems without a fixed number of inodes say 0 or -.
    [[ $total =~ ^[1-9] && $inodes =~ ^[0-9]+$ ]] || continue
    [ "$inodes" -ge 2000 ] || refuse NO_SPACE "needs 2000 free inodes, has $inodes" || return 1
  done
}

as_planned() {
  local path
  all_are P_BEFORE && return 0
  for path in $WRONG; do
    [ "${NOW[$path]}" != '!' ] || refuse UNREADABLE "cannot read $path" || return 1
  done
  refuse CHANGED_SINCE_PLAN "changed since it was planned:$WRONG"
}

# --- prepare --------------------------------------------------------------------------------------------------------

# Makes the wanted contents as files and links in a folder, named by their number.
render() {
  local index state mode owner hash
  local -a places=() wanted=()
  for index in "${!P_PATH[@]}"; do
    state=${P_AFTER[index]}
    case $state in
      L:*) ln -s -- "${state#L:}" "$1/$index" || return 1 ;;
      F:*)
        mode=${state#F:} hash=${state##*:}
        owner=${mode#*:} owner=${owner%:*} mode=${mode%%:*}
        if [ "$state" = "${P_BEFORE[index]}" ]; then
          real "${P_PATH[index]}" && cp -a -- "$REPLY" "$1/$index" || return 1
        else
          decode "${BLOBS[$hash]-}" && printf %s "$REPLY" >"$1/$index" || return 1
          give_owner "$owner" "$1/$index" && chmod "$mode" -- "$1/$index" || return 1
        fi
        ;;
      *) continue ;;
    esac
    places+=("$1/$index") wanted+=("$state")
  done
  [ ${#places[@]} -gt 0 ] || return 0
  states_at "${places[@]}"
  for index in "${!places[@]}"; do
    [ "${AT[index]}" = "${wanted[index]}" ] || return 1
  done
}

# Copies what is there, once, and reads the copies back: a copy that is short would be found out only when it is needed.
snapshot() {
  local index
  local -a places=() wanted=()
  for index in "${!P_PATH[@]}"; do
    case ${P_BEFORE[index]} in F:* | L:*) ;; *) continue ;; esac
    real "${P_PATH[index]}" && cp -a -- "$REPLY" "$D/before/$index" || return 1
    places+=("$D/before/$index") wanted+=("${P_BEFORE[index]}")
  done
  [ ${#places[@]} -gt 0 ] || return 0
  states_at "${places[@]}"
  for index in "${!places[@]}"; do
    [ "${AT[index]}" = "${wanted[index]}" ] || return 1
  done
}

prepare() {
  local text sum place
  local -a files=()
  mkdir -- "$D" "$D/before" "$D/after" || fail NO_SNAPSHOT "cannot make $D" || return 1
  snapshot || fail NO_SNAPSHOT 'cannot copy what is there' || return 1
  render "$D/after" || fail NO_SNAPSHOT 'cannot write the new contents' || return 1
  for place in "$D"/before/* "$D"/after/*; do
    if [ -f "$place" ] && [ ! -L "$place" ]; then files+=("$place"); fi
  done
  printf -v text '%s\n' "${SECTION[@]}"
  sum=$(printf %s "$text" | sha256sum) || fail NO_SNAPSHOT 'cannot write the manifest' || return 1
  printf '%send\t%s\n' "$text" "${sum%% *}" >"$D/manifest" && [ "$(<"$D/manifest")" = "${text}end$TAB${sum%% *}" ] ||
    fail NO_SNAPSHOT 'cannot write the manifest' || return 1
  sync -- "${files[@]}" "$D/manifest" "$D/before" "$D/after" "$D" "$STORE/tx" || fail NO_SNAPSHOT 'cannot make the snapshot durable' || return 1
  set_state PREPARED || fail NO_SNAPSHOT 'cannot write the state'
}

# Reads the manifest of the transaction in D: what was asked for, as it was then.
load_manifest() {
  local -a lines=()
  local last sum keep=$TX
  mapfile -t lines <"$D/manifest" || return 1
  last=$((${#lines[@]} - 1))
  [ "$last" -ge 1 ] || return 1
  sum=$(printf '%s\n' "${lines[@]:0:last}" | sha256sum) || return 1
  [ "${lines[last]}" = "end$TAB${sum%% *}" ] || return 1
  read_lines "unit$TAB${JUJU_UNIT_NAME-}" "${lines[@]:0:last}" && [ "$TX" = "$keep" ]
}

# Makes ready beside its place what can be: from here on the change needs renames only.
ready_beside() {
  local index
  for index in "${!P_PATH[@]}"; do
    not_stopped || return 1
    [ "${P_AFTER[index]}" != A ] && [ "${P_AFTER[index]}" != "${P_BEFORE[index]}" ] || continue
    real "${P_PATH[index]}" && [ -d "${REPLY%/*}" ] || continue
    make_beside "$index" "${P_AFTER[index]}" after || fail NO_SPACE "cannot write beside ${P_PATH[index]}" || return 1
  done
}

# --- validation -----------------------------------------------------------------------------------------------------

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

# Runs `apache2ctl -t` on the live tree, or on a stage. SAID = what it said, CLAMPS = how often it adjusted a value. The last two are
# what an exit code of 0 hides (AH00507, AH00513, AH00515: catalogue 0.8).
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
  if [ "$VERB" = probe ]; then RENDERED=$STAGE/after; fi
  validate_stage || rc=1
  rm -rf -- "$STAGE" || fail NO_STAGE 'cannot remove the staged copy' || rc=1
  return "$rc"
}

# --- Apache ---------------------------------------------------------------------------------------------------------

# `systemctl restart` of worker or prefork runs graceful-stop, which waits for idle kept-alive connections with closed listeners for
# up to TimeoutStopSec (catalogue A4). TERM to the parent ends them at once; systemd then has nothing left to wait for, and
# the restart is still one job of systemd's own. event lets idle connections go by itself and keeps its clean stop.
restart_apache() {
  local running
  running=$(mpm_running)
  noting systemctl reset-failed apache2 || :
  if [ "$running" = worker ] || [ "$running" = prefork ]; then
    noting systemctl kill --kill-who=main -s TERM apache2 || :
  fi
  noting timeout "$BUDGET" systemctl restart apache2
}

# Makes Apache take what is on disk. A running Apache is what counts: systemctl's word alone is not believed.
activate() {
  case $ACTIVATE in
    none) return 0 ;;
    reload) noting timeout "$BUDGET" systemctl reload apache2 || return 1 ;;
    restart) restart_apache || return 1 ;;
  esac
  # A reload with a changed MPM ends the parent a moment after systemctl said that all went well (AH00534).
  sleep 1 || return 1
  is_alive
}

is_alive() {
  local active
  active=$(systemctl is-active apache2 2>/dev/null </dev/null)
  [[ $active == active || $active == reloading || $active == activating ]] && apache_pid >/dev/null
}

note_apache() {
  local -a lines=()
  noting systemctl status apache2 --no-pager -l -n 20 || :
  if [ -r "$ROOT/var/log/apache2/error.log" ]; then
    mapfile -t lines < <(tail -n 5 -- "$ROOT/var/log/apache2/error.log")
    note "${lines[@]}"
  fi
}

# One look at everything that must be true now. UNMET = what is not.
look() {
  local check kind name number running group count
  UNMET=''
  [ "$ACTIVATE" != none ] || return 0
  service_is active && apache_pid >/dev/null || UNMET='apache2 is not active'
  for check in "${CHECKS[@]}"; do
    split "$check"
    kind=${FIELDS[0]} name=${FIELDS[1]} number=${FIELDS[2]}
    case $kind in
      mpm)
        if [ "$1" = before ]; then name=$(mpm_disk); fi
        running=$(mpm_running)
        [ "$running" = "$name" ] || UNMET="the running MPM is $running, not $name"
        ;;
      daemon-group)
        if [ "$1" = before ]; then number=$(wsgi_groups | awk -v g="$name" '$1 == g { print $2; exit }'); fi
        count=''
        while read -r group running _; do
          if [ "$group" = "$name" ]; then count=$running; fi
        done < <(wsgi_running)
        [ "$count" = - ] || [ "$count" = "$number" ] || UNMET="daemon group $name has ${count:-no} running processes, not ${number:-any}"
        ;;
    esac
  done
  [ -z "$UNMET" ]
}

# Looks until all is true, or for so long on the unit's own clock.
checks_pass() {
  local start clock
  start=$(date +%s) && [[ $start =~ $DIGITS ]] || return 1
  until look "$1"; do
    not_stopped || return 1
    clock=$(date +%s) && [[ $clock =~ $DIGITS ]] || return 1
    [ $((clock - start)) -lt "$CHECK_SECONDS" ] || return 1
    sleep 1 || return 1
  done
}

# --- apply ----------------------------------------------------------------------------------------------------------

swap() {
  local index path
  for index in "${!P_PATH[@]}"; do
    not_stopped || return 1
    path=${P_PATH[index]}
    [ "${P_BEFORE[index]}" != "${P_AFTER[index]}" ] || continue
    states "$path"
    [ "${NOW[$path]}" = "${P_BEFORE[index]}" ] || fail CHANGED_SINCE_PLAN "changed while it was being put in place: $path" || return 1
    put_path "$index" "${P_AFTER[index]}" after || fail NOT_WRITTEN "cannot put $path in place" || return 1
  done
  sync_touched || fail NOT_WRITTEN 'cannot make the change durable' || return 1
  all_are P_AFTER || fail NOT_WRITTEN "read back, not as wanted:$WRONG"
}

activated() {
  not_stopped || return 1
  if [ "$VALIDATE" = apache ] && ! config_test '' "$D/said"; then
    note "${SAID[@]}"
    fail INVALID 'apache2ctl -t fails on what was put in place'
    return 1
  fi
  if ! activate; then
    note_apache
    fail START_FAILED "apache2 did not $ACTIVATE"
    return 1
  fi
  if ! checks_pass after; then
    note_apache
    fail CHECK_FAILED "${UNMET:-cannot look at apache2}"
  fi
}

carry_out() {
  set_state SWAPPING || fail NOT_WRITTEN 'cannot write the state' || return 1
  swap || return 1
  set_state ACTIVATING || fail NOT_WRITTEN 'cannot write the state' || return 1
  activated || return 1
  all_are P_AFTER || fail NOT_WRITTEN "read back, not as wanted:$WRONG" || return 1
  not_stopped || return 1
  set_state COMMITTED || fail NOT_WRITTEN 'cannot write the state'
}

# Takes a transaction away that has touched nothing.
discard() {
  remove_beside && rm -rf -- "$D" && sync -- "$STORE/tx"
}

apply() {
  local index same=1
  D=$STORE/tx/$TX STATE=NONE WAS_ACTIVATED=''
  if [ -e "$D" ]; then
    replay
    return 0
  fi
  in_time && none_is_broken && apt_is_idle && as_planned || return 1
  for index in "${!P_PATH[@]}"; do
    [ "${P_BEFORE[index]}" = "${P_AFTER[index]}" ] || same=''
  done
  if [ -n "$same" ]; then
    OUTCOME=unchanged CODE=''
    return 0
  fi
  apache_is_ready && enough_space && not_stopped || return 1
  if ! { prepare && validated && ready_beside && not_stopped; }; then
    if discard; then STATE=NONE; else note 'what was made ready is still there and goes with the next request'; fi
    return 1
  fi
  if carry_out; then
    OUTCOME=changed CODE=''
    remove_beside || :
    return 0
  fi
  trap '' TERM HUP INT
  take_back
}

# The same transaction asked for again: what it came to, and whether that is still so.
replay() {
  local asked=$PLAN
  read_state && load_manifest || {
    OUTCOME=unknown CODE=UNREADABLE MESSAGE="cannot read $D"
    return 0
  }
  if [ "$VERB" = apply ] && [ "$asked" != "$PLAN" ]; then
    refuse BAD_REQUEST 'this transaction was made for another plan'
    return 1
  fi
  describe
  if [ "$OUTCOME" = changed ] || [ "$OUTCOME" = reverted ]; then CODE=ALREADY; fi
}

# What a transaction that rests came to, held against what is there now.
describe() {
  case $STATE in
    COMMITTED)
      if all_are P_AFTER; then
        OUTCOME=changed
      else
        OUTCOME=conflict CODE=CHANGED_SINCE_APPLY MESSAGE="changed by somebody else since:$WRONG"
      fi
      ;;
    REVERTED) OUTCOME=reverted ;;
    CONFLICT)
      all_are P_BEFORE || :
      OUTCOME=conflict CODE=CONFLICT MESSAGE="left alone, changed by somebody else:$WRONG"
      ;;
    BROKEN) broken_message '' ;;
    *) OUTCOME=failed CODE=NOT_APPLIED MESSAGE='nothing of it is on this unit' ;;
  esac
}

# --- back -----------------------------------------------------------------------------------------------------------

# Puts every path that is as we left it back to what it was, last one first. What is neither is somebody else's and is left alone:
# CONFLICTS. Fails only when something cannot be read or written.
restore() {
  local index path back=()
  CONFLICTS=''
  # What was made ready is not what goes there now, and would keep a new folder from being removed.
  remove_beside || return 1
  if [ ${#P_PATH[@]} -gt 0 ]; then states "${P_PATH[@]}"; fi
  for ((index = ${#P_PATH[@]} - 1; index >= 0; index--)); do
    path=${P_PATH[index]}
    [ "${NOW[$path]}" != '!' ] || return 1
    [ "${NOW[$path]}" != "${P_BEFORE[index]}" ] || continue
    if [ "${NOW[$path]}" != "${P_AFTER[index]}" ]; then
      CONFLICTS+=" $path"
      continue
    fi
    back+=("$index")
  done
  for index in "${back[@]}"; do
    path=${P_PATH[index]}
    if ! put_path "$index" "${P_BEFORE[index]}" before; then
      real "$path" && [ "${P_BEFORE[index]}" = A ] && [ -d "$REPLY" ] && [ -n "$(ls -A -- "$REPLY")" ] || return 1
      CONFLICTS+=" $path"
    fi
  done
  remove_beside && sync_touched || return 1
  all_are P_BEFORE && return 0
  for path in $WRONG; do
    [[ "$CONFLICTS " == *" $path "* ]] || return 1
  done
}

# Makes Apache take the restored files by what the change had used; one that is down is started.
reactivate() {
  local how=$ACTIVATE
  if [ -z "$WAS_ACTIVATED" ] || [ "$how" = none ]; then return 0; fi
  if ! is_alive || [ "$(mpm_disk)" != "$(mpm_running)" ]; then how=restart; fi
  ACTIVATE=$how activate && checks_pass before && return 0
  [ "$how" = reload ] || return 1
  note_apache
  ACTIVATE=restart activate && checks_pass before
}

broken_message() {
  local path
  OUTCOME=broken CODE=BROKEN
  MESSAGE="${1:-neither before nor after}; the contents of before are in /var/lib/juju-tune/tx/$TX/before (numbers as in ../manifest); "
  MESSAGE+='look at: systemctl status apache2; apache2ctl -t; after repair roll this transaction back again'
}

# From here to before. A second try, for an error that passes must not leave a unit half-way. CODE and MESSAGE keep the first reason.
take_back() {
  local reason=$CODE why=$MESSAGE
  STOP=''
  if ! { set_state REVERTING && restore; } && ! { set_state REVERTING && restore; }; then
    if [ "$STATE" = REVERTING ]; then set_state BROKEN || :; fi
    broken_message "${why:+$why; }cannot put back what was there"
    CODE=${reason:-BROKEN}
    return 0
  fi
  if ! reactivate; then
    note_apache
    if ! service_is active; then
      set_state BROKEN || :
      broken_message "${why:+$why; }the files are as before, but apache2 does not run"
      CODE=${reason:-BROKEN}
      return 0
    fi
    CODE=${reason:-CHECK_FAILED} why=${why:-"the files are as before; ${UNMET:-apache2 did not take them}"}
  else
    CODE=$reason
  fi
  if [ -n "$CONFLICTS" ]; then
    settle CONFLICT conflict || return 0
    CODE=CONFLICT MESSAGE="${why:+$why; }left alone, changed by somebody else:$CONFLICTS"
  else
    settle REVERTED reverted || return 0
    MESSAGE=$why
  fi
}

# A state that cannot be written is not claimed.
settle() {
  if set_state "$1" || set_state "$1"; then
    OUTCOME=$2
    return 0
  fi
  OUTCOME=unknown CODE=NOT_WRITTEN MESSAGE="the files are as before, but the state cannot be written to $D"
  return 1
}

rollback() {
  D=$STORE/tx/$TX STATE=NONE WAS_ACTIVATED=''
  local budget=$BUDGET
  [ -e "$D" ] || refuse NO_SNAPSHOT "there is no transaction $TX on this unit to take back" || return 1
  read_state && load_manifest || refuse UNREADABLE "cannot read $D" || return 1
  BUDGET=$budget
  case $STATE in
    COMMITTED | BROKEN)
      in_time_asked && apt_is_idle && not_stopped || return 1
      WAS_ACTIVATED=1
      trap '' TERM HUP INT
      take_back
      ;;
    *) replay ;;
  esac
}

# --- after a crash --------------------------------------------------------------------------------------------------

# Ends what somebody left half-way, whoever asks for what. Leaves the request as it was read.
recover_all() {
  local folder kept_tx=$TX kept_unit=$HAVE_UNIT rc=0
  local -a kept_section=("${SECTION[@]}")
  rm -rf -- "$STORE/stage" || return 1
  for folder in "$STORE"/tx/*/; do
    [ -d "$folder" ] || continue
    D=${folder%/} TX=${folder%/} TX=${TX##*/}
    read_state || rc=1
    case $STATE in
      NONE | PREPARED) recover_untouched || rc=1 ;;
      SWAPPING | ACTIVATING | REVERTING) recover_half || rc=1 ;;
    esac
    OUTCOME='' CODE='' MESSAGE=''
  done
  TX=''
  read_lines "unit$TAB${JUJU_UNIT_NAME-}" "${kept_section[@]}"
  TX=$kept_tx HAVE_UNIT=$kept_unit
  return "$rc"
}

recover_untouched() {
  P_PATH=()
  if [ -e "$D/manifest" ]; then load_manifest || P_PATH=(); fi
  discard
}

recover_half() {
  load_manifest || return 1
  if [ "$STATE" = ACTIVATING ]; then WAS_ACTIVATED=1; fi
  take_back
  note "an unfinished change was taken back: $TX is $STATE"
  [[ $STATE == REVERTED || $STATE == CONFLICT || $STATE == BROKEN ]]
}

none_is_broken() {
  local folder line
  for folder in "$STORE"/tx/*/; do
    [ -r "$folder/state" ] || continue
    read -r line <"$folder/state" || line=''
    line=${line%% *}
    [[ $line != BROKEN ]] || refuse PENDING "an earlier change left this unit broken; take it back first: ${folder%/}" || return 1
  done
}

# --- verbs ----------------------------------------------------------------------------------------------------------

with_lock() {
  local holder=''
  if [ -L "$STORE" ] || ! mkdir -p -- "$STORE/tx"; then
    refuse NO_SPACE "cannot make /var/lib/juju-tune"
    return 1
  fi
  { exec 9>>"$STORE/lock"; } 2>/dev/null || refuse NO_SPACE 'cannot open /var/lib/juju-tune/lock' || return 1
  if ! flock -w 5 9; then
    if [ -r "$STORE/lock" ]; then read -r holder <"$STORE/lock" || :; fi
    refuse LOCKED "another change is being worked on here${holder:+ ($holder)}"
    return 1
  fi
  # shellcheck disable=SC2153  # CLOCK is of facts.sh
  printf '%s, process %s, since %s\n' "$VERB $TX" "$$" "$CLOCK" >"$STORE/lock" || :
  # Children never see the lock: one that outlives us would keep it.
  "$@" 9>&-
}

locked_verb() {
  recover_all || refuse UNFINISHED 'an earlier change is half-way and cannot be taken back now' || return 1
  D=$STORE/tx/$TX STATE=NONE
  case $VERB in
    apply) apply ;;
    rollback) rollback ;;
    status) status ;;
  esac
}

status() {
  if [ -e "$D" ]; then replay; else describe; fi
  if [ "$CODE" = ALREADY ]; then CODE=''; fi
}

say_states() {
  local path
  [ ${#P_PATH[@]} -gt 0 ] || return 0
  states "${P_PATH[@]}"
  for path in "${P_PATH[@]}"; do
    [ "${NOW[$path]}" = '!' ] || say state "$path" "${NOW[$path]}"
  done
}

say_transactions() {
  local id shown=0
  local -a ids=()
  [ -d "$STORE/tx" ] || return 0
  # shellcheck disable=SC2012  # names are of [a-z0-9-] only
  mapfile -t ids < <(ls -1t -- "$STORE/tx")
  for id in "${ids[@]}"; do
    D=$STORE/tx/$id
    read_state || STATE=BROKEN
    case $STATE in
      SWAPPING | ACTIVATING | REVERTING) say fact transaction.pending "$id" ;;
    esac
    if [ "$shown" -lt 5 ]; then say transaction "$id" "$STATE"; fi
    shown=$((shown + 1))
  done
}

change() {
  if right_model && own_section && [ -n "$TX" ]; then with_lock locked_verb; else refuse BAD_REQUEST 'no transaction is named'; fi
  say tx "$TX"
  say_states
  if [ "$OUTCOME" = '' ]; then OUTCOME=unknown CODE=NO_RESULT; fi
  if [ "$VERB" = status ]; then say_transactions; fi
  STATE=NONE D=$STORE/tx/$TX
  read_state || :
  # Somebody is at work on this very transaction: what it will come to is not known yet.
  if [ "$CODE" = LOCKED ] && [ "$STATE" != NONE ]; then OUTCOME=unknown; fi
  say result "$OUTCOME" "$STATE" "$CODE" "$MESSAGE"
  say_log
}

say_log() {
  local line
  for line in "${LOG[@]}"; do say log "$line"; done
}

# --- probe ----------------------------------------------------------------------------------------------------------

# FOUND += what a pattern matches; a wildcard stands in the last part of a path only.
expand() {
  local IFS='' match
  local -a matches
  [[ ${1%/*} != *[*?[]* ]] && rooted "$ROOT${1%/*}" || return 0
  # shellcheck disable=SC2206  # the pattern is to be expanded
  matches=("$REPLY"/${1##*/})
  for match in "${matches[@]}"; do
    if [ ! -e "$match" ] && [ ! -L "$match" ]; then continue; fi
    match=${1%/*}/${match##*/}
    if good_path "$match"; then FOUND+=("$match"); else note "not looked at, for its name: $match"; fi
  done
}

# REPLY = the path that a link's text leads to, as the text says.
lead_to() {
  local rest=$2 part at=''
  if [[ $2 != /* ]]; then at=${1%/*}; fi
  while [ -n "$rest" ]; do
    part=${rest%%/*}
    if [[ $rest == */* ]]; then rest=${rest#*/}; else rest=''; fi
    case $part in '' | .) ;; ..) at=${at%/*} ;; *) at=$at/$part ;; esac
  done
  REPLY=${at:-/}
}

look_around() {
  local path hops=0
  local -a next=()
  local -A seen=()
  FOUND=()
  for path in "${GLOBS[@]}"; do expand "$path"; done
  next=("${WANTS[@]}" "${FOUND[@]}")
  while [ ${#next[@]} -gt 0 ] && [ "$hops" -lt 8 ]; do
    states "${next[@]}"
    FOUND=("${next[@]}") next=()
    for path in "${FOUND[@]}"; do
      [ -z "${seen[$path]-}" ] || continue
      seen[$path]=1
      if [ "${NOW[$path]}" = '!' ]; then
        note "cannot read $path"
        continue
      fi
      say state "$path" "${NOW[$path]}"
      say_content "$path" "${NOW[$path]}"
      [[ ${NOW[$path]} == L:* ]] || continue
      lead_to "$path" "${NOW[$path]#L:}"
      if good_path "$REPLY" && [ -z "${seen[$REPLY]-}" ]; then next+=("$REPLY"); fi
    done
    hops=$((hops + 1))
  done
}

say_content() {
  local hash=${2##*:} text place
  [[ $2 == F:* && $1 == /etc/apache2/* && -z ${SAID_CONTENT[$hash]-} ]] && real "$1" || return 0
  place=$REPLY
  text=$(head -c "$((CONTENT_LIMIT + 1))" -- "$place" | base64 -w0) || return 0
  [ ${#text} -le $((CONTENT_LIMIT * 4 / 3 + 3)) ] || return 0
  SAID_CONTENT[$hash]=1
  RECEIPT+=content$TAB$hash$TAB$text$'\n'
}

locked_probe() {
  recover_all || note 'an earlier change is half-way and cannot be taken back now'
  if [ -z "$HAVE_UNIT" ] || [ ${#P_PATH[@]} -eq 0 ]; then return 0; fi
  D=$STORE/tx
  as_planned && validated
}

is_unfinished() {
  local folder line
  for folder in "$STORE"/tx/*/; do
    [ -r "$folder/state" ] || continue
    read -r line <"$folder/state" || continue
    case ${line%% *} in SWAPPING | ACTIVATING | REVERTING) return 0 ;; esac
  done
  return 1
}

# Changes nothing; only a change that was cut off half-way is ended first, and a stage made and taken away.
probe() {
  local -A SAID_CONTENT=()
  if ! right_model; then
    say result "$OUTCOME" NONE "$CODE" "$MESSAGE"
    return 0
  fi
  if [ -n "$HAVE_UNIT" ] || is_unfinished; then
    if [ -z "$HAVE_UNIT" ] || own_section; then with_lock locked_probe; fi
    if [ ${#P_PATH[@]} -gt 0 ]; then
      if [ -z "$CODE" ]; then say validation ok ''; else say validation failed "$MESSAGE"; fi
    fi
  fi
  unit_facts
  look_around
  say_transactions
  say_log
}

in_time_asked() {
  NOT_AFTER=$ASKED_NOT_AFTER
  in_time
}

main() {
  VERB=$1
  say juju-tune-receipt 1 "$VERB"
  identity_facts
  if ! read_request; then
    say result "$OUTCOME" NONE "$CODE" "$MESSAGE"
  else
    ASKED_NOT_AFTER=$NOT_AFTER
    case $VERB in
      probe) probe ;;
      apply | rollback | status) change ;;
    esac
  fi
  finish
}

main "$1"
