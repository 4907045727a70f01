import type { Service } from '../../src/demo/services.js';
import { serviceOf } from '../../src/demo/services.js';

export const MODEL_UUID = 'b0d5b0d5-0000-4000-8000-00000000bed0';

export interface BedUnit {
  /** Number of its folder in the layout; its address follows from it (supervisor.sh). */
  readonly index: number;
  readonly name: string;
  readonly application: string;
  readonly service: Service;
  readonly address: string;
  /** `0/lxd/1`: three hosts, one container for each application. */
  readonly machine: string;
  readonly leader: boolean;
}

const SIZES: readonly (readonly [application: string, units: number])[] = [
  ['keystone', 3],
  ['gnocchi', 2],
  ['nova-cloud-controller', 2],
];

function service(charm: string): Service {
  const found = serviceOf(charm);
  if (!found) throw new Error(`the layout knows no charm "${charm}"`);
  return found;
}

/** The units of the bed: keystone x3, gnocchi x2, nova-cloud-controller x2. */
export const UNITS: readonly BedUnit[] = SIZES.flatMap(([application, units], container) =>
  Array.from({ length: units }, (_, number) => ({ application, container, number })),
).map(({ application, container, number }, index) => ({
  index,
  name: `${application}/${number}`,
  application,
  service: service(application),
  address: `10.77.0.${10 + index}`,
  machine: `${number}/lxd/${container}`,
  leader: number === 0,
}));

export function unitNamed(name: string): BedUnit {
  const found = UNITS.find((unit) => unit.name === name);
  if (!found) throw new Error(`the bed has no unit "${name}"`);
  return found;
}

export function unitsOf(application: string): readonly BedUnit[] {
  return UNITS.filter((unit) => unit.application === application);
}
