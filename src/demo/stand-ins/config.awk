# Reads Apache configuration as httpd does, as far as the demo knows it. Files come in read order.
# mode: check (syntax, MPM, limits), flat (effective lines: context TAB directive TAB arguments), modules, vhosts, includes
function shown(path) { if (strip != "" && index(path, strip) == 1) path = substr(path, length(strip) + 1); return path }
function fail(text) {
  if (mode != "check") exit 0
  printf "AH00526: Syntax error on line %d of %s:\n%s\nAction '-t' failed.\nThe Apache error log may have more information.\n", start, shown(FILENAME), text
  failed = 1
  exit 1
}
function lower(text) { return tolower(text) }
function known(list, module,   n, i, part) { n = split(list, part, " "); for (i = 1; i <= n; i++) needs[part[i]] = module }
function unquote(text) { gsub(/^"|"$/, "", text); return text }
function whole(text) { return text ~ /^-?[0-9]+$/ }
function dead(   i) { for (i = 1; i <= depth; i++) if (off[i]) return 1; return 0 }
function inside(name,   i) { for (i = 1; i <= depth; i++) if (section[i] == name) return 1; return 0 }
function loaded(name,   negate, found) {
  negate = sub(/^!/, "", name)
  name = lower(name)
  sub(/^mod_/, "", name); sub(/\.c$/, "", name); sub(/_module$/, "", name)
  found = (name in module) || name == "core"
  return negate ? !found : found
}
function context(   i) { for (i = depth; i > 0; i--) if (section[i] == "virtualhost") return label[i]; return "-" }
function limit(name, value) { return (name in setting) ? setting[name] + 0 : value }
BEGIN {
  known("accessfilename allowoverride customlog define directoryindex documentroot defaultruntimedir errorlog errorlogformat enablesendfile enablemmap errordocument extendedstatus filesmatch globallog group hostnamelookups include includeoptional keepalive keepalivetimeout limitrequestbody limitrequestfields limitrequestfieldsize limitrequestline listen listenbacklog loadmodule logformat loglevel maxkeepaliverequests mutex options pidfile protocols require serveradmin serveralias servername serverroot serversignature servertokens sethandler timeout traceenable undefine usecanonicalname user scriptalias alias redirect addoutputfilterbytype browsermatch requestreadtimeout typesconfig addtype addhandler adddefaultcharset acceptfilter usecanonicalphysicalport fileetag receivebuffersize sendbuffersize tcpnodelay gracefulshutdowntimeout coredumpdirectory maxconnectionsperchild maxrequestsperchild startservers maxrequestworkers maxclients serverlimit scoreboardfile bufferedlogs order allow deny satisfy action contentdigest", "-")
  known("threadsperchild threadlimit minsparethreads maxsparethreads", "threaded")
  known("asyncrequestworkerfactor", "mpm_event")
  known("minspareservers maxspareservers", "mpm_prefork")
  known("setenv passenv unsetenv", "env")
  known("setenvif setenvifnocase setenvifexpr", "setenvif")
  known("header requestheader", "headers")
  known("proxypass proxypassreverse proxypassmatch proxypreservehost proxyrequests proxytimeout proxyvia proxyset proxyaddheaders proxybadheader proxyerroroverride proxyiobuffersize proxyreceivebuffersize proxystatus proxyblock", "proxy")
  known("sslengine sslprotocol sslcertificatefile sslcertificatechainfile sslcertificatekeyfile sslcacertificatefile sslciphersuite sslhonorcipherorder sslsessioncache sslsessioncachetimeout sslrandomseed sslsessiontickets sslproxyengine sslusestapling sslcompression ssloptions", "ssl")
  known("wsgidaemonprocess wsgiprocessgroup wsgiscriptalias wsgiapplicationgroup wsgipassauthorization wsgisocketrotation wsgisocketprefix wsgipythonpath wsgipythonhome wsgiimportscript wsgichunkedrequest wsgirestrictembedded wsgiacceptmutex wsgilazyinitialization", "wsgi")
  known("dumpioinput dumpiooutput", "dump_io")
  known("rewriteengine rewriterule rewritecond", "rewrite")
  known("remoteipheader remoteipinternalproxy remoteiptrustedproxy", "remoteip")
  known("expiresactive expiresdefault", "expires")
  flags = " keepalive wsgisocketrotation wsgipassauthorization sslengine proxypreservehost proxyrequests dumpioinput dumpiooutput extendedstatus "
}
FNR == 1 { if (mode == "includes") printf "  (%s)\n", shown(FILENAME); held = "" }
{
  line = $0
  if (held == "") start = FNR
  if (line ~ /\\$/) { sub(/\\$/, " ", line); held = held line; next }
  line = held line
  held = ""
  gsub(/^[ \t]+|[ \t\r]+$/, "", line)
  if (line == "" || line ~ /^#/) next
  if (line ~ /^<\//) {
    name = lower(substr(line, 3)); sub(/[ \t]*>.*$/, "", name)
    if (depth == 0 || section[depth] != name) fail(depth == 0 ? "</" name "> without matching <" name "> section" : "Expected </" section[depth] "> but saw </" name ">")
    depth--
    next
  }
  if (line ~ /^</) {
    name = substr(line, 2); sub(/>[^>]*$/, "", name)
    rest = name; sub(/[ \t].*$/, "", name); name = lower(name); sub(/^[^ \t]+[ \t]*/, "", rest)
    if (line !~ />$/) fail("<" name "> directive missing closing '>'")
    if (name !~ /^(virtualhost|directory|directorymatch|files|filesmatch|location|locationmatch|ifmodule|ifdefine|ifversion|proxy|proxymatch|limit|limitexcept|macro|if|elseif|else|requireall|requireany|requirenone)$/ && !dead())
      fail("Invalid command '<" name "', perhaps misspelled or defined by a module not included in the server configuration")
    skip = dead()
    depth++
    section[depth] = name; label[depth] = unquote(rest); opened[depth] = start; openedIn[depth] = FILENAME
    off[depth] = (name == "ifmodule" && !skip && !loaded(unquote(rest))) || (name == "ifdefine" && !skip)
    if (!dead() && name == "virtualhost") { hosts++; host[hosts] = unquote(rest); hostAt[hosts] = shown(FILENAME) ":" start }
    next
  }
  if (dead()) next
  count = split(line, word, /[ \t]+/)
  directive = lower(word[1])
  arguments = line
  if (count == 1) arguments = ""; else sub(/^[^ \t]+[ \t]+/, "", arguments)
  if (!(directive in needs)) fail("Invalid command '" word[1] "', perhaps misspelled or defined by a module not included in the server configuration")
  owner = needs[directive]
  if (owner == "threaded") { if (!("mpm_event" in module) && !("mpm_worker" in module)) fail("Invalid command '" word[1] "', perhaps misspelled or defined by a module not included in the server configuration") }
  else if (owner != "-" && !(owner in module)) fail("Invalid command '" word[1] "', perhaps misspelled or defined by a module not included in the server configuration")
  if (arguments == "") fail(word[1] " takes one argument")
  if (index(flags, " " directive " ") && lower(unquote(arguments)) !~ /^(on|off)$/) fail(word[1] " must be On or Off")
  if (directive == "setenv" && count > 3 && word[3] !~ /^"/) fail("SetEnv takes one or two arguments, an environment variable name and optional value to pass to CGI.")
  if (directive ~ /^(startservers|maxrequestworkers|maxclients|serverlimit|threadsperchild|threadlimit|minsparethreads|maxsparethreads|maxconnectionsperchild|maxrequestsperchild|wsgisocketrotation)$/ && inside("virtualhost"))
    fail(word[1] " cannot occur within <VirtualHost> section")
  if (directive ~ /^(timeout|keepalivetimeout|maxkeepaliverequests)$/ && unquote(word[2]) !~ /^[0-9]+(ms|s|min|mi|h)?$/) fail(word[1] " must be a number")
  if (directive ~ /^(startservers|maxrequestworkers|maxclients|serverlimit|threadsperchild|threadlimit|minsparethreads|maxsparethreads|maxconnectionsperchild|maxrequestsperchild)$/ && !whole(unquote(word[2])))
    fail(word[1] " requires a numeric argument")
  if (directive == "loadmodule") {
    name = word[2]; sub(/_module$/, "", name)
    if (name in module) next
    module[name] = 1; order[++modules] = word[2]
    if (name ~ /^mpm_/) mpms++
    next
  }
  if (directive == "maxclients") directive = "maxrequestworkers"
  if (directive == "maxrequestsperchild") directive = "maxconnectionsperchild"
  if (directive == "wsgidaemonprocess") {
    if (word[2] in daemon) fail("Name duplicates previous WSGI daemon definition.")
    daemon[word[2]] = 1
    for (i = 3; i <= count; i++) {
      split(word[i], pair, "=")
      if (pair[1] == "processes" && (pair[2] !~ /^[0-9]+$/ || pair[2] + 0 < 1)) fail("Invalid process count for WSGI daemon process.")
      if (pair[1] == "threads" && (pair[2] !~ /^[0-9]+$/ || pair[2] + 0 < 1)) fail("Invalid thread count for WSGI daemon process.")
      if (word[i] !~ /=/) fail("Invalid option to WSGI daemon process definition.")
    }
  }
  if (context() == "-") setting[directive] = unquote(word[2])
  if (mode == "flat") printf "%s\t%s\t%s\n", context(), directive, arguments
}
END {
  if (failed) exit 1
  if (mode == "check") {
    if (depth > 0) { printf "AH00526: Syntax error on line %d of %s:\n<%s> was not closed.\nAction '-t' failed.\nThe Apache error log may have more information.\n", opened[depth], shown(openedIn[depth]), section[depth]; exit 1 }
    if (mpms + 0 != 1) { printf "AH00534: apache2: Configuration error: %s MPM loaded.\nAction '-t' failed.\nThe Apache error log may have more information.\n", mpms + 0 == 0 ? "No" : "More than one"; exit 1 }
    if (!("mpm_prefork" in module)) {
      threads = limit("threadsperchild", 25); most = limit("threadlimit", 64); servers = limit("serverlimit", 16)
      if (threads > most) { printf "AH00507: WARNING: ThreadsPerChild of %d exceeds ThreadLimit of %d threads, decreasing to %d. To increase, please see the ThreadLimit directive.\n", threads, most, most; threads = most }
      if (threads < 1) { print "AH00509: WARNING: ThreadsPerChild of 0 not allowed, increasing to 1."; threads = 1 }
      workers = limit("maxrequestworkers", servers * threads)
      if (workers < threads) { printf "AH00511: WARNING: MaxRequestWorkers of %d is less than ThreadsPerChild of %d, increasing to %d. MaxRequestWorkers must be at least as large as the number of threads in a single server.\n", workers, threads, threads; workers = threads }
      if (workers % threads) { printf "AH00513: WARNING: MaxRequestWorkers of %d is not an integer multiple of ThreadsPerChild of %d, decreasing to nearest multiple %d, for a maximum of %d servers.\n", workers, threads, workers - workers % threads, int(workers / threads); workers -= workers % threads }
      if (workers > servers * threads) printf "AH00515: WARNING: MaxRequestWorkers of %d would require %d servers and would exceed ServerLimit of %d, decreasing to %d. To increase, please see the ServerLimit directive.\n", workers, workers / threads, servers, servers * threads
    }
    print "Syntax OK"
  }
  if (mode == "modules") { print "Loaded Modules:"; n = split("core_module so_module watchdog_module http_module log_config_module logio_module version_module unixd_module", static, " "); for (i = 1; i <= n; i++) printf " %s (static)\n", static[i]; for (i = 1; i <= modules; i++) printf " %s (shared)\n", order[i] }
  if (mode == "vhosts") { print "VirtualHost configuration:"; for (i = 1; i <= hosts; i++) printf "%-22s %s (%s)\n", host[i], "localhost", hostAt[i] }
}
