import type { Action } from '../../domain/action.js';
import type { Application, Inventory, Unit } from '../../domain/inventory.js';
import type { Paint, Tone } from '../paint.js';
import { showableLine } from '../text.js';
import { type Cell, table } from './table.js';

/** `juju-tune status` as text: applications with their units, and which actions are for them. `units`: only these, absent for all. */
export function statusText(
  inventory: Inventory,
  units: ReadonlySet<string> | undefined,
  catalogue: readonly Action[],
  paint: Paint,
): string[] {
  const shown = inventory.applications.filter(
    (application) => application.units.some((unit) => units?.has(unit.name)) || units === undefined,
  );
  const rows = shown.flatMap((application) => applicationRows(application, units, catalogue, paint));
  const nothing = units
    ? 'no unit is left'
    : 'no applications: deploy something, or choose another model with -m CONTROLLER:MODEL';
  const empty = shown.length === 0 ? [nothing] : [];
  return [header(inventory, paint), '', ...table(rows), ...empty, ...saasLines(inventory)];
}

/** `prod (ctrl-1)  juju 3.6.12`, with DEMO where it is one. */
export function header(inventory: Inventory, paint: Paint): string {
  const { model } = inventory;
  const demo = model.demo ? `${paint.tone('warn', 'DEMO')}  ` : '';
  const kind = model.type === 'caas' ? '  Kubernetes: looking only, tunings are refused' : '';
  return `${demo}${paint.bold(showableLine(model.name))} (${showableLine(model.controller)})  juju ${showableLine(model.version)}${kind}`;
}

function applicationRows(
  application: Application,
  units: ReadonlySet<string> | undefined,
  catalogue: readonly Action[],
  paint: Paint,
): Cell[][] {
  const actions = catalogue
    .filter(
      (action) => action.kind === 'tuning' && action.appliesTo.charms.includes(application.charm) && !application.subordinate,
    )
    .map((action) => action.id);
  const version =
    application.revision === undefined
      ? application.charm
      : `${application.charm} ${application.channel} rev ${application.revision}`;
  const title: Cell[] = [
    { text: application.name, paint: (text) => paint.bold(text) },
    statusCell(application.problem ? 'error' : application.status.current, paint),
    '',
    '',
    { text: showableLine(application.problem ?? version), paint: (text) => paint.tone('dim', text) },
  ];
  const rows = application.units
    .filter((unit) => units === undefined || units.has(unit.name))
    .map((unit) => unitRow(unit, paint));
  const tunings: Cell[][] =
    actions.length > 0 && rows.length > 0
      ? [['', '', '', '', { text: `tunings: ${actions.join(', ')}`, paint: (text) => paint.tone('dim', text) }]]
      : [];
  return [title, ...rows, ...tunings];
}

function unitRow(unit: Unit, paint: Paint): Cell[] {
  const place = [unit.machine, unit.az].filter((part) => part !== '').join(' ');
  const says = unit.reason ?? (unit.runningHook ? `running ${unit.runningHook}` : (unit.workload.message ?? ''));
  return [
    `  ${unit.name}${unit.leader ? '*' : ''}`,
    statusCell(unit.trouble ?? unit.workload.current, paint),
    statusCell(unit.agent.current, paint),
    showableLine(place),
    { text: showableLine(says), paint: (text) => (unit.trouble ? paint.tone('warn', text) : text) },
  ];
}

const TONES: Readonly<Record<string, Tone>> = {
  active: 'good',
  idle: 'dim',
  executing: 'busy',
  maintenance: 'busy',
  blocked: 'warn',
  waiting: 'warn',
  unknown: 'dim',
  error: 'bad',
  lost: 'bad',
  down: 'bad',
  'hook-error': 'bad',
};

function statusCell(status: string, paint: Paint): Cell {
  return { text: showableLine(status), paint: (text) => paint.tone(TONES[status] ?? 'plain', text) };
}

function saasLines(inventory: Inventory): string[] {
  return inventory.saas.length === 0
    ? []
    : ['', ...inventory.saas.map((remote) => `SAAS ${showableLine(remote.name)}  ${showableLine(remote.url)}`)];
}
