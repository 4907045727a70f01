# shellcheck shell=bash
# probe (and recover before it), or change: apply | confirm | extend | rollback | status | gc, as the unit's own section says. The request comes on stdin, the receipt goes to stdout once, at the end.
# shellcheck disable=SC2015  # `a && b || c` is meant as "unless both hold"
# shellcheck disable=SC2034  # read by the files before

with_lock() {
  if [ -L "$STORE" ] || ! { [ -d "$STORE/tx" ] || { mkdir -p -- "$STORE/tx" && sync -- "$STORE" "${STORE%/*}"; }; }; then
    refuse NO_SPACE 'cannot make /var/lib/juju-tune'
    return 1
  fi
  [ -O "$STORE" ] && [ -O "$STORE/tx" ] || refuse UNSAFE '/var/lib/juju-tune belongs to somebody else' || return 1
  { exec 9>>"$STORE/lock"; } 2>/dev/null || refuse NO_SPACE 'cannot open /var/lib/juju-tune/lock' || return 1
  STORE_IS_OURS=1
  lock_is_ours || return 1
  # shellcheck disable=SC2153  # CLOCK is of facts.sh
  printf '%s, process %s, since %s\n' "$VERB $TX" "$$" "$CLOCK" >"$STORE/lock" || :
  # Children never see the lock: one that outlives us would keep it.
  "$@" 9>&-
}

lock_is_ours() {
  local holder=''
  flock -w "$LOCK_SECONDS" 9 && return 0
  if [ -r "$STORE/lock" ]; then read -r holder <"$STORE/lock" || :; fi
  refuse LOCKED "another change is being worked on here${holder:+ ($holder)}"
}

# In the jail nothing can be written, and a file that can be read can be locked. Where it is not there nobody ever changed anything.
with_lock_to_look() {
  if [ "$JAIL" != mount ]; then
    with_lock "$@"
    return
  fi
  if [ -e "$STORE/lock" ]; then
    { exec 9<"$STORE/lock"; } 2>/dev/null || refuse LOCKED 'cannot read /var/lib/juju-tune/lock' || return 1
    lock_is_ours || return 1
    "$@" 9<&-
  else
    "$@"
  fi
}

locked_verb() {
  recover_all || refuse UNFINISHED 'an earlier change is half-way and cannot be taken back now' || return 1
  D=$STORE/tx/$TX STATE=NONE
  case $VERB in
    apply) apply ;;
    confirm) confirm ;;
    extend) extend ;;
    rollback) rollback ;;
    status) status ;;
    gc) gc ;;
  esac
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
      SWAPPING | ACTIVATING | REVERTING) say fact transaction.unfinished "$id" ;;
      PENDING) say_awaiting "$id" ;;
    esac
    if [ "$shown" -lt 5 ]; then say transaction "$id" "$STATE"; fi
    shown=$((shown + 1))
  done
}

say_awaiting() {
  say fact transaction.awaiting "$1"
  if window_left "$1"; then say fact transaction.window-left "$WINDOW_LEFT"; fi
}

change() {
  VERB=$ORDER
  # CLOCK was read in the same moment.
  if uptime; then STARTED=$UPTIME; else STARTED=0; fi
  say verb "$VERB"
  # Its guard may be restarting Apache: who asks about a change that is there waits for what it comes to, or nothing could be told.
  if [ "$VERB" != apply ]; then LOCK_SECONDS=20; fi
  if right_model && own_section && [ -n "$VERB" ] && [[ -n $TX || $VERB == gc ]]; then
    with_lock locked_verb
  else
    refuse BAD_REQUEST 'no transaction is named'
  fi
  say tx "$TX"
  say_states
  if [ "$OUTCOME" = '' ]; then OUTCOME=unknown CODE=NO_RESULT; fi
  if [ "$VERB" = status ]; then say_transactions; fi
  STATE=NONE D=$STORE/tx/$TX
  # Before the look at the transaction: who makes it, with the lock that we do not have, looks for this after that.
  if [[ $OUTCOME == refused && $VERB != status ]]; then make_void; fi
  read_state || STATE=BROKEN
  if [[ $OUTCOME-$STATE == failed-NONE && $VERB != status ]]; then make_void; fi
  # Somebody is at work on this very transaction, or it is half-way and cannot be ended: what it will come to is not known yet.
  if [[ $CODE == LOCKED && -e $D || $CODE-$STATE == UNFINISHED-@(SWAPPING|ACTIVATING|REVERTING) ]]; then OUTCOME=unknown; fi
  if [ "$STATE" = PENDING ] && window_left "$TX"; then say window "$((CLOCK + P_DUE - STARTED))" "$WINDOW_LEFT"; fi
  say result "$OUTCOME" "$STATE" "$CODE" "$MESSAGE"
  say_log
}

