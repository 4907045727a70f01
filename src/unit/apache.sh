# shellcheck shell=bash
# Apache as it is configured and as it runs. Paths are followed inside ROOT only.
# shellcheck disable=SC2034  # read by the files that follow

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
  if [[ ${JUJU_TUNE_MAPPED-} == "$pid "* ]]; then
    # Of the jail, in which the maps cannot be read.
    found=${JUJU_TUNE_MAPPED#* }
  elif [ -r "$ROOT/proc/$pid/maps" ]; then
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
