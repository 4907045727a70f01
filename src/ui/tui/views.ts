import { symbolsFor } from '../paint.js';
import { wrap } from '../text.js';
import { type Line, type Room, span } from './lines.js';
import { callRows, findingRows, inventoryRows, modelRows, revealed, runRows } from './rows.js';
import { findingDetail, findingsLines } from './screens/findings.js';
import { formLines } from './screens/form.js';
import { helpText } from './screens/help.js';
import { inventoryLines } from './screens/inventory.js';
import { modelsLines } from './screens/models.js';
import { planText } from './screens/plan.js';
import { runLines } from './screens/run.js';
import { callsLines, runsLines } from './screens/runs.js';
import { tuningRows, tuningsLines } from './screens/tunings.js';
import { unitText } from './screens/unit.js';
import { findRun, knownRuns, type Screen, type ScreenOf, type State } from './state.js';
import { reportShown } from './waiting.js';
import { lastOffset, page } from './widgets/list.js';

/** The lines of a screen in its room, at most `room.rows` of them. */
export function screenLines(state: State, screen: Screen, room: Room): readonly Line[] {
  switch (screen.kind) {
    case 'inventory':
      return inventoryLines(state, screen, room);
    case 'findings':
      return findingsLines(state, screen, room);
    case 'tunings':
      return tuningsLines(state, screen, room);
    case 'form':
      return formLines(state, screen, room);
    case 'run':
      return runLines(state, screen, room);
    case 'runs':
      return runsLines(state, screen, room);
    case 'models':
      return modelsLines(state, screen, room);
    case 'calls':
      return callsLines(state, screen, room);
    case 'finding':
      return page(findingText(state, screen, room), screen.cursor, room);
    case 'unit':
      return page(unitText(state, screen, room), screen.cursor, room);
    case 'plan':
      return page(planText(state, screen, room), screen.cursor, room);
    case 'text':
      return page(savedText(screen, room), screen.cursor, room);
    case 'help':
      return page(helpText(state, screen, room), screen.cursor, room);
  }
}

/** The largest cursor that means something on this screen. */
export function lastCursor(state: State, screen: Screen, room: Room): number {
  return Math.max(0, extent(state, screen, room));
}

function extent(state: State, screen: Screen, room: Room): number {
  switch (screen.kind) {
    case 'inventory':
      return inventoryRows(state, screen.filter).length - 1;
    case 'findings': {
      const report = reportShown(state);
      return report ? findingRows(report, screen.filter).length - 1 : 0;
    }
    case 'tunings':
      return tuningRows(state, screen.targets).length - 1;
    case 'form':
      return screen.fields.length - 1;
    case 'run':
      return (findRun(state, screen.run)?.units.length ?? 1) - 1;
    case 'runs':
      return runRows(knownRuns(state), screen.filter).length - 1;
    case 'models':
      return modelRows(state.models.value ?? [], screen.filter).length - 1;
    case 'calls':
      return callRows(state.calls, screen.filter).length - 1;
    case 'finding':
      return lastOffset(findingText(state, screen, room).length, room);
    case 'unit':
      return lastOffset(unitText(state, screen, room).length, room);
    case 'plan':
      return lastOffset(planText(state, screen, room).length, room);
    case 'text':
      return lastOffset(savedText(screen, room).length, room);
    case 'help':
      return lastOffset(helpText(state, screen, room).length, room);
  }
}

function findingText(state: State, screen: ScreenOf<'finding'>, room: Room): Line[] {
  const row = screen.reveals === true ? revealed(screen.row) : screen.row;
  return findingDetail(state, row, room.columns - 2, symbolsFor(state.terminal)).map((line) => [span(' '), ...line]);
}

function savedText(screen: ScreenOf<'text'>, room: Room): Line[] {
  const lines = screen.lines.flatMap((line) => wrap(line, room.columns));
  return [[span(` ${screen.title}`, 'plain', true)], [], ...lines.map((line): Line => [span(line)])];
}
