import type { Action, Param } from '../../domain/action.js';
import { activationWords } from '../activation.js';
import type { Paint } from '../paint.js';
import { showableLine, wrap } from '../text.js';
import { type Cell, table } from './table.js';

/** The catalogue, one line an action. */
export function actionsText(catalogue: readonly Action[], paint: Paint): string[] {
  const rows = (kind: Action['kind']): Cell[][] =>
    catalogue
      .filter((action) => action.kind === kind)
      .map((action) => [`  ${action.id}`, action.aliases.join(','), showableLine(action.title)]);
  return [
    paint.bold('Diagnostics (look only)'),
    ...table(rows('diagnostic')),
    '',
    paint.bold('Tunings (planned, shown, applied, taken back)'),
    ...table(rows('tuning')),
    '',
    'juju-tune actions ID shows one whole.',
  ];
}

/** One action whole. */
export function actionText(action: Action, paint: Paint): string[] {
  const aliases = action.aliases.length > 0 ? ` (also ${action.aliases.join(', ')})` : '';
  return [
    `${paint.bold(action.id)}${aliases}  ${action.kind}`,
    showableLine(action.title),
    '',
    ...wrap(action.description.trim(), 100),
    '',
    ...(action.params.length > 0 ? [paint.bold('Parameters'), ...table(action.params.map(paramRow)), ''] : []),
    `for charms: ${action.appliesTo.charms.join(', ')}`,
    ...(action.appliesTo.needs.length > 0 ? [`needs: ${action.appliesTo.needs.join(', ')}`] : []),
    ...details(action),
    ...(action.source === 'bundled' ? [] : [`from ${showableLine(action.source)}`]),
  ];
}

function paramRow(param: Param): Cell[] {
  const limits = param.min === undefined && param.max === undefined ? '' : `${param.min ?? ''} to ${param.max ?? ''}`;
  const given = param.required ? 'required' : param.default === undefined ? 'optional' : `default ${param.default}`;
  return [`  ${param.name}`, param.values?.join('|') ?? param.type, limits, given, showableLine(param.title)];
}

function details(action: Action): string[] {
  if (action.kind === 'diagnostic')
    return [`mode: ${action.mode}`, `findings: ${action.findings.map((rule) => rule.id).join(', ') || 'none of its own'}`];
  return [
    `risk: ${action.risk}`,
    `activates by: ${activationWords(action)}`,
    ...(action.refuse.length > 0 ? [`refuses when: ${action.refuse.map((rule) => rule.id).join(', ')}`] : []),
    ...(action.lasting ? ['', ...wrap(`for good: ${action.lasting.trim()}`, 100)] : []),
    ...(action.guide ? ['', ...wrap(action.guide.trim(), 100)] : []),
  ];
}
