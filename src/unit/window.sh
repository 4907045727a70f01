# shellcheck shell=bash
# What is asked of a change that is in place: confirm, extend, status, gc.
# shellcheck disable=SC2015  # `a && b || c` is meant as "unless both hold"
# shellcheck disable=SC2034  # read by the files that follow

# Reads the transaction that is asked about. What the request itself asks for is kept.
open_transaction() {
  local window=$WINDOW budget=$BUDGET
  [ -e "$D" ] || refuse NOT_PENDING "there is no transaction $TX on this unit" || return 1
  read_state && load_manifest || refuse UNREADABLE "cannot read $D" || return 1
  WINDOW=$window BUDGET=$budget
}

# Of a change that does not await confirmation (any more): what it came to.
say_settled() {
  replay
  case $STATE in
    REVERTED) CODE=EXPIRED ;;
    PREPARED | NONE) OUTCOME=refused CODE=NOT_PENDING ;;
  esac
}

confirm() {
  open_transaction || return 1
  if [ "$STATE" != PENDING ]; then
    say_settled
    return 0
  fi
  in_time_asked && is_as_applied || return 1
  # Whoever holds the lock and writes this first has won: the timer finds it and does nothing (deploy-rs issue 214).
  if set_state COMMITTED || set_state COMMITTED; then
    OUTCOME=changed CODE=''
    [ -z "$WRONG" ] || CODE=DRIFTED MESSAGE="kept as it is now, changed by somebody else since:$WRONG"
    disarm || note "cannot remove $PENDING_FILE"
  else
    OUTCOME=unknown CODE=NOT_WRITTEN MESSAGE="cannot write the state to $D"
  fi
}

is_as_applied() {
  local path
  all_are P_AFTER && return 0
  say_drift
  for path in $WRONG; do
    [ "${NOW[$path]}" != '!' ] || refuse UNREADABLE "cannot read $path" || return 1
  done
  [ "$ACCEPT_DRIFT" = yes ] || refuse DRIFTED "not as it was applied, changed by somebody else since:$WRONG"
}

# The new timer runs before the old one is dropped.
extend() {
  local old
  open_transaction || return 1
  if [ "$STATE" != PENDING ]; then
    say_settled
    return 0
  fi
  in_time_asked || return 1
  OUTCOME=pending
  read_pending && [ "$P_TX" = "$TX" ] && [ "$P_GENERATION" -gt 0 ] || {
    CODE=NO_GUARD MESSAGE='it has no window that could be extended'
    return 0
  }
  old=$P_GENERATION
  if start_timer "$((old + 1))" "$WINDOW" && write_pending "$((old + 1))" "$WINDOW"; then
    stop_timer "$TX" "$old" || note "the timer $REPLY could not be stopped; it will find nothing to do"
    return 0
  fi
  CODE=NO_GUARD MESSAGE='the window could not be extended'
  # What `pending` says now is what counts: its timer stays, the other one goes.
  read_pending || return 0
  if [ "$P_GENERATION" = "$old" ]; then stop_timer "$TX" "$((old + 1))" || :; else stop_timer "$TX" "$old" || :; fi
}

# Whoever asks with the number of his last order will not hear of it any more: with the lock it is not at work, and from here on void.
status() {
  if [ -e "$D" ]; then replay; else describe; fi
  if [ "$CODE" = ALREADY ]; then CODE=''; fi
  case $STATE in PENDING | COMMITTED | CONFLICT) say_drift ;; esac
  if make_void; then say void "$ASKED_RUN" "$ASKED_NUMBER"; fi
}

# Says of every path that is not as it should be what it is now, and what somebody changed in it.
say_drift() {
  local index path
  for index in "${!P_PATH[@]}"; do
    path=${P_PATH[index]}
    [[ "$WRONG " == *" $path "* ]] || continue
    difference "$index"
    say drift "$path" "${NOW[$path]-!}" "$REPLY"
  done
}

# REPLY = a unified diff from what we left to what is there, without secrets, or nothing where there is none to be shown.
difference() {
  local ours=/dev/null theirs=/dev/null place text
  REPLY=''
  [[ ${P_AFTER[$1]} == [AF]* && ${NOW[${P_PATH[$1]}]} == [AF]* ]] && real "${P_PATH[$1]}" || return 0
  place=$REPLY REPLY=''
  if [[ ${P_AFTER[$1]} == F* ]]; then ours=$D/after/$1; fi
  if [[ ${NOW[${P_PATH[$1]}]} == F* ]]; then theirs=$place; fi
  text=$(diff -U 1 --label "${P_PATH[$1]} (as applied)" --label "${P_PATH[$1]} (now)" -- "$ours" "$theirs" 2>/dev/null | head -c 4000)
  # The last line may be half of one, and half a secret is known by nobody.
  if [ ${#text} -ge 4000 ]; then text=${text%$'\n'*}; fi
  redact "$text"
}

# Forgets what was settled long ago. Never the newest five, what the request wants kept, or what is not settled.
gc() {
  local folder id at shown=0
  local -a settled=() sorted=()
  [[ $CLOCK =~ $DIGITS && -n $OLDER_THAN ]] || refuse BAD_REQUEST 'does not say how old' || return 1
  for folder in "$STORE"/tx/*/; do
    D=${folder%/}
    read_state || continue
    # One that does not tell its time counts as new.
    settled+=("${SETTLED_AT:-$CLOCK} $STATE ${D##*/}")
  done
  OUTCOME=unchanged CODE=''
  [ ${#settled[@]} -gt 0 ] || return 0
  mapfile -t sorted < <(printf '%s\n' "${settled[@]}" | sort -rn)
  for folder in "${sorted[@]}"; do
    read -r at STATE id < <(printf '%s\n' "$folder")
    shown=$((shown + 1))
    [ "$shown" -gt 5 ] && [ $((CLOCK - at)) -gt $((OLDER_THAN * 86400)) ] || continue
    [[ $STATE == COMMITTED || $STATE == REVERTED ]] && [[ " ${KEEP[*]} " != *" $id "* ]] || continue
    mv -T -- "$STORE/tx/$id" "$STORE/gone" && sync -- "$STORE/tx" && rm -rf -- "$STORE/gone" ||
      fail NOT_WRITTEN "cannot remove $STORE/tx/$id" || return 1
    OUTCOME=changed
    note "removed $id"
  done
}
