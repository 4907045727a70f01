# shellcheck shell=bash
# What a unit says of itself, and what else a diagnostic may ask for.

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

# Prints `address yes|no` of each virtual address that pacemaker manages: does this unit hold it now? Fails where there is no pacemaker.
virtual_addresses() {
  local -a tables=()
  local cib="$ROOT/var/lib/pacemaker/cib/cib.xml" table
  [ -r "$cib" ] || return 1
  for table in fib_trie if_inet6; do
    if [ -r "$ROOT/proc/net/$table" ]; then tables+=("$ROOT/proc/net/$table"); fi
  done
  sed -n 's/.*<nvpair[^>]* name="\(ip\|ipv6addr\)"[^>]* value="\([^"]*\)".*/vip \2/p; s/.*<nvpair[^>]* value="\([^"]*\)"[^>]* name="\(ip\|ipv6addr\)".*/vip \1/p' "$cib" |
    sort -u | awk '
      # An IPv6 address as if_inet6 writes it: 32 digits, no colons.
      function digits(address,  halves, left, part, n, m, i, text) {
        n = split(address, halves, "::")
        left = split(halves[1], part, ":")
        for (i = 1; i <= left; i++) text = text substr("0000" part[i], length(part[i]) + 1)
        if (n < 2) return text
        m = split(halves[2], part, ":")
        for (i = left + m; i < 8; i++) text = text "0000"
        for (i = 1; i <= m; i++) text = text substr("0000" part[i], length(part[i]) + 1)
        return text
      }
      $1 == "vip" { if (NF == 2) address[++count] = $2; next }
      FILENAME ~ /if_inet6$/ { held[$1] = 1; next }
      $1 == "|--" { last = $2 }
      $2 == "host" && $3 == "LOCAL" { held[last] = 1 }
      END {
        for (i = 1; i <= count; i++) {
          known = tolower(address[i])
          if (index(known, ":")) known = digits(known)
          print address[i], (known in held) ? "yes" : "no"
        }
      }' - "${tables[@]}"
}

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

# How this program is kept from writing, by jail.pl; and why it is not.
jail_facts() {
  local jail=${JUJU_TUNE_JAIL-none nobody asked for it}
  JAIL=${jail%% *}
  say fact jail "$JAIL"
  [ "$JAIL" = mount ] || say fact jail.reason "${jail#* }"
}

unit_facts() {
  local free
  first_line "$ROOT/proc/sys/kernel/hostname"
  [ -n "$REPLY" ] || first_line "$ROOT/etc/hostname"
  say fact hostname "$REPLY"
  host_facts
  free=$(df -B1 --output=avail -- "$ROOT/var/lib" 2>/dev/null | tail -n 1) || free=0
  say fact disk.free "${free//[!0-9]/}"
  if [[ $(virtual_addresses) == *" yes"* ]]; then say fact vip.held yes; else say fact vip.held no; fi
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
  say fact wsgi.sockets-missed "$(missed_sockets)"
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

# Prints the newest generation of the running Apache's WSGI sockets: one more than there were reloads since it started. 0 without rotation.
wsgi_generation() {
  local pid socket
  pid=$(apache_pid) || pid=-
  for socket in "$ROOT"/run/apache2/wsgi."$pid".*.sock "$ROOT"/var/run/apache2/wsgi."$pid".*.sock; do
    if [ -e "$socket" ]; then printf '%s\n' "${socket##*/}"; fi
  done | awk -F. '$3 ~ /^[0-9]+$/ && $3 + 0 > most { most = $3 + 0 } END { print most + 0 }'
}

# Prints how many requests looked for a socket of an earlier generation of the running Apache, by the ends of its error logs.
missed_sockets() {
  local pid file
  pid=$(apache_pid) || pid=-
  for file in "$ROOT"/var/log/apache2/*error*.log; do
    if rooted "$file" && [ -f "$REPLY" ] && [ -r "$REPLY" ]; then tail -c 262144 -- "$REPLY"; fi
  done | awk -v pid="$pid" -v generation="$(wsgi_generation)" '
    !/Unable to connect to WSGI daemon process/ || /listener backlog limit/ { next }
    match($0, /wsgi\.[0-9]+\.[0-9]+\.[0-9]+\.sock/) {
      split(substr($0, RSTART, RLENGTH), part, ".")
      if (part[2] == pid && part[3] + 0 < generation + 0) n++
    }
    END { print n + 0 }'
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
