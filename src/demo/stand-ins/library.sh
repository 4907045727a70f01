# shellcheck shell=bash
# Shared by the stand-ins of a unit folder: the unit's root, its virtual time, and what its Apache is said to run.
ROOT="${JUJU_TUNE_ROOT:-${ROOT:-${0%/usr/*}}}"
STATE="$ROOT/.demo"
LC_ALL=C

# NOW_MS = virtual time in milliseconds; real time where no clock file is.
now_ms() {
  local text real_ns
  if [[ -n ${EPOCHREALTIME-} ]]; then real_ms=$((${EPOCHREALTIME/[.,]/} / 1000)); else
    real_ns=$(/bin/date +%s%N)
    real_ms=$((real_ns / 1000000))
  fi
  rate_milli=1000 NOW_MS=$real_ms
  [[ -r $ROOT/../../clock.json ]] || return 0
  text=$(<"$ROOT/../../clock.json")
  local real='"epochReal":([0-9]+)' virtual='"epochVirtual":([0-9]+)' speed='"rate":([0-9]+)(\.([0-9]+))?'
  [[ $text =~ $real ]] && real=${BASH_REMATCH[1]} || return 0
  [[ $text =~ $virtual ]] && virtual=${BASH_REMATCH[1]} || return 0
  [[ $text =~ $speed ]] || return 0
  local thousandths="${BASH_REMATCH[3]}000"
  rate_milli=$((BASH_REMATCH[1] * 1000 + 10#${thousandths:0:3}))
  NOW_MS=$((virtual + (real_ms - real) * rate_milli / 1000))
  task_time
}

# Within a task a second of work is a second, not a minute: what the unit's logs say ends where the task began. Only sleep moves the
# time on at the demo's speed. First line of the task's clock: virtual and real start; then one line for each sleep.
task_time() {
  local start began slept
  [[ -r ${JUJU_TUNE_TASK_CLOCK-} ]] || return 0
  {
    read -r start began
    start=$((start + real_ms - began))
    while read -r slept; do start=$((start + slept)); done
  } <"$JUJU_TUNE_TASK_CLOCK"
  if ((start < NOW_MS)); then NOW_MS=$start; fi
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
  local real decimals
  now_ms
  real=$(($1 * 1000 / rate_milli))
  if ((real > 0)); then
    printf -v decimals '%03d' $((real % 1000))
    /bin/sleep "$((real / 1000)).$decimals"
  fi
  move_uptime "$1"
  if [[ -w ${JUJU_TUNE_TASK_CLOCK-} ]]; then printf '%s\n' $(($1 - real)) >>"$JUJU_TUNE_TASK_CLOCK"; fi
}

# The monotonic clock goes on with what was slept.
move_uptime() {
  local seconds fraction
  [[ -w $ROOT/proc/uptime ]] && IFS='. ' read -r seconds fraction _ <"$ROOT/proc/uptime" && [[ $seconds$fraction =~ ^[0-9]+$ ]] || return 0
  fraction=$((10#$fraction + $1 / 10))
  printf '%d.%02d 0.00\n' $((seconds + fraction / 100)) $((fraction % 100)) >"$ROOT/proc/uptime"
}

# --- What runs. `apache` holds lines `key value`: active mpm pid generation since loaded result dies starts ---
load_state() {
  local key value
  declare -gA apache=([active]=inactive [mpm]=none [pid]=0 [generation]=0 [since]=0 [loaded]=0 [result]=success [dies]='' [starts]='')
  if [[ -r $STATE/apache ]]; then
    while read -r key value; do [[ -n $key ]] && apache[$key]=$value; done <"$STATE/apache"
  fi
  now_ms
  # Whoever only looks cannot bring it about; the demo does, before it lets anybody look.
  if [[ -n ${apache[dies]} && -w $ROOT/var/log ]] && ((NOW_MS >= apache[dies])); then apache_dies; fi
}

save_state() {
  local key
  mkdir -p "$STATE"
  for key in active mpm pid generation since loaded result dies starts; do printf '%s %s\n' "$key" "${apache[$key]}"; done >"$STATE/apache.new"
  mv -f "$STATE/apache.new" "$STATE/apache"
}

event() { printf '%s %s\n' "$1" "$2" >>"$STATE/events"; }

# Lines of the stock error log at a virtual time.
error_log() { # AT TEXT...
  local at=$1 day clock text
  shift
  TZ=UTC printf -v day '%(%a %b %d %H:%M:%S)T' $((at / 1000))
  TZ=UTC printf -v clock '%(%Y)T' $((at / 1000))
  for text; do printf '[%s.%03d000 %s] %s\n' "$day" $((at % 1000)) "$clock" "$text"; done >>"$ROOT/var/log/apache2/error.log"
}

# The parent notices at a reload that the MPM changed, and ends (catalogue E3).
apache_dies() {
  local at=${apache[dies]} id
  graceful_id "${apache[mpm]}"
  id=$REPLY
  notice "mpm_${apache[mpm]}"
  error_log "$at" "$REPLY $id: Graceful restart requested, doing restart"
  notice core emerg
  error_log "$at" "$REPLY AH00534: apache2: Configuration error: The MPM cannot be changed during restart."
  apache[active]=failed apache[result]=exit-code apache[since]=$at apache[dies]=''
  event "$at" die
  clear_processes
  save_state
}

graceful_id() { case $1 in event) REPLY=AH00493 ;; worker) REPLY=AH00297 ;; *) REPLY=AH00171 ;; esac; }
started_id() { case $1 in event) REPLY=AH00489 ;; worker) REPLY=AH00292 ;; *) REPLY=AH00163 ;; esac; }
# REPLY = `[module:notice] [pid …]` of the parent.
notice() { REPLY="[$1:${2:-notice}] [pid ${apache[pid]}:tid ${apache[pid]}]"; }

