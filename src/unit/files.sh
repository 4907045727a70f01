# shellcheck shell=bash
# States of paths, and the small durable steps that a change is made of.
# shellcheck disable=SC2015  # `a && b || c` is meant as "unless both hold"
# shellcheck disable=SC2034  # read by the files that follow

declare -A NOW=() REAL_FOLDER=() TOUCHED=()

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
    told "${#links[@]}" readlink -- "${links[@]}"
    if [ ${#answer[@]} -eq ${#links[@]} ]; then
      for index in "${!links[@]}"; do AT[link_of[index]]=L:${answer[index]}; done
    fi
  fi
  [ ${#others[@]} -gt 0 ] || return 0
  told "${#others[@]}" stat -c '%f %u:%g' -- "${others[@]}"
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
  told "${#files[@]}" sha256sum -- "${files[@]}"
  for index in "${!files[@]}"; do
    hash=${answer[index]-}
    hash=${hash#\\}
    hash=${hash%% *}
    mode=${AT[file_of[index]]}
    AT[file_of[index]]='!'
    if [ ${#answer[@]} -eq ${#files[@]} ] && [[ $mode == f:* && $hash =~ $HEX64 ]]; then AT[file_of[index]]=F:${mode#f:}:$hash; fi
  done
}

# Sets the caller's `answer` to what a command says, a line for each thing it was asked about. What fails half-way has said nothing: a link's
# target that is cut off would be taken for somebody's edit.
told() {
  local count=$1
  shift
  mapfile -t answer < <("$@" && printf 'all\n')
  if [ ${#answer[@]} -eq $((count + 1)) ] && [ "${answer[count]}" = all ]; then unset "answer[$count]"; else answer=(); fi
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

# Writes a small file so that it would survive a power cut, and reads it back.
put() {
  local back=''
  printf '%s\n' "$2" >"$1.new" && sync -- "$1.new" && mv -T -- "$1.new" "$1" && sync -- "${1%/*}" || return 1
  mapfile -t PUT_BACK <"$1" || return 1
  printf -v back '%s\n' "${PUT_BACK[@]}"
  [ "$back" = "$2"$'\n' ]
}

# Of the transaction in D: STATE, WAS_ACTIVATED, SETTLED_BY (who took it back) and SETTLED_AT (the clock at its last step).
read_state() {
  local line=''
  STATE=NONE WAS_ACTIVATED='' SETTLED_BY='' SETTLED_AT=''
  [ -e "$D/state" ] || return 0
  read -r line <"$D/state" || return 1
  [[ $line =~ ^(PREPARED|SWAPPING|ACTIVATING|PENDING|COMMITTED|REVERTING|REVERTED|CONFLICT|BROKEN)(\ activated)?(\ by=([a-z]+))?(\ at=([0-9]+))?$ ]] ||
    return 1
  STATE=${BASH_REMATCH[1]} SETTLED_BY=${BASH_REMATCH[4]} SETTLED_AT=${BASH_REMATCH[6]}
  if [ -n "${BASH_REMATCH[2]}" ]; then WAS_ACTIVATED=1; fi
}

# Moves the transaction on; only the transitions of safe-change.md 3 are possible.
set_state() {
  local line=$1
  case $STATE-$1 in
    NONE-PREPARED | PREPARED-SWAPPING | SWAPPING-ACTIVATING | ACTIVATING-PENDING | ACTIVATING-COMMITTED | PENDING-COMMITTED) ;;
    SWAPPING-REVERTING | ACTIVATING-REVERTING | PENDING-REVERTING | COMMITTED-REVERTING | REVERTING-REVERTING | BROKEN-REVERTING) ;;
    REVERTING-REVERTED | REVERTING-CONFLICT | REVERTING-BROKEN) ;;
    *) return 1 ;;
  esac
  case $1 in
    ACTIVATING | PENDING | COMMITTED) WAS_ACTIVATED=1 ;;
    REVERTING) SETTLED_BY=$BY ;;
  esac
  if [ -n "$WAS_ACTIVATED" ]; then line+=' activated'; fi
  if [ -n "$SETTLED_BY" ]; then line+=" by=$SETTLED_BY"; fi
  if [[ $CLOCK =~ $DIGITS ]]; then line+=" at=$CLOCK"; fi
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
