const SYSTEMCTL = `#!/bin/sh
# Keeps one service: its state, its MPM, its daemons. Fails as systemd and Apache do (catalogue 0.9, start limit).
S="$ROOT/run/service"
echo "systemctl $*" >>"$ROOT/run/calls"
disk() { set -- "$ROOT"/etc/apache2/mods-enabled/mpm_*.load; m=\${1##*/mpm_}; m=\${m%.load}; }
stop() { rm -rf "$ROOT/proc/4242"; : >"$S/ps"; echo "$1" >"$S/active"; }
is_active() { read -r a <"$S/active"; [ "$a" = active ]; }
daemons() {
  awk '$1 == "WSGIDaemonProcess" { p = 1; for (i = 3; i <= NF; i++) if ($i ~ /^processes=/) p = substr($i, 11) + 0
    for (i = 0; i < p; i++) print 4242, "keystone", substr("(wsgi:" $2 ")", 1, 17) " -k start" }' "$ROOT"/etc/apache2/sites-enabled/*.conf >"$S/ps"
  read -r g <"$S/generation"
  echo $((g + 1)) >"$S/generation"
}
T="$ROOT/run/timers"
U="$ROOT/etc/systemd/system"
case "$1 $2" in
  *'.timer')
    name=\${2%.timer}
    case $1 in
      is-active) if [ -e "$T/$name" ]; then echo active; else echo inactive; exit 3; fi ;;
      stop) case $name in *[*]) rm -f "$T/\${name%?}"* ;; *) rm -f "$T/$name" ;; esac ;;
    esac
    exit 0 ;;
  daemon-reload*) exit 0 ;;
  enable*)
    [ -f "$U/$2" ] || exit 1
    mkdir -p "$U/multi-user.target.wants"
    ln -sf "/etc/systemd/system/$2" "$U/multi-user.target.wants/$2"
    exit 0 ;;
esac
case $1 in
  --no-block) shift; echo "$*" >>"$S/jobs"; exit 0 ;;
  is-active) is_active; echo "$a"; exit 0 ;;
  show) is_active; printf 'ActiveState=%s\\nMainPID=4242\\nTimeoutStopUSec=1min 30s\\nTimeoutStartUSec=45s\\n' "$a" ;;
  reset-failed) : >"$S/starts" ;;
  kill) is_active && stop inactive ;;
  status) is_active; echo "apache2.service: $a"; exit 3 ;;
  reload)
    is_active || exit 1
    read -r mpm <"$S/mpm"
    disk
    if [ "$m" != "$mpm" ]; then stop failed; else daemons; fi ;;
  restart)
    stop inactive
    echo start >>"$S/starts"
    [ "$(wc -l <"$S/starts")" -le 4 ] || { stop failed; echo 'Start request repeated too quickly.' >&2; exit 1; }
    if cat "$ROOT"/etc/apache2/*-enabled/*.conf | grep -q PortIsTaken; then stop failed; echo 'AH00072: make_sock: could not bind' >&2; exit 1; fi
    disk
    echo "$m" >"$S/mpm"
    mkdir -p "$ROOT/proc/4242"
    echo "7f00-7f01 r-xp 0 08:01 99 /usr/lib/apache2/modules/mod_mpm_$m.so" >"$ROOT/proc/4242/maps"
    echo active >"$S/active"
    daemons ;;
esac
`;

const APACHE2CTL = `#!/bin/sh
echo "apache2ctl $*" >>"$ROOT/run/calls"
C="\${APACHE_CONFDIR:-$ROOT/etc/apache2}"
text=$(cat "$C"/conf-enabled/*.conf "$C"/sites-enabled/*.conf)
case $text in
  *Nonsense*) echo "AH00526: Syntax error on line 2 of $C/conf-enabled/zz-juju-tune-x.conf:" >&2; echo "Invalid command 'Nonsense'" >&2; exit 1 ;;
  *MaxRequestWorkers*) echo 'AH00513: WARNING: MaxRequestWorkers of 401 is not an integer multiple' >&2 ;;
esac
if [ -n "\${APACHE_CONFDIR-}" ]; then
  find "$C" -type l -lname '/*' ! -lname "$C/*" | grep . && { echo 'a link leads out of the stage' >&2; exit 1; }
  grep -rhiE '^ *(Include|IncludeOptional|ServerRoot) +"?/etc/apache2' "$C" && { echo 'an include leads out of the stage' >&2; exit 1; }
fi
set -- "$C"/mods-enabled/mpm_*.load
[ $# -eq 1 ] || { echo 'AH00534: apache2: Configuration error: More than one MPM loaded.' >&2; exit 1; }
echo 'Syntax OK' >&2
`;

/** Keeps a timer as a file: when it is due, and what it starts. The folder's own name is left out, for folders are copied. */
const SYSTEMD_RUN = `#!/bin/sh
echo "systemd-run $*" >>"$ROOT/run/calls"
[ ! -e "$ROOT/run/no-timers" ] || exit 1
read -r up _ <"$ROOT/proc/uptime"
for word; do
  case $word in
    --unit=*) name=\${word#*=} ;;
    --on-active=*) after=\${word#*=} after=\${after%s} ;;
    --*) ;;
    *) command="$command \${word#"$ROOT"}" ;;
  esac
done
mkdir -p "$ROOT/run/timers"
echo "$((\${up%.*} + after))$command" >"$ROOT/run/timers/$name"
`;

/** Time passes only by sleeping; the monotonic clock goes with the other one. */
const SLEEP = `#!/bin/sh
read -r now <"$ROOT/run/clock"
echo $((now + $1)) >"$ROOT/run/clock"
read -r up _ <"$ROOT/proc/uptime"
echo "$((\${up%.*} + $1)).00 0.00" >"$ROOT/proc/uptime"
`;

const DATE = `#!/bin/sh
read -r now <"$ROOT/run/clock"
case $1 in
  +%s) echo "$now" ;;
  +%s%3N) echo "$now"000 ;;
  *) TZ=UTC exec /usr/bin/date "$@" ;;
esac
`;

/** Programs of a unit folder: small ones with those ways of the real ones that a change depends on. */
export const STAND_INS: Readonly<Record<string, string>> = {
  systemctl: SYSTEMCTL,
  'systemd-run': SYSTEMD_RUN,
  apache2ctl: APACHE2CTL,
  ps: '#!/bin/sh\nread -r g <"$ROOT/run/service/generation"\nn=$((5000 + 100 * g))\nwhile IFS= read -r one; do n=$((n + 1)) && printf "%s %s\\n" "$n" "$one"; done <"$ROOT/run/service/ps"\n',
  ss: '#!/bin/sh\ncat "$ROOT/run/service/ss"\n',
  sleep: SLEEP,
  date: DATE,
  'dpkg-query': '#!/bin/sh\nprintf 2.4.52-1ubuntu4.14\n',
};