say_log() {
  local line
  [ ${#LOG[@]} -gt 0 ] || return 0
  while IFS= read -r line; do say log "${line:0:300}"; done < <(printf '%s\n' "${LOG[@]}" | redact_lines)
}

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
      want_content "$path" "${NOW[$path]}"
      [[ ${NOW[$path]} == L:* ]] || continue
      lead_to "$path" "${NOW[$path]#L:}"
      if good_path "$REPLY" && [ -z "${seen[$REPLY]-}" ]; then next+=("$REPLY"); fi
    done
    hops=$((hops + 1))
  done
  say_contents
}

# A name with = would be an assignment to awk: such a file stays here.
want_content() {
  local hash=${2##*:} size
  [[ $2 == F:* && $1 == /etc/apache2/* && $1 != *=* && -z ${CONTENT_OF[$hash]-} ]] && real "$1" || return 0
  size=$(stat -c %s -- "$REPLY") && [ "$size" -le "$CONTENT_LIMIT" ] || return 0
  CONTENT_OF[$hash]=$REPLY
}

# Whole files leave the unit only when they hold no secret; of others the lines that do stay here.
say_contents() {
  local hash place text
  local -a found=()
  local -A holds=()
  [ ${#CONTENT_OF[@]} -gt 0 ] || return 0
  if [ -z "${SETTINGS+found}" ]; then find_settings; fi
  mapfile -t found < <(awk "$REDACT$LEARN"'
    FNR == 1 { IN_KEY = 0 }
    !(FILENAME in said) && redact_line($0) != $0 { said[FILENAME] = 1; print FILENAME }
    END { print "end" }' settings=1 "${SETTINGS[@]}" settings=0 "${CONTENT_OF[@]}")
  if [ "${found[-1]-}" != end ]; then
    note 'cannot tell which files hold secrets: no content leaves this unit'
    return 0
  fi
  for place in "${found[@]:0:${#found[@]}-1}"; do holds[$place]=1; done
  for hash in "${!CONTENT_OF[@]}"; do
    place=${CONTENT_OF[$hash]}
    if [ -z "${holds[$place]-}" ]; then
      text=$(base64 -w0 -- "$place") || continue
      RECEIPT+=content$TAB$hash$TAB$text$'\n'
    elif mask_file "$place"; then
      text=$(printf %s "$REPLY" | base64 -w0) || continue
      RECEIPT+=masked$TAB$hash$TAB$text$'\n'
    fi
  done
}

locked_probe() {
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
  read_pending && [ "$P_GENERATION" -gt 0 ] || return 1
  boot_mark
  [ "$P_BOOT" != "$BOOT" ] || { uptime && [ "$UPTIME" -ge "$P_DUE" ]; }
}

# Exit code of a probe that has found a change that was cut off half-way.
UNFINISHED=75

# What a probe must not do itself: ends a change that was cut off half-way. Prints why it could not.
recover() {
  right_model || return 1
  with_lock recover_all && return 0
  printf '%s\n' "${MESSAGE:-an earlier change is half-way and cannot be taken back now}"
  return 1
}

# Changes nothing. A change that was cut off half-way has to be ended first, by `recover`; what hindered that, if it was tried, is in `$1`.
probe() {
  local -A CONTENT_OF=()
  if ! right_model; then
    say result "$OUTCOME" NONE "$CODE" "$MESSAGE"
    return 0
  fi
  if [ $# -eq 0 ] && is_unfinished; then return "$UNFINISHED"; fi
  if [ ${#P_PATH[@]} -gt 0 ]; then
    own_section && { [ -z "${1-}" ] || refuse UNFINISHED "$1"; } && with_lock_to_look locked_probe
    if [ -z "$CODE" ]; then say validation ok ''; else say validation failed "$MESSAGE"; fi
  fi
  unit_facts
  guard_facts
  look_around
  say_transactions
  say_log
}

in_time_asked() {
  NOT_AFTER=$ASKED_NOT_AFTER
  in_time
}

# The guard: nobody reads a receipt of it, but systemd's journal has its words.
by_itself() {
  local rc=0
  "$VERB" "$@" </dev/null || rc=1
  printf 'juju-tune: %s %s\n' "$VERB $TX: ${STATE-}" "${CODE:+$CODE $MESSAGE}" "${LOG[@]}"
  return "$rc"
}

main() {
  VERB=$1
  shift
  say juju-tune-receipt 1 "$VERB"
  identity_facts
  case $VERB in
    guard | boot)
      by_itself "$@"
      return
      ;;
    recover)
      VERB=probe
      read_request && recover
      return
      ;;
    probe) jail_facts ;;
  esac
  if ! read_request; then
    say result "$OUTCOME" NONE "$CODE" "$MESSAGE"
  else
    ASKED_NOT_AFTER=$NOT_AFTER ASKED_RUN=$RUN ASKED_NUMBER=$NUMBER
    case $VERB in
      probe)
        probe "$@"
        [ $? -ne "$UNFINISHED" ] || return "$UNFINISHED"
        ;;
      change) change ;;
    esac
  fi
  finish
}

main "$@"