# --- The configuration on disk ---
# Files in the order in which httpd reads them; a link that leads nowhere is passed over, as IncludeOptional does.
config_files() {
  local dir=$1 IFS=$' \t\n' folder pattern file
  CONFIG_FILES=()
  [[ -f $dir/apache2.conf ]] || return 1
  CONFIG_FILES+=("$dir/apache2.conf")
  while read -r _ pattern; do
    pattern=${pattern//\"/} folder=''
    [[ $pattern == /* ]] || folder="$dir/"
    # What comes of the pattern is one file each, whatever its name is.
    IFS=''
    # shellcheck disable=SC2231 # the pattern is meant to be one
    for file in "$folder"$pattern; do [[ -f $file ]] && CONFIG_FILES+=("$file"); done
    IFS=$' \t\n'
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
  local old=()
  old_processes
  rm -rf "${old[@]}" "$ROOT"/run/apache2/wsgi.*.sock "$ROOT/run/apache2/apache2.pid"
  : >"$STATE/processes"
  : >"$STATE/sockets"
  : >"$STATE/listeners"
}

# Children, daemons, /proc entries, sockets and listeners as the loaded configuration asks for them.
make_processes() {
  local kind pid rest old=() new=()
  mkdir -p "$ROOT/run/apache2"
  old_processes
  rm -rf "${old[@]}" "$ROOT"/run/apache2/wsgi.*.sock
  awk -v parent="${apache[pid]}" -v generation="${apache[generation]}" -v mpm="${apache[mpm]}" \
    -f "$ROOT/usr/lib/juju-tune-demo/processes.awk" "$STATE/loaded.conf" >"$STATE/table"
  while IFS=$'\t' read -r kind pid rest; do
    [[ $kind == process ]] && new+=("$ROOT/proc/$pid")
  done <"$STATE/table"
  mkdir -p "${new[@]}"
  awk -v root="$ROOT" -v state="$STATE" -v mpm="${apache[mpm]}" -f "$ROOT/usr/lib/juju-tune-demo/proc.awk" "$ROOT/etc/passwd" "$STATE/table"
  printf '%s\n' "${apache[pid]}" >"$ROOT/run/apache2/apache2.pid"
}

# Adds the /proc folders of what ran to the caller's `old`.
old_processes() {
  local pid
  [[ -r $STATE/processes ]] || return 0
  while read -r pid _; do
    [[ $pid == [0-9]* && -d $ROOT/proc/$pid ]] && old+=("$ROOT/proc/$pid")
  done <"$STATE/processes"
  return 0
}

# --- Service actions ---
take_configuration() {
  [[ -f $STATE/loaded.conf ]] && mv -f "$STATE/loaded.conf" "$STATE/previous.conf"
  read_config flat "$ROOT/etc/apache2" >"$STATE/loaded.conf" 2>/dev/null
  apache[loaded]=$NOW_MS
}

resuming() {
  local id parent
  started_id "${apache[mpm]}"
  id=$REPLY
  notice "mpm_${apache[mpm]}"
  parent=$REPLY
  notice core
  error_log "$NOW_MS" "$parent $id: Apache/2.4.52 (Ubuntu) OpenSSL/3.0.2 mod_wsgi/4.9.0 Python/3.10 configured -- resuming normal operations" \
    "$REPLY AH00094: Command line: '/usr/sbin/apache2'"
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
  apache[pid]=$(((apache[pid] + 997) % 30000 + 1200))
  apache[since]=$NOW_MS
  take_configuration
  make_processes
  resuming
  event "$NOW_MS" start
  save_state
}

apache_stop() {
  apache[active]=inactive apache[result]=success apache[since]=$NOW_MS apache[dies]=''
  notice "mpm_${apache[mpm]}"
  if [[ ${1-} == term ]]; then
    error_log "$NOW_MS" "$REPLY AH00491: caught SIGTERM, shutting down"
  else
    error_log "$NOW_MS" "$REPLY AH00492: caught SIGWINCH, shutting down gracefully"
  fi
  event "$NOW_MS" stop
  clear_processes
  save_state
}

# The machine goes down, and what ran with it.
machine_down() {
  apache[active]=inactive apache[result]=success apache[since]=$NOW_MS apache[dies]='' apache[starts]=''
  event "$NOW_MS" stop
  clear_processes
  save_state
}

# As `apachectl graceful` does: refuse what does not parse, else rc 0 whatever comes of it.
apache_graceful() {
  local words id
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
  graceful_id "${apache[mpm]}"
  id=$REPLY
  notice "mpm_${apache[mpm]}"
  error_log "$NOW_MS" "$REPLY $id: Graceful restart requested, doing restart"
  apache[generation]=$((apache[generation] + 1))
  take_configuration
  make_processes
  resuming
  event "$NOW_MS" reload
  save_state
}
