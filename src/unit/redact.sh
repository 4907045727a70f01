# shellcheck shell=bash
# What keeps secrets on the unit. REDACT, which is redact.awk, stands before this file in every program. Values that this unit's own
# settings give to secrets are learnt by the awk that hides them: they are in no argument, no variable and no file.
# shellcheck disable=SC2016  # awk's own variables

: "${REDACT?}"

# Adds to each program what reads settings first, from files named before `settings=0`.
LEARN='
BEGIN { redact_begin() }
settings { if ($0 !~ /^[ \t]*[#;]/ && length($0) < 4096) learn_line($0); next }
'

# SETTINGS = files of this unit whose secrets are hidden wherever they appear.
find_settings() {
  local file
  local -a found=()
  SETTINGS=()
  if [ -d "$ROOT/etc" ]; then
    mapfile -t found < <(find "$ROOT/etc" -mindepth 2 -maxdepth 2 -type f \( -name '*.conf' -o -name '*.cnf' -o -name haproxy.cfg -o -name local_settings.py \) -size -512k 2>/dev/null)
  fi
  mapfile -t -O ${#found[@]} found < <(config_files)
  # A name with = would be an assignment to awk; none that a package or charm makes has one.
  for file in "${found[@]}"; do
    if [ -r "$file" ] && [[ $file != *=* && ${#SETTINGS[@]} -lt 200 ]]; then SETTINGS+=("$file"); fi
  done
}

# Runs a program of awk with the functions of redact.awk on stdin, what this unit holds secret being known to it. Options of awk follow.
redacting() {
  local program=$1
  shift
  if [ -z "${SETTINGS+found}" ]; then find_settings; fi
  awk "$@" "$REDACT$LEARN$program" settings=1 "${SETTINGS[@]}" settings=0 -
}

# What stands in a file that leaves the unit for a line that holds a secret; the line's number follows.
STAYS='# juju-tune: this line holds a secret and stays on the unit: '

# REPLY = the text of a file with STAYS for every line that holds a secret, and for all lines that are joined with it. Fails for a file in
# which that cannot be done, such as one where a section begins with such a line.
mask_file() {
  local text
  text=$(redacting '
    { line[++n] = $0; if (redact_line($0) != $0) holds[n] = 1 }
    END {
      for (i = 1; i <= n; i = j + 1) {
        for (j = i; j < n && line[j] ~ /\\\r?$/; j++);
        found = 0
        for (k = i; k <= j; k++) if (k in holds) found = 1
        if (found && line[i] ~ /^[ \t]*</) exit 3
        for (k = i; k <= j; k++) print found ? stays k : line[k]
      }
    }' -v stays="$STAYS" <"$1" && printf .) || return 1
  REPLY=${text%.}
  if [ -n "$(tail -c 1 -- "$1")" ]; then REPLY=${REPLY%$'\n'}; fi
}

# REPLY, a text in which STAYS stands for lines of a file, with the lines that the file has there.
unmask() {
  local draft=$REPLY text
  text=$(printf '%s\n' "$draft" | awk -v stays="$STAYS" '
    own { mine[FNR] = $0; next }
    index($0, stays) == 1 {
      number = substr($0, length(stays) + 1)
      if (number !~ /^[0-9]+$/ || !((number + 0) in mine)) exit 3
      print mine[number + 0]
      next
    }
    { print }' own=1 "$1" own=0 - && printf .) || return 1
  REPLY=${text%$'\n'.}
}

# stdin without its secrets, line by line. The lines belong to one text.
redact_lines() { redacting '{ print redact_line($0) }'; }

# REPLY = the text without its secrets; nothing when that cannot be done.
redact() {
  REPLY=''
  [ -z "$1" ] || REPLY=$(printf '%s\n' "$1" | redact_lines) || REPLY='[redacted]'
}
