# shellcheck shell=bash
# What every program on a unit needs: the lines of a receipt, paths below ROOT, and what the unit says of itself.
# bash 4.4 and mawk; here-documents and here-strings are not used, for they would write below /tmp.
set -u -o pipefail
: "${ROOT?}"
export LC_ALL=C
umask 077

RECEIPT=''
REPLY=''
TAB=$'\t'
HEX64='^[0-9a-f]{64}$'

# --- lines ---------------------------------------------------------------------------------------------------------

# REPLY = the text with every byte outside printable ASCII, and %, as %XX.
encode() {
  local rest=$1 head byte out=''
  while [[ $rest == *[!\ -\$\&-~]* ]]; do
    head=${rest%%[!\ -\$\&-~]*}
    printf -v byte %d "'${rest:${#head}:1}"
    printf -v byte '%%%02X' "$((byte & 255))"
    out+=$head$byte
    rest=${rest:${#head}+1}
  done
  REPLY=$out$rest
}

# REPLY = what was encoded. Fails on anything that encode does not write.
decode() {
  REPLY=$1
  [[ $1 == *[!\ -~]* ]] && return 1
  [[ $1 == *%* ]] || return 0
  [[ $1 =~ %([^0-9A-F]|.[^0-9A-F]|.?$) || $1 == *%00* ]] && return 1
  REPLY=${1//\\/\\\\}
  printf -v REPLY %b "${REPLY//%/\\x}"
}

# FIELDS = the fields of a line, empty ones too.
split() {
  local rest=$1$TAB
  FIELDS=()
  while [ -n "$rest" ]; do
    FIELDS+=("${rest%%"$TAB"*}")
    rest=${rest#*"$TAB"}
  done
}

# Adds one line to the receipt.
say() {
  local line=$1
  shift
  while [ $# -gt 0 ]; do
    encode "$1"
    line+=$TAB$REPLY
    shift
  done
  RECEIPT+=$line$'\n'
}

# Prints the receipt; without a hash that fits nobody believes it.
finish() {
  local sum
  sum=$(printf %s "$RECEIPT" | sha256sum) || return 1
  [[ ${sum%% *} =~ $HEX64 ]] || return 1
  printf '%send\t%s\n' "$RECEIPT" "${sum%% *}"
}

# REPLY = the text without what must not leave the unit (safe-change.md, redaction layers 1 and 2).
redact() {
  local text=$1 out='' match
  local -r secret="(gAAAA[A-Za-z0-9_=-]+)|([Xx]-[A-Za-z-]*[Tt]oken\"?:? *)([^ ,;\"]+)|([Aa]uthorization: *[A-Za-z]* *)([^ ,;]+)"
  local -r named="([A-Za-z_]*(password|passwd|secret|admin_token|secret_key|PASSWORD|Password)[\"']? *[=:] *)(\"[^\"]*\"|'[^']*'|[^ ,;&\"']+)"
  local -r address='([a-z][a-z0-9+.]*://[^ /:@]*:)([^ /@]+)@'
  while [[ $text =~ $secret ]]; do
    match=${BASH_REMATCH[0]}
    out+=${text%%"$match"*}${BASH_REMATCH[2]}${BASH_REMATCH[4]}'[redacted]'
    text=${text#*"$match"}
  done
  text=$out$text out=''
  while [[ $text =~ $named ]]; do
    match=${BASH_REMATCH[0]}
    out+=${text%%"$match"*}${BASH_REMATCH[1]}'[redacted]'
    text=${text#*"$match"}
  done
  text=$out$text out=''
  while [[ $text =~ $address ]]; do
    match=${BASH_REMATCH[0]}
    out+=${text%%"$match"*}${BASH_REMATCH[1]}'[redacted]@'
    text=${text#*"$match"}
  done
  REPLY=$out$text
}

# --- paths ---------------------------------------------------------------------------------------------------------

# REPLY = where a path of the unit really is, every link followed inside ROOT only: a link to /etc/x means "$ROOT/etc/x".
rooted() {
  local rest=${1#"$ROOT"} at='' part target hops=0
  while [ -n "$rest" ]; do
    part=${rest%%/*}
    if [[ $rest == */* ]]; then rest=${rest#*/}; else rest=''; fi
    case $part in
      '' | .) continue ;;
      ..)
        at=${at%/*}
        continue
        ;;
    esac
    if [ -L "$ROOT$at/$part" ]; then
      hops=$((hops + 1))
      [ "$hops" -le 40 ] || return 1
      target=$(readlink -- "$ROOT$at/$part") || return 1
      [[ $target == /* ]] && at=''
      rest=$target${rest:+/$rest}
    else
      at=$at/$part
    fi
  done
  REPLY=$ROOT${at:-/}
}

# Prints Apache's enabled conf and site files in read order, each as the real file below ROOT.
config_files() {
  local -a names=() links=() targets=()
  local name folder index=0
  for folder in conf-enabled sites-enabled; do
    rooted "$ROOT/etc/apache2/$folder" || continue
    for name in "$REPLY"/*.conf; do
      if [ -L "$name" ]; then links+=("$name"); elif [ ! -f "$name" ]; then continue; fi
      names+=("$name")
    done
  done
  [ ${#names[@]} -gt 0 ] || return 0
  if [ ${#links[@]} -gt 0 ]; then mapfile -t targets < <(readlink -- "${links[@]}"); fi
  [ ${#targets[@]} -eq ${#links[@]} ] || return 1
  for name in "${names[@]}"; do
    if [ -L "$name" ]; then
      if [[ ${targets[index]} == /* ]]; then name=$ROOT${targets[index]}; else name=${name%/*}/${targets[index]}; fi
      index=$((index + 1))
      rooted "$name" || continue
      name=$REPLY
    fi
    if [ -f "$name" ]; then printf '%s\n' "$name"; fi
  done
}

# --- Apache --------------------------------------------------------------------------------------------------------

has_tls_frontend() { [ -e "$ROOT/etc/apache2/sites-enabled/openstack_https_frontend.conf" ]; }

# The enabled MPM by its link, `none` or `multiple`: what the next start would load.
mpm_disk() {
  local link last=''
  MPM_LINKS=0
  for link in "$ROOT"/etc/apache2/mods-enabled/mpm_*.load; do
    if [ -e "$link" ] || [ -L "$link" ]; then MPM_LINKS=$((MPM_LINKS + 1)) last=$link; fi
  done
  case $MPM_LINKS in
    0) printf 'none\n' ;;
    1)
      link=${last##*/mpm_}
      printf '%s\n' "${link%.load}"
      ;;
    *) printf 'multiple\n' ;;
  esac
}

# The pid of Apache's parent process, when it is alive.
apache_pid() {
  local pid=''
  if [ -r "$ROOT/run/apache2/apache2.pid" ]; then read -r pid <"$ROOT/run/apache2/apache2.pid" || :; fi
  [[ $pid =~ ^[1-9][0-9]{0,9}$ && -d "$ROOT/proc/$pid" ]] || return 1
  printf '%s\n' "$pid"
}

# The MPM that the running parent has mapped; by its start notice in the log where its maps cannot be read.
mpm_running() {
  local pid found='' file
  pid=$(apache_pid) || {
    printf 'none\n'
    return 0
  }
  if [ -r "$ROOT/proc/$pid/maps" ]; then
    found=$(grep -m 1 -o 'mod_mpm_[a-z]*' "$ROOT/proc/$pid/maps" 2>/dev/null) || found=''
    found=${found#mod_mpm_}
  fi
  if [ -z "$found" ]; then
    for file in "$ROOT/var/log/apache2/error.log.1" "$ROOT/var/log/apache2/error.log"; do
      [ -r "$file" ] || continue
      found=$({ printf '%s\n' "$found" && tail -c 4194304 -- "$file" 2>/dev/null; } |
        sed -n -e 's/.*\[mpm_\([a-z]*\):notice\].*AH0\(0489\|0292\|0163\).*/\1/p' -e 's/^\(event\|worker\|prefork\)$/\1/p' | tail -n 1)
    done
  fi
  case $found in
    event | worker | prefork) printf '%s\n' "$found" ;;
    *) printf 'none\n' ;;
  esac
}

# Prints `group processes threads user display file` of each WSGIDaemonProcess; continued lines count as one.
wsgi_daemons() {
  local -a files
  mapfile -t files < <(config_files)
  [ ${#files[@]} -gt 0 ] || return 0
  awk '
    function finish_line(line,   n, i, word, at, name, value, p, t, u, d) {
      sub(/^[ \t]+/, "", line)
      n = split(line, word, /[ \t]+/)
      if (tolower(word[1]) != "wsgidaemonprocess" || n < 2) return
      p = 1; t = 15; u = "www-data"; d = "-"
      for (i = 2; i <= n; i++) gsub(/"/, "", word[i])
      for (i = 3; i <= n; i++) {
        at = index(word[i], "=")
        if (!at) continue
        name = substr(word[i], 1, at - 1); value = substr(word[i], at + 1)
        if (name == "processes") p = value
        if (name == "threads") t = value
        if (name == "user") u = value
        if (name == "display-name") d = value == "%{GROUP}" ? "(wsgi:" word[2] ")" : value
      }
      print word[2], p, t, u, d, substr(FILENAME, length(ENVIRON["ROOT"]) + 1)
    }
    FNR == 1 { held = "" }
    { sub(/\r$/, "") }
    /\\$/ { held = held substr($0, 1, length($0) - 1); next }
    { finish_line(held $0); held = "" }
  ' "${files[@]}"
}

# Prints `group processes threads user file` of each WSGIDaemonProcess.
wsgi_groups() { wsgi_daemons | awk '{ print $1, $2, $3, $4, $6 }'; }

# Prints `group running pid pid …`. A daemon is known by its parent, its user and its display name, of which ps shows as much as fits
# over /usr/sbin/apache2; where two groups look alike, all are taken to run as configured when the sum is as configured; `-` is for a group that cannot be
# told from Apache's own children.
wsgi_running() {
  local parent
  parent=$(apache_pid) || parent=-
  { wsgi_daemons && printf 'ps\n' && ps -ww -eo pid=,ppid=,user:32=,args= 2>/dev/null; } | awk -v parent="$parent" '
    function looks_like(shown, full) {
      return shown == full || (length(shown) >= 14 && index(full, shown) == 1)
    }
    !seen && $1 == "ps" && NF == 1 { seen = 1; next }
    !seen { group[++n] = $1; want[n] = $2; user[n] = $4; display[n] = $5; next }
    $2 == parent {
      key = ""
      for (i = 1; i <= n; i++) {
        if ($3 != user[i]) continue
        if (display[i] != "-" ? looks_like($4, display[i]) : ($3 != "www-data" && substr($4, 1, 6) != "(wsgi:")) key = key " " i
      }
      if (key != "") { count[key]++; pids[key] = pids[key] " " $1 }
    }
    END {
      for (key in count) {
        m = split(key, index_of, " ")
        sum = 0
        for (j = 1; j <= m; j++) sum += want[index_of[j]]
        for (j = 1; j <= m; j++) {
          i = index_of[j]
          mine = m == 1 ? count[key] : count[key] - (sum - want[i])
          running[i] += mine > 0 ? mine : 0
          own[i] = own[i] pids[key]
        }
      }
      for (i = 1; i <= n; i++) {
        if (display[i] == "-" && user[i] == "www-data") print group[i], "-"
        else print group[i], running[i] + 0 own[i]
      }
    }'
}

# Prints the port of each Listen directive once.
listen_ports() {
  local -a files=()
  mapfile -t files < <(config_files)
  if [ -f "$ROOT/etc/apache2/ports.conf" ]; then files+=("$ROOT/etc/apache2/ports.conf"); fi
  [ ${#files[@]} -gt 0 ] || return 0
  awk 'tolower($1) == "listen" { port = $2; sub(/^.*:/, "", port); if (port ~ /^[0-9]+$/ && !(port in seen)) { seen[port] = 1; print port } }' "${files[@]}"
}

# --- other things a diagnostic may ask for -------------------------------------------------------------------------

# Prints haproxy's `show stat` as CSV.
haproxy_stat() {
  local socket=''
  if [ -r "$ROOT/etc/haproxy/haproxy.cfg" ]; then
    socket=$(awk '$1 == "stats" && $2 == "socket" { print $3; exit }' "$ROOT/etc/haproxy/haproxy.cfg")
  fi
  rooted "$ROOT${socket:-/run/haproxy/admin.sock}" || return 1
  if command -v socat >/dev/null; then
    printf 'show stat\n' | socat -t 5 - "UNIX-CONNECT:$REPLY"
  else
    python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.settimeout(5)
s.connect(sys.argv[1])
s.sendall(b"show stat\n")
while True:
    part = s.recv(65536)
    if not part:
        break
    sys.stdout.buffer.write(part)
' "$REPLY"
  fi
}

# Prints the lines of a log that are at most so many seconds old, of FILE.1 too. Knows `[Mon Nov 23 13:33:40.380493 2026]`,
# `2026-11-23 13:33:40.380493` (the charms' `%{cu}t`) and access logs; a line without a time goes with the one before it.
log_since() {
  local now since file
  local -a files=()
  now=$(date +%s) || return 1
  since=$(date -d "@$((now - $2))" '+%Y-%m-%d %H:%M:%S') || return 1
  for file in "$1.1" "$1"; do
    rooted "$file" || continue
    if [ -f "$REPLY" ] && [ -r "$REPLY" ]; then files+=("$REPLY"); fi
  done
  for file in "${files[@]}"; do
    # 64 MiB are minutes of the busiest log; more is not read, however long the window.
    tail -c 67108864 -- "$file"
  done | awk -v since="$since" '
    BEGIN { n = split("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", name, " "); for (i = 1; i <= n; i++) month[name[i]] = sprintf("%02d", i) }
    {
      stamp = ""
      if (substr($0, 1, 1) == "[" && substr($0, 5, 1) == " " && substr($0, 15, 1) == ":") {
        m = month[substr($0, 6, 3)]; day = substr($0, 10, 2); sub(/^ /, "0", day)
        if (m != "" && match(substr($0, 1, 48), / [0-9][0-9][0-9][0-9]\]/)) stamp = substr($0, RSTART + 1, 4) "-" m "-" day " " substr($0, 13, 8)
      } else if (substr($0, 5, 1) == "-" && substr($0, 8, 1) == "-" && substr($0, 14, 1) == ":" && substr($0, 17, 1) == ":") {
        stamp = substr($0, 1, 10) " " substr($0, 12, 8)
      } else if (match($0, /\[[0-9][0-9]\/[A-Z][a-z][a-z]\/[0-9][0-9][0-9][0-9]:[0-9][0-9]:[0-9][0-9]:[0-9][0-9] /)) {
        stamp = substr($0, RSTART + 8, 4) "-" month[substr($0, RSTART + 4, 3)] "-" substr($0, RSTART + 1, 2) " " substr($0, RSTART + 13, 8)
      }
      if (stamp != "") inside = stamp >= since
      if (inside) print
    }'
}

# --- facts ---------------------------------------------------------------------------------------------------------

# REPLY = whole seconds of a time as systemd prints it: `1min 30s`. `infinity` is 600, for a plan has to end.
seconds_of() {
  local word number total=0
  if [ "$1" = infinity ]; then
    REPLY=600
    return 0
  fi
  for word in $1; do
    number=${word%%[!0-9]*}
    case ${word#"$number"} in
      h) total=$((total + ${number:-0} * 3600)) ;;
      min) total=$((total + ${number:-0} * 60)) ;;
      s | .*s) total=$((total + ${number:-0})) ;;
    esac
  done
  REPLY=$total
}

first_line() {
  REPLY=''
  if [ -r "$1" ]; then read -r REPLY <"$1" || :; fi
}

# Who this unit is and what time it is there; in every receipt.
identity_facts() {
  first_line "$ROOT/etc/machine-id"
  MACHINE_ID=$REPLY
  first_line "$ROOT/proc/sys/kernel/random/boot_id"
  BOOT_ID=$REPLY
  CLOCK=$(date +%s) || CLOCK=''
  say fact unit "${JUJU_UNIT_NAME-}"
  say fact model "${JUJU_MODEL_UUID-}"
  say fact machine-id "$MACHINE_ID"
  say fact boot-id "$BOOT_ID"
  say fact clock "$CLOCK"
}

unit_facts() {
  local free
  first_line "$ROOT/proc/sys/kernel/hostname"
  [ -n "$REPLY" ] || first_line "$ROOT/etc/hostname"
  say fact hostname "$REPLY"
  host_facts
  free=$(df -B1 --output=avail -- "$ROOT/var/lib" 2>/dev/null | tail -n 1) || free=0
  say fact disk.free "${free//[!0-9]/}"
  if [ ! -f "$ROOT/etc/apache2/apache2.conf" ] || ! command -v apache2ctl >/dev/null; then
    say fact apache.installed no
    say fact apache.active inactive
    return 0
  fi
  say fact apache.installed yes
  service_facts
  mpm_disk >/dev/null
  say fact mpm.links "$MPM_LINKS"
  say fact mpm.disk "$(mpm_disk)"
  say fact mpm.running "$(mpm_running)"
  if has_tls_frontend; then say fact tls.frontend yes; else say fact tls.frontend no; fi
  wsgi_facts
  say fact connections.open "$(open_connections)"
}

host_facts() {
  local name value available=0 limit=0
  say fact host.cpus "$(nproc)"
  if [ -r "$ROOT/proc/meminfo" ]; then
    while read -r name value _; do
      if [ "$name" = MemAvailable: ]; then available=$((value * 1024)); fi
    done <"$ROOT/proc/meminfo"
  fi
  say fact host.memory-available "$available"
  first_line "$ROOT/sys/fs/cgroup/memory.max"
  [ -n "$REPLY" ] || first_line "$ROOT/sys/fs/cgroup/memory/memory.limit_in_bytes"
  # Version 1 of cgroups says "no limit" as a number near 2^63.
  if [[ $REPLY =~ ^[0-9]{1,16}$ ]]; then limit=$REPLY; fi
  say fact host.memory-limit "$limit"
}

service_facts() {
  local name value active=unknown stop=90 start=90 pid version
  while IFS='=' read -r name value; do
    case $name in
      ActiveState) active=$value ;;
      TimeoutStopUSec)
        seconds_of "$value"
        stop=$REPLY
        ;;
      TimeoutStartUSec)
        seconds_of "$value"
        start=$REPLY
        ;;
    esac
  done < <(systemctl show apache2 --property=ActiveState,MainPID,TimeoutStopUSec,TimeoutStartUSec 2>/dev/null)
  pid=$(apache_pid) || pid=''
  # shellcheck disable=SC2016  # dpkg-query's own variable
  version=$(dpkg-query -W -f '${Version}' apache2 2>/dev/null) || version=''
  version=${version#*:}
  say fact apache.active "$active"
  say fact apache.stop-seconds "$stop"
  say fact apache.start-seconds "$start"
  say fact apache.pid "$pid"
  say fact apache.version "${version%%-*}"
}

wsgi_facts() {
  local group processes threads user file running pids supported=no module
  module="$ROOT/usr/lib/apache2/modules/mod_wsgi.so"
  if rooted "$module" && [ -r "$REPLY" ] && grep -q WSGISocketRotation "$REPLY"; then supported=yes; fi
  say fact wsgi.rotation-supported "$supported"
  while read -r group processes threads user file; do
    say fact "wsgi.$group.processes" "$processes"
    say fact "wsgi.$group.threads" "$threads"
    say fact "wsgi.$group.user" "$user"
    say fact "wsgi.$group.file" "$file"
  done < <(wsgi_groups)
  while read -r group running pids; do
    [ "$running" != - ] || continue
    say fact "wsgi.$group.running" "$running"
    mean_memory "$pids"
    say fact "wsgi.$group.memory" "$REPLY"
  done < <(wsgi_running)
}

# REPLY = the mean Pss of up to eight of these processes in bytes, 0 when it cannot be read.
mean_memory() {
  local pid sum=0 count=0 name value
  for pid in $1; do
    [ "$count" -lt 8 ] || break
    [ -r "$ROOT/proc/$pid/smaps_rollup" ] || continue
    while read -r name value _; do
      if [ "$name" = Pss: ]; then sum=$((sum + value)) count=$((count + 1)); fi
    done 2>/dev/null <"$ROOT/proc/$pid/smaps_rollup"
  done
  REPLY=0
  if [ "$count" -gt 0 ]; then REPLY=$((sum * 1024 / count)); fi
}

# Prints the number of established connections to ports that Apache listens on.
open_connections() {
  { listen_ports && printf 'ss\n' && ss -tnH state established 2>/dev/null; } | awk '
    !seen && $1 == "ss" { seen = 1; next }
    !seen { port[$1] = 1; next }
    { at = $3; sub(/^.*:/, "", at); if (at in port) n++ }
    END { print n + 0 }'
}
