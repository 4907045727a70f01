import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';

/** Hands a call over and prints the answer; nothing of it is known here. Most of a call's time would be that Node starts. */
const CLIENT = `use strict;
use Socket;
my $path = shift @ARGV;
my $juju;
socket($juju, AF_UNIX, SOCK_STREAM, 0) && connect($juju, pack_sockaddr_un($path)) or die "no juju at $path: $!\\n";
my @words = ((map { "$_=$ENV{$_}" } grep { defined $ENV{$_} } qw(JUJU_DATA JUJU_MODEL JUJU_CONTROLLER JUJU_FEATURES)), '', @ARGV);
my $call = join '', map { "$_\\0" } scalar @words, @words;
while (length $call) {
  my $sent = syswrite $juju, $call;
  defined $sent or die "juju is gone: $!\\n";
  substr($call, 0, $sent) = '';
}
shutdown $juju, 1;
$| = 1;
binmode STDOUT;
binmode STDERR;
while (defined(my $head = <$juju>)) {
  my ($kind, $length) = split ' ', $head;
  my ($text, $got) = ('', 0);
  while ($got < $length) { $got += read($juju, $text, $length - $got, $got) || die "juju broke off\\n" }
  exit $text if $kind == 0;
  print { $kind == 1 ? *STDOUT : *STDERR } $text;
}
die "juju says nothing\\n";
`;

export interface ResidentJuju {
  /** Makes a `juju` there that hands its calls over. */
  placeAt(file: string): void;
  end(): void;
}

/** Starts the demo's juju, `program`, as a process that answers the calls of any number of clouds; all but `ssh`. */
export async function residentJuju(folder: string, program: string): Promise<ResidentJuju> {
  const socket = join(folder, 'juju.sock');
  const client = join(folder, 'juju.pl');
  writeFileSync(client, CLIENT);
  const child = spawn(process.execPath, [program, '--serve', socket], { stdio: ['pipe', 'pipe', 'inherit'] });
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error('the juju of the demo does not start'))),
  ]);
  // It ends when this process does, and does not keep it.
  child.unref();
  (child.stdin as Socket).unref();
  child.stdout.destroy();
  return {
    placeAt: (file) => {
      writeFileSync(file, `#!/bin/sh\nexec /usr/bin/perl '${client}' '${socket}' "$@"\n`);
      chmodSync(file, 0o755);
    },
    end: () => void child.stdin.end(),
  };
}
