# shellcheck shell=bash
# The dead man's switch (safe-change.md 3, step 9): a timer of systemd's and a unit that runs at boot, before Apache. Both start the
# same program, a copy of this one. `pending` names the transaction that they are for: `TX GENERATION BOOT DUE`, where GENERATION counts its
# timers (0: it has none) and DUE is on the monotonic clock.
# shellcheck disable=SC2015  # `a && b || c` is meant as "unless both hold"
# shellcheck disable=SC2034  # read by the files that follow
# shellcheck disable=SC2153  # ROOT, STATE, CLOCK are of the files before

PENDING_FILE=$STORE/pending
GUARD_PROGRAM=$STORE/bin/guard
BOOT_SERVICE=juju-tune-boot-guard.service
# A guard that was killed half-way is started again after so many seconds, and so often.
RETRY_SECONDS=5
RETRIES=5
BOOTING='' FORCED=''

# What the boot guard is. Before Apache it may only restore files: to start or to await a service there would block for ever.
BOOT_UNIT="# Written by juju-tune: takes back a change that was not confirmed before the machine went down.
[Unit]
Description=Takes back an unconfirmed change of juju-tune
DefaultDependencies=no
After=local-fs.target
Before=apache2.service haproxy.service
ConditionPathExists=/var/lib/juju-tune/pending
[Service]
Type=oneshot
ExecStart=/bin/bash /var/lib/juju-tune/bin/guard boot
TimeoutStartSec=120
[Install]
WantedBy=multi-user.target"

# Is there a systemd that would keep a timer and start a unit at boot? REPLY = why not.
can_guard() {
  REPLY=''
  if [ ! -d "$ROOT/run/systemd/system" ]; then
    REPLY='systemd does not run here'
  elif ! command -v systemd-run >/dev/null || ! command -v systemctl >/dev/null; then
    REPLY='systemd-run is not installed'
  fi
  [ -z "$REPLY" ]
}

guard_facts() {
  local reason
  if can_guard; then
    say fact guard.possible yes
  else
    reason=$REPLY
    say fact guard.possible no
    say fact guard.reason "$reason"
  fi
}

