import { applicationOf } from '../cloud.js';
import { stamp } from './place.js';
import { type View, workloadAndAgent } from './unit-status.js';

/** `juju status` for a person. */
export function tabular(view: View, chosen: ReadonlySet<string>): string {
  const { cloud, place } = view;
  const lines = [
    'Model       Controller      Cloud/Region       Version  Timestamp',
    `${cloud.model.name}  ${cloud.controller.name}  ${cloud.model.cloud}/${cloud.model.region}  ${place.version}   ${stamp(place.now()).slice(11)}Z`,
    '',
    columns([
      ['App', 'Version', 'Status', 'Scale', 'Charm', 'Channel', 'Rev', 'Message'],
      ...cloud.applications
        .filter(({ name }) => chosen.has(name))
        .map((each) => [
          each.name,
          each.version ?? '',
          'active',
          `${cloud.units.filter(({ name }) => applicationOf(name) === each.name).length}`,
          each.charm,
          each.channel,
          `${each.revision}`,
          each.message ?? 'Unit is ready',
        ]),
    ]),
    '',
    columns([
      ['Unit', 'Workload', 'Agent', 'Machine', 'Public address', 'Ports', 'Message'],
      ...cloud.units
        .filter(({ name }) => chosen.has(applicationOf(name)))
        .map((unit) => {
          const { 'workload-status': workload, 'juju-status': agent } = workloadAndAgent(view, unit) as Record<
            string,
            Record<string, string>
          >;
          const name = `${unit.principal === undefined ? '' : '  '}${unit.name}${unit.leader ? '*' : ''}`;
          return [
            name,
            workload?.current ?? '',
            agent?.current ?? '',
            unit.machine ?? '',
            unit.address,
            unit.ports?.join(',') ?? '',
            workload?.message ?? '',
          ];
        }),
    ]),
    '',
  ];
  return lines.join('\n');
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, n) => Math.max(...rows.map((row) => (row[n] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, n) => cell.padEnd(widths[n] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
