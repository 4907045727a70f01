# shellcheck shell=bash
# Lines of a receipt: what every program on a unit begins with. bash 4.4 and mawk; here-documents and here-strings are not used, for
# they would write below /tmp.
# shellcheck disable=SC2034  # read by the files that follow

set -u -o pipefail
: "${ROOT?}"
export LC_ALL=C
umask 077
PATH="$ROOT/usr/sbin:$ROOT/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin"
export PATH

RECEIPT=''
REPLY=''
TAB=$'\t'
HEX64='^[0-9a-f]{64}$'

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

# REPLY = the text, cut behind a word after so many bytes: half a word might be half a secret, which nobody could tell any more.
cut_short() {
  REPLY=${1:0:$2}
  [ ${#1} -gt "$2" ] || return 0
  if [[ $REPLY == *' '* ]]; then REPLY=${REPLY% *}; else REPLY=''; fi
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
