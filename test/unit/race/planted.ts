// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text is bash

import type { PlantedPart } from '../run-program.js';
import type { Variant } from './judge.js';

/** A bug that is put into the unit's program on purpose, and the race that must come upon it. */
export interface PlantedBug {
  readonly name: string;
  /** Every text must stand in the program once, and is taken for the other one. */
  readonly parts: readonly PlantedPart[];
  readonly variant: Variant;
}

const LOCKED = '  flock -w "$LOCK_SECONDS" 9 && return 0';
const MUST_BE_PENDING = `  if [ "$STATE" != PENDING ]; then
    say_settled
    return 0
  fi
`;
const CONFIRMING = `${MUST_BE_PENDING}  in_time_asked && is_as_applied || return 1\n`;
const WRITTEN = 'if set_state COMMITTED || set_state COMMITTED; then';
const IS_MINE = '    [ "$P_TX" != "$TX" ] || [ "$P_GENERATION" != "$1" ]\n';
const IS_SETTLED = '  read_state && [[ $STATE == @(NONE|COMMITTED|REVERTED|CONFLICT) ]]';

export const PLANTED: readonly PlantedBug[] = [
  {
    name: 'confirm takes no lock',
    parts: [[LOCKED, '  if [ "${ORDER-}" = confirm ] || flock -w "$LOCK_SECONDS" 9; then return 0; fi']],
    variant: 'confirm and guard',
  },
  {
    name: 'the guard takes no lock',
    parts: [[LOCKED, '  if [ "$VERB" = guard ] || flock -w "$LOCK_SECONDS" 9; then return 0; fi']],
    variant: 'two confirms and guard',
  },
  {
    name: 'confirm does not look at the state',
    parts: [
      [CONFIRMING, '  in_time_asked || return 1\n'],
      [WRITTEN, 'if put "$D/state" "COMMITTED activated"; then'],
    ],
    variant: 'confirm and guard',
  },
  {
    name: 'confirm answers by what it saw before it had the lock',
    parts: [
      ['    with_lock locked_verb\n', '    D=$STORE/tx/$TX\n    read_state\n    SEEN=$STATE\n    with_lock locked_verb\n'],
      [
        '  say tx "$TX"\n',
        '  say tx "$TX"\n  if [ "$VERB-${SEEN-}" = confirm-PENDING ]; then OUTCOME=changed CODE="" MESSAGE=""; fi\n',
      ],
    ],
    variant: 'confirm and guard',
  },
  {
    name: 'confirm does not read its state back',
    parts: [[WRITTEN, 'printf "COMMITTED activated\\n" >"$D/state.new"\n  if STATE=COMMITTED; then']],
    variant: 'confirm and guard',
  },
  {
    name: 'the guard takes back what was confirmed',
    parts: [
      [IS_MINE, '    [ "$P_GENERATION" != "$1" ]\n'],
      [IS_SETTLED, '  return 1'],
      ['      PENDING) recover_pending || rc=1 ;;', '      PENDING | COMMITTED) recover_pending || rc=1 ;;'],
    ],
    variant: 'confirm and guard',
  },
  {
    name: 'the guard knows no generations',
    parts: [[IS_MINE, '    [ "$P_TX" != "$TX" ]\n']],
    variant: 'extend and guard',
  },
  {
    name: 'confirm says that it kept what it has just taken back',
    parts: [['    REVERTED) CODE=EXPIRED ;;', '    REVERTED) OUTCOME=changed CODE="" ;;']],
    variant: 'confirm as the window ends',
  },
];
