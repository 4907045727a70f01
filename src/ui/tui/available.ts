import { outcomeOf, partsOf, type Run } from '../../domain/run.js';
import { goOnReason } from './go-on.js';
import { canBeTuned } from './health.js';
import type { Command } from './keys.js';
import { findingRowUnderCursor, hiddenIn, inventoryRowUnderCursor, modelUnderCursor, runUnderCursor } from './rows.js';
import { refusalOf } from './screens/plan.js';
import { findRun, isRunning, type Screen, type State } from './state.js';
import { awaitsConfirmation, isAsking, secondsLeft } from './window.js';

/** Why this command can do nothing here and now, or undefined when it can. Footer and help grey it out with these words. */
export function disabledReason(command: Command, screen: Screen, state: State): string | undefined {
  switch (command) {
    case 'models':
      return isRunning(state) ? 'a run is on' : (busyReason(state) ?? noChoice(state));
    case 'open':
      if (screen.kind === 'models') return modelUnderCursor(state, screen) ? busyReason(state) : 'no model is under the cursor';
      return screen.kind === 'findings' || screen.kind === 'finding' ? cureReason(screen, state) : undefined;
    case 'whole':
      return findingRowUnderCursor(state, screen) ? undefined : 'no row is under the cursor';
    case 'reveal':
      return hiddenIn(findingRowUnderCursor(state, screen)) > 0 ? undefined : 'nothing is hidden in this row';
    case 'check':
    case 'make-plan':
      return waitingReason(state);
    case 'check-ssh':
      if (state.waiting) return waitingReason(state);
      return state.check.value && state.check.value.unreached.length > 0
        ? undefined
        : 'no unit of the last check is lost or silent';
    case 'dry-run':
      return tuneReason(screen, state);
    case 'mark':
      return inventoryRowUnderCursor(state, screen) ? undefined : 'no row is under the cursor';
    case 'apply':
      if (isRunning(state)) return 'a run is on';
      return screen.kind === 'plan' ? refusalOf(screen.plan) : 'no plan is shown';
    case 'go-on':
      return goOnReason(state, runOf(state, screen));
    case 'take-back':
      return takeBackReason(runOf(state, screen), state);
    case 'confirm':
      return settleReason(runOf(state, screen), state);
    case 'extend': {
      const run = runOf(state, screen);
      return (
        settleReason(run, state) ?? (run && secondsLeft(state, run) === undefined ? 'nothing takes it back by itself' : undefined)
      );
    }
    case 'ask-units': {
      const run = runOf(state, screen);
      if (!run) return 'no run is under the cursor';
      if (isRunning(state)) return 'a run is on';
      return run.status === 'closed' && run.outcome !== 'unknown' ? 'it is over' : undefined;
    }
    case 'stop':
      if (!isRunning(state)) return 'no run is on';
      if (isAsking(state)) return 'every batch is done: C keeps it, R takes it back';
      return state.live?.stopping ? 'it stops after the units in flight' : undefined;
    case 'pause':
      return pauseReason(state);
    case 'retry':
      if (screen.kind === 'models') return state.models.since === undefined ? undefined : 'juju is being asked';
      return state.inventory.failure || state.check.failure ? undefined : 'nothing went wrong';
    case 'back':
      return state.stack.length > 1 || screen.filter !== '' ? undefined : 'this is the top level';
    default:
      return undefined;
  }
}

export function runOf(state: State, screen: Screen): Run | undefined {
  return screen.kind === 'run' ? findRun(state, screen.run) : runUnderCursor(state, screen);
}

/** One thing is asked of the units at a time: a second one would leave the first to nobody. */
export function waitingReason({ waiting }: State): string | undefined {
  return waiting && `${waiting.what} is under way: ctrl-c ends it`;
}

function busyReason(state: State): string | undefined {
  if (state.waiting) return waitingReason(state);
  return state.inventory.since === undefined ? undefined : 'juju is being asked';
}

function noChoice(state: State): string | undefined {
  return state.canChoose ? undefined : 'the model was given';
}

function pauseReason(state: State): string | undefined {
  const { live } = state;
  if (!live || !isRunning(state)) return 'no run is on';
  if (live.paused) return undefined;
  if (live.stopping) return 'it stops after the units in flight';
  const { run } = live;
  // On the way back batches can change places.
  const comes = run?.units.some((unit) => unit.batch !== run.batch && unit.outcome === 'not-started');
  return run && !comes ? 'no further batch comes' : undefined;
}

function cureReason(screen: Screen, state: State): string | undefined {
  const row = findingRowUnderCursor(state, screen);
  return row?.kind === 'finding' && row.finding.recommend ? undefined : 'no tuning is recommended for this row';
}

function tuneReason(screen: Screen, state: State): string | undefined {
  const inventory = state.inventory.value;
  if (!inventory) return 'juju has not answered yet';
  if (inventory.model.type === 'caas') return 'tunings are for machines; this model is on Kubernetes';
  const named =
    screen.kind === 'unit' ? screen.unit.replace(/\/.*/, '') : inventoryRowUnderCursor(state, screen)?.application.name;
  const application = inventory.applications.find((one) => one.name === named);
  if (!application) return 'no application is under the cursor';
  return canBeTuned(application, state.catalogue) ? undefined : `no tuning is for ${application.name}`;
}

/** Why nothing of this run can be confirmed or prolonged now. */
function settleReason(run: Run | undefined, state: State): string | undefined {
  if (!run) return 'no run is under the cursor';
  if (isRunning(state) && state.live?.run?.id !== run.id) return 'a run is on';
  if (isRunning(state) && !isAsking(state)) return 'it is not done yet';
  if (awaitsConfirmation(state, run)) return undefined;
  return run.status === 'closed' ? 'it is over' : 'its time to be confirmed is over: u asks the units';
}

function takeBackReason(run: Run | undefined, state: State): string | undefined {
  if (!run) return 'no run is under the cursor';
  if (isAsking(state) && state.live?.run?.id === run.id) return undefined;
  if (isRunning(state)) return 'a run is on';
  if (state.waiting) return waitingReason(state);
  if (run.plan.kind === 'rollback') return 'this run took something back; plan it again instead';
  const mayHaveChanged = partsOf(run).some((part) =>
    ['changed', 'pending', 'unknown', 'conflict', 'broken'].includes(part.outcome),
  );
  return mayHaveChanged ? undefined : `it changed nothing that could be taken back (${outcomeOf(run.plan.kind, partsOf(run))})`;
}
