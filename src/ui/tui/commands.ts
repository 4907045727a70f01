import { applicationOf } from '../../domain/unit-set.js';
import { runOf } from './available.js';
import type { Controller } from './controller.js';
import { openForm, withoutFailure } from './form.js';
import type { Command } from './keys.js';
import { askToApply, askToGoOn, askToKeep, askToLeave, askToReveal, askToTakeBack } from './questions.js';
import { findingRowUnderCursor, inventoryRowUnderCursor, modelUnderCursor } from './rows.js';
import { screenName } from './screens/help.js';
import { tuningRows } from './screens/tunings.js';
import { isRunning, type Screen, type Sort, type State, shown, withScreen } from './state.js';
import { equivalentCommand, screenText } from './take-along.js';
import { lastCursor } from './views.js';
import { bodyRoom } from './widgets/frame.js';
import { inputOf, insert, NO_INPUT } from './widgets/input.js';
import { clamp } from './widgets/list.js';
import { isAsking, secondsLeft } from './window.js';

/** What E adds, in the person's seconds. */
const EXTEND_SECONDS = 300;

export interface CommandContext {
  readonly controller: Controller;
  readonly screen: Screen;
  readonly state: State;
}

type Does = (context: CommandContext) => void;

/** What each command of the key table does. It is called only where the table says that it is available. */
export const commands: Readonly<Record<Command, Does>> = {
  down: (context) => move(context, 1),
  up: (context) => move(context, -1),
  'page-down': (context) => move(context, bodyRoom(context.state).rows - 2),
  'page-up': (context) => move(context, 2 - bodyRoom(context.state).rows),
  first: (context) => move(context, Number.NEGATIVE_INFINITY),
  last: (context) => move(context, Number.POSITIVE_INFINITY),
  applications: (context) => openTop(context, { kind: 'inventory', cursor: 0, filter: '' }),
  findings: (context) => openTop(context, { kind: 'findings', cursor: 0, filter: '' }),
  tunings: (context) => openTop(context, { kind: 'tunings', targets: [], cursor: 0, filter: '' }),
  runs: (context) => openTop(context, { kind: 'runs', cursor: 0, filter: '' }),
  'next-tab': (context) => commands[NEXT_TAB[context.state.stack[0]?.kind ?? 'runs'] ?? 'applications'](context),
  open,
  fold: ({ controller, screen, state }) => {
    const row = inventoryRowUnderCursor(state, screen);
    if (row) controller.store.update((now) => ({ ...now, open: toggled(now.open, row.application.name) }));
  },
  whole: ({ controller, screen, state }) => {
    const row = findingRowUnderCursor(state, screen);
    if (row) controller.push({ kind: 'finding', row, cursor: 0, filter: '' });
  },
  reveal: ({ controller, screen, state }) => {
    const row = findingRowUnderCursor(state, screen);
    if (row) askToReveal(controller, row);
  },
  back,
  mark: ({ controller, screen, state }) => {
    const row = inventoryRowUnderCursor(state, screen);
    if (row) controller.store.update((now) => ({ ...now, marked: toggled(now.marked, row.application.name) }));
  },
  invert: ({ controller }) =>
    controller.store.update((now) => {
      const names = now.inventory.value?.applications.map((application) => application.name) ?? [];
      return { ...now, marked: new Set(names.filter((name) => !now.marked.has(name))) };
    }),
  check: ({ controller, screen, state }) => {
    const targets = screen.kind === 'unit' ? [applicationOf(screen.unit)] : [...state.marked];
    void controller.check(targets);
  },
  'check-ssh': ({ controller }) => void controller.checkUnreached(),
  'dry-run': ({ controller, screen, state }) => {
    const row = inventoryRowUnderCursor(state, screen);
    const target = screen.kind === 'unit' ? screen.unit : row?.kind === 'unit' ? row.unit.name : row?.application.name;
    const targets = state.marked.size > 0 ? [...state.marked] : target === undefined ? [] : [target];
    controller.push({ kind: 'tunings', targets, cursor: 0, filter: '' });
  },
  'next-field': (context) => move(context, 1, true),
  'previous-field': (context) => move(context, -1, true),
  'line-break': ({ controller, screen }) => {
    if (screen.kind !== 'form') return;
    const type = screen.tuning.params.find((param) => param.name === screen.fields[screen.cursor]?.name)?.type;
    if (type !== 'directives') return;
    const fields = screen.fields.map((field, index) =>
      index === screen.cursor ? { ...field, input: insert(field.input, '\n') } : field,
    );
    controller.store.update((now) => withScreen(now, withoutFailure({ ...screen, fields })));
  },
  'make-plan': ({ controller, screen }) => {
    if (screen.kind === 'form') void controller.plan(screen);
  },
  apply: ({ controller, screen }) => {
    if (screen.kind === 'plan') askToApply(controller, screen.plan);
  },
  'take-back': ({ controller, screen, state }) => {
    const run = runOf(state, screen);
    if (run && isAsking(state)) askToTakeBack(controller);
    else if (run) void controller.planRollback(run);
  },
  'go-on': ({ controller, screen, state }) => {
    const run = runOf(state, screen);
    if (run) askToGoOn(controller, run);
  },
  confirm: ({ controller, screen, state }) => {
    const run = runOf(state, screen);
    if (run) askToKeep(controller, run);
  },
  extend: ({ controller, screen, state }) => {
    const run = runOf(state, screen);
    const left = run && secondsLeft(state, run);
    if (!run || left === undefined) return;
    const seconds = Math.ceil((left + EXTEND_SECONDS) * state.modelRate);
    controller.say('asking the units for 5 more minutes');
    if (isAsking(state)) controller.keeper.decide({ kind: 'extend', seconds });
    else void controller.resume(run, { kind: 'extend', seconds });
  },
  'ask-units': ({ controller, screen, state }) => {
    const run = runOf(state, screen);
    if (run) void controller.resume(run, { kind: 'look' });
  },
  stop: ({ controller }) => controller.keeper.stop(),
  pause: ({ controller }) => controller.keeper.pause(),
  filter: ({ controller, screen }) => controller.store.update((now) => ({ ...now, filtering: inputOf(screen.filter) })),
  retry: ({ controller, state, screen }) => {
    if (screen.kind === 'models') void controller.loadModels();
    else if (state.inventory.failure) void controller.load();
    else void controller.check([...state.marked]);
  },
  refresh: ({ controller }) => {
    void controller.load();
    void controller.loadRuns();
  },
  models: ({ controller }) => {
    controller.push({ kind: 'models', cursor: 0, filter: '' });
    void controller.loadModels();
  },
  calls: ({ controller }) => controller.push({ kind: 'calls', cursor: 0, filter: '' }),
  problems: ({ controller, state }) => {
    controller.store.update((now) => withScreen({ ...now, problemsOnly: !now.problemsOnly }, { ...shown(now), cursor: 0 }));
    controller.say(state.problemsOnly ? 'everything is shown' : 'only what is not well is shown; ! shows everything');
  },
  sort: ({ controller, state }) => {
    const sort = NEXT_SORT[state.sort];
    controller.store.update((now) => withScreen({ ...now, sort }, { ...shown(now), cursor: 0 }));
    controller.say(`order: ${sort}`);
  },
  'command-line': ({ controller }) => controller.store.update((now) => ({ ...now, prompt: NO_INPUT })),
  text: ({ controller, screen, state }) => controller.taker.show(screenName(screen.kind), screenText(state, screen)),
  equivalent: ({ controller, screen, state }) => controller.taker.show('the same by hand', [equivalentCommand(state, screen)]),
  write: ({ controller, screen, state }) =>
    void controller.taker.write(screenName(screen.kind), screen.kind === 'text' ? screen.lines : screenText(state, screen)),
  help: ({ controller }) => controller.push({ kind: 'help', cursor: 0, filter: '' }),
  quit,
  interrupt: ({ controller }) => controller.interrupt(),
};

