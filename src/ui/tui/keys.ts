import type { Press } from './presses.js';
import type { ScreenKind } from './state.js';

export type Command =
  | 'down'
  | 'up'
  | 'page-down'
  | 'page-up'
  | 'first'
  | 'last'
  | 'applications'
  | 'findings'
  | 'tunings'
  | 'runs'
  | 'next-tab'
  | 'open'
  | 'fold'
  | 'whole'
  | 'reveal'
  | 'back'
  | 'mark'
  | 'invert'
  | 'check'
  | 'check-ssh'
  | 'dry-run'
  | 'next-field'
  | 'previous-field'
  | 'line-break'
  | 'make-plan'
  | 'apply'
  | 'take-back'
  | 'go-on'
  | 'confirm'
  | 'extend'
  | 'ask-units'
  | 'stop'
  | 'pause'
  | 'filter'
  | 'retry'
  | 'refresh'
  | 'models'
  | 'calls'
  | 'problems'
  | 'sort'
  | 'command-line'
  | 'text'
  | 'equivalent'
  | 'write'
  | 'help'
  | 'quit'
  | 'interrupt';

export interface Binding {
  readonly command: Command;
  readonly keys: readonly string[];
  readonly screens: readonly ScreenKind[];
  /** A word or two for the footer; absent: only the help names it. */
  readonly label?: string;
  readonly help: string;
  /** It can lead to a change on units. */
  readonly touches?: true;
}

const TOP: readonly ScreenKind[] = ['inventory', 'findings', 'tunings', 'runs'];
const NOT_FORM: readonly ScreenKind[] = [...TOP, 'unit', 'finding', 'plan', 'run', 'models', 'calls', 'help', 'text'];
const EVERYWHERE: readonly ScreenKind[] = [...NOT_FORM, 'form'];
const FILTERED: readonly ScreenKind[] = ['inventory', 'findings', 'runs', 'models', 'calls', 'help'];

/** Screens whose content can be taken along. */
const TAKEN: readonly ScreenKind[] = [...TOP, 'unit', 'finding', 'plan', 'run', 'calls'];

