import { symbolsFor } from '../../paint.js';
import { displayWidth, showableLine } from '../../text.js';
import { stateSign } from '../health.js';
import { cells, EMPTY, type Line, type Room, say, signSpan, span } from '../lines.js';
import { modelRows } from '../rows.js';
import type { ModelChoice, ScreenOf, State } from '../state.js';
import { clamp, list } from '../widgets/list.js';
import { failureLines, waitLines } from '../widgets/notice.js';

/** Models of the controller to choose from; what keeps a model from being tuned is said beside it. */
export function modelsLines(state: State, screen: ScreenOf<'models'>, room: Room): Line[] {
  const symbols = symbolsFor(state.terminal);
  const { value, failure, since } = state.models;
  const why = state.inventory.failure?.choose === 'model' ? state.inventory.failure.message : 'models';
  const head: Line = [span(` ${showableLine(why)}`, 'plain', true), span('  enter opens one', 'dim')];
  if (!value)
    return failure
      ? failureLines(failure, room.columns, symbols)
      : [head, ...waitLines('asking juju for its models', since, state, symbols)];
  const rows = modelRows(value, screen.filter);
  if (rows.length === 0) {
    const none = screen.filter === '' ? 'this controller has no model that you may see' : `no model matches "${screen.filter}"`;
    return [head, EMPTY, say(`  ${none}`), say('  another controller: juju-tune -c CONTROLLER', 'dim')];
  }
  const width = clamp(Math.max(...rows.map((row) => displayWidth(row.target))) + 2, 16, Math.max(16, room.columns - 34));
  const columns = [{ width }, { width: 13 }, { width: 8 }];
  const line = (row: ModelChoice): Line =>
    cells(
      [
        span(`  ${showableLine(row.target)}`, 'plain', true),
        signSpan(stateSign(showableLine(row.status)), symbols),
        span(showableLine(row.access), 'dim'),
        span(remark(row), 'dim'),
      ],
      columns,
    );
  return [
    head,
    cells(
      ['  model', 'state', 'access', ''].map((text) => span(text, 'dim')),
      columns,
    ),
    ...list(rows, screen.cursor, { columns: room.columns, rows: room.rows - 2 }, line),
  ];
}

function remark(model: ModelChoice): string {
  if (model.type === 'caas') return 'Kubernetes: shown, not tuned';
  return ['', 'admin', 'superuser'].includes(model.access) ? '' : 'running commands on units needs admin access';
}
