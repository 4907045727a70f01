import type { FaultRow } from '../fault-table.js';

/** What befalls a unit, its Apache and its disk. */
export const UNIT_ROWS: readonly FaultRow[] = [
  {
    row: 9,
    fault: "the unit's disk is full, out of inodes or read-only",
    mustSee: 'refused: what it needs and what it has; nothing was touched',
    demo: ['program'],
    tests: [
      ['unit/transaction.test.ts', 'packages being installed, a full disk and a dead Apache refuse the change'],
      ['unit/sweep.test.ts', 'with any one of its programs at fault, %s never claims what is not so (%s)'],
    ],
  },
  {
    row: 16,
    fault: 'the change is cut off half-way',
    mustSee: 'as before: whoever comes next ends it',
    demo: ['killed', 'reboot'],
    tests: [
      ['unit/sweep.test.ts', 'killed before any of its programs, %s leaves the unit entirely before or after, and it says which'],
      ['unit/request.test.ts', 'a probe ends what was cut off half-way'],
      ['demo/timers.test.ts', 'a machine that goes down in the middle of a task leaves its unit as it was before'],
    ],
  },
  {
    row: 17,
    fault: 'Apache does not accept the staged change',
    mustSee: "refused in Apache's own words, with the line; nothing was touched",
    demo: ['program'],
    tests: [
      ['unit/transaction.test.ts', '%s is refused in the words of Apache before anything is touched'],
      ['engine/session.test.ts', 'is refused in the words of Apache when it does not accept the staged change'],
    ],
  },
  {
    row: 18,
    fault: 'Apache does not reload or start with the change',
    mustSee: 'taken back by the unit at once, with what Apache said; the next units are not touched',
    demo: ['program'],
    tests: [
      ['unit/transaction.test.ts', 'an Apache that does not start gets its files and its service back'],
      [
        'engine/session.test.ts',
        'an Apache that does not start stops the rollout: its unit took it back, the others were not touched',
      ],
      ['bed/trouble.test.ts', 'an Apache that does not come up again is restored, and the others are not touched'],
    ],
  },
  {
    row: 19,
    fault: 'Apache starts and is not well',
    mustSee: 'taken back, with the numbers beside those of the other units and of before',
    demo: ['program'],
    tests: [
      ['unit/transaction.test.ts', 'a check that is not met in 30 s of the unit clock takes the change back'],
      ['engine/session.test.ts', 'a unit that haproxy does not see UP again fails its gate and is taken back'],
      ['engine/rollout.test.ts', 'one that answers with more errors than they and than itself before is taken back'],
      [
        'engine/rollout-property.test.ts',
        'a bad change hurts no more units than one batch has, and the failures that were allowed',
      ],
    ],
  },
  {
    row: 20,
    fault: 'it cannot be taken back either',
    mustSee: 'BROKEN, which unit, where the contents of before lie and what to type; nothing more is changed',
    demo: ['program'],
    tests: [
      [
        'unit/transaction.test.ts',
        'an Apache that starts neither with the change nor without is reported as broken, with what to type',
      ],
      ['unit/window.test.ts', 'a guard that cannot put things back tries five times, and the unit says that it is broken'],
      [
        'engine/rollout.test.ts',
        'a unit that is broken ends the run, whatever the plan bears, and the run is not known to be well',
      ],
    ],
  },
  {
    row: 23,
    fault: 'the charm renders its files anew before the change was confirmed',
    mustSee: 'not confirmed: the paths and their diff; only on a word of their own',
    demo: ['rerender'],
    tests: [
      [
        'unit/window.test.ts',
        'what the charm has written over is not confirmed unless that is accepted, and is shown without its secrets',
      ],
      ['engine/window.test.ts', 'does not keep what somebody else has changed since without saying so'],
      ['unit/window.test.ts', "the guard leaves somebody else's edit alone and puts back the rest"],
      ['demo/scenario.test.ts', 'the charm can render its file anew before a task'],
    ],
  },
  {
    row: 24,
    fault: 'the charm renders its files anew later',
    mustSee: 'a finding: which of our changes were written over',
    demo: ['rerender'],
    tests: [
      ['actions/drift/rendered-over.yaml', 'the charm rendered over an edit, and a file of ours is still there'],
      ['unit/transaction.test.ts', "rolling back leaves somebody else's later edit alone, names it, and restores the rest"],
      ['engine/session.test.ts', 'rollback leaves what somebody edited since, and says so'],
    ],
  },
  {
    row: 25,
    fault: 'a clock is wrong, or jumps',
    mustSee: 'whose clock is how far from ours; the time to confirm does not move',
    demo: ['clock'],
    tests: [
      ['engine/session.test.ts', 'says whose clock is far from ours, and holds the others to theirs'],
      ['unit/window.test.ts', 'a clock that is set forward or back moves no window'],
      ['engine/model-session.test.ts', 'a unit that is waited for does not make the others late'],
      ['demo/scenario.test.ts', 'a unit is not as it was: clock, machine, a path and its programs'],
    ],
  },
  {
    row: 26,
    fault: 'the unit reboots before the change was confirmed',
    mustSee: 'taken back before Apache starts: the machine went down; while its batch is watched, that the gate fails',
    demo: ['reboot'],
    tests: [
      ['engine/gate.test.ts', 'a unit that took its change back while it was watched fails its gate'],
      ['unit/window.test.ts', 'a machine that goes down in the window comes up as it was before, before Apache starts'],
      ['demo/timers.test.ts', 'a machine that is told to reboot comes up as it was before the unconfirmed change'],
      ['bed/window.test.ts', 'by units that reboot, lose power, lose their link or lose their agent'],
    ],
  },
  {
    row: 28,
    fault: 'output without end',
    mustSee: 'cut off, on the unit and here, and how much; our memory stays small',
    demo: ['prints'],
    tests: [
      ['unit/collect.test.ts', 'output is cut on the unit, and what was cut is said'],
      ['adapters/juju-cli.test.ts', 'endless output is cut off and named'],
      ['unit/receipt.test.ts', 'an answer that was too large says so'],
    ],
  },
  {
    row: 29,
    fault: 'output that is no text',
    mustSee: 'decoded where Juju encoded it; what is no character is marked',
    demo: ['prints'],
    tests: [
      ['adapters/juju-exec.test.ts', 'every way a task can end is told apart'],
      ['unit/lines.test.ts', 'bytes that are no UTF-8 arrive as such in bash and as U+FFFD with us'],
      ['demo/juju.test.ts', 'output that is no UTF-8 is base64 with a mark'],
    ],
  },
  {
    row: 30,
    fault: 'output that would steer the terminal',
    mustSee: 'spelled, never carried out',
    demo: ['calls', 'prints'],
    tests: [
      ['ui/text.test.ts', 'nothing that steers a terminal survives, whatever a unit says'],
      ['scenarios/hostile.test.ts', 'a hostile status shows no control character as %s'],
      ['scenarios/hostile.test.ts', 'evidence of a hostile log shows no control character as %s'],
      ['ui/tui.test.ts', 'what units say is never drawn raw, on any screen'],
    ],
  },
  {
    row: 46,
    fault: 'two units on one machine',
    mustSee: 'refused while the other one is changed or awaits confirmation; never two on one host at once',
    demo: 'units that have one folder: `root` in cloud.json',
    tests: [
      ['unit/machine.test.ts', 'two units on one machine are changed one after the other: what one has begun, the other is told'],
      ['planning/rollout.test.ts', 'applications go together, but never two units on one host'],
      ['engine/rollout-property.test.ts', 'no call has two units on one host'],
    ],
  },
  {
    row: 47,
    fault: 'a unit without systemd',
    mustSee: 'refused: nothing would take an unconfirmed change back; only by --no-guard',
    demo: ['missing', 'modelType'],
    tests: [
      ['unit/window.test.ts', 'with %s a change with a window is refused before anything is touched'],
      ['engine/window.test.ts', 'a unit without a guard is not changed unless that was typed, and then waits for ever'],
      ['cli/window.test.ts', 'where nothing would take it back, that has to be typed'],
      ['scenarios/trouble.test.ts', 'a Kubernetes model is shown, and tunings are refused with the reason'],
    ],
  },
  {
    row: 48,
    fault: 'a path that nobody may write: chattr +i, SELinux, AppArmor',
    mustSee: 'which path; nothing of the change is made',
    demo: ['program'],
    tests: [
      ['unit/machine.test.ts', 'where nothing may be written beside a file, nothing of the change is made'],
      ['unit/machine.test.ts', 'a file that cannot be replaced takes the whole change back, and Apache is not asked to read it'],
    ],
  },
];
