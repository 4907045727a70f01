import type { Facts } from '../domain/finding.js';
import type { Inventory, Unit } from '../domain/inventory.js';
import type { Activation } from '../domain/plan.js';
import { applicationOf, type UnitName } from '../domain/unit-set.js';
import { hasServers, isUp, serversOf } from './haproxy-view.js';

/** What a batch is about to do to its units. */
export interface Moved {
  readonly unit: UnitName;
  readonly application: string;
  readonly activate: Activation;
}

export interface FloorInput {
  readonly moved: readonly Moved[];
  readonly inventory: Inventory;
  /** Units that the applications have, and those they had when the plan was made. */
  readonly known: ReadonlySet<UnitName>;
  /** Facts of diagnostic `layers` by unit, of those that answered; undefined when the catalogue has none. */
  readonly views: ReadonlyMap<UnitName, Facts> | undefined;
  /** False: where no haproxy could be asked, what Juju says is enough; a way back is not barred by that. */
  readonly mustKnow: boolean;
}

/**
 * Why these units may not be touched now, one sentence for each application: it would be left without a healthy unit, or several of
 * its units would restart at once. Empty when they may. A unit that is lost, down or in error, or that a haproxy does not show UP, is not
 * healthy; touching that one takes nothing away. An application that
 * had one unit when it was planned has no floor: its plan says that it is an outage.
 */
export function floorProblems(input: FloorInput): readonly string[] {
  const touching = input.moved.filter((unit) => unit.activate !== 'none');
  return [...new Set(touching.map((unit) => unit.application))].flatMap((application) => {
    const moved = touching.filter((unit) => unit.application === application);
    const units = input.inventory.applications.find((one) => one.name === application)?.units ?? [];
    if ([...input.known].filter((unit) => applicationOf(unit) === application).length < 2) return [];
    if (moved.length > 1 && moved.some((unit) => unit.activate === 'restart')) {
      return [`${moved.map((unit) => unit.unit).join(' and ')} would restart at once`];
    }
    return crossing(application, moved, units, input);
  });
}

function crossing(
  application: string,
  moved: readonly Moved[],
  units: readonly Unit[],
  { views, mustKnow }: FloorInput,
): readonly string[] {
  if (views && mustKnow && answersOf(units, views).length === 0) return [`no unit of ${application} said what its haproxy sees`];
  const unwell = unwellUnits(units, views);
  const isMoved = (unit: Unit): boolean => moved.some((one) => one.unit === unit.name);
  if (!units.some((unit) => isMoved(unit) && !unwell.has(unit.name))) return [];
  if (units.some((unit) => !isMoved(unit) && !unwell.has(unit.name))) return [];
  const others = units.filter((unit) => !isMoved(unit)).map((unit) => `${unit.name} ${unwell.get(unit.name)}`);
  const rest = others.length === 0 ? 'there is no other' : others.join(', ');
  return [
    `${application} would be left without a healthy unit while ${moved.map((one) => one.unit).join(', ')} changes: ${rest}`,
  ];
}

/** Units of one application that do not serve, each with how so, as Juju says and as the haproxies of its units (all may be given) see it. */
export function unwellUnits(
  units: readonly Unit[],
  views: ReadonlyMap<UnitName, Facts> | undefined,
): ReadonlyMap<UnitName, string> {
  const answering = answersOf(units, views);
  return new Map(
    units.flatMap((unit) => {
      const why = whyUnwell(unit, answering);
      return why === undefined ? [] : [[unit.name, why] as const];
    }),
  );
}

function answersOf(units: readonly Unit[], views: ReadonlyMap<UnitName, Facts> | undefined): readonly Facts[] {
  return units.map((unit) => views?.get(unit.name)).filter((facts) => facts !== undefined);
}

function whyUnwell(unit: Unit, answering: readonly Facts[]): string | undefined {
  if (unit.trouble !== undefined) return `is not well (${unit.reason ?? unit.trouble})`;
  const haproxies = answering.filter(hasServers);
  if (haproxies.length === 0) return undefined;
  const servers = haproxies.flatMap((facts) => serversOf(facts, { unit: unit.name, address: unit.address }));
  if (servers.length === 0) return 'is in no haproxy';
  const down = servers.find((server) => !isUp(server));
  return down ? `is ${down.status} in haproxy` : undefined;
}
