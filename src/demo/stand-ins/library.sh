# shellcheck shell=bash
# Shared by the stand-ins of a unit folder: the unit's root, its virtual time, and what its Apache is said to run.
ROOT="${JUJU_TUNE_ROOT:-${ROOT:-${0%/usr/*}}}"
STATE="$ROOT/.demo"
LC_ALL=C

# Virtual time in milliseconds; real time where no clock file is.
now_ms() {
  local text real_ns
  if [[ -n ${EPOCHREALTIME-} ]]; then real_ms=$((${EPOCHREALTIME/[.,]/} / 1000)); else
    real_ns=$(/bin/date +%s%N)
    real_ms=$((real_ns / 1000000))
  fi
  rate=1 NOW_MS=$real_ms
  [[ -r $ROOT/../../clock.json ]] || return 0
  text=$(<"$ROOT/../../clock.json")
  local real='"epochReal":([0-9]+)' virtual='"epochVirtual":([0-9]+)' speed='"rate":([0-9]+)(\.([0-9]+))?'
  [[ $text =~ $real ]] && real=${BASH_REMATCH[1]} || return 0
  [[ $text =~ $virtual ]] && virtual=${BASH_REMATCH[1]} || return 0
  [[ $text =~ $speed ]] || return 0
  local thousandths="${BASH_REMATCH[3]}000"
  rate_milli=$((BASH_REMATCH[1] * 1000 + 10#${thousandths:0:3}))
  NOW_MS=$((virtual + (real_ms - real) * rate_milli / 1000))
}

# Seconds with decimals -> milliseconds.
to_ms() {
  local whole=${1%%.*} fraction=''
  [[ $1 == *.* ]] && fraction=${1#*.}
  fraction="${fraction}000"
  REPLY=$((10#${whole:-0} * 1000 + 10#${fraction:0:3}))
}

# Sleeps that many virtual milliseconds.
virtual_sleep() {
  local real
  now_ms
  real=$(($1 * 1000 / ${rate_milli:-1000}))
  ((real > 0)) || return 0
  /bin/sleep "$((real / 1000)).$(printf '%03d' $((real % 1000)))"
}

# --- What runs. `apache` holds lines `key value`: active mpm pid generation since loaded result dies starts ---
load_state() {
  local key value
  declare -gA apache=([active]=inactive [mpm]=none [pid]=0 [generation]=0 [since]=0 [loaded]=0 [result]=success [dies]='' [starts]='')
  if [[ -r $STATE/apache ]]; then
    while read -r key value; do [[ -n $key ]] && apache[$key]=$value; done <"$STATE/apache"
  fi
  now_ms
  if [[ -n ${apache[dies]} ]] && ((NOW_MS >= apache[dies])); then apache_dies; fi
}

save_state() {
  local key
  mkdir -p "$STATE"
  for key in active mpm pid generation since loaded result dies starts; do printf '%s %s\n' "$key" "${apache[$key]}"; done >"$STATE/apache.new"
  mv -f "$STATE/apache.new" "$STATE/apache"
}

event() { printf '%s %s\n' "$1" "$2" >>"$STATE/events"; }

# A line of the stock error log at a virtual time.
error_log() {
  local at=$1 stamp
  stamp=$(/bin/date -u -d "@$((at / 1000))" '+%a %b %d %H:%M:%S')
  printf '[%s.%03d000 %s] %s\n' "$stamp" $((at % 1000)) "$(/bin/date -u -d "@$((at / 1000))" +%Y)" "$2" >>"$ROOT/var/log/apache2/error.log"
}

# The parent notices at a reload that the MPM changed, and ends (catalogue E3).
apache_dies() {
  local at=${apache[dies]}
  error_log "$at" "[mpm_${apache[mpm]}:notice] [pid ${apache[pid]}:tid ${apache[pid]}] AH0$(graceful_id "${apache[mpm]}"): Graceful restart requested, doing restart"
  error_log "$at" "[core:emerg] [pid ${apache[pid]}:tid ${apache[pid]}] AH00534: apache2: Configuration error: The MPM cannot be changed during restart."
  apache[active]=failed apache[result]=exit-code apache[since]=$at apache[dies]=''
  event "$at" die
  clear_processes
  save_state
}

graceful_id() { case $1 in event) echo 0493 ;; worker) echo 0297 ;; *) echo 0171 ;; esac; }
started_id() { case $1 in event) echo 0489 ;; worker) echo 0292 ;; *) echo 0163 ;; esac; }

