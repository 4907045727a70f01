// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text is bash

import type { PlantedPart } from '../run-program.js';
import type { Fault } from './faults.js';
import type { Deed } from './sweep.js';

/** A bug that is put into the unit's program on purpose, and where a sweep must come upon it. */
export interface PlantedBug {
  readonly name: string;
  /** Every text must stand in the program, and is taken for the other one. */
  readonly parts: readonly PlantedPart[];
  readonly subject: 'mixed' | 'wsgi-processes' | 'apache-conf';
  readonly deed: Deed;
  readonly fault: Fault;
  /** The programs at which the fault shows it; without it all, and the deed alone. */
  readonly program?: string;
}

const READ_BACK = 'all_are P_AFTER || fail NOT_WRITTEN "read back, not as wanted:$WRONG"';

/** How a way back looks whether it came to its end. */
const WENT_BACK = 'remove_beside && sync_touched || return 1\n  all_are P_BEFORE && return 0';

export const PLANTED: readonly PlantedBug[] = [
  {
    name: 'a mode lost by umask',
    parts: [
      ['F:*) cp -a -- "$D/$3/$1" "$temp" && sync -- "$temp" || return 1 ;;', 'F:*) cp -- "$D/$3/$1" "$temp" || return 1 ;;'],
      ['"$((16#$mode & 4095))" "$owner"', '"$((0644))" "$owner"'],
    ],
    subject: 'wsgi-processes',
    deed: 'apply',
    fault: 'kill',
  },
  {
    name: 'a hollow snapshot',
    parts: [
      [
        'real "${P_PATH[index]}" && cp -a -- "$REPLY" "$D/before/$index" || return 1',
        'real "${P_PATH[index]}" && cp -a -- "$REPLY" "$D/before/$index"',
      ],
      ['places+=("$D/before/$index") wanted+=("${P_BEFORE[index]}")', ':'],
    ],
    subject: 'wsgi-processes',
    deed: 'apply',
    fault: 'fail',
    program: 'cp',
  },
  {
    name: 'REVERTED without a manifest',
    parts: [
      [
        'read_state && load_manifest || refuse UNREADABLE "cannot read $D" || return 1\n  BUDGET=$budget',
        'read_state && load_manifest || P_PATH=()\n  BUDGET=$budget',
      ],
    ],
    subject: 'wsgi-processes',
    deed: 'rollback',
    fault: 'fail',
    program: 'sha256sum',
  },
  {
    name: 'a link followed',
    parts: [
      ['cp -a -- "$REPLY" "$D/before/$index"', 'cp -aL -- "$REPLY" "$D/before/$index"'],
      ['places+=("$D/before/$index") wanted+=("${P_BEFORE[index]}")', ':'],
      ['  [ "${AT[0]}" = "$2" ]\n}', '  :\n}'],
      [WENT_BACK, 'return 0'],
    ],
    subject: 'mixed',
    deed: 'apply',
    fault: 'kill',
  },
  {
    name: 'a marker forgotten',
    parts: [
      [
        '[ "${NOW[$path]}" != "${P_BEFORE[index]}" ] || continue\n    if',
        '[[ $path != */enabled_by_admin/* && ${NOW[$path]} != "${P_BEFORE[index]}" ]] || continue\n    if',
      ],
      [WENT_BACK, 'return 0'],
    ],
    subject: 'apache-conf',
    deed: 'rollback',
    fault: 'kill',
  },
  {
    name: 'a restart skipped on revert',
    parts: [['if [ -z "$WAS_ACTIVATED" ] || [ "$how" = none ]; then return 0; fi', 'return 0']],
    subject: 'wsgi-processes',
    deed: 'rollback',
    fault: 'kill',
  },
  {
    name: 'success before read-back',
    parts: [
      [`${READ_BACK}\n}`, ':\n}'],
      [`${READ_BACK} || return 1\n  not_stopped`, 'not_stopped'],
    ],
    subject: 'apache-conf',
    deed: 'apply',
    fault: 'lie',
    program: 'mv',
  },
  {
    name: 'a guard that is believed to be armed',
    parts: [[' && is_ticking "$name"\n', '\n']],
    subject: 'wsgi-processes',
    deed: 'apply with window',
    fault: 'lie',
    program: 'systemd-run',
  },
  {
    name: 'confirmed before it is written',
    parts: [['if set_state COMMITTED || set_state COMMITTED; then', 'set_state COMMITTED\n  if :; then']],
    subject: 'wsgi-processes',
    deed: 'confirm',
    fault: 'fail',
    program: 'sync',
  },
  {
    name: 'a guard that forgets what was half done',
    parts: [['SWAPPING | ACTIVATING | REVERTING) recover_half || rc=1 ;;', 'SWAPPING) recover_half || rc=1 ;;']],
    subject: 'wsgi-processes',
    deed: 'guard',
    fault: 'kill',
    program: 'sync',
  },
];
