# shellcheck shell=bash
# One change on a unit, from before to after or back, whatever happens in between (safe-change.md 3).
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
  if [ "$WINDOW" -gt 0 ]; then
    set_state PENDING || fail NOT_WRITTEN 'cannot write the state'
  else
    set_state COMMITTED || fail NOT_WRITTEN 'cannot write the state'
  fi
}

# Takes a transaction away that has touched nothing.
discard() {
  remove_beside && rm -rf -- "$D" && sync -- "$STORE/tx" && disarm
}

apply() {
  local index same=1
  D=$STORE/tx/$TX STATE=NONE WAS_ACTIVATED='' SETTLED_BY=''
  if [ -e "$D" ]; then
    replay
    return 0
  fi
  in_time && none_is_pending && apt_is_idle && as_planned || return 1
  for index in "${!P_PATH[@]}"; do
    [ "${P_BEFORE[index]}" = "${P_AFTER[index]}" ] || same=''
  done
  if [ -n "$same" ]; then
    OUTCOME=unchanged CODE=''
    return 0
  fi
  apache_is_ready && enough_space && not_stopped || return 1
  if ! { prepare && not_void && validated && ready_beside && not_stopped && arm; }; then
    if discard; then STATE=NONE; else note 'what was made ready is still there and goes with the next request'; fi
    return 1
  fi
  if carry_out; then
    OUTCOME=changed CODE=''
    remove_beside || :
    if [ "$STATE" = PENDING ]; then OUTCOME=pending; else disarm || note "cannot remove $PENDING_FILE"; fi
    return 0
  fi
  trap '' TERM HUP INT
  BY=failure
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
  case $OUTCOME in
    changed | pending | reverted) CODE=${CODE:-ALREADY} ;;
  esac
}

# What a transaction that rests came to, held against what is there now.
describe() {
  case $STATE in
    PENDING)
      OUTCOME=pending
      all_are P_AFTER || CODE=DRIFTED MESSAGE="changed by somebody else since:$WRONG"
      ;;
    COMMITTED)
      if all_are P_AFTER; then
        OUTCOME=changed
      else
        OUTCOME=conflict CODE=CHANGED_SINCE_APPLY MESSAGE="changed by somebody else since:$WRONG"
      fi
      ;;
    REVERTED)
      OUTCOME=reverted
      case $SETTLED_BY in
        timer) MESSAGE='taken back by the unit itself: it was not confirmed in time' ;;
        boot) MESSAGE='taken back by the unit itself: the machine went down before it was confirmed' ;;
        recovery) MESSAGE='taken back: the change had been cut off half-way' ;;
      esac
      ;;
    CONFLICT)
      all_are P_BEFORE || :
      OUTCOME=conflict CODE=CONFLICT MESSAGE="left alone, changed by somebody else:$WRONG"
      ;;
    BROKEN) broken_message '' ;;
    *) OUTCOME=failed CODE=NOT_APPLIED MESSAGE='nothing of it is on this unit' ;;
  esac
}
