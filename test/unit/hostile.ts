/** What a hostile diagnostic tries: each command works on a folder `v` of its own, with a file `f`, a folder `d` and a link `l` to `f`. */
const WRITES: Readonly<Record<string, string>> = {
  create: ': >new',
  append: 'echo y >>f',
  overwrite: 'echo y >f',
  clobber: 'set -o noclobber; echo y >|f',
  'open for both': 'exec 7<>f; echo y >&7',
  'by descriptor': 'exec 8>>f; echo y >/dev/fd/8',
  'by a link': 'echo y >l',
  chmod: 'chmod 600 f',
  chown: 'chown 1:1 f',
  touch: 'touch f',
  'touch a link': 'touch -h l',
  'set a time': 'touch -d @1 f',
  'hard link': 'ln f hard',
  'symbolic link': 'ln -s f soft',
  'replace a link': 'ln -sfn d l',
  mv: 'mv f g',
  'exchange names': 'mv -T d e',
  rm: 'rm -f f',
  mkdir: 'mkdir n',
  rmdir: 'rmdir d',
  mkfifo: 'mkfifo p',
  mknod: 'mknod c c 1 3',
  mktemp: 'mktemp -p .',
  cp: 'cp f g',
  'cp all': 'cp --preserve=all f g',
  install: 'install -m 755 f g',
  'sed -i': 'sed -i s/x/y/ f',
  tee: 'echo y | tee f',
  dd: 'echo y | dd of=f',
  truncate: 'truncate -s 0 f',
  fallocate: 'fallocate -l 100 f',
  awk: `awk 'BEGIN { print "y" >"f" }'`,
  sort: 'sort -o f f',
  split: 'command split -b 1 f s',
  gzip: 'gzip f',
  tar: 'tar cf a.tar f',
  find: 'find f -delete',
  xargs: 'echo new | xargs touch',
  perl: `perl -e 'open(F, ">", "f") && print F "y"'`,
  'perl utime': `perl -e 'utime 1, 1, "f"'`,
  python: `python3 -c 'open("f", "w").write("y")'`,
  rsync: 'rsync d/ n/',
  setfattr: 'setfattr -n user.y -v 1 f',
  'in the background': '(setsid sh -c "echo y >f" &) ; sleep 1; cat f',
  '/proc/self/root': 'echo y >"/proc/self/root$PWD/f"',
  '/proc/self/cwd': 'echo y >/proc/self/cwd/f',
  'the root of another process': 'echo y >"/proc/$PARAM_OUTSIDE/root$PWD/f"',
  'chroot there': 'chroot "/proc/$PARAM_OUTSIDE/root" /usr/bin/touch "$PWD/f"',
  'nsenter there': 'nsenter -t "$PARAM_OUTSIDE" -m /usr/bin/touch "$PWD/f"',
  'remount all': 'for at in $(cut -d" " -f5 /proc/self/mountinfo); do mount -o remount,bind,rw "$at"; done; touch f',
  'remount the file system': 'mount -o remount,rw "$(stat -c %m .)"; touch f',
  'unmount all': 'umount -l "$ROOT/tmp"; touch f',
  'bind it elsewhere': 'mount --bind . d; touch d/f',
  'a namespace of its own': 'unshare -m sh -c "mount -o remount,bind,rw $(stat -c %m .); touch f" || touch f',
  'a user of its own': 'unshare -Urm sh -c "mount -o remount,bind,rw $(stat -c %m .); touch f" || touch f',
  'another jail': 'setpriv --bounding-set +all touch f || touch f',
  'in a loop': 'for i in 1 2 3; do : >"n$i"; done',
};

/** Only the jail is to be tried with these: they would move mounts, or leave it. */
const JAILBREAKS = /^(remount|unmount|bind|a namespace|a user|another jail|nsenter|chroot|the root of)/;

export const NAMES = Object.keys(WRITES);
export const PLAIN = NAMES.filter((name) => !JAILBREAKS.test(name));

/** The text of a diagnostic that tries these, each in `$ROOT/srv/NUMBER`; the fact of a number is `tried`, or `absent` where the program is. */
export function hostile(names: readonly string[]): string {
  return `${names.map((name) => attempt(NAMES.indexOf(name), WRITES[name] ?? '')).join('\n')}\nexit 0\n`;
}

function attempt(index: number, command: string): string {
  const program = /^[a-z0-9]+/.exec(command)?.[0] ?? ':';
  return `if command -v ${program} >/dev/null || ! [[ ${program} =~ ^(python3|rsync|setfattr|setpriv|perl)$ ]]; then
  (cd "$ROOT/srv/${index}" && { ${command}
  }) >/dev/null 2>&1 </dev/null
  fact "${index}" tried
else
  fact "${index}" absent
fi`;
}
