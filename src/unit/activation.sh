# shellcheck shell=bash
# Making Apache take what is on disk, and looking whether it did.
# shellcheck disable=SC2015  # `a && b || c` is meant as "unless both hold"
# shellcheck disable=SC2034  # read by the files that follow

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
  local before=''
  case $ACTIVATE in
    none) return 0 ;;
    reload)
      before=$(children)
      noting timeout "$BUDGET" systemctl reload apache2 || return 1
      ;;
    restart) restart_apache || return 1 ;;
  esac
  sleep 1 || return 1
  if [ -n "$before" ] && ! await taken_or_ended "$before"; then note "apache2 has no new process after the reload"; fi
  is_alive
}

# Prints the pids of Apache's processes.
children() {
  local parent
  parent=$(apache_pid) && ps -ww -o pid= --ppid "$parent" 2>/dev/null | awk '{ print $1 }'
}

# systemctl says that a reload went well when Apache was told of it. The parent takes it in its own time, on a busy machine seconds after: it
# has new processes then, or has ended over it (AH00072, AH00534).
taken_or_ended() {
  local child
  is_alive || return 0
  for child in $(children); do
    [[ $'\n'$1$'\n' == *$'\n'"$child"$'\n'* ]] || return 0
  done
  return 1
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

checks_pass() { await look "$1"; }

# Asks until it is so, or for so long on the unit's own clock.
await() {
  local start clock
  start=$(date +%s) && [[ $start =~ $DIGITS ]] || return 1
  until "$@"; do
    not_stopped || return 1
    clock=$(date +%s) && [[ $clock =~ $DIGITS ]] || return 1
    [ $((clock - start)) -lt "$CHECK_SECONDS" ] || return 1
    sleep 1 || return 1
  done
}
