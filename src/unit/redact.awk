# Takes secrets out of lines of text (safe-change.md 5, layers 1 to 3); src/domain/redact.ts is the same engine at our end, and a test
# holds the two to each other. A name that stands for a secret hides its value, in whatever quotes, escapes or encodings both are
# written; values that have a known shape or are random hide themselves; values known to be secret on this unit are hidden wherever
# they appear. In doubt too much is taken. mawk 1.3.3: no intervals, no classes; bytes, not characters.

function redact_begin(  i, run) {
  MARK = "[redacted]"
  # Names may be glued together in any way; what decides is how they end.
  SECRET_WORD = "(pass(word|wd|phrase|code)|pswd|secret|(private|api|access|hmac|encrypt(ion|ed)|fernet|ssl|session|credential|shared|master|signing|signature|heartbeat|auth|account|storage|license|ssh|rndc|cluster|remote|cookie|trans|url|(ceph|octavia|pacemaker|designate|migration)[a-z0-9]*)key|kek|configdrive|hash(path)?(suffix|prefix)|credential|signature|samlresponse|assertion|community|sess(ion)?id|requirepass|masterauth)"
  # What these words are the beginning of is about a secret and is none: password_expires_at.
  HARMLESS_END = "^s?(expir|(hash)?(algorithm|round|ident)|hashing|regex|min|max|len|count|type|ur[il]|ref|polic|file|path|dir|method|age$|change|histor|lock|desc|require|ttl|provider|size|repo|version|name|status|creat|updat|at$|auth$|enable|attempt|fail|reset|cache|bind|driver|store|valid|revo|issu|format|scheme|strength|unique|rotat|self|audience|uuid|usage|strip|domain|href|manager|service|plugin|backend|handler|error|exception)"
  CANDIDATE = "pass|pwd|pswd|secret|token|key|authorization|cookie|credential|sig|assertion|samlresponse|community|kek|configdrive|hash|sess|masterauth"
  HARMLESS_VALUE = "^(null|none|nil|true|false|yes|no|undefined|unset|empty|-|n/a|[*x]+|<[a-z _-]+>|\\$\\{?[a-z_]+\\}?|%\\([a-z_]+\\)s|\\{sha[0-9]+\\}[0-9a-f]+|\\{\\}|\\[\\]|[0-9]|\\[redacted\\])$"
  DIRECTIVE = "^[-+ \t#]*((oidc|auth|session|shib|mellon|dbd|ssl)[a-z]*(secret|password|passphrase|passwordkey)|requirepass|masterauth)$"
  PAIR_VALUE = "^ *(\\\\*[\"'])?(value|val|content)\\\\*[\"']? *[=:]"
  run = "[A-Za-z0-9_-]"
  for (i = 1; i <= 42; i++) FERNET_KEY = FERNET_KEY run
  FERNET_KEY = "(^|[^A-Za-z0-9_/+-])" FERNET_KEY run "(=|%3[Dd])"
  for (i = 1; i <= 22; i++) RANDOM = RANDOM "[A-Za-z0-9+/_-]"
  RANDOM = RANDOM "[A-Za-z0-9+/_-]*=*"
  split("22 27 3a 3d 5c 3c 3e 7b 5b 2c 26 3b 5d 7d", HEX_CODE, " ")
  split("\" ' : = \\ < > { [ , & ; ] }", HEX_CHAR, " ")
  for (i = 1; i in HEX_CODE; i++) MEANS[HEX_CODE[i]] = HEX_CHAR[i]
  MEANS["20"] = MEANS["09"] = " "; MEANS["0a"] = "\n"; MEANS["0d"] = "\r"
  ENTITY["quot"] = "\""; ENTITY["apos"] = "'"; ENTITY["lt"] = "<"; ENTITY["gt"] = ">"; ENTITY["amp"] = "&"
  ENTITY["#34"] = "\""; ENTITY["#39"] = "'"; ENTITY["#60"] = "<"; ENTITY["#62"] = ">"; ENTITY["#61"] = "="; ENTITY["#58"] = ":"
  OCTAL["042"] = "\""; OCTAL["047"] = "'"; OCTAL["072"] = ":"; OCTAL["075"] = "="; OCTAL["054"] = ","
  KNOWN_COUNT = IN_KEY = LEARNING = 0
}

# The line without its secrets. Lines of one text are given in order: the body of a key goes over several.
function redact_line(text) {
  if (text == "") return text
  if (length(text) > 16384) text = substr(text, 1, 16384) MARK
  if (text ~ /dumpio_(in|out)/) text = without_body(text)
  if (KNOWN_COUNT) text = without_known(text)
  text = without_key_body(text)
  text = without_values(text)
  return without_shapes(text)
}

# --- names and their values -----------------------------------------------------------------------------------------

