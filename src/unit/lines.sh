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

# REPLY with every match of an extended regular expression as its first group, `[redacted]` and what else is given.
mask() {
  local rest=$REPLY out='' match
  while [[ $rest =~ $1 ]]; do
    match=${BASH_REMATCH[0]}
    out+=${rest%%"$match"*}${BASH_REMATCH[1]}'[redacted]'${2-}
    rest=${rest#*"$match"}
  done
  REPLY=$out$rest
}

# REPLY = the text without what must not leave the unit (safe-change.md, redaction layers 1 and 2). In doubt too much is taken: a quote
# that is never closed hides what follows.
redact() {
  local -r words='(pass(word|wd|phrase)|pswd|secret|(private|api|access|hmac|encrypt(ed|ion)|fernet|ssl|session|credential)_?key)[a-z0-9_.-]*'
  local -r names='(admin|new|auth|user|db|rabbit|ldap|_)_?(pass|pwd)|apikey|[a-z0-9]+[_-]token(_id)?|configdrive|rabbitcookie|swifthashsuffix|barbicansimplecryptokek|keystonecredential'
  local -r keys="($words|$names|(ceph[a-z]*|octaviaheartbeat|pacemakerremoteauth|designaterndc|migrationssh)key)"
  local -r is="(\\\\*[\"']|%2[27])?]?[[:space:]]*(=>?|:|%3[ad])[[:space:]]*" opened="[ubr]?(\\\\*[\"'])?"
  # In quotes, in quotes of a text that is itself quoted, and without any.
  local -r double='"([^"\\]|\\.?)*"?|\\+"([^"\\]|\\\\\\"|\\[^"])*(\\+")?' single="'([^'\\\\]|\\\\.?)*'?|\\\\+'([^'\\\\]|\\\\[^'])*(\\\\+')?"
  local -r quoted="[ubr]?($double|$single)" plain="[^[:space:],;&\"'\\\\][^[:space:],;&\"']*" line=$'[^\n]+'
  local -r word="[^[:space:],;\"']+" user='[^[:space:],/:@]' password='[^[:space:]/@]+@([^[:space:],/@]+@)*'
  REPLY=$1
  mask '()gAAAA[A-Za-z0-9_=%-]+'
  mask '()eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)*'
  mask '((^|[^A-Za-z0-9_/+-]))[A-Za-z0-9_-]{43}='
  mask "(-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----)$line"
  shopt -s nocasematch
  mask "(://$user*:)$password" @
  mask "(,$user+:)$password" @
  mask '(/tokens/)[0-9a-f-]{32,}'
  # HTTP
  mask "(authorization$is$opened(digest|aws[a-z0-9-]*|oauth|hawk|hmac[a-z0-9-]*|signature)[[:space:]]+)$line"
  mask "(authorization$is${opened}[a-z]+[[:space:]]+)$word"
  mask "(authorization$is)([^[:space:],;\"']{10,}|$quoted)"
  mask "(cookie2?$is)([^[:space:]\"'\\\\]$line|$quoted)"
  # Settings: a line of an INI file to its end, Apache's directives, options of a command.
  mask $'((^|\n)[[:blank:]]*[a-z0-9_.-]*'"${keys}[[:blank:]]+=[[:blank:]]*)$line"
  mask "((oidc|auth|session|shib|mellon|dbd|ssl)[a-z]*(secret|password|passphrase)[[:space:]]+)($quoted|$plain)"
  mask "((setenv|header[[:space:]]+[a-z]+)[[:space:]]+[\"']?[a-z0-9_-]*($keys|authorization|cookie)[\"']?[[:space:]]+)($quoted|$plain)"
  mask "(--[a-z-]*(password|passwd|passphrase|secret|token)[[:space:]]+)($quoted|$plain)"
  mask "($keys$is)($quoted|$plain)"
  mask "(token$is)($quoted|[a-z0-9_.+/=-]{20,})"
  mask "(token=)($quoted|$plain)"
  shopt -u nocasematch
}
