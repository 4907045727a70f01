#!/bin/bash
# shellcheck source=src/demo/stand-ins/library.sh disable=SC1091,SC2153,SC2154,SC2016,SC2317
. "${JUJU_TUNE_ROOT:-${ROOT:-${0%/usr/*}}}/usr/lib/juju-tune-demo/library.sh"
# apache2.service as Debian ships it: start limit 5 in 10 s, ExecReload=apachectl graceful, ExecStop=apachectl graceful-stop.
verb='' units=() properties='' values='' signal=TERM quiet='' signals=''
while (($#)); do
  case $1 in
    -p) properties+=",${2-}"; shift ;;
    --property=*) properties+=",${1#*=}" ;;
    -p*) properties+=",${1#-p}" ;;
    --value) values=1 ;;
    -s) signal=${2#SIG}; signals=1; shift ;;
    --signal=*) signal=${1#*=}; signal=${signal#SIG}; signals=1 ;;
    -q | --quiet) quiet=1 ;;
    -*) ;;
    *) if [[ $verb ]]; then units+=("${1%.service}"); else verb=$1; fi ;;
  esac
  shift
done
unit=${units[0]-}

sub_state() { case ${apache[active]} in active) echo running ;; failed) echo failed ;; activating) echo start ;; *) echo dead ;; esac; }

