# shellcheck shell=bash
# What is done before anything is touched: reasons to refuse, snapshot, contents made ready.
# shellcheck disable=SC2015  # `a && b || c` is meant as "unless both hold"
# shellcheck disable=SC2034  # read by the files that follow

own_section() {
  [ -n "$HAVE_UNIT" ] || refuse WRONG_UNIT "the request is not for ${JUJU_UNIT_NAME:-this unit}" || return 1
  [ -z "$MACHINE" ] || [ "$MACHINE" = "$MACHINE_ID" ] ||
    refuse WRONG_UNIT 'this is another machine than the one that was planned for (machine-id)' || return 1
  [ -z "$PLANNED_MODEL" ] || [ "$PLANNED_MODEL" = "$MODEL" ] || refuse WRONG_UNIT 'the change was planned for another model'
}

right_model() {
  [ -n "$MODEL" ] && [ "$MODEL" = "${JUJU_MODEL_UUID-}" ] || refuse WRONG_UNIT 'this unit belongs to another model'
}

# What was told as not done must not be carried out when Juju brings it late, or a second time: the orders of a run up to that one are void
# for this transaction. Whoever sends it anew gives it the next number.
not_void() {
  local file
  for file in "$STORE/void/$ASKED_RUN.$TX".*; do
    [ -e "$file" ] && [ "${file##*.}" -ge "$ASKED_NUMBER" ] || continue
    refuse EXPIRED 'this order is void: it was refused here before, or this unit was asked since what became of it'
    return 1
  done
}

# A file for each, for it may be made without the lock. Kept for longer than any request may wait to be started.
make_void() {
  local folder=$STORE/void file=$STORE/void/$ASKED_RUN.$TX.$ASKED_NUMBER
  [[ -n $STORE_IS_OURS && -n $ASKED_RUN ]] || return 1
  if [ ! -L "$folder" ] && mkdir -p -- "$folder" && { : >"$file"; } 2>/dev/null && sync -- "$file" "$folder" "$STORE"; then
    find "$folder" -type f -mmin +1440 -delete
  else
    note "cannot write to $folder: should Juju bring this order late, or a second time, it may be carried out"
    return 1
  fi
}

in_time() {
  local clock
  not_void || return 1
  clock=$(date +%s) && [[ $clock =~ $DIGITS ]] || refuse EXPIRED 'the clock cannot be read' || return 1
  [ -n "$NOT_AFTER" ] && [ "$clock" -le "$NOT_AFTER" ] ||
    refuse EXPIRED "the request arrived $((clock - ${NOT_AFTER:-0})) s after it had to be started"
}

# DEVICES = a file's device as /proc/locks writes it, `08:01`: by the file, and by the file system that it is in, for on btrfs and overlayfs
# these differ and the kernel means the second.
devices_of() {
  local device major minor
  DEVICES=' '
  device=$(stat -c %d -- "$1") || return 1
  printf -v DEVICES ' %02x:%02x ' $(((device >> 8 & 0xfff) | (device >> 32 & ~0xfff))) $(((device & 0xff) | (device >> 12 & ~0xff)))
  [ -r "$ROOT/proc/self/mountinfo" ] && rooted "$1" || return 0
  while IFS=: read -r major minor; do
    printf -v device '%02x:%02x' "$major" "$minor"
    DEVICES+="$device "
  done < <(awk -v path="${REPLY#"$ROOT"}/" '
    { at = $5; sub(/\/$/, "", at) }
    index(path, at "/") == 1 && length(at) >= most { most = length(at); found = $3 }
    END { if (found ~ /^[0-9]+:[0-9]+$/) print found }' "$ROOT/proc/self/mountinfo")
}

# dpkg and apt hold record locks, which flock does not see; the kernel lists them by device and inode.
apt_is_idle() {
  local file number line pid DEVICES
  for file in lock-frontend lock; do
    [ -e "$ROOT/var/lib/dpkg/$file" ] && [ -r "$ROOT/proc/locks" ] || continue
    number=$(stat -c %i -- "$ROOT/var/lib/dpkg/$file") && devices_of "$ROOT/var/lib/dpkg/$file" ||
      refuse APT_LOCKED 'cannot tell whether packages are being changed' || return 1
    while read -r line; do
      if [[ $line =~ WRITE\ +(-?[0-9]+)\ +([0-9a-f]+:[0-9a-f]+):$number\  && $DEVICES == *" ${BASH_REMATCH[2]} "* ]]; then
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

# REPLY, a content that was asked for, with this unit's own lines where it says that they stay here. What is only tried is named by the hash of
# what was asked, for nobody else can know that of the whole: the receipt tells it, and a change has to ask for it.
with_own_lines() {
  local asked=${P_AFTER[$1]##*:} text=$REPLY sum
  [[ $text == *"$STAYS"* ]] || return 0
  [[ ${P_BEFORE[$1]} == F:* ]] && real "${P_PATH[$1]}" || return 1
  set -- "$1" "$REPLY"
  REPLY=$text
  unmask "$2" || return 1
  [ "$VERB" = probe ] || return 0
  sum=$(printf %s "$REPLY" | sha256sum) && [[ ${sum%% *} =~ $HEX64 ]] || return 1
  P_AFTER[$1]=${P_AFTER[$1]%:*}:${sum%% *}
  text=$REPLY
  say whole "${P_PATH[$1]}" "$asked" "${sum%% *}"
  REPLY=$text
}

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
          decode "${BLOBS[$hash]-}" && with_own_lines "$index" && printf %s "$REPLY" >"$1/$index" || return 1
          state=${P_AFTER[index]}
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
  sum=$(printf %s "$text" | sha256sum) && [[ ${sum%% *} =~ $HEX64 ]] || fail NO_SNAPSHOT 'cannot write the manifest' || return 1
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
    make_beside "$index" "${P_AFTER[index]}" after || fail NOT_WRITTEN "cannot write beside ${P_PATH[index]}" || return 1
  done
}