# --- The configuration on disk ---
# Files in the order in which httpd reads them; a link that leads nowhere is passed over, as IncludeOptional does.
config_files() {
  local dir=$1 pattern file
  CONFIG_FILES=()
  [[ -f $dir/apache2.conf ]] || return 1
  CONFIG_FILES+=("$dir/apache2.conf")
  while read -r _ pattern; do
    pattern=${pattern//\"/}
    [[ $pattern == /* ]] || pattern="$dir/$pattern"
    # shellcheck disable=SC2231 # the pattern is meant to be one
    for file in $pattern; do [[ -f $file ]] && CONFIG_FILES+=("$file"); done
  done < <(grep -iE '^[[:space:]]*Include(Optional)?[[:space:]]' "$dir/apache2.conf")
}

read_config() { # MODE DIR
  config_files "$2" || {
    echo "apache2: Could not open configuration file $2/apache2.conf: No such file or directory" >&2
    return 1
  }
  awk -v mode="$1" -v strip="$ROOT" -f "$ROOT/usr/lib/juju-tune-demo/config.awk" "${CONFIG_FILES[@]}"
}

disk_mpm() {
  local file names=()
  for file in "$ROOT"/etc/apache2/mods-enabled/mpm_*.load; do
    [[ -e $file ]] && file=${file##*/mpm_} && names+=("${file%.load}")
  done
  REPLY="${names[*]}"
}

# --- Processes and sockets of what runs ---
clear_processes() {
  local pid
  [[ -r $STATE/processes ]] && while read -r pid _; do
    [[ $pid == [0-9]* && -d $ROOT/proc/$pid ]] && rm -rf "${ROOT:?}/proc/$pid"
  done <"$STATE/processes"
  rm -f "$ROOT"/run/apache2/wsgi.*.sock "$ROOT/run/apache2/apache2.pid" "$STATE/processes" "$STATE/sockets" "$STATE/listeners"
}

# Children, daemons, /proc entries, sockets and listeners as the loaded configuration asks for them.
make_processes() {
  local kind pid ppid user nlwp rss title number=0
  mkdir -p "$ROOT/run/apache2"
  [[ -r $STATE/processes ]] && while read -r pid _; do
    [[ $pid == [0-9]* && -d $ROOT/proc/$pid ]] && rm -rf "${ROOT:?}/proc/$pid"
  done <"$STATE/processes"
  rm -f "$ROOT"/run/apache2/wsgi.*.sock
  awk -v parent="${apache[pid]}" -v generation="${apache[generation]}" -v mpm="${apache[mpm]}" -v seed="$STATE" \
    -f "$ROOT/usr/lib/juju-tune-demo/processes.awk" "$STATE/loaded.conf" >"$STATE/table"
  : >"$STATE/processes"
  : >"$STATE/sockets"
  : >"$STATE/listeners"
  local -a pids=()
  while IFS=$'\t' read -r kind pid ppid user nlwp rss title; do
    case $kind in
      process)
        pids+=("$ROOT/proc/$pid")
        printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$pid" "$ppid" "$user" "$nlwp" "$rss" "$title" >>"$STATE/processes"
        ;;
      socket)
        number=$((number + 1))
        printf '%s\t%s\n' "$pid" "$ppid" >>"$STATE/sockets"
        : >"$ROOT/run/apache2/${pid##*/}"
        ;;
      listen) printf '%s\n' "$pid" >>"$STATE/listeners" ;;
    esac
  done <"$STATE/table"
  mkdir -p "${pids[@]}"
  while IFS=$'\t' read -r pid ppid user nlwp rss title; do
    fill_process "$ROOT/proc/$pid" "$pid" "$ppid" "$user" "$nlwp" "$rss" "$title"
  done <"$STATE/processes"
  printf '%s\n' "${apache[pid]}" >"$ROOT/run/apache2/apache2.pid"
}

