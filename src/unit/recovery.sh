# shellcheck shell=bash
# Back to what was there before, by whoever asks: the operator, a change that failed, the guard, or the next request after somebody died.
# shellcheck disable=SC2015  # `a && b || c` is meant as "unless both hold"
# shellcheck disable=SC2034  # read by the files that follow

# Puts every path that is as we left it back to what it was, last one first. What is neither is somebody else's and is left alone:
# CONFLICTS. Fails only when something cannot be read or written.
restore() {
  local index path
  local -a back=()
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
  [ ${#back[@]} -eq 0 ] || ready_back "${back[@]}" || return 1
  for index in "${back[@]}"; do
    path=${P_PATH[index]}
    if [ "${NOW[$path]}" != "${P_AFTER[index]}" ]; then
      # Somebody was quicker.
      [ "${NOW[$path]}" != '!' ] || return 1
      CONFLICTS+=" $path"
      continue
    fi
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

# Makes ready beside its place what can be, and looks once more: from here on going back needs renames only.
ready_back() {
  local index
  for index in "$@"; do
    [ "${P_BEFORE[index]}" != A ] && real "${P_PATH[index]}" && [ -d "${REPLY%/*}" ] || continue
    make_beside "$index" "${P_BEFORE[index]}" before || return 1
  done
  states "${P_PATH[@]}"
}

# Makes Apache take the restored files by what the change had used; one that is down is started.
reactivate() {
  local how=$ACTIVATE
  if [ -z "$WAS_ACTIVATED" ] || [ "$how" = none ]; then return 0; fi
  if [ -n "$BOOTING" ]; then
    # Apache starts after this; one that runs already is told, but is not waited for.
    if service_is active; then noting systemctl --no-block "$how" apache2 || :; fi
    return 0
  fi
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
  BY=${BY:-recovery}
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
    disarm || note "cannot remove $PENDING_FILE"
    return 0
  fi
  OUTCOME=unknown CODE=NOT_WRITTEN MESSAGE="the files are as before, but the state cannot be written to $D"
  return 1
}

rollback() {
  D=$STORE/tx/$TX STATE=NONE WAS_ACTIVATED='' SETTLED_BY=''
  local budget=$BUDGET
  [ -e "$D" ] || refuse NO_SNAPSHOT "there is no transaction $TX on this unit to take back" || return 1
  read_state && load_manifest || refuse UNREADABLE "cannot read $D" || return 1
  BUDGET=$budget
  case $STATE in
    PENDING | COMMITTED | BROKEN)
      in_time_asked && apt_is_idle && not_stopped || return 1
      WAS_ACTIVATED=1 BY=operator
      mark_for_boot
      trap '' TERM HUP INT
      take_back
      if [ "$OUTCOME" = conflict ]; then
        WRONG=$CONFLICTS
        say_drift
      fi
      ;;
    *) replay ;;
  esac
}

# Ends what somebody left half-way, whoever asks for what. Leaves the request as it was read. Of a transaction that does not tell its state
# nobody knows how far it came: its snapshot and its guard stay.
recover_all() {
  local folder kept_tx=$TX kept_unit=$HAVE_UNIT rc=0 by=$BY unread=''
  local -a kept_section=("${SECTION[@]}")
  rm -rf -- "$STORE/stage" "$STORE/gone" || return 1
  for folder in "$STORE"/tx/*/; do
    [ -d "$folder" ] || continue
    D=${folder%/} TX=${folder%/} TX=${TX##*/}
    if ! read_state; then
      unread=$TX rc=1
      continue
    fi
    case $STATE in
      NONE | PREPARED) recover_untouched || rc=1 ;;
      SWAPPING | ACTIVATING | REVERTING) recover_half || rc=1 ;;
      PENDING) recover_pending || rc=1 ;;
    esac
    OUTCOME='' CODE='' MESSAGE='' BY=$by
  done
  disarm_settled
  TX=''
  read_lines "unit$TAB${JUJU_UNIT_NAME-}" "${kept_section[@]}"
  TX=$kept_tx HAVE_UNIT=$kept_unit
  [ -z "$unread" ] ||
    refuse UNFINISHED "cannot read the state of /var/lib/juju-tune/tx/$unread; before/ in it has what was there (numbers as in manifest)" || :
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
  # Who began to take it back did so for a reason of his own.
  if [ "$STATE" = REVERTING ]; then BY=${SETTLED_BY:-recovery}; fi
  take_back
  note "an unfinished change was taken back: $TX is $STATE"
  [[ $STATE == REVERTED || $STATE == CONFLICT || $STATE == BROKEN ]]
}

# What nobody confirmed in time, or before the machine went down; the guard should have come first.
recover_pending() {
  load_manifest || return 1
  window_is_over || return 0
  if [ -z "$BY" ]; then
    BY=timer
    if [ -n "$P_BOOT" ] && [ "$P_BOOT" != "$BOOT" ]; then BY=boot; fi
  fi
  take_back
  note "a change that was not confirmed in time was taken back: $TX is $STATE"
  [[ $STATE == REVERTED || $STATE == CONFLICT || $STATE == BROKEN ]]
}

none_is_pending() {
  local folder line
  for folder in "$STORE"/tx/*/; do
    [ -r "$folder/state" ] || continue
    read -r line <"$folder/state" || line=''
    line=${line%% *} folder=${folder%/}
    [[ $line != PENDING ]] || awaited "${folder##*/}" || return 1
    [[ $line != BROKEN ]] || refuse PENDING "an earlier change left this unit broken; take it back first: $folder" || return 1
  done
}

# Refuses, for another change awaits confirmation: `pending` is one for a unit (gNMI commit-confirmed).
awaited() {
  local left=''
  if window_left "$1"; then left=" for another $WINDOW_LEFT s"; fi
  refuse PENDING "another change awaits confirmation here$left: $1, of run ${1:0:26}; confirm it or take it back first"
}
