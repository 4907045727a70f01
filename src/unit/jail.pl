# Runs a command that may only look: `collect|probe MACHINE COMMAND...`. Everything it can reach is mounted read-only for it alone, and it is a
# root without the rights to undo that. $ROOT/tmp is a folder in memory that goes with it. Where that cannot be had the command
# runs all the same. JUJU_TUNE_JAIL tells it: `mount` and for what, or `none` and why.
#
# One process of perl, which every Ubuntu has, for unshare, one mount for each of some 40 mounts, and setpriv, which bionic has not.
# systemd-run would take a job of systemd's and lines in the journal each time. perl-base has no names for system calls, and to ask it for
# its machine would take longer than all of this.
use strict;

my ($kind, $machine, @command) = @ARGV;
my $root = $ENV{ROOT};

sub run {
  $ENV{JUJU_TUNE_JAIL} = shift;
  exec { $command[0] } @command;
  exit 127;
}

sub give_up { run("none $_[0]"); }

my %calls = (
  x86_64 => [272, 165, 157, 126],
  aarch64 => [97, 40, 167, 91],
  riscv64 => [97, 40, 167, 91],
  powerpc64le => [282, 21, 171, 184],
  s390x => [303, 21, 172, 185],
);
$calls{$machine} && length(pack 'P', '') == 8 or give_up("not known how to on $machine");
my ($unshare, $mount, $prctl, $capset) = @{ $calls{$machine} };

# Of linux/sched.h, mount.h, prctl.h and capability.h.
my ($NEW_NS, $NEW_USER) = (0x20000, 0x10000000);
my ($RDONLY, $NOSUID, $NODEV, $NOEXEC, $REMOUNT, $BIND, $REC, $PRIVATE) = (1, 2, 4, 8, 32, 4096, 16384, 1 << 18);
my $CAPBSET_DROP = 24;
my ($ENOENT, $ENOTDIR, $EINVAL) = (2, 20, 22);
# Files of all owners are read: dac_override, dac_read_search.
my @keep = (1, 2);
# A probe is text of ours alone. It copies files with their owners (chown, fowner, fsetid), and looks into Apache's processes (sys_ptrace):
# with that right a diagnostic could leave by /proc/1/root.
push @keep, 0, 3, 4, 19 if $kind eq 'probe';

# A string goes to the kernel as it lies in memory, and has to be a variable.
sub call { my ($number, @arguments) = @_; return syscall($number, @arguments) == 0; }

sub must { my $what = shift; call(@_) or give_up("$what: $!"); }

sub bind_over { my ($from, $to) = @_; return call($mount, $from, $to, 0, $BIND, 0); }

sub write_file {
  my ($path, $text) = @_;
  open(my $file, '>', $path) or give_up("cannot write $path: $!");
  syswrite($file, $text) == length $text or give_up("cannot write $path: $!");
}

# Where things are mounted now, with their options; of several on one place the last one is what is seen.
sub mounts {
  open(my $file, '<', '/proc/self/mountinfo') or give_up("cannot read the mounts: $!");
  my (@places, %options);
  while (<$file>) {
    my ($place, $options) = (split / /)[4, 5];
    $place =~ s/\\([0-7]{3})/chr oct $1/ge;
    push @places, $place unless exists $options{$place};
    $options{$place} = ",$options,";
  }
  return (\@places, \%options);
}

# What the MPM of the running Apache is can be seen with a right that a diagnostic loses: it is told.
sub look_at_apache {
  open(my $file, '<', "$root/run/apache2/apache2.pid") or return;
  my ($pid) = (<$file> // '') =~ /^([1-9][0-9]*)$/ or return;
  open(my $maps, '<', "$root/proc/$pid/maps") or return;
  while (<$maps>) { return $ENV{JUJU_TUNE_MAPPED} = "$pid $1" if /mod_mpm_([a-z]+)/; }
}

# What was open before would still lead to what can be written.
sub close_all {
  opendir(my $folder, '/proc/self/fd') or give_up("cannot see what is open: $!");
  my @open = grep { /^[0-9]+$/ && $_ > 2 && $_ != fileno $folder } readdir $folder;
  # What is opened as a variable is closed with it.
  for (@open) { open(my $file, '<&=', $_); }
}

# As the kernel names it, without links.
sub real_folder {
  my $path = shift;
  open(my $folder, '<', $path) or give_up("cannot look into $path: $!");
  return readlink '/proc/self/fd/' . fileno $folder;
}

look_at_apache() if $kind eq 'collect';
close_all();
$root = real_folder($root) if $root ne '';
my ($user, $group) = ($>, $) + 0);
must('no namespaces', $unshare, $NEW_NS | ($user == 0 ? 0 : $NEW_USER));
if ($user != 0) {
  write_file('/proc/self/setgroups', 'deny');
  write_file('/proc/self/uid_map', "$user $user 1");
  write_file('/proc/self/gid_map', "$group $group 1");
}
must('cannot keep its mounts to itself', $mount, 'none', '/', 0, $REC | $PRIVATE, 0);

# In /dev only these devices work; a disk does not.
my ($places, $options) = mounts();
for my $device (map { "/dev/$_" } qw(null zero full random urandom)) {
  bind_over($device, $device) or give_up("cannot keep $device: $!") if -c $device && !$options->{$device};
}
# Stand-ins of what is no file on a unit, the kernel and its services, write to these folders below a ROOT.
my %writable = map { ("$root/$_" => 1) } $root eq '' ? () : split(/:/, $ENV{JUJU_TUNE_STAND_INS} // '');
for my $place (keys %writable) { bind_over($place, $place) or give_up("cannot keep $place: $!"); }
must("cannot mount on $root/tmp", $mount, 'juju-tune', "$root/tmp", 'tmpfs', $NOSUID | $NODEV, 'mode=1777,size=64m,nr_inodes=8k');
$writable{"$root/tmp"} = 1;
if ($kind eq 'collect') {
  # Who listens there would write, start or stop something when told to.
  for my $end (map { "/run/$_" } qw(systemd/private systemd/notify systemd/journal/socket systemd/journal/dev-log systemd/journal/stdout
    initctl systemd/initctl/fifo dbus/system_bus_socket docker.sock containerd/containerd.sock snapd.socket snapd-snap.socket)) {
    -e $end and (bind_over('/dev/null', $end) or give_up("cannot close $end: $!"));
  }
}

($places, $options) = mounts();
my %hidden;
for my $place (@$places) {
  next if $writable{$place};
  my $flags = $REMOUNT | $BIND | $RDONLY | $NOSUID;
  $flags |= $NODEV unless -c $place;
  $flags |= $NOEXEC if $options->{$place} =~ /,noexec,/;
  next if call($mount, 'none', $place, 0, $flags, 0);
  # Below something that is mounted over it: nobody gets there.
  $! == $EINVAL || $! == $ENOENT || $! == $ENOTDIR ? $hidden{$place} = 1 : give_up("$place stays writable: $!");
}
($places, $options) = mounts();
for my $place (@$places) {
  give_up("$place stays writable") unless $writable{$place} || $hidden{$place} || $options->{$place} =~ /,ro,/;
}

my %keep = map { ($_ => 1) } @keep;
for my $right (0 .. 63) {
  next if $keep{$right} || call($prctl, $CAPBSET_DROP, $right, 0, 0, 0);
  last if $! == $EINVAL;
  give_up("cannot give up a right: $!");
}
my $rights = 0;
$rights |= 1 << $_ for @keep;
must('cannot give up rights', $capset, pack('Ll', 0x20080522, 0), pack('L6', $rights, $rights, 0, 0, 0, 0));
run("mount $kind");
