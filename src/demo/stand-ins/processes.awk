# From the loaded configuration: the processes, WSGI sockets and listeners that run. TAB-separated, first field: process socket listen
BEGIN { FS = "\t"; OFS = "\t"; rotation = "on" }
$2 == "listen" { port = $3; sub(/[ \t].*$/, "", port); sub(/^.*:/, "", port); if (!(port in listens)) { listens[port] = 1; print "listen", port, "", "", "", "", "" } }
$1 == "-" && $2 == "wsgisocketrotation" { rotation = tolower($3) }
$1 == "-" && $2 == "threadsperchild" { threads = $3 + 0 }
$1 == "-" && $2 == "threadlimit" { most = $3 + 0 }
$1 == "-" && $2 == "startservers" { start = $3 + 0 }
$2 == "wsgidaemonprocess" {
  n = split($3, word, /[ \t]+/)
  name = word[1]; processes = 1; own = 15; user = "www-data"; title = "/usr/sbin/apache2"
  for (i = 2; i <= n; i++) {
    split(word[i], pair, "=")
    if (pair[1] == "processes") processes = pair[2] + 0
    if (pair[1] == "threads") own = pair[2] + 0
    if (pair[1] == "user") user = pair[2]
    if (pair[1] == "display-name") title = substr("(wsgi:" name, 1, 17)
  }
  groups++
  group[groups] = name; many[groups] = processes; each[groups] = own; owner[groups] = user; shown[groups] = title
}
END {
  if (most == 0) most = 64
  if (threads == 0) threads = 25
  if (threads > most) threads = most
  if (start == 0) start = mpm == "prefork" ? 5 : 2
  if (mpm != "prefork") start += 3
  pid = parent
  print "process", pid, 1, "root", 1, 14820, "/usr/sbin/apache2"
  for (g = 1; g <= groups; g++) {
    if (rotation == "off") path = "/var/run/apache2/wsgi." parent ".u" 64060 "." g ".sock"
    else path = "/var/run/apache2/wsgi." parent "." generation "." g ".sock"
    print "socket", path, group[g], "", "", "", ""
    for (p = 1; p <= many[g]; p++) { pid++; print "process", pid + 100 * generation, parent, owner[g], each[g] + 3, 104000 + ((pid * 7919 + g * 131) % 31) * 640, shown[g] }
  }
  for (c = 1; c <= start; c++) { pid++; print "process", pid + 100 * generation, parent, "www-data", mpm == "prefork" ? 1 : threads + 2, 21400 + (pid % 9) * 512, "/usr/sbin/apache2" }
}