/** The one table that keys are handled by and that footer and help are made from. */
export const BINDINGS: readonly Binding[] = [
  {
    command: 'open',
    keys: ['enter'],
    screens: ['inventory', 'runs', 'tunings', 'models'],
    label: 'open',
    help: 'Go deeper into the row under the cursor.',
  },
  {
    command: 'open',
    keys: ['enter'],
    screens: ['findings', 'finding'],
    label: 'plan the cure',
    help: 'Open the recommended tuning with its parameters filled in.',
  },
  {
    command: 'whole',
    keys: ['l', 'right'],
    screens: ['findings'],
    label: 'all of it',
    help: 'The row under the cursor with all its evidence.',
  },
  {
    command: 'reveal',
    keys: ['v'],
    screens: ['findings', 'finding'],
    help: 'Show the row with the suspicious words that are hidden in it, after one more question.',
  },
  {
    command: 'make-plan',
    keys: ['enter'],
    screens: ['form'],
    label: 'dry run',
    help: 'Ask the units and show exactly what would change. Changes nothing.',
  },
  { command: 'next-field', keys: ['tab', 'down'], screens: ['form'], label: 'next field', help: 'Go to the next field.' },
  { command: 'previous-field', keys: ['shift-tab', 'up'], screens: ['form'], help: 'Go to the previous field.' },
  { command: 'line-break', keys: ['ctrl-j'], screens: ['form'], help: 'Begin a new line in a field of directives.' },
  {
    command: 'apply',
    keys: ['A'],
    screens: ['plan'],
    label: 'apply…',
    help: 'Ask for confirmation, then carry out exactly this plan.',
    touches: true,
  },
  {
    command: 'go-on',
    keys: ['F'],
    screens: ['runs', 'run'],
    label: 'finish…',
    help: 'Go on with a run that broke off: ask its units, then change those that are left, after one more question.',
    touches: true,
  },
  {
    command: 'confirm',
    keys: ['C'],
    screens: ['run'],
    label: 'keep…',
    help: 'Keep a change that awaits confirmation, after one more question.',
    touches: true,
  },
  {
    command: 'extend',
    keys: ['E'],
    screens: ['run'],
    label: '+5 min',
    help: 'Give five more minutes to confirm it.',
    touches: true,
  },
  {
    command: 'take-back',
    keys: ['R'],
    screens: ['runs', 'run'],
    label: 'take back…',
    help: 'Plan to take this run back, show that plan, and ask.',
    touches: true,
  },
  {
    command: 'stop',
    keys: ['S'],
    screens: ['run'],
    label: 'stop',
    help: 'Start no further unit; those in flight are finished.',
    touches: true,
  },
  {
    command: 'pause',
    keys: ['P'],
    screens: ['run'],
    label: 'pause',
    help: 'Hold the run before its next batch; again: it goes on.',
    touches: true,
  },
  {
    command: 'ask-units',
    keys: ['u'],
    screens: ['run', 'runs'],
    label: 'ask the units',
    help: 'Ask Juju and every unit how a run that is not over really stands, and record it.',
  },
  {
    command: 'check',
    keys: ['c'],
    screens: ['inventory', 'findings', 'unit'],
    label: 'check',
    help: 'Run the passive diagnostics on the marked applications, or on all API applications. Read only.',
  },
  {
    command: 'check-ssh',
    keys: ['o'],
    screens: ['inventory', 'findings', 'finding', 'unit'],
    label: 'ask by ssh',
    help: 'Ask the units that are lost or gave no answer again, over ssh. Read only; Juju keeps no record of it.',
  },
  {
    command: 'dry-run',
    keys: ['d'],
    screens: ['inventory', 'unit'],
    label: 'tune (dry run)',
    help: 'Choose a tuning for the application under the cursor and see what it would change.',
  },
  {
    command: 'mark',
    keys: ['space'],
    screens: ['inventory'],
    label: 'mark',
    help: 'Mark or unmark the application under the cursor.',
  },
  { command: 'invert', keys: ['*'], screens: ['inventory'], help: 'Invert the marks.' },
  {
    command: 'fold',
    keys: ['left', 'right', 'h', 'l'],
    screens: ['inventory'],
    help: 'Show or hide the units of the application under the cursor.',
  },
  {
    command: 'filter',
    keys: ['/'],
    screens: FILTERED,
    label: 'filter',
    help: 'Show only rows with these words; !word leaves out, status: az: app: look at one thing.',
  },
  { command: 'retry', keys: ['r'], screens: ['inventory', 'findings', 'models'], label: 'retry', help: 'Ask Juju again.' },
  { command: 'models', keys: ['m'], screens: ['inventory'], help: 'Choose another model of this controller.' },
  { command: 'back', keys: ['esc'], screens: EVERYWHERE, label: 'back', help: 'Leave this screen, the filter or the question.' },
  { command: 'down', keys: ['j', 'down'], screens: NOT_FORM, help: 'Down one row.' },
  { command: 'up', keys: ['k', 'up'], screens: NOT_FORM, help: 'Up one row.' },
  { command: 'page-down', keys: ['pagedown', 'ctrl-d'], screens: NOT_FORM, help: 'Down one page.' },
  { command: 'page-up', keys: ['pageup', 'ctrl-u'], screens: NOT_FORM, help: 'Up one page.' },
  { command: 'first', keys: ['g', 'home'], screens: NOT_FORM, help: 'To the first row.' },
  { command: 'last', keys: ['G', 'end'], screens: NOT_FORM, help: 'To the last row.' },
  { command: 'applications', keys: ['1'], screens: NOT_FORM, help: 'Applications and units.' },
  { command: 'findings', keys: ['2'], screens: NOT_FORM, help: 'Findings, worst first.' },
  { command: 'tunings', keys: ['3'], screens: NOT_FORM, help: 'The tunings that there are.' },
  { command: 'runs', keys: ['4'], screens: NOT_FORM, help: 'Runs, newest first.' },
  { command: 'next-tab', keys: ['tab'], screens: TOP, help: 'The next of the four.' },
  { command: 'refresh', keys: ['ctrl-r'], screens: TOP, help: 'Ask Juju for its status again.' },
  {
    command: 'calls',
    keys: ['@'],
    screens: NOT_FORM,
    label: 'juju commands',
    help: 'Every juju command that ran, with exit code and time.',
  },
  {
    command: 'problems',
    keys: ['!'],
    screens: ['inventory'],
    label: 'problems',
    help: 'Show only what is not well; again: everything.',
  },
  { command: 'sort', keys: ['s'], screens: ['inventory'], help: 'Order: those that can be checked first, worst first, by name.' },
  {
    command: 'command-line',
    keys: [':'],
    screens: NOT_FORM,
    label: 'command',
    help: 'Type check, plan, rollback, confirm, resume, filter or quit with the words of the command line; tab completes.',
  },
  { command: 'text', keys: ['y'], screens: TAKEN, help: 'Show this screen as plain text and copy it (OSC 52, up to 8 KiB).' },
  { command: 'equivalent', keys: ['Y'], screens: TAKEN, help: 'Show and copy the command that gives the same.' },
  { command: 'write', keys: ['w'], screens: [...TAKEN, 'text'], help: 'Write this screen to a file in the current folder.' },
  { command: 'help', keys: ['?'], screens: NOT_FORM, label: 'help', help: 'The keys of this screen.' },
  {
    command: 'quit',
    keys: ['q'],
    screens: NOT_FORM,
    label: 'quit',
    help: 'Back to the top level; from there, leave. Asks while a run is on.',
  },
  {
    command: 'interrupt',
    keys: ['ctrl-c'],
    screens: EVERYWHERE,
    help: 'Stop what is under way: a check at once, a run after the units in flight; twice: stop watching. Else leave.',
  },
];

export function bindingsFor(screen: ScreenKind): Binding[] {
  return BINDINGS.filter((binding) => binding.screens.includes(screen));
}

export function findBinding(screen: ScreenKind, press: Press): Binding | undefined {
  return BINDINGS.find((binding) => binding.screens.includes(screen) && binding.keys.includes(press.name));
}

/** How a key is written for people. */
export function keyName(key: string): string {
  return { pagedown: 'PgDn', pageup: 'PgUp', down: '↓', up: '↑', left: '←', right: '→' }[key] ?? key;
}