# T_CHAR = what is written at a place, T_LEN = the bytes it takes: \u0022, \x22, \042, %22, %2522 and &quot; are quotes too.
function one(at,  c, hex, end) {
  c = substr(L, at, 1)
  T_CHAR = c; T_LEN = 1
  if (c == "%") {
    hex = substr(L, at + 1, 2)
    if (hex == "25" && (substr(L, at + 3, 2) in MEANS)) { T_CHAR = MEANS[substr(L, at + 3, 2)]; T_LEN = 5 }
    else if (hex in MEANS) { T_CHAR = MEANS[hex]; T_LEN = 3 }
  } else if (c == "&") {
    end = index(substr(L, at + 1, 7), ";")
    if (end > 1) {
      hex = substr(L, at + 1, end - 1)
      if (hex in ENTITY) { T_CHAR = ENTITY[hex]; T_LEN = end + 1 }
      else if (substr(hex, 1, 2) == "#x" && (substr(hex, 3) in MEANS)) { T_CHAR = MEANS[substr(hex, 3)]; T_LEN = end + 1 }
    }
  } else if (c == "\\") {
    c = substr(L, at + 1, 1)
    if (c == "u" && substr(L, at + 2, 2) == "00" && (substr(L, at + 4, 2) in MEANS)) { T_CHAR = MEANS[substr(L, at + 4, 2)]; T_LEN = 6 }
    else if (c == "x" && (substr(L, at + 2, 2) in MEANS)) { T_CHAR = MEANS[substr(L, at + 2, 2)]; T_LEN = 4 }
    else if (substr(L, at + 1, 3) in OCTAL) { T_CHAR = OCTAL[substr(L, at + 1, 3)]; T_LEN = 4 }
  }
}

function is_quote(c) { return c == "\"" || c == "'" || c == "`" }

# What kind of a secret a name stands for: auth, cookie, token, secret, or none.
function kind_of(name,  plain, rest, found) {
  plain = length(name) > 120 ? substr(name, length(name) - 119) : name
  gsub(/[_.-]/, "", plain)
  if (plain ~ /authorization$/) return "auth"
  if (plain ~ /cookie2?$/) return "cookie"
  rest = plain; found = 0
  while (match(rest, SECRET_WORD)) {
    rest = substr(rest, RSTART + RLENGTH)
    found = 1
  }
  if (found) {
    if (rest ~ /^s?$/ || rest !~ HARMLESS_END) return "secret"
    return ""
  }
  if (plain ~ /(pass|pwd)[0-9]?$/ && plain !~ /(by|com|proxy|tres|sur|single|multi)pass$/) return "secret"
  if (plain ~ /(^|[0-9]|url|hmac|request|body|token|amz)sig$/) return "secret"
  if (plain ~ /(token|jwt)(id|data|value|string|hash)?[0-9]?$/) return "token"
  return ""
}

# Hides the value of every name that stands for a secret.
function without_values(text,  out, from, at, kind, end) {
  L = tolower(text); S = text
  out = ""; from = 1; at = 1
  while (match(substr(L, at), CANDIDATE)) {
    # A pattern that begins with a repetition does not always find the leftmost place with mawk.
    for (NAME_AT = at + RSTART - 1; NAME_AT > at && substr(L, NAME_AT - 1, 1) ~ /[a-z0-9_.-]/;) NAME_AT--
    for (at += RSTART - 1 + RLENGTH; substr(L, at, 1) ~ /[a-z0-9_.-]/;) at++
    V_NAME = substr(L, NAME_AT, at - NAME_AT)
    kind = kind_of(V_NAME)
    if (kind == "" || !find_value(at, kind)) continue
    if (substr(L, V_AT, 10) == MARK) { at = V_AT + 10; continue }
    end = end_of_value(kind)
    if (substr(L, V_AT, 10) == MARK) { at = V_AT + 10; continue }
    if (end < V_AT || is_harmless(substr(S, V_AT, end - V_AT), kind)) { if (end > at && !V_QUOTE) at = V_AT; continue }
    if (LEARNING) know(substr(S, V_AT, end - V_AT))
    out = out substr(S, from, V_FROM - from) MARK
    from = V_QUOTE ? end + V_QUOTE_LEN : end
    at = from
  }
  return from == 1 ? text : out substr(S, from)
}