fill_process() {
  local dir=$1 uid=33
  [[ $4 == root ]] && uid=0
  [[ $4 == www-data || $4 == root ]] || uid=$(user_id "$4")
  printf '%s\0-k\0start\0' "$7" >"$dir/cmdline"
  echo apache2 >"$dir/comm"
  printf 'Name:\tapache2\nState:\tS (sleeping)\nPid:\t%s\nPPid:\t%s\nUid:\t%s\t%s\t%s\t%s\nGid:\t%s\t%s\t%s\t%s\nVmRSS:\t%8s kB\nThreads:\t%s\n' \
    "$2" "$3" $uid $uid $uid $uid $uid $uid $uid $uid "$6" "$5" >"$dir/status"
  printf '55d0c0000000-7ffd00000000 ---p 00000000 00:00 0                          [rollup]\nRss:            %8d kB\nPss:            %8d kB\nPrivate_Dirty:  %8d kB\nSwap:                  0 kB\n' \
    "$6" $(($6 * 93 / 100)) $(($6 * 88 / 100)) >"$dir/smaps_rollup"
  printf '55d0c1a00000-55d0c1ae0000 r-xp 00000000 fd:01 131 /usr/sbin/apache2\n7f31a0000000-7f31a0009000 r-xp 00000000 fd:01 132 /usr/lib/apache2/modules/mod_mpm_%s.so\n7f31a1000000-7f31a1040000 r-xp 00000000 fd:01 133 /usr/lib/apache2/modules/mod_wsgi.so\n' \
    "${apache[mpm]}" >"$dir/maps"
}

user_id() {
  local name id
  while IFS=: read -r name _ id _; do [[ $name == "$1" ]] && echo "$id" && return; done <"$ROOT/etc/passwd"
  echo 64060
}

# --- Service actions ---
take_configuration() {
  [[ -f $STATE/loaded.conf ]] && mv -f "$STATE/loaded.conf" "$STATE/previous.conf"
  read_config flat "$ROOT/etc/apache2" >"$STATE/loaded.conf" 2>/dev/null
  apache[loaded]=$NOW_MS
}

resuming() {
  local what="Apache/2.4.52 (Ubuntu) OpenSSL/3.0.2 mod_wsgi/4.9.0 Python/3.10 configured -- resuming normal operations"
  error_log "$NOW_MS" "[mpm_${apache[mpm]}:notice] [pid ${apache[pid]}:tid ${apache[pid]}] AH0$(started_id "${apache[mpm]}"): $what"
  error_log "$NOW_MS" "[core:notice] [pid ${apache[pid]}:tid ${apache[pid]}] AH00094: Command line: '/usr/sbin/apache2'"
}

# rc 0: started; 1: the configuration is refused (its words on stderr).
apache_start() {
  local words
  if ! words=$(read_config check "$ROOT/etc/apache2" 2>&1); then
    printf '%s\n' "$words" >&2
    apache[active]=failed apache[result]=exit-code apache[since]=$NOW_MS
    event "$NOW_MS" fail
    clear_processes
    save_state
    return 1
  fi
  disk_mpm
  apache[mpm]=$REPLY apache[generation]=0 apache[active]=active apache[result]=success apache[dies]=''
  apache[pid]=$(((${apache[pid]} + 997) % 30000 + 1200))
  apache[since]=$NOW_MS
  take_configuration
  make_processes
  resuming
  event "$NOW_MS" start
  save_state
}

apache_stop() {
  apache[active]=inactive apache[result]=success apache[since]=$NOW_MS apache[dies]=''
  error_log "$NOW_MS" "[mpm_${apache[mpm]}:notice] [pid ${apache[pid]}:tid ${apache[pid]}] AH00$([[ ${1-} == term ]] && echo 491 || echo 492): caught SIG$([[ ${1-} == term ]] && echo TERM || echo WINCH), shutting down$([[ ${1-} == term ]] || echo ' gracefully')"
  event "$NOW_MS" stop
  clear_processes
  save_state
}

# As `apachectl graceful` does: refuse what does not parse, else rc 0 whatever comes of it.
apache_graceful() {
  local words
  if ! words=$(read_config check "$ROOT/etc/apache2" 2>&1); then
    printf '%s\n' "$words" >&2
    return 1
  fi
  if [[ ${apache[active]} != active ]]; then
    echo "httpd not running, trying to start" >&2
    apache_start
    return
  fi
  disk_mpm
  if [[ $REPLY != "${apache[mpm]}" ]]; then
    apache[dies]=$((NOW_MS + 400))
    save_state
    return 0
  fi
  error_log "$NOW_MS" "[mpm_${apache[mpm]}:notice] [pid ${apache[pid]}:tid ${apache[pid]}] AH0$(graceful_id "${apache[mpm]}"): Graceful restart requested, doing restart"
  apache[generation]=$((apache[generation] + 1))
  take_configuration
  make_processes
  resuming
  event "$NOW_MS" reload
  save_state
}
