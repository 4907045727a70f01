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

# Runs a program of awk with the functions of redact.awk on stdin, what this unit holds secret being known to it.
redacting() {
  local program=$1
  shift
  if [ -z "${SETTINGS+found}" ]; then find_settings; fi
  awk "$@" "$REDACT$LEARN$program" settings=1 "${SETTINGS[@]}" settings=0 -
}

# stdin without its secrets, line by line. The lines belong to one text.
redact_lines() { redacting '{ print redact_line($0) }'; }

# REPLY = the text without its secrets; nothing when that cannot be done.
redact() {
  REPLY=''
  [ -z "$1" ] || REPLY=$(printf '%s\n' "$1" | redact_lines) || REPLY='[redacted]'
}