show_apache() {
  local id=${apache[pid]} started
  [[ ${apache[active]} == active ]] || id=0
  started=$(/bin/date -u -d "@$((apache[since] / 1000))" '+%a %Y-%m-%d %H:%M:%S UTC')
  cat <<TEXT
Type=forking
Restart=on-abort
NRestarts=0
TimeoutStartUSec=1min 30s
TimeoutStopUSec=1min 30s
ExecStart={ path=/usr/sbin/apachectl ; argv[]=/usr/sbin/apachectl start ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
ExecReload={ path=/usr/sbin/apachectl ; argv[]=/usr/sbin/apachectl graceful ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
ExecStop={ path=/usr/sbin/apachectl ; argv[]=/usr/sbin/apachectl graceful-stop ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
MainPID=$id
Result=${apache[result]}
MemoryCurrent=[not set]
MemoryMax=infinity
TasksMax=38423
LimitNOFILE=524288
LimitNOFILESoft=1024
KillMode=mixed
StartLimitIntervalUSec=10s
StartLimitBurst=5
Id=apache2.service
LoadState=loaded
ActiveState=${apache[active]}
SubState=$(sub_state)
UnitFileState=enabled
ActiveEnterTimestamp=$started
TEXT
}

show_other() {
  local active=inactive load=not-found
  case $unit in haproxy | cron | ssh | rsyslog | "jujud-machine"*) active=active load=loaded ;; esac
  printf 'Id=%s.service\nLoadState=%s\nActiveState=%s\nSubState=%s\nResult=success\nMainPID=%s\n' "$unit" $load $active "$([[ $active == active ]] && echo running || echo dead)" "$([[ $active == active ]] && echo 612 || echo 0)"
}

select_properties() {
  local wanted=",${properties//,/,},"
  while IFS= read -r line; do
    [[ -z $properties || $wanted == *",${line%%=*},"* ]] || continue
    if [[ $values ]]; then printf '%s\n' "${line#*=}"; else printf '%s\n' "$line"; fi
  done
}

failed_job() { # WHY
  [[ $quiet ]] && return
  if [[ $1 == start-limit-hit ]]; then
    printf 'Job for apache2.service failed.\nSee "systemctl status apache2.service" and "journalctl -xeu apache2.service" for details.\n' >&2
  else
    printf 'Job for apache2.service failed because the control process exited with error code.\nSee "systemctl status apache2.service" and "journalctl -xeu apache2.service" for details.\n' >&2
  fi
}

journal() { printf '%s %s\n' "$NOW_MS" "$1" >>"$STATE/journal"; }

# Five starts within ten seconds are allowed; the next leaves the service down.
within_start_limit() {
  local start recent=()
  for start in ${apache[starts]}; do ((start > NOW_MS - 10000)) && recent+=("$start"); done
  if ((${#recent[@]} >= 5)); then
    apache[starts]="${recent[*]}"
    apache[active]=failed apache[result]=start-limit-hit apache[since]=$NOW_MS
    journal 'Start request repeated too quickly.'
    event "$NOW_MS" fail
    clear_processes
    save_state
    return 1
  fi
  apache[starts]="${recent[*]} $NOW_MS"
}

start_apache() {
  local words
  if ! within_start_limit; then
    failed_job start-limit-hit
    return 1
  fi
  if ! words=$(
    apache_start 2>&1 >/dev/null
  ); then
    load_state
    while IFS= read -r line; do journal "$line"; done <<<"$words"
    failed_job exit-code
    return 1
  fi
  load_state
}

# graceful-stop waits for open connections: idle keep-alive ones go at once with event, and hold worker for their time-out (catalogue A4).
stop_apache() {
  local wait=2800
  [[ ${apache[active]} == active ]] || return 0
  [[ ${apache[mpm]} == event ]] || wait=74600
  apache_stop "${1-}"
  [[ ${1-} == term ]] && wait=100
  save_state
  virtual_sleep $wait
  now_ms
}

# As in the jail of a unit, where nobody can tell systemd anything.
jail=${JUJU_TUNE_JAIL-}
case $jail:$verb in
  'mount collect:'* | mount*:*start | mount*:stop | mount*:reload | mount*:kill | mount*:*able | mount*:reset-failed | mount*:reboot)
    echo 'Failed to connect to bus: Connection refused' >&2
    exit 1
    ;;
esac

# A unit of the demo that is to fail its next starts, for tests and scenarios.
load_state
# Timers that systemd-run has made; the demo itself starts what they are for.
if [[ $unit == *.timer ]]; then
  timer="$STATE/timers/${unit%.timer}"
  case $verb in
    is-active)
      if [[ -e $timer ]]; then active=active; else active=inactive; fi
      [[ $quiet ]] || echo $active
      [[ $active == active ]] || exit 3
      ;;
    stop) # A pattern means all of its name.
      if [[ $timer == *[*] ]]; then rm -f "${timer%[*]}"*; else rm -f "$timer"; fi
      ;;
  esac
  exit 0
fi
own="$ROOT/etc/systemd/system/$unit.service" wants="$ROOT/etc/systemd/system/multi-user.target.wants/$unit.service"
case $verb:$unit in
  reboot:) : >"$STATE/reboot" ;;
  enable:juju-tune-*)
    if [[ ! -f $own ]]; then
      echo "Failed to enable unit: Unit file $unit.service does not exist." >&2
      exit 1
    fi
    mkdir -p "${wants%/*}" && ln -sfn "/etc/systemd/system/$unit.service" "$wants"
    ;;
  disable:juju-tune-*) rm -f "$wants" ;;
  is-enabled:juju-tune-*)
    if [[ -L $wants ]]; then echo enabled; else echo disabled; exit 1; fi
    ;;
  is-active:apache2)
    [[ $quiet ]] || echo "${apache[active]}"
    [[ ${apache[active]} == active ]] || exit 3
    ;;
  is-failed:apache2)
    [[ $quiet ]] || echo "${apache[active]}"
    [[ ${apache[active]} == failed ]] || exit 1
    ;;
  is-active:* | is-failed:*)
    state=$(show_other | sed -n 's/^ActiveState=//p')
    [[ $quiet ]] || echo "$state"
    [[ $state == active ]] || exit 3
    ;;
  is-enabled:*) echo enabled ;;
  show:apache2) show_apache | select_properties ;;
  show:*) show_other | select_properties ;;
  reload:apache2)
    if [[ ${apache[active]} != active ]]; then
      echo 'apache2.service is not active, cannot reload.' >&2
      exit 1
    fi
    if ! words=$(apache_graceful 2>&1); then
      load_state
      while IFS= read -r line; do journal "$line"; done <<<"$words"
      failed_job exit-code
      exit 1
    fi
    ;;
  restart:apache2)
    stop_apache
    start_apache || exit 1
    ;;
  try-restart:apache2) if [[ ${apache[active]} == active ]]; then stop_apache; start_apache || exit 1; fi ;;
  start:apache2) [[ ${apache[active]} == active ]] || start_apache || exit 1 ;;
  stop:apache2) stop_apache ;;
  kill:apache2)
    if [[ ${apache[active]} == active ]]; then
      case ${signal:-TERM} in
        TERM | INT) stop_apache term ;;
        USR1) apache_graceful ;;
        KILL) # Restart=on-abort: systemd starts it again
          apache_stop term
          apache[active]=activating
          save_state
          start_apache || exit 1
          ;;
      esac
    elif [[ $signals || $verb ]]; then
      echo 'Failed to kill unit apache2.service: No main process to kill' >&2
      exit 1
    fi
    ;;
  reset-failed:*)
    if [[ -z $unit || $unit == apache2 ]]; then
      apache[starts]=''
      [[ ${apache[active]} == failed ]] && apache[active]=inactive
      apache[result]=success
      save_state
    fi
    ;;
  list-timers:*) for timer in "$STATE"/timers/*; do [[ -e $timer ]] && printf '%s.timer\n' "${timer##*/}"; done ;;
  list-units:* | list-jobs:*) ;;
  status:apache2)
    printf '* apache2.service - The Apache HTTP Server\n     Loaded: loaded (/lib/systemd/system/apache2.service; enabled; vendor preset: enabled)\n     Active: %s (%s)\n' "${apache[active]}" "$(sub_state)"
    [[ -r $STATE/journal ]] && tail -n 10 "$STATE/journal" | while read -r at line; do printf '%s systemd[1]: %s\n' "$(/bin/date -u -d "@$((at / 1000))" '+%b %d %H:%M:%S')" "$line"; done
    [[ ${apache[active]} == active ]] || exit 3
    ;;
  daemon-reload:* | start:* | stop:* | enable:* | disable:* | mask:* | unmask:*) ;;
  is-system-running:*) echo running ;;
  *) echo "Unknown command verb '$verb', or unit $unit.service not found." >&2; exit 1 ;;
esac
exit 0
