import type { Scenario } from '../../src/demo/juju/scenario.js';
import { JUJU_ROWS } from './fault-rows/juju.js';
import { OWN_ROWS } from './fault-rows/own.js';
import { UNIT_ROWS } from './fault-rows/unit.js';

/** A test that shows a fault: its file below `test/`, and its title, of `test.each` as it stands there. */
export type NamedTest = readonly [file: string, name: string];

/** One thing that goes wrong, what a person must see then, and the tests that show it. */
export interface FaultRow {
  readonly row: number;
  readonly fault: string;
  readonly mustSee: string;
  /** Words of the demo's scenario language that bring it about; a sentence where it is nothing that a scenario could do. */
  readonly demo: readonly (keyof Scenario)[] | string;
  readonly tests: readonly NamedTest[];
}

/** Everything that is known to go wrong with a change on units of Juju, numbered since it was first written down. */
export const FAULT_TABLE: readonly FaultRow[] = [...OWN_ROWS, ...JUJU_ROWS, ...UNIT_ROWS].sort((a, b) => a.row - b.row);
