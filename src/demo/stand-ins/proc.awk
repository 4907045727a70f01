# Writes the /proc entries of the processes in the table, and what ps, ss and the rest read of it. First file: passwd.
BEGIN { FS = ":"; nul = sprintf("%c", 0) }
FILENAME ~ /passwd$/ { uid[$1] = $3; next }
FNR == 1 { FS = "\t"; $0 = $0; printf "" > (state "/processes"); printf "" > (state "/sockets"); printf "" > (state "/listeners") }
$1 == "listen" { print $2 > (state "/listeners"); next }
$1 == "socket" {
  print $2 "\t" $3 > (state "/sockets")
  name = $2; sub(/^.*\//, "", name)
  file = root "/run/apache2/" name; printf "" > file; close(file)
  next
}
$1 == "process" {
  print $2 "\t" $3 "\t" $4 "\t" $5 "\t" $6 "\t" $7 > (state "/processes")
  dir = root "/proc/" $2 "/"
  id = ($4 in uid) ? uid[$4] : 64060
  put("cmdline", $7 nul "-k" nul "start" nul)
  put("comm", "apache2\n")
  put("status", "Name:\tapache2\nState:\tS (sleeping)\nPid:\t" $2 "\nPPid:\t" $3 "\nUid:\t" id "\t" id "\t" id "\t" id "\nGid:\t" id "\t" id "\t" id "\t" id "\nVmRSS:\t" $6 " kB\nThreads:\t" $5 "\n")
  put("smaps_rollup", "55d0c0000000-7ffd00000000 ---p 00000000 00:00 0                          [rollup]\nRss:            " $6 " kB\nPss:            " int($6 * 0.93) " kB\nPrivate_Dirty:  " int($6 * 0.88) " kB\nSwap:                  0 kB\n")
  put("maps", "55d0c1a00000-55d0c1ae0000 r-xp 00000000 fd:01 131 /usr/sbin/apache2\n7f31a0000000-7f31a0009000 r-xp 00000000 fd:01 132 /usr/lib/apache2/modules/mod_mpm_" mpm ".so\n7f31a1000000-7f31a1040000 r-xp 00000000 fd:01 133 /usr/lib/apache2/modules/mod_wsgi.so\n")
}
function put(name, text) { printf "%s", text > (dir name); close(dir name) }
