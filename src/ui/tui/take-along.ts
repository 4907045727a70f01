import type { Plan } from '../../domain/plan.js';
import { shellCommand } from '../../domain/shell-words.js';
import { applicationOf } from '../../domain/unit-set.js';
import { DEFAULT_ROLLOUT } from '../../planning/rollout.js';
import { planCommand } from '../plain/check.js';
import { batchSizes } from '../rollout-text.js';
import { findRun, type Screen, type State } from './state.js';
import { screenLines } from './views.js';

const WHOLE_ROWS = 20_000;
/** Of a list whose last column is cut where the terminal ends. */
const WHOLE_COLUMNS = 20_000;

/** Everything that the screen has to say, not only what fits. */
export function screenText(state: State, screen: Screen): string[] {
  // What was revealed is to be looked at, and not taken along.
  const whole = { ...screen, ...(screen.kind === 'finding' ? { reveals: false } : {}), cursor: 0 };
  const columns = screen.kind === 'calls' || screen.kind === 'runs' ? WHOLE_COLUMNS : state.size.columns;
  const lines = screenLines(state, whole, { columns, rows: WHOLE_ROWS });
  return lines.map((line) =>
    line
      .map((one) => one.text)
      .join('')
      .trimEnd(),
  );
}

/** The command line that gives what the screen shows. It names the model, so that it means the same elsewhere. */
export function equivalentCommand(state: State, screen: Screen): string {
  const model = state.inventory.value?.model;
  const where = model ? ['-m', `${model.controller}:${model.name}`] : [];
  if (screen.kind === 'finding' && screen.row.kind === 'finding' && screen.row.finding.recommend) {
    return `${planCommand(screen.row.finding)}${where.length > 0 ? ` ${shellCommand(where)}` : ''}`;
  }
  return shellCommand(['juju-tune', ...wordsOf(state, screen), ...where]);
}

/** The flags of what is not as it would be without them. */
function rolloutFlags({ rollout: { bakeSeconds, maxFailures, onFailure }, batches }: Plan): string[] {
  const sizes = batchSizes(batches);
  return [
    ...(sizes.every((size) => size === 1) ? [] : ['--batch', sizes.join(',')]),
    ...(bakeSeconds === DEFAULT_ROLLOUT.bakeSeconds ? [] : ['--bake', `${bakeSeconds}s`]),
    ...(maxFailures === DEFAULT_ROLLOUT.maxFailures ? [] : ['--max-failures', String(maxFailures)]),
    ...(onFailure === DEFAULT_ROLLOUT.onFailure ? [] : ['--on-failure', onFailure]),
  ];
}

function wordsOf(state: State, screen: Screen): string[] {
  switch (screen.kind) {
    case 'findings':
      return ['check', ...state.marked];
    case 'finding':
      return [
        'check',
        ...new Set((screen.row.kind === 'finding' ? screen.row.finding.units : screen.row.units).map(applicationOf)),
      ];
    case 'unit':
      return ['check', screen.unit];
    case 'tunings':
      return ['actions'];
    case 'runs':
      return ['runs'];
    case 'run':
      return ['runs', findRun(state, screen.run)?.shortId ?? ''];
    case 'plan': {
      const { plan } = screen;
      if (plan.kind === 'rollback') return ['rollback', findRun(state, plan.of ?? '')?.shortId ?? ''];
      const params = Object.entries(plan.params).map(([name, value]) => `${name}=${value}`);
      return ['plan', ...plan.targets, plan.action.id, ...params, ...rolloutFlags(plan)];
    }
    default:
      return ['status', ...state.marked];
  }
}
