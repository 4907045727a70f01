# shellcheck shell=bash
# One change on a unit, from before to after or back, whatever happens in between (safe-change.md 3). The place of the confirm
# window (PENDING, guard, confirm) is between ACTIVATING and COMMITTED.
# shellcheck disable=SC2015  # `a && b || c` is meant as "unless both hold"
# shellcheck disable=SC2034  # read by the files that follow

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
  [ "$WINDOW" -eq 0 ] || refuse NO_GUARD 'nothing on this unit would take the change back by itself' || return 1
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
