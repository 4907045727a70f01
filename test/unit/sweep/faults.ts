import { rmSync } from 'node:fs';
import type { UnitFolder } from '../unit-folder.js';

/**
 * What befalls one program that the unit text starts: the whole unit text is killed before it, or right after it; it fails without having
 * acted; it acts, or half acts, and fails; it says that all went well and has done nothing.
 */
export type Fault = 'kill' | 'kill after' | 'fail' | 'half' | 'lie';

/** Between two of these a kill finds what it would have found after the first, or before the second. */
const WRITERS = 'apache2ctl chmod chown cp flock ln mkdir mv rm rmdir sed sleep sync systemctl systemd-run timeout';
const READERS = 'awk base64 cat date df diff find grep gzip head ls nproc ps readlink sha256sum stat tail';

/** Stands for each of them: counts, and does its worst when its turn has come. */
const COUNTER = `#!/bin/sh
read -r n <"$SWEEP_COUNT"
n=$((n + 1))
echo "$n" >"$SWEEP_COUNT"
name=\${0##*/}
really() {
  if [ -x "$ROOT/usr/bin/$name" ]; then PATH=/usr/bin:/bin "$ROOT/usr/bin/$name" "$@"; else "/usr/bin/$name" "$@"; fi
}
end_all() {
  read -r _ _ _ _ _ session _ </proc/$$/stat
  kill -9 "-$session"
  kill -9 0
}
if [ "$n" = "\${SWEEP_AT-}" ]; then
  echo "$0" >"$SWEEP_COUNT.hit"
  case $SWEEP_HOW in
    kill) end_all ;;
    'kill after')
      really "$@"
      end_all ;;
    fail) exit 1 ;;
    lie) exit 0 ;;
    half)
      case $name in
        cp)
          really "$@"
          for last; do :; done
          if [ -f "$last" ] && [ ! -L "$last" ]; then truncate -s 3 "$last"; fi ;;
        awk | base64 | date | df | find | grep | head | ls | ps | readlink | sed | sha256sum | stat | tail)
          text=$(really "$@")
          printf %s "\${text%????????}" ;;
        *) really "$@" ;;
      esac
      exit 1 ;;
  esac
fi
if [ -x "$ROOT/usr/bin/$name" ]; then PATH=/usr/bin:/bin exec "$ROOT/usr/bin/$name" "$@"; fi
exec "/usr/bin/$name" "$@"
`;

/** Puts the counters in front of the unit's programs, or of one of them; only what can change something is worth a kill. */
export function placeCounters(unit: UnitFolder, fault: Fault, program?: string): void {
  const all = fault === 'kill' || fault === 'kill after' ? WRITERS : `${WRITERS} ${READERS}`;
  for (const name of program === undefined ? all.split(' ') : [program]) unit.write(`usr/sbin/${name}`, COUNTER, 0o755);
  unit.write('count', '0\n');
}

/** From here on the unit's programs are its own, and nothing befalls them. */
export function removeCounters(unit: UnitFolder): void {
  for (const path of ['usr/sbin', 'count', 'count.hit']) rmSync(unit.at(path), { recursive: true, force: true });
}

/** What the counters have to be told; `at` counts from 1, and at 0 nothing happens. */
export function fateOf(unit: UnitFolder, fault: Fault, at: number): Readonly<Record<string, string>> {
  unit.write('count', '0\n');
  return { SWEEP_COUNT: unit.at('count'), SWEEP_HOW: fault, SWEEP_AT: String(at) };
}

/** How many programs were started. */
export function programsOf(unit: UnitFolder): number {
  return Number(unit.text('count'));
}

/** The program whose turn had come, or undefined when there were not so many. */
export function wasHit(unit: UnitFolder): string | undefined {
  return unit.state('count.hit').kind === 'absent' ? undefined : unit.text('count.hit').trim().replace(/.*\//, '');
}
