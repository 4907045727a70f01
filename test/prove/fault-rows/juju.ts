import type { FaultRow } from '../fault-table.js';

/** What befalls juju, its controller and its model. */
export const JUJU_ROWS: readonly FaultRow[] = [
  {
    row: 10,
    fault: 'the controller cannot be reached in the middle of a run',
    mustSee: 'answers are asked for again; what stays silent is unknown, with the time at which it takes the change back',
    demo: ['controllerDown', 'calls'],
    tests: [
      ['adapters/juju-exec.test.ts', 'polls go on when the controller is away for a while, or prints half of its JSON'],
      ['adapters/juju-exec.test.ts', 'a task of which the controller was told before the connection broke may have run: %s'],
      [
        'engine/execute.test.ts',
        'a controller that goes away before anything was sent leaves a run that ended, with what did not happen',
      ],
      ['engine/execute.test.ts', 'a controller that goes away before a batch is taken back leaves it changed, and says so'],
      ['engine/window.test.ts', 'of which nothing is heard is unknown, with the time at which the unit takes it back'],
      ['demo/scenario.test.ts', '%s is told as juju does'],
    ],
  },
  {
    row: 11,
    fault: 'the login expires: juju asks for a password, a browser or a device',
    mustSee: 'that juju asks to log in, and the command to type elsewhere; it never hangs and eats no keys',
    demo: ['login'],
    tests: [
      // Six forms, each a row of its own.
      ['adapters/juju-cli.test.ts', '%s'],
      ['adapters/juju-exec.test.ts', 'a login that ends in between leaves every open unit unknown, at once'],
      ['ui/tui.test.ts', "juju's trouble is a calm panel with the next thing to type, and r asks again"],
      ['scenarios/trouble.test.ts', '%s'],
    ],
  },
  {
    row: 12,
    fault: "a unit's agent is lost, before or while it is changed; the change would run when it is back",
    mustSee:
      'named and left out before; unknown while it is away; a change that comes too late, or of which the unit was asked since, is refused by it',
    demo: ['lost', 'down', 'late'],
    tests: [
      [
        'scenarios/interrupt.test.ts',
        'a change whose operator has gone, and whose unit comes back an hour later, is refused by the unit',
      ],
      ['scenarios/trouble.test.ts', 'a unit that is lost stops a tuning until it is excepted; diagnostics go on without it'],
      [
        'scenarios/trouble.test.ts',
        'a unit that goes lost in the middle of a run stops it: what was changed is taken back, the rest is not touched',
      ],
      [
        'unit/transaction.test.ts',
        'an order after which a unit was asked is not carried out any more, whatever its clock says, and a new one is',
      ],
      [
        'engine/resume.test.ts',
        'and a unit with a task that may yet begin is as it was for good: it was told that the order is void',
      ],
      ['engine/resume.test.ts', 'and where a unit cannot write that down it is unknown until it would refuse the task'],
      ['unit/transaction.test.ts', 'a request %s is refused'],
    ],
  },
  {
    row: 13,
    fault: 'a hook holds the unit or its machine',
    mustSee: 'which hook it waits for and how long; given up at its own deadline and cancelled',
    demo: ['hook'],
    tests: [
      ['adapters/juju-exec.test.ts', 'a unit behind a hook is waited for beside its own time, and that is told'],
      ['adapters/patience.test.ts', 'a hook that does not end is given up as well, and named'],
      ['adapters/juju-exec.test.ts', 'a task that never began is cancelled, and known never to have run'],
      ['demo/scenario.test.ts', 'a hook holds its unit up'],
    ],
  },
  {
    row: 14,
    fault: 'the command outlasts its time, and goes on',
    mustSee: 'unknown, then read back; who still works there is told to whoever comes next',
    demo: ['hang'],
    tests: [
      ['adapters/juju-exec.test.ts', 'a unit that does not answer is given up at its own deadline, the others are not held back'],
      ['engine/session.test.ts', 'a unit that did not answer is read back before anything is said of it'],
      ['engine/session.test.ts', 'a unit whose change was lost on the way is as before, for it was told that the order is void'],
      ['engine/session.test.ts', 'one that cannot write that down is unknown, for its task may still begin'],
      ['scenarios/no-answer.test.ts', 'check with a unit that does not answer ends with 1 and says so'],
      ['unit/transaction.test.ts', 'two changes never work on one unit at once'],
    ],
  },
  {
    row: 15,
    fault: 'a restart of the agent cuts the task off',
    mustSee: 'unknown, then how the unit really stands',
    demo: ['restart', 'killed'],
    tests: [
      ['demo/scenario.test.ts', 'what a command prints, and how it ends, can be another'],
      ['demo/command-runner.test.ts', 'a task whose agent ends before it has failed without results'],
      ['adapters/juju-exec.test.ts', 'every way a task can end is told apart'],
      ['unit/request.test.ts', 'a probe ends what was cut off half-way'],
      ['bed/mechanism.test.ts', 'juju: a task that a restart of jujud cut off has failed without a word of what it did'],
    ],
  },
  {
    row: 27,
    fault: 'units cannot be reached after they were changed',
    mustSee: 'unknown, and when the unit takes it back by itself',
    demo: ['lost', 'controllerDown'],
    tests: [
      ['engine/resume.test.ts', 'whose unit is silent: unknown, with the time at which it takes the change back'],
      ['engine/window.test.ts', 'of which nothing is heard is unknown, with the time at which the unit takes it back'],
      ['engine/resume.test.ts', 'while Juju cannot be used, or when somebody leaves, nothing is said of the units'],
      ['bed/window.test.ts', 'by units that reboot, lose power, lose their link or lose their agent'],
    ],
  },
  {
    row: 31,
    fault: 'JSON that is cut, broken or foreign; exit 0 with an error, exit 1 with an answer',
    mustSee: 'that juju cannot be understood, or unknown for a unit; never a guess',
    demo: ['calls', 'prints'],
    tests: [
      ['adapters/juju-status.test.ts', '%j is a failure of juju'],
      ['adapters/juju-exec.test.ts', 'polls go on when the controller is away for a while, or prints half of its JSON'],
      ['adapters/units.test.ts', 'output that is no receipt is no answer, and the other units are believed'],
      ['demo/scenario.test.ts', 'the k-th call of a command can be cut, broken or empty'],
      ['unit/receipt.test.ts', 'no single damaged byte of a receipt is believed'],
    ],
  },
  {
    row: 32,
    fault: 'a unit is removed in the middle of a run',
    mustSee: 'gone, counted as a failure; nothing is sent to it',
    demo: ['absent'],
    tests: [
      ['engine/rollout.test.ts', 'a unit that was removed is a failure, and nothing is sent to it'],
      ['engine/saved-plan.test.ts', 'a plan whose unit vanished is refused, with its name'],
      ['engine/model-session.test.ts', 'a unit that was removed since does not keep the others from being taken back'],
      ['demo/scenario.test.ts', 'units come and go and another one leads, for status and for exec'],
    ],
  },
  {
    row: 33,
    fault: 'a unit is added in the middle of a run',
    mustSee: 'that it appeared and is not in the plan; it is left as it is',
    demo: ['absent'],
    tests: [
      ['engine/rollout.test.ts', 'a unit that appears is named and left as it is'],
      ['demo/scenario.test.ts', 'units come and go and another one leads, for status and for exec'],
    ],
  },
  {
    row: 34,
    fault: 'another machine stands behind the name of a unit',
    mustSee: 'refused, by us before anything is sent and by the unit: another machine id; once it was changed, its gate fails',
    demo: ['replaced'],
    tests: [
      ['engine/saved-plan.test.ts', 'a plan whose unit was replaced under the same name is refused'],
      ['engine/gate.test.ts', 'a unit that is another machine by now fails its gate, and nothing is said to be as asked'],
      ['unit/transaction.test.ts', 'a request %s is refused'],
      ['demo/scenario.test.ts', 'a unit is not as it was: clock, machine, a path and its programs'],
    ],
  },
  {
    row: 35,
    fault: 'another unit becomes the leader',
    mustSee: 'the new leader is named; the order stays, and who is changed is not touched again',
    demo: ['leader'],
    tests: [
      ['engine/rollout.test.ts', 'a new leader is named and the order stays; who is changed already is not touched again'],
      ['demo/scenario.test.ts', 'units come and go and another one leads, for status and for exec'],
    ],
  },
  {
    row: 36,
    fault: 'somebody switches to another model in another shell',
    mustSee: 'nothing: every call names its model, and the unit checks it',
    demo: ['currentModel', 'noCurrentModel'],
    tests: [
      ['adapters/juju-client.test.ts', 'the current model is found with three calls, and every later command names it'],
      ['scenarios/plugin.test.ts', 'every verb names its model to juju, whatever the environment says'],
      ['unit/transaction.test.ts', 'a request %s is refused'],
      ['demo/scenario.test.ts', '%s is told as juju does'],
    ],
  },
  {
    row: 37,
    fault: 'the juju snap is refreshed in the middle of a run',
    mustSee: 'nothing where it is back at once; else that juju is gone',
    demo: ['version', 'calls'],
    tests: [
      [
        'adapters/juju-cli.test.ts',
        'a juju that is replaced while it is called is called once more; one that stays away is named',
      ],
      ['adapters/juju-exec.test.ts', 'polls go on over a juju that is just being replaced'],
    ],
  },
  {
    row: 42,
    fault: "the lock of juju's client store is taken",
    mustSee: 'nothing where it passes; else who to look for, and what to remove',
    demo: ['storeLock'],
    tests: [
      ['adapters/juju-cli.test.ts', 'a store that is locked is tried again, and named when it stays so'],
      ['scenarios/trouble.test.ts', 'a store lock that passes is waited for'],
    ],
  },
];
