# shellcheck shell=bash
# The frame around the diagnostics of one request. Each script runs in a bash of its own, with the functions of lines.sh,
# apache.sh, facts.sh and those below, a time limit, and its parameters as PARAM_*; what it says as facts and evidence goes into the receipt.
# shellcheck disable=SC2016  # awk's own variables

OUTPUT_LIMIT=61440
PARAM_NAME='^[A-Z][A-Z0-9_]{0,40}$'
FACT_NAME='^[A-Za-z0-9][A-Za-z0-9._:@+/-]{0,120}$'
EVIDENCE_LINES=20
EVIDENCE_BYTES=400
declare -A SHOWN=()

# --- what a collect script calls; descriptor 3 is the frame ---------------------------------------------------------

fact() {
  [[ $1 =~ $FACT_NAME ]] || return 1
  cut_short "$2" 400
  encode "$REPLY"
  printf 'fact\t%s\t%s\n' "$1" "$REPLY" >&3
}

# At most 20 lines of a name are kept. The frame takes secrets out of them and cuts each after 400 bytes.
evidence() {
  [[ $1 =~ $FACT_NAME ]] || return 1
  [ "${SHOWN[$1]-0}" -lt "$EVIDENCE_LINES" ] || return 0
  SHOWN[$1]=$((${SHOWN[$1]-0} + 1))
  cut_short "$2" 4000
  encode "$REPLY"
  printf 'evidence\t%s\t%s\n' "$1" "$REPLY" >&3
}

# Each line on stdin as evidence of one name.
evidence_from() {
  local line
  while IFS= read -r line || [ -n "$line" ]; do evidence "$1" "$line"; done
}

# --- the frame ------------------------------------------------------------------------------------------------------

milliseconds() {
  REPLY=$(date +%s%3N) || REPLY=0
  [[ $REPLY =~ ^[0-9]{1,16}$ ]] || REPLY=0
}

# Takes the secrets out of facts and evidence, keeps well-formed lines up to so many bytes and counts what it drops.
KEEP='
BEGIN {
  FS = "\t"
  for (i = 1; i < 256; i++) { c = sprintf("%c", i); h = sprintf("%02X", i); BYTE[h] = c; HEX[c] = "%" h }
}
function decoded(text,  out, at) {
  out = ""
  while (at = index(text, "%")) {
    out = out substr(text, 1, at - 1) BYTE[substr(text, at + 1, 2)]
    text = substr(text, at + 3)
  }
  return out text
}
function encoded(text,  out) {
  out = ""
  while (match(text, /[^ -$&-~]/)) {
    out = out substr(text, 1, RSTART - 1) HEX[substr(text, RSTART, 1)]
    text = substr(text, RSTART + 1)
  }
  return out text
}
function redacted(text,  line, n, i, out) {
  n = split(text, line, "\n")
  out = redact_line(line[1])
  for (i = 2; i <= n; i++) out = out "\n" redact_line(line[i])
  return out
}
$1 == "exit" && NF == 3 { ending = $0; next }
($1 != "fact" && $1 != "evidence") || NF != 3 { cut += length($0) + 1; next }
$1 == "evidence" && ++shown[$2] > most { cut += length($0) + 1; next }
{
  if ($1 != kind || $2 != name) IN_KEY = 0
  kind = $1; name = $2
  line = kind "\t" name "\t" encoded(substr(redacted(decoded($3)), 1, bytes))
}
used + length(line) + 1 > budget { cut += length(line) + 1; next }
{ used += length(line) + 1; print line }
END { print ending; print cut + 0 }'

keep() { redacting "$KEEP" -v budget="$1" -v most="$EVIDENCE_LINES" -v bytes="$EVIDENCE_BYTES"; }

# Runs one script. Its facts and evidence come first, then a line with its exit code and last words, then the bytes that were cut.
run_script() {
  {
    words=$(timeout -k 5 "$1" bash --norc -c "$FUNCTIONS"$'\n'"$2" juju-tune 3>&5 5>&- 2>&1 </dev/null | tail -c 4000)
    code=$?
    # The first word may be the end of a longer one.
    if [ ${#words} -ge 3999 ]; then
      if [[ $words == *[[:space:]]* ]]; then words=${words#*[[:space:]]}; else words=''; fi
    fi
    redact "$words"
    if [ ${#REPLY} -gt 800 ]; then REPLY=${REPLY: -800}; fi
    encode "$REPLY"
    printf 'exit\t%s\t%s\n' "$code" "$REPLY" >&5
  } 5> >(keep "$3")
}

collect_one() {
  local id=$1 limit=$2 script=$3 started ending cut code words
  local -a lines=()
  milliseconds
  started=$REPLY
  mapfile -t lines < <(run_script "$limit" "$script" $((OUTPUT_LIMIT - ${#RECEIPT})))
  milliseconds
  cut=${lines[-1]-0}
  split "${lines[-2]-}"
  code=${FIELDS[1]-}
  words=${FIELDS[2]-}
  if [[ ! $code =~ ^[0-9]{1,3}$ || ! $cut =~ ^[0-9]+$ ]]; then code=1 words='the frame could not run it' cut=0; fi
  say diagnostic "$id" "$code" $((REPLY - started)) "$cut"
  for ending in "${lines[@]:0:${#lines[@]}-2}"; do RECEIPT+=$ending$'\n'; done
  if [ "$code" = 124 ] || [ "$code" = 137 ]; then words="took longer than $limit s${words:+; $words}"; fi
  if [ "$code" != 0 ]; then RECEIPT+=problem$TAB$words$'\n'; fi
}

main() {
  local sum last line script
  local -a lines=()
  say juju-tune-receipt 1 collect
  identity_facts
  jail_facts
  find_settings
  FUNCTIONS=$(printf 'set -u\n'; declare -f; declare -p TAB HEX64 FACT_NAME EVIDENCE_LINES EVIDENCE_BYTES SHOWN)
  mapfile -t lines
  last=$((${#lines[@]} - 1))
  sum=$(printf '%s\n' "${lines[@]:0:last}" | sha256sum) || sum=''
  if [ "$last" -lt 1 ] || [ "${lines[last]}" != "end$TAB${sum%% *}" ] || [ "${lines[0]}" != "juju-tune-request${TAB}1${TAB}collect" ]; then
    say result refused NONE BAD_REQUEST 'the request was damaged on its way'
  else
    for line in "${lines[@]:1:last-1}"; do
      split "$line"
      case ${FIELDS[0]} in
        model)
          if [ "${FIELDS[1]-}" != "${JUJU_MODEL_UUID-}" ]; then
            say result refused NONE WRONG_UNIT 'this unit belongs to another model'
            break
          fi
          ;;
        param) [[ ${FIELDS[1]} =~ $PARAM_NAME ]] && decode "${FIELDS[2]-}" && export "PARAM_${FIELDS[1]}=$REPLY" ;;
        diagnostic)
          script=$(printf %s "${FIELDS[3]-}" | base64 -d) || script='exit 1'
          collect_one "${FIELDS[1]}" "${FIELDS[2]}" "$script"
          ;;
      esac
    done
  fi
  finish
}

main
