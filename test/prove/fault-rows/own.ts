import type { FaultRow } from '../fault-table.js';

const SIGNAL = 'a signal to our own process';
const DISK = "the operator's own disk";

/** What befalls juju-tune itself, its terminal, its disk and its operator. */
export const OWN_ROWS: readonly FaultRow[] = [
  {
    row: 1,
    fault: 'Ctrl-C while looking or planning',
    mustSee: 'the prompt again at once; nothing was changed',
    demo: SIGNAL,
    tests: [
      ['scenarios/interrupt.test.ts', 'ctrl-c while %s ends it, and nothing was changed'],
      ['ui/pty.test.ts', 'keys that arrive in one read each count'],
    ],
  },
  {
    row: 2,
    fault: 'Ctrl-C before the first unit is changed',
    mustSee: 'nothing was changed; no run is left behind',
    demo: SIGNAL,
    tests: [
      ['scenarios/interrupt.test.ts', 'ctrl-c while %s ends it, and nothing was changed'],
      ['adapters/juju-exec.test.ts', 'an abort before anything was begun sends nothing'],
      ['engine/rollout.test.ts', 'ends when the run is stopped'],
    ],
  },
  {
    row: 3,
    fault: 'Ctrl-C while units are changed, once and twice',
    mustSee: 'once: stops after the units in flight; twice: which may be half-way, when they take it back, and `resume`',
    demo: SIGNAL,
    tests: [
      ['engine/interrupt.test.ts', 'ctrl-c in any phase ends what is in flight, begins nothing more, and leaves no unit unknown'],
      [
        'engine/interrupt.test.ts',
        'ctrl-c twice in any phase sends nothing more, kills nothing, and resume then tells how each unit stands',
      ],
      ['cli/watch.test.ts', 'ctrl-c once stops, twice stops watching; each says what it does'],
      ['cli/watch.test.ts', 'who stops watching is told when the units take the change back'],
      ['ui/pty.test.ts', 'ctrl-c twice in a run stops watching, says what may be half-way, and the exit code says unknown'],
    ],
  },
  {
    row: 4,
    fault: 'Ctrl-C while a change is verified or awaits confirmation',
    mustSee: 'a question: keep it, take it back, or leave it to the timer, which is shown',
    demo: SIGNAL,
    tests: [
      ['ui/pty.test.ts', 'ctrl-c while a change awaits confirmation asks what becomes of it, and it can still be kept'],
      [
        'ui/tui-window.test.ts',
        'ctrl-c asks what becomes of it; a second one leaves it to the timers, and the exit code says so',
      ],
      ['engine/execute.test.ts', 'a measurement that is broken off tells nothing of the time before the change'],
    ],
  },
  {
    row: 5,
    fault: 'the terminal goes away, or SIGTERM',
    mustSee: 'at the next start: the run is unfinished, and why; `resume` goes on',
    demo: SIGNAL,
    tests: [
      [
        'scenarios/window.test.ts',
        'a terminal that goes away in the middle of a run is recorded; resume tells how each unit stands and goes on',
      ],
      ['cli/watch.test.ts', '%s stops watching at once, and is the reason that is recorded'],
      ['ui/pty.test.ts', 'the terminal is restored after %s'],
    ],
  },
  {
    row: 6,
    fault: 'kill -9, or out of memory',
    mustSee: 'at the next start: the run is unfinished; no unit is half-way, and it can be taken back',
    demo: SIGNAL,
    tests: [
      [
        'scenarios/trouble.test.ts',
        'killed in the middle of an apply: runs tells the truth, rollback works, no unit is half-way',
      ],
      ['engine/resume.test.ts', 'a run %s that breaks off after any of its records is told as its units stand'],
      ['bed/trouble.test.ts', 'a juju-tune that is killed in the middle leaves no unit half-way, and its run can be taken back'],
    ],
  },
  {
    row: 7,
    fault: "the operator's machine loses its power",
    mustSee: 'as after a kill; at most the last record is missing, and never one before it',
    demo: DISK,
    tests: [
      ['adapters/run-store.test.ts', 'a journal cut off at any byte loses at most the record that was being written'],
      ['adapters/run-store.test.ts', 'loses no byte of a record that was not written whole: it is set aside'],
      [
        'engine/resume.test.ts',
        'wherever the journal ends the process, each unit is told truly at once, and is before or after for good in the end',
      ],
    ],
  },
  {
    row: 8,
    fault: "the operator's disk is full or read-only",
    mustSee: 'no change begins; in the middle nothing more is sent, and what was sent is called unknown, with `resume`',
    demo: DISK,
    tests: [
      ['engine/session.test.ts', 'a journal that cannot be written sends nothing more'],
      ['adapters/run-store.test.ts', 'a record that does not fit on the disk is taken back whole, and says so'],
      ['cli/watch.test.ts', 'a run whose journal cannot be written any more is unknown, not refused, once anything was sent'],
    ],
  },
  {
    row: 21,
    fault: 'two operators change the same application',
    mustSee: 'the second is refused: who works there, since when, in which run',
    demo: 'a second process, here or on another machine',
    tests: [
      [
        'adapters/run-store.test.ts',
        'keeps us out by name, and its run is open; once it is killed the run is unfinished and we may go on',
      ],
      ['engine/resume.test.ts', 'one change at a time: the run that awaits confirmation is named, with its age and what ends it'],
      ['unit/transaction.test.ts', 'two changes never work on one unit at once'],
      ['unit/window.test.ts', 'a second change is refused while one awaits confirmation, and is told of which run'],
    ],
  },
  {
    row: 22,
    fault: 'the same operator again, after a crash',
    mustSee: 'no lock is in the way; the run that was left is named, and `resume` takes it up',
    demo: SIGNAL,
    tests: [
      [
        'adapters/run-store.test.ts',
        'keeps us out by name, and its run is open; once it is killed the run is unfinished and we may go on',
      ],
      ['adapters/run-store.test.ts', 'goes on in its own journal, whose chain holds'],
      ['engine/resume.test.ts', 'before it heard of its canary: the unit says how it stands, and the rest can go on'],
    ],
  },
  {
    row: 38,
    fault: 'a journal is cut off, or a bit of it flips',
    mustSee: 'what is wrong and with which record; what stands before it is shown, nothing is deleted',
    demo: DISK,
    tests: [
      ['adapters/run-store.test.ts', 'any byte that changed is found, and what stands before it is kept'],
      ['adapters/run-store.test.ts', 'a damaged journal is still listed, and says what is wrong'],
      ['adapters/run-store.test.ts', 'is only read when its journal is damaged'],
      ['adapters/run-store.test.ts', 'loses no byte of a record that was not written whole: it is set aside'],
    ],
  },
  {
    row: 39,
    fault: 'a journal of a newer version',
    mustSee: 'that a newer juju-tune wrote it, and which version of the journal it is',
    demo: DISK,
    tests: [
      ['adapters/run-store.test.ts', 'a journal of a newer program is named, not guessed at'],
      ['adapters/journal-record.test.ts', 'an event of a kind that came later changes nothing that is known'],
    ],
  },
  {
    row: 40,
    fault: 'the state folder cannot be written, or is not ours alone',
    mustSee: 'changes are refused, with the folder and what to do; looking goes on',
    demo: DISK,
    tests: [
      ['scenarios/bad-input.test.ts', 'a journal that cannot be written refuses before anything changed, and looking goes on'],
      [
        'adapters/run-store.test.ts',
        'a state folder that others can use, or that is a link, is refused before anything is written',
      ],
      ['adapters/run-store.test.ts', 'a state folder that cannot be made is refused with the place and what to do'],
    ],
  },
  {
    row: 41,
    fault: 'the laptop sleeps for hours in the middle of a run',
    mustSee: 'that it slept, and how the units stand now, before anything else is done',
    demo: "the operator's own clock",
    tests: [
      ['engine/window.test.ts', 'between batches goes on with nothing when the units took the change back meanwhile'],
      ['engine/window.test.ts', 'asks the units before anything else, and goes on when they are as they were left'],
      ['engine/window.test.ts', 'does not believe what was said before'],
    ],
  },
  {
    row: 43,
    fault: 'a change is sent twice, because its answer was lost',
    mustSee: 'that it is there already; it is made once',
    demo: 'the same request again',
    tests: [
      ['unit/transaction.test.ts', 'the same change asked for twice is made once'],
      ['unit/window.test.ts', 'the same order twice is carried out once'],
      [
        'unit/transaction.test.ts',
        'a change that is refused for want of the lock while Juju has brought it a second time is not made by that one either',
      ],
    ],
  },
  {
    row: 44,
    fault: 'a confirmation meets the timer',
    mustSee: 'one of them wins, and that is what is said and what the exit code says',
    demo: 'a command at the wrong moment',
    tests: [
      ['unit/window.test.ts', 'a timer that fires after the confirmation finds nothing to do'],
      ['unit/window.test.ts', 'a confirmation that comes too late is told that the change was taken back'],
      ['scenarios/window.test.ts', 'one that nobody confirms is taken back by its unit; a late confirm says so and ends with 6'],
      ['engine/window.test.ts', 'that comes after a unit took it back is no success'],
    ],
  },
  {
    row: 45,
    fault: 'no terminal, one of a single cell, or one that can only take lines',
    mustSee: 'lines where there is no screen; a tiny screen is borne',
    demo: "the operator's own terminal",
    tests: [
      ['ui/pty.test.ts', 'a terminal of one column and one row is borne, and left as it was'],
      ['scenarios/screen.test.ts', 'a terminal that can only take lines gets the help and no screen'],
      ['cli/window.test.ts', '%s'],
    ],
  },
];