const NEXT_SORT: Readonly<Record<Sort, Sort>> = {
  'checked first': 'worst first',
  'worst first': 'by name',
  'by name': 'checked first',
};

const NEXT_TAB: Readonly<Partial<Record<Screen['kind'], Command>>> = {
  inventory: 'findings',
  findings: 'tunings',
  tunings: 'runs',
  runs: 'applications',
};

function move({ controller, screen, state }: CommandContext, by: number, around = false): void {
  const last = lastCursor(state, screen, bodyRoom(state));
  const wanted = clamp(screen.cursor, 0, last) + by;
  const cursor = around ? (wanted + last + 1) % (last + 1) : clamp(wanted, 0, last);
  controller.store.update((now) => withScreen(now, { ...screen, cursor }));
}

/** A top level is as it was left, where it is the one that is open. */
function openTop({ controller, state }: CommandContext, screen: Screen): void {
  const first = state.stack[0];
  const kept = first?.kind === screen.kind && screen.kind !== 'tunings' ? first : screen;
  controller.store.update((now) => ({ ...now, stack: [kept] }));
}

function open(context: CommandContext): void {
  const { controller, screen, state } = context;
  switch (screen.kind) {
    case 'inventory': {
      const row = inventoryRowUnderCursor(state, screen);
      if (row?.kind === 'unit') controller.push({ kind: 'unit', unit: row.unit.name, cursor: 0, filter: '' });
      else commands.fold(context);
      return;
    }
    case 'findings':
    case 'finding':
      openCure(context);
      return;
    case 'tunings': {
      const rows = tuningRows(state, screen.targets);
      const tuning = rows[clamp(screen.cursor, 0, rows.length - 1)];
      if (tuning) controller.push(openForm(tuning, screen.targets, {}));
      return;
    }
    case 'models': {
      const model = modelUnderCursor(state, screen);
      if (model) controller.choose(model.target);
      return;
    }
    case 'runs': {
      const run = runOf(state, screen);
      if (run) controller.push({ kind: 'run', run: run.id, cursor: 0, filter: '' });
      return;
    }
    default:
      return;
  }
}

/** The form of what is recommended, for the applications that were found, with the parameters that were recommended. */
function openCure({ controller, screen, state }: CommandContext): void {
  const row = findingRowUnderCursor(state, screen);
  const recommend = row?.kind === 'finding' ? row.finding.recommend : undefined;
  const tuning = state.catalogue.find(
    (action) => action.id === recommend?.action || action.aliases.includes(recommend?.action ?? ''),
  );
  if (row?.kind !== 'finding' || !recommend || tuning?.kind !== 'tuning') return;
  const targets = [...new Set(row.finding.units.map(applicationOf))];
  controller.push(openForm(tuning, targets, recommend.params));
}

function back({ controller, screen, state }: CommandContext): void {
  if (screen.filter !== '') controller.store.update((now) => withScreen(now, { ...screen, filter: '', cursor: 0 }));
  else if (state.stack.length > 1) controller.store.update((now) => ({ ...now, stack: now.stack.slice(0, -1) }));
}

function quit({ controller, state }: CommandContext): void {
  if (state.stack.length > 1) controller.store.update((now) => ({ ...now, stack: now.stack.slice(0, 1) }));
  else if (isRunning(state)) askToLeave(controller);
  else controller.leave();
}

function toggled(set: ReadonlySet<string>, name: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(name)) next.add(name);
  return next;
}