# Finds where the value of a name begins. V_FROM = its quotes included, V_AT = without them, V_QUOTE = the quote as it is written,
# V_ESCAPES = the backslashes before it.
function find_value(at, kind,  sep, quoted, spaces, slashes, c, steps, raw) {
  sep = ""; quoted = 0; spaces = 0; slashes = 0
  V_QUOTE = ""; V_QUOTE_LEN = 0; V_ESCAPES = 0; V_FROM = 0; V_SPACED = 0; V_MARKUP = 0; V_FORM = 0
  for (steps = 0; steps < 40 && at <= length(L); steps++) {
    one(at); c = T_CHAR; raw = substr(L, at, T_LEN)
    if (c == " " || c == "\t" || (c == "+" && (raw == "+") && V_FORM)) { at += T_LEN; spaces++; slashes = 0; continue }
    if (sep == "" && raw ~ /^%/) V_FORM = 1
    if (sep != "" && !V_FROM) { V_FROM = at; V_SPACED = spaces }
    if (c == "\\") {
      c = substr(L, at + 1, 1)
      if (sep != "" && raw == "\\" && (c == "r" || c == "n")) return 0
      slashes++; at += T_LEN
      continue
    }
    if (is_quote(c)) {
      if (sep == "") {
        if (spaces && !quoted) break
        quoted = 1; at += T_LEN; slashes = 0
        continue
      }
      V_QUOTE = raw; V_QUOTE_LEN = T_LEN; V_ESCAPES = slashes; V_AT = at + T_LEN; V_SEP = sep
      return 1
    }
    if (sep == "") {
      if (c == "=" || c == ":") {
        # keystone.token::list and C++ names, no values
        if (c == ":" && substr(L, at + 1, 1) == ":") return 0
        sep = c; at += T_LEN; slashes = 0; spaces = 0
        one(at)
        if ((c == "=" && (T_CHAR == ">" || T_CHAR == "=")) || (c == ":" && T_CHAR == "=")) at += T_LEN
        continue
      }
      # %{HTTP:X-Auth-Token} == …
      if ((c == "]" && quoted) || (c == "}" && substr(L, NAME_AT - 1, 1) == ":")) { at += T_LEN; continue }
      if (c == ">" && opens_markup()) { V_FROM = V_AT = at + T_LEN; V_SEP = ">"; V_MARKUP = 1; return V_AT <= length(L) }
      if (c == "," && quoted) {
        if (match(substr(L, at + T_LEN), PAIR_VALUE)) return find_value(at + T_LEN + RLENGTH - 1, kind)
        sep = c; at += T_LEN; slashes = 0
        continue
      }
      if (c == "(" && !spaces && substr(L, at + 1, 1) ~ /["']/) { sep = "="; at += T_LEN; continue }
      break
    }
    if (c ~ /[ubr]/ && sep != "," && substr(L, at + 1) ~ /^\\*["']/) { at += T_LEN; continue }
    if ((c == "[" || c == "(") && sep != "," && substr(L, at + 1) ~ /^ *[ubr]?\\*["']/) { at += T_LEN; continue }
    # {"token": {"id": "…"}}
    if (c == "{" && sep == ":" && kind == "token" && match(substr(L, at), /^[{] *\\*["']id\\*["'] *:/)) return find_value(at + RLENGTH - 1, kind)
    if (c == "{" && sep == ":" && raw ~ /^([{]|%7b)$/ && substr(L, at + T_LEN) ~ /^( *\\*["'}]|%22| *$)/) return 0
    if (sep == ",") break
    V_AT = at; V_SEP = sep
    return 1
  }
  if (sep != "" || !spaces || at > length(L)) return 0
  # <nvpair name="password" value="…"/>
  if (quoted && match(substr(L, at), PAIR_VALUE)) return find_value(at + RLENGTH - 1, kind)
  if (kind == "token" && match(substr(L, at), /^id=/)) return find_value(at + 2, kind)
  # the password for admin is …
  if (kind == "secret" && match(substr(L, at), /^((for|of) ([a-z0-9_.-]+ )+)?is:? [^ ]*[0-9!#$%&*+\/=?@^_~]/)) {
    match(substr(L, at), /^((for|of) ([a-z0-9_.-]+ )+)?is:? /)
    V_FROM = V_AT = at + RLENGTH; V_SEP = " "
    return 1
  }
  if (takes_a_word(at, kind, quoted)) {
    one(at)
    V_FROM = V_AT = at; V_SEP = " "
    if (is_quote(T_CHAR)) { V_QUOTE = substr(L, at, T_LEN); V_QUOTE_LEN = T_LEN; V_ESCAPES = slashes; V_AT = at + T_LEN }
    return 1
  }
  return 0
}

# Is the name that of an element: <password>, <ns:password type="x">, &lt;password&gt;?
function opens_markup(  before) {
  before = substr(L, NAME_AT > 80 ? NAME_AT - 80 : 1, NAME_AT > 80 ? 80 : NAME_AT - 1)
  return before ~ /(<|&lt;|%3c|\\u003c|\\x3c)([a-z0-9]+:)?$/ || substr(L, NAME_AT, 7) ~ /^(3c|u003c|x3c)/
}

# Options of a command and directives have no sign between name and value.
function takes_a_word(at, kind, quoted,  before) {
  if (V_NAME ~ /^--/) return substr(L, at, 1) != "-"
  before = substr(L, 1, NAME_AT - 1)
  if ((before V_NAME) ~ DIRECTIVE) return 1
  if (before ~ /(setenv|header[ \t]+[a-z]+)[ \t]+["']?$/) return 1
  if (kind == "token") return V_NAME ~ /^token$/ && substr(L, at) ~ /^[a-z0-9_.+\/=-]+([ ,;"']|$)/ && match(substr(L, at), /^[a-z0-9_+\/=-]+/) && RLENGTH >= 16 && substr(L, at, RLENGTH) ~ /[0-9]/
  if (before ~ /(^|[ \t])(login|user)[ \t]+[^ \t]+[ \t]+$/ && kind == "secret") return 1
  return kind == "secret" && !quoted && is_quote(substr(L, at, 1))
}

# The place after the value, where V_QUOTE closes it or an unquoted one ends.
function end_of_value(kind,  start, before) {
  if (V_QUOTE != "") return closing(V_AT, V_QUOTE, V_ESCAPES)
  before = substr(L, 1, NAME_AT - 1)
  if (V_MARKUP) return markup_end(V_AT)
  if (kind == "auth") {
    start = after_scheme(V_AT)
    if (start) { V_FROM = V_AT = start } else if (V_SEP == " ") return 0
    return AUTH_WHOLE ? segment_end(V_AT) : plain_end(V_AT)
  }
  if (kind == "cookie") return V_SEP == " " ? plain_end(V_AT) : segment_end(V_AT)
  # A line of a settings file, a header, or what oslo.config writes of its options: the value is what is left of the line.
  if (V_SEP == "=" && V_SPACED && !V_FORM) {
    if (match(substr(L, V_AT), / +(log_opt_values|[a-z_.]+:[0-9]+$)/)) return V_AT + RSTART - 1
    if (before ~ /^[-+ \t#;]*$/ || before ~ /[] \t][a-z0-9_.]*$/) return segment_end(V_AT)
  }
  if (V_SEP == ":" && before ~ /^[-+ \t#;]*$/ && kind == "secret") return segment_end(V_AT)
  return plain_end(V_AT)
}

# Where a quote that was opened after so many backslashes is closed; the end of the text if nowhere.
function closing(at, quote, escapes,  found, start, slashes, round) {
  start = at; round = 2 * (escapes + 1)
  while (found = index(substr(L, start), quote)) {
    found += start - 1
    slashes = slashes_before(found, at)
    if (slashes % round == escapes || slashes < escapes) return found
    start = found + length(quote)
  }
  V_QUOTE_LEN = 0
  return length(L) + 1
}

# The backslashes right before a place, %5c too, not before `least`.
function slashes_before(at, least,  n) {
  for (n = 0; ; n++) {
    if (at - 1 >= least && substr(L, at - 1, 1) == "\\") { at -= 1 }
    else if (at - 3 >= least && substr(L, at - 3, 3) == "%5c") { at -= 3 }
    else if (at - 5 >= least && substr(L, at - 5, 5) == "%255c") { at -= 5 }
    else return n
  }
}

function markup_end(at) { return match(substr(L, at), /<|&lt;|%3c|\\u003c|\\x3c/) ? at + RSTART - 1 : length(L) + 1 }

# After `Basic `, `Bearer ` and the like; 0 where no scheme is named. Some schemes have several words.
function after_scheme(at,  text) {
  AUTH_WHOLE = 0
  text = substr(L, at)
  if (match(text, /^(digest|aws[a-z0-9-]*|oauth|hawk|hmac[a-z0-9-]*|signature|negotiate|ntlm)( |%20|[+])+/)) { AUTH_WHOLE = 1; return at + RLENGTH }
  if (match(text, /^[a-z]+( |%20|[+])+/) && RLENGTH < length(text)) return at + RLENGTH
  return 0
}

# The end of a value that may have spaces in it: of its line, also where lines are told by \r and \n, or of the quotes around.
function segment_end(at,  i, c, raw, n, end) {
  n = length(L)
  for (i = at; i <= n; i += T_LEN) {
    one(i); c = T_CHAR; raw = substr(L, i, T_LEN)
    if (c == "\n" || c == "\r") break
    if (c == "\\" && substr(L, i + 1, 1) ~ /^[rn]/) break
    # username="a", inside the value
    if (is_quote(c) && i > at && follows_equals(i) && (end = index(substr(L, i + T_LEN), raw))) { i += T_LEN + end - 1; one(i); continue }
    if (is_quote(c) && closes_outside(i, T_LEN)) { one(i); while (i > at && substr(L, i - 1, 1) == "\\") i--; break }
    one(i)
  }
  return i
}

function follows_equals(at) {
  while (at > 1 && substr(L, at - 1, 1) == "\\") at--
  return substr(L, at - 1, 1) == "=" || substr(L, at - 3, 3) == "%3d"
}

# Does a quote inside an unquoted value belong to what is around it?
function closes_outside(at, len,  next_char) {
  if (at + len > length(L)) return substr(L, 1, NAME_AT) ~ /["'`]|%2[27]|&quot;|\\u0022|\\x22/
  one(at + len)
  next_char = T_CHAR
  if (next_char == "\\") { one(at + len + T_LEN); return T_CHAR ~ /^[rn"'\\]/ }
  return index(" ,}])>;:&\n\r", next_char) > 0
}

# The end of an unquoted word: at white space, at the next setting of a form or list, before what closes something around it.
function plain_end(at,  i, c, raw, n, len, rest) {
  n = length(L)
  for (i = at; i <= n; i += len) {
    one(i); c = T_CHAR; len = T_LEN; raw = substr(L, i, len)
    # What is written for an address is part of the value, unless the name is written so too.
    if (len > 1 && !V_FORM && substr(raw, 1, 1) == "%") continue
    if (c == " " || c == "\t" || c == "\n" || c == "\r") break
    if (raw == "&" || raw == "&amp;") {
      if (substr(L, i + len) ~ /^[a-z0-9_.%-]*(=|%3d)/ || V_FORM) break
    } else if (c == "&" && substr(L, i + len) ~ /^[a-z0-9_.-]+(=|%3d|%253d)/) break
    if (c == "<" && substr(L, i + len, 1) == "/") break
    if (is_quote(c) && closes_outside(i, len)) break
    if (c == "\\" && raw == "\\" && substr(L, i + 1, 1) ~ /^[rn"'\\]/) break
    if (c == "," || c == ";") {
      rest = substr(L, i + len)
      if (rest == "" || rest ~ /^[ \t"'\\}]/ || rest ~ /^[a-z0-9_.-]+[=:]/) break
    }
    if (c == "}" || c == ")" || c == "]" || c == ">") {
      rest = substr(L, i + len)
      if (rest == "" || rest ~ /^[] \t"',;:)}>\\.]/) break
    }
  }
  return i
}

# Values that say that there is none, and words after a name that is followed by a text.
function is_harmless(value, kind,  low) {
  low = tolower(value)
  sub(/^[ \t]+/, "", low); sub(/[ \t]+$/, "", low)
  if (low == "" || low ~ HARMLESS_VALUE || index(low, "[redacted]") == 1) return 1
  if (kind == "token" && V_QUOTE == "" && V_SEP == ":") return (V_NAME !~ /[_-]/ || V_NAME ~ /[.]/) && low !~ /[0-9]/ && length(low) < 200
  if (kind == "auth" && V_SEP != " ") return V_QUOTE == "" && !AUTH_WHOLE && length(low) < 4 && low !~ /[0-9=]/
  if (V_SEP == ",") return value ~ /^[a-z_ -]*$/ || value ~ /^[A-Z][a-z]+(-[A-Z][a-z]*)*$/ || value ~ /^X-/
  if (V_NAME ~ /^(old)?pwd$/) return value ~ /^[\/~]/
  return 0
}

# --- values that show by themselves what they are ---------------------------------------------------------------------

# Hides what matches, but for a first character that is not part of it.
function hide(text, pattern, first,  out, found) {
  out = ""
  while (match(text, pattern)) {
    found = substr(text, RSTART, 1)
    out = out substr(text, 1, RSTART - 1) (first != "" && found !~ first ? found : "") MARK
    text = substr(text, RSTART + RLENGTH)
  }
  return out text
}

function without_shapes(text) {
  if (index(text, "gAAAA")) text = hide(text, "gAAAA[A-Za-z0-9_=%-]+")
  if (index(text, "eyJ")) text = hide(text, "eyJ[A-Za-z0-9_-][A-Za-z0-9_-][A-Za-z0-9_-][A-Za-z0-9_-][A-Za-z0-9_-][A-Za-z0-9_-][A-Za-z0-9_-][A-Za-z0-9_-][A-Za-z0-9_.+/=%-]*")
  if (text ~ /:\/\/|:\\+\/\\+\/|%3[Aa]%2[Ff]%2[Ff]/) text = without_logins(text)
  if (index(text, "$")) text = hide(text, "[$](1|5|6|2[abxy]|apr1|y|scrypt|bcrypt[a-z0-9-]*|pbkdf2[a-z0-9-]*|argon2[a-z]*)[$][^ \t\"',:;]+")
  if (text ~ /[Tt]okens\//) text = without_token_paths(text)
  if (text ~ /[Bb]earer|[Bb]asic |BEARER|BASIC /) text = without_schemes(text)
  if (text ~ /[Ii][Dd][Ee][Nn][Tt][Ii][Ff][Ii][Ee][Dd] [Bb][Yy]|[Pp][Aa][Ss][Ss][Ww][Oo][Rr][Dd] [Ff][Oo][Rr]|mysql|sshpass|curl|wget|_user|change_password|stats +auth|htpasswd/) text = without_commands(text)
  if (text ~ /=|%3[Dd]/) text = hide(text, FERNET_KEY, "[A-Za-z0-9_-]")
  return without_random(text)
}

# scheme://user:password@host, several hosts too, escaped and encoded too. A password may itself have an @ or a /.
function without_logins(text,  out, pattern, head, rest, end) {
  out = ""
  pattern = "(://|:\\\\+/\\\\+/|%3[Aa]%2[Ff]%2[Ff])[^ \t/:@,\"'<>?%]*(%40[^ \t/:@,\"'<>?%]*)?(:|%3[Aa])"
  while (match(text, pattern)) {
    head = substr(text, 1, RSTART + RLENGTH - 1)
    rest = substr(text, RSTART + RLENGTH)
    end = match(rest, /[ \t"'<>`]|\\n|\\r|\\"/) ? RSTART - 1 : length(rest)
    text = substr(rest, end + 1)
    out = out head without_password(substr(rest, 1, end))
  }
  return out text
}

# What stands after `scheme://user:` up to the end of the address.
function without_password(rest,  found, host, out) {
  if (rest ~ /^[0-9]+([\/?#,)\]]|%2[Ff]|$)/ && rest !~ /^[0-9]+%40/) return rest
  if (index(rest, MARK) == 1 && rest !~ /,[^,:@\/]+:/) return rest
  found = last_at(rest)
  if (!found) return rest
  host = substr(rest, found)
  if (LEARNING) learn_passwords(substr(rest, 1, found - 1))
  # Further hosts: ,user:password@host
  out = MARK
  rest = substr(rest, 1, found - 1)
  while (match(rest, /(@|%40)[A-Za-z0-9_.\[\]-]+((:|%3[Aa])[0-9]+)?(,|%2[Cc])[A-Za-z0-9_.-]+(:|%3[Aa])/)) {
    out = out substr(rest, RSTART, RLENGTH) MARK
    rest = substr(rest, RSTART + RLENGTH)
  }
  return out host
}

# The place of the last @ before a host, 0 if there is none.
function last_at(text,  found) {
  found = 0
  while (match(substr(text, found + 1), /(@|%40)[A-Za-z0-9_.\[]/)) found += RSTART
  return found
}

function without_token_paths(text,  out, id) {
  out = ""
  while (match(text, /[Tt]okens\/[A-Za-z0-9_=%-]+/)) {
    id = substr(text, RSTART + 7, RLENGTH - 7)
    if (length(id) >= 20 && id ~ /[0-9]/) id = MARK
    out = out substr(text, 1, RSTART + 6) id
    text = substr(text, RSTART + RLENGTH)
  }
  return out text
}

function without_schemes(text,  out, word, head) {
  out = ""
  while (match(text, /([Bb]earer|BEARER|[Bb]asic|BASIC)( |%20)+[A-Za-z0-9._~+\/=-]+/)) {
    word = substr(text, RSTART, RLENGTH)
    out = out substr(text, 1, RSTART - 1)
    text = substr(text, RSTART + RLENGTH)
    match(word, /( |%20)+/)
    head = substr(word, 1, RSTART + RLENGTH - 1)
    word = substr(word, RSTART + RLENGTH)
    if (length(word) >= 8 && word ~ /[0-9A-Z=]/ && word !~ /^[A-Z][a-z]+$/) word = MARK
    out = out head word
  }
  return out text
}

# Programs that take a password without a name for it.
function without_commands(text,  low) {
  low = tolower(text)
  if (match(low, /identified by (password )?["'`]/)) text = cut_word(text, RSTART + RLENGTH - 1)
  if (match(low, /set password for [^=]+= *["'`]/)) text = cut_word(text, RSTART + RLENGTH - 1)
  if (match(low, /mysql[a-z]* .*-p[^ \t-]/) && substr(low, RSTART, RLENGTH) !~ /[a-z]-p.$/) text = cut_word(text, RSTART + RLENGTH - 1)
  if (match(low, /sshpass +-p *[^ \t]/)) text = cut_word(text, RSTART + RLENGTH - 1)
  if (match(low, /(curl|wget) .*(-u|--user|--proxy-user)[ =]*["']?[^ \t:"']+:[^ \t"']/)) text = cut_word(text, RSTART + RLENGTH - 1)
  if (match(low, /(add_user|change_password|authenticate_user) +[^ \t]+ +[^ \t]/)) text = cut_word(text, RSTART + RLENGTH - 1)
  if (match(low, /stats +auth +[^ \t:]+:[^ \t]/)) text = cut_word(text, RSTART + RLENGTH - 1)
  return text
}

# The text with the word that begins at a place hidden, quotes included.
function cut_word(text, at,  c, end) {
  if (index(substr(text, at), MARK) == 1) return text
  c = substr(text, at, 1)
  if (is_quote(c)) {
    end = index(substr(text, at + 1), c)
    end = end ? at + end + 1 : length(text) + 1
  } else {
    end = match(substr(text, at), /[ \t"'`]/) ? at + RSTART - 1 : length(text) + 1
  }
  return substr(text, 1, at - 1) MARK substr(text, end)
}

# Runs of characters that change their kind as often as random ones do.
function without_random(text,  out, word, before, hidden) {
  out = ""
  while (match(text, RANDOM)) {
    word = substr(text, RSTART, RLENGTH)
    before = substr(text, RSTART > 8 ? RSTART - 8 : 1, RSTART > 8 ? 8 : RSTART - 1)
    hidden = word ~ /[A-Z]/ && word ~ /[a-z]/ && word ~ /[0-9]/ && is_random(word) && before !~ /SHA(256|512|1)[:}]$|sha(256|384|512)[:}-]$/
    out = out substr(text, 1, RSTART - 1) (hidden ? MARK : word)
    text = substr(text, RSTART + RLENGTH)
  }
  return out text
}

function is_random(word,  i, n, c, kind, last, changes, upper, lower, digit) {
  n = length(word)
  if (word ~ /sha(256|384|512)-/) return 0
  for (i = 1; i <= n; i++) {
    c = substr(word, i, 1)
    kind = c ~ /[A-Z]/ ? "A" : c ~ /[a-z]/ ? "a" : c ~ /[0-9]/ ? "0" : "-"
    if (kind != last) changes++
    if (kind == "A") upper++; else if (kind == "a") lower++; else if (kind == "0") digit++
    last = kind
  }
  if (word ~ /=$/ && n % 4 == 0 && changes >= n * 0.25) return upper > 0 && lower > 0
  return changes >= n * 0.33 && upper >= n * 0.12 && lower >= n * 0.12 && digit + 0 >= n * 0.04
}

# --- keys over several lines ------------------------------------------------------------------------------------------

function without_key_body(text,  end, at) {
  if (match(text, /-----BEGIN( |%20|[+])([A-Z0-9]+( |%20|[+]))*PRIVATE( |%20|[+])KEY(( |%20|[+])BLOCK)?-----/)) {
    at = RSTART + RLENGTH
    end = match(substr(text, at), /-----END/)
    if (end) return substr(text, 1, at - 1) MARK substr(text, at + end - 1, 8) without_key_body(substr(text, at + end + 7))
    IN_KEY = 120; KEY_AT = 0
    return substr(text, 1, at - 1) (at <= length(text) ? MARK : "")
  }
  if (!IN_KEY) {
    # The body of a key whose first line nobody showed: nothing but base64 in lines of 64 or 76.
    if (length(text) < 64 || !match(substr(text, length(text) - 79 > 1 ? length(text) - 79 : 1), /[A-Za-z0-9+\/]+$/) || (RLENGTH != 64 && RLENGTH != 70 && RLENGTH != 76)) return text
    end = substr(text, length(text) - RLENGTH + 1)
    if (end !~ /[A-Z]/ || end !~ /[a-z]/ || end !~ /[0-9]/ || !is_random(end)) return text
    IN_KEY = 120
  }
  IN_KEY--
  if (text ~ /-----END /) { IN_KEY = 0; return text }
  # A short last line stands where the others stood.
  if (match(text, /[A-Za-z0-9+\/=]+(\\n|\\r|[ \t\r"',;\\])*$/) && (RLENGTH >= 20 || RSTART == KEY_AT || substr(text, 1, RSTART - 1) ~ /^[ \t]*$/)) {
    KEY_AT = RSTART
    return substr(text, 1, RSTART - 1) MARK
  }
  if (text ~ /^[ \t]*(Proc-Type|DEK-Info|Version|Comment)/ || text ~ /^[ \t]*$/) return text
  IN_KEY = 0
  return text
}

# --- request and response bodies --------------------------------------------------------------------------------------

# mod_dumpio writes requests and answers whole, cut anywhere. Lengths, request lines, status lines and harmless headers are kept.
function without_body(text,  head, rest, out, n, part, i) {
  if (!match(text, /dumpio_(in|out)[^(]*\([a-zA-Z-]+\):? ?/)) return text
  head = substr(text, 1, RSTART + RLENGTH - 1)
  rest = substr(text, RSTART + RLENGTH)
  if (rest ~ /^[0-9]+ (readbytes|bytes)[ \t]*$/ || rest ~ /^\[[a-z]+-[a-z]+\]/ || rest ~ /^(\\r\\n|\\n)*$/ || rest == MARK) return text
  n = split(rest, part, /\\r\\n/)
  out = ""
  for (i = 1; i <= n; i++) {
    if (i > 1) out = out "\\r\\n"
    if (part[i] == "" || part[i] == MARK) out = out part[i]
    else if (part[i] ~ /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) [^ ]+ HTTP\/[0-9.]+$/) { sub(/\?[^ ]*/, "?" MARK, part[i]); out = out part[i] }
    else if (part[i] ~ /^HTTP\/[0-9.]+ [0-9]+/ && length(part[i]) < 60) out = out part[i]
    else if (tolower(part[i]) ~ /^(host|user-agent|accept|accept-encoding|accept-language|content-type|content-length|content-encoding|connection|keep-alive|date|server|vary|transfer-encoding|etag|last-modified|cache-control|x-openstack-request-id|openstack-identity-api-version|x-forwarded-(for|proto|host)|via|upgrade|expect|retry-after|te|trailer): /) out = out part[i]
    else out = out MARK
  }
  return head out
}

# --- values known to be secret here -----------------------------------------------------------------------------------

# Makes known what would be hidden in a line of this unit's settings.
function learn_line(text) {
  LEARNING = 1
  without_shapes(without_values(text))
  LEARNING = 0
}

# Of `password@host:1,user:password@host:2`, without the last host.
function learn_passwords(text) {
  while (match(text, /(@|%40)[A-Za-z0-9_.\[\]-]+((:|%3[Aa])[0-9]+)?(,|%2[Cc])[A-Za-z0-9_.-]+(:|%3[Aa])/)) {
    know(substr(text, 1, RSTART - 1))
    text = substr(text, RSTART + RLENGTH)
  }
  know(text)
}

# Makes a value known, as it is and as it would be written in an address, in JSON and in base64.
function know(value,  i, n, c, url, form, json) {
  if (length(value) < 6 || (value in IS_KNOWN) || KNOWN_COUNT > 1000 || tolower(value) ~ HARMLESS_VALUE) return
  # A password that is a word of the language would take that word out of everything.
  if (value ~ /^[0-9.:]+$/ || (length(value) < 16 && value ~ /^([a-z_-]+|[A-Z_-]+|[A-Z][a-z]+)$/)) return
  IS_KNOWN[value] = 1
  if (!CODE["A"]) know_codes()
  n = length(value)
  for (i = 1; i <= n; i++) {
    c = substr(value, i, 1)
    url = url (c ~ /[A-Za-z0-9._~-]/ ? c : sprintf("%%%02X", CODE[c]))
    form = form (c ~ /[A-Za-z0-9._*-]/ ? c : c == " " ? "+" : sprintf("%%%02X", CODE[c]))
    json = json (c == "\"" || c == "\\" ? "\\" c : c == "/" ? "\\/" : c)
  }
  add_known(value); add_known(url); add_known(form); add_known(json)
  gsub(/\\\//, "/", json)
  add_known(json)
  for (i = 0; i < 3; i++) add_known(base64_inside(value, i))
}

function add_known(text) {
  if (length(text) < 6 || (text in KNOWN_FORM)) return
  KNOWN_FORM[text] = 1
  KNOWN[++KNOWN_COUNT] = text
}

# The characters of base64 that a value always gives when so many other bytes stand before it.
function base64_inside(value, offset,  i, n, bits, number, out, alphabet) {
  alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  n = length(value)
  out = ""
  # Characters that take bits of the value only: from the first bit of it on that begins one.
  for (i = offset == 0 ? 0 : offset == 1 ? 4 : 2; i + 6 <= n * 8; i += 6) {
    number = CODE[substr(value, int(i / 8) + 1, 1)] * 256
    if (int(i / 8) + 2 <= n) number += CODE[substr(value, int(i / 8) + 2, 1)]
    bits = 16 - i % 8 - 6
    number = int(number / (2 ^ bits)) % 64
    out = out substr(alphabet, number + 1, 1)
  }
  return out
}

function without_known(text,  i, at, out, rest) {
  for (i = 1; i <= KNOWN_COUNT; i++) {
    if (!(at = index(text, KNOWN[i]))) continue
    out = ""; rest = text
    while (at = index(rest, KNOWN[i])) {
      out = out substr(rest, 1, at - 1) MARK
      rest = substr(rest, at + length(KNOWN[i]))
    }
    text = out rest
  }
  return text
}

function know_codes(  i) {
  for (i = 1; i < 256; i++) CODE[sprintf("%c", i)] = i
}
