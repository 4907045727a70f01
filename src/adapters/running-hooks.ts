import { allUnits, type Inventory } from '../domain/inventory.js';
import type { UnitName } from '../domain/unit-set.js';

/**
 * For each unit the hook that a task of ours would wait for: its own, and where commands take the machine's lock (2.9 and 4.x,
 * juju-contract 6) that of any unit on its machine.
 */
export function hooksInTheWay(inventory: Inventory, machineLock: boolean): ReadonlyMap<UnitName, string> {
  const units = allUnits(inventory);
  const found = new Map<UnitName, string>();
  for (const unit of units) {
    if (unit.runningHook !== undefined) found.set(unit.name, unit.runningHook);
  }
  if (!machineLock) return found;
  const ofMachine = new Map<string, string>();
  for (const unit of units) {
    if (unit.runningHook !== undefined && unit.machine !== '') ofMachine.set(unit.machine, `${unit.runningHook} of ${unit.name}`);
  }
  for (const unit of units) {
    const hook = ofMachine.get(unit.machine);
    if (hook !== undefined && !found.has(unit.name)) found.set(unit.name, hook);
  }
  return found;
}
