import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FOLDERS, UnitFolder } from '../unit-folder.js';
import { diskOf } from './aftermath.js';
import { programsOf, removeCounters, watching } from './faults.js';

/** A deed that nothing befalls: which programs it started, and the unit's disk before each. */
export class Watch {
  /** In their order. */
  programs: readonly string[] = [];
  readonly #disks: string | undefined;

  constructor(keepsDisks: boolean) {
    this.#disks = keepsDisks ? mkdtempSync(join(FOLDERS, 'juju-tune-disks-')) : undefined;
  }

  /** What the deed's programs have to be told. */
  begin(unit: UnitFolder): Readonly<Record<string, string>> {
    return watching(unit, this.#disks);
  }

  end(unit: UnitFolder): void {
    this.programs = programsOf(unit);
  }

  /** The first of these points, counted from 1, with each different disk. */
  differing(points: readonly number[]): number[] {
    const seen = new Set<string>();
    return points.filter((at) => {
      const disk = this.#diskBefore(at);
      return !seen.has(disk) && seen.add(disk);
    });
  }

  remove(): void {
    if (this.#disks !== undefined) rmSync(this.#disks, { recursive: true, force: true });
  }

  #diskBefore(at: number): string {
    const unit = new UnitFolder(join(this.#disks ?? '', String(at)));
    removeCounters(unit);
    return diskOf(unit);
  }
}
