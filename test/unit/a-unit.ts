import { afterEach } from 'vitest';
import { type UnitFolder, unitFolder } from './unit-folder.js';

const made: UnitFolder[] = [];

afterEach(() => {
  for (const unit of made.splice(0)) unit.remove();
});

/** A unit for one test, removed after it. */
export async function aUnit(): Promise<UnitFolder> {
  const unit = await unitFolder();
  made.push(unit);
  return unit;
}