# BOOT = this boot's mark. Where containers share the kernel's boot id, the start of their first process still tells one boot from the next.
boot_mark() {
  local stat='' field
  if [ -r "$ROOT/proc/1/stat" ]; then read -r stat <"$ROOT/proc/1/stat" || :; fi
  stat=${stat##*) }
  # starttime is the 22nd field, the 20th after the name.
  for field in {1..19}; do stat=${stat#* }; done
  BOOT=$BOOT_ID.${stat%% *}
}

# UPTIME = seconds of the monotonic clock, which nobody sets.
uptime() {
  UPTIME=''
  if [ -r "$ROOT/proc/uptime" ]; then read -r UPTIME _ <"$ROOT/proc/uptime" || :; fi
  UPTIME=${UPTIME%%.*}
  [[ $UPTIME =~ $DIGITS ]]
}

# What `pending` says: P_TX, P_GENERATION, P_BOOT, P_DUE. Fails when there is nothing that can be read.
read_pending() {
  local line=''
  P_TX='' P_GENERATION=0 P_BOOT='' P_DUE=''
  if [ -f "$PENDING_FILE" ] && [ ! -L "$PENDING_FILE" ]; then read -r line <"$PENDING_FILE" || return 1; fi
  [[ $line =~ ^([a-z0-9-]{8,60})\ ([0-9]{1,6})\ ([^\ ]+)\ ([0-9]{1,10})$ ]] || return 1
  P_TX=${BASH_REMATCH[1]} P_GENERATION=${BASH_REMATCH[2]} P_BOOT=${BASH_REMATCH[3]} P_DUE=${BASH_REMATCH[4]}
}

timer_of() { REPLY=juju-tune-guard-$1-$2; }

# WINDOW_LEFT = seconds until the transaction of `pending` is taken back, 0 when that is due; fails when nothing will do it by itself.
window_left() {
  WINDOW_LEFT=''
  read_pending && [ "$P_TX" = "$1" ] && [ "$P_GENERATION" -gt 0 ] && uptime || return 1
  WINDOW_LEFT=$((P_DUE - UPTIME))
  if [ "$WINDOW_LEFT" -lt 0 ]; then WINDOW_LEFT=0; fi
}

# Has the window of the transaction TX, whose manifest was read, come to its end? One that is not guarded has none.
window_is_over() {
  [ "$GUARD" = yes ] || return 1
  [ "$FORCED" != "$TX" ] || return 0
  read_pending && [ "$P_TX" = "$TX" ] || return 0
  boot_mark
  [ "$P_BOOT" = "$BOOT" ] || return 0
  uptime && [ "$UPTIME" -ge "$P_DUE" ]
}

# Stores the program that takes back. It is this one, as it was given to bash.
store_guard() {
  [ -n "${BASH_EXECUTION_STRING-}" ] || return 1
  local text="#!/bin/bash
# Written by juju-tune; started by systemd, with the lock to be had and nothing on stdin.
ROOT=\"\${JUJU_TUNE_ROOT-}\"
UNIT_HOST=\"\${JUJU_TUNE_UNIT_HOST-127.0.0.1}\"
export ROOT UNIT_HOST
$BASH_EXECUTION_STRING"
  if [ -f "$GUARD_PROGRAM" ] && [ "$(<"$GUARD_PROGRAM")" = "$text" ]; then return 0; fi
  mkdir -p -- "$STORE/bin" && sync -- "$STORE" && put "$GUARD_PROGRAM" "$text"
}

# Installs the unit that runs at boot, once.
install_boot_guard() {
  local folder="$ROOT/etc/systemd/system" wants
  wants=$folder/multi-user.target.wants/$BOOT_SERVICE
  if [ -f "$folder/$BOOT_SERVICE" ] && [ "$(<"$folder/$BOOT_SERVICE")" = "$BOOT_UNIT" ] && [ -L "$wants" ]; then return 0; fi
  mkdir -p -- "$folder" && put "$folder/$BOOT_SERVICE" "$BOOT_UNIT" && chmod 0644 -- "$folder/$BOOT_SERVICE" || return 1
  noting systemctl daemon-reload && noting systemctl enable "$BOOT_SERVICE" || return 1
  [ -L "$wants" ] && sync -- "${wants%/*}" "$folder"
}

is_ticking() {
  local state
  state=$(systemctl is-active "$1.timer" 2>/dev/null </dev/null)
  [ "$state" = active ]
}

# Starts the timer of a generation, and believes it only when systemd lists it as active.
start_timer() {
  local name
  timer_of "$TX" "$1"
  name=$REPLY
  noting systemd-run --quiet --collect --unit="$name" --on-active="$2s" --on-unit-inactive="${RETRY_SECONDS}s" \
    --timer-property=AccuracySec=1s --property=Type=oneshot /bin/bash "$GUARD_PROGRAM" guard "$TX" "$1" && is_ticking "$name"
}

stop_timer() {
  timer_of "$1" "$2"
  local name=$REPLY
  systemctl stop "$name.timer" >/dev/null 2>&1 </dev/null
  ! is_ticking "$name"
}

write_pending() {
  local due=0
  boot_mark
  if [ "$1" -gt 0 ]; then uptime && due=$((UPTIME + $2)) || return 1; fi
  put "$PENDING_FILE" "$TX $1 $BOOT $due"
}

# Before anything is touched. A change without a window has no timer, but is put right before Apache starts when the machine goes down in it.
arm() {
  if [ "$GUARD" = no ] || { [ "$WINDOW" -eq 0 ] && ! can_guard; }; then
    [ "$WINDOW" -eq 0 ] || write_pending 0 0 || fail NO_SNAPSHOT "cannot write $PENDING_FILE"
    return
  fi
  can_guard || refuse NO_GUARD "a change that is not confirmed could not be taken back here by itself: $REPLY" || return 1
  store_guard || refuse NO_GUARD 'cannot store the program that would take the change back' || return 1
  install_boot_guard || refuse NO_GUARD "cannot install $BOOT_SERVICE" || return 1
  if [ "$WINDOW" -eq 0 ]; then
    write_pending 0 0 || refuse NO_GUARD "cannot write $PENDING_FILE"
    return
  fi
  write_pending 1 "$WINDOW" || refuse NO_GUARD "cannot write $PENDING_FILE" || return 1
  start_timer 1 "$WINDOW" || refuse NO_GUARD 'systemd does not keep the timer that would take the change back'
}

# Before something is taken back: should the machine go down in it, the rest is done before Apache starts. To go without that is
# better than not to go back. A marker of another change does as well, for at boot all that is half-way is ended; and it must stay, for the
# timer of a change that awaits confirmation goes by it.
mark_for_boot() {
  if read_pending; then return 0; fi
  if can_guard && store_guard && install_boot_guard && write_pending 0 0; then return 0; fi
  note "not ended at the next boot, should the machine go down now${REPLY:+: $REPLY}"
}

# What is settled needs no guard. A timer that cannot be stopped finds the transaction settled and does nothing.
disarm() {
  [ -e "$PENDING_FILE" ] || return 0
  if read_pending; then
    [ "$P_TX" = "$TX" ] || return 0
    if [ "$P_GENERATION" -gt 0 ] && [ -z "$BOOTING" ]; then
      # Of every generation: an extension that was cut off has left one more.
      systemctl stop "juju-tune-guard-$TX-*.timer" >/dev/null 2>&1 </dev/null
      timer_of "$TX" "$P_GENERATION"
      ! is_ticking "$REPLY" || stop_timer "$TX" "$P_GENERATION" || note "the timer $REPLY could not be stopped; it will find nothing to do"
    fi
  fi
  rm -f -- "$PENDING_FILE" && sync -- "$STORE" && [ ! -e "$PENDING_FILE" ]
}

# `pending` outlives what it names only when somebody died in between.
disarm_settled() {
  local keep=$TX state=''
  [ -e "$PENDING_FILE" ] || return 0
  read_pending || P_TX=''
  TX=$P_TX
  if [ -n "$TX" ] && [ -e "$STORE/tx/$TX/state" ]; then
    state=unread
    read -r state _ <"$STORE/tx/$TX/state" || state=unread
  fi
  case $state in
    '' | COMMITTED | REVERTED | CONFLICT) disarm || note "cannot remove $PENDING_FILE" ;;
  esac
  TX=$keep
}

# What systemd starts when a window is over. It waits for the lock, for whoever holds it may be confirming.
guard() {
  local generation=$2
  TX=$1
  [[ $TX =~ ^[a-z0-9-]{8,60}$ && $generation =~ ^[0-9]{1,6}$ ]] || return 1
  LOCK_SECONDS=300
  with_lock take_back_due "$generation"
}

# Confirmed, extended or gone: the timer of this generation of TX is not needed any more. A marker that somebody took away says nothing of that.
is_over() {
  if read_pending; then
    [ "$P_TX" != "$TX" ] || [ "$P_GENERATION" != "$1" ]
    return
  fi
  read_state && [[ $STATE == @(NONE|COMMITTED|REVERTED|CONFLICT) ]]
}

take_back_due() {
  local tries=0 due=$TX
  D=$STORE/tx/$due
  if is_over "$1"; then
    stop_timer "$due" "$1"
    return
  fi
  BY=timer FORCED=$due
  if [ -r "$D/tries" ]; then read -r tries <"$D/tries" || :; fi
  printf '%s\n' "$((tries + 1))" >"$D/tries" || :
  recover_all && retry_broken "$due" && return 0
  if [ $((tries + 1)) -ge "$RETRIES" ]; then stop_timer "$due" "$1"; fi
  return 1
}

retry_broken() {
  D=$STORE/tx/$1 TX=$1
  read_state || return 1
  if [ "$STATE" = BROKEN ]; then
    load_manifest || return 1
    take_back
  fi
  [ "$STATE" != BROKEN ]
}

# What systemd starts at boot, before Apache.
boot() {
  BOOTING=1 BY=boot LOCK_SECONDS=60
  with_lock take_back_at_boot
}

take_back_at_boot() {
  recover_all || return 1
  read_pending || return 0
  [ ! -e "$STORE/tx/$P_TX/state" ] || retry_broken "$P_TX"
}
