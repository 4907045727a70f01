/** What a line of evidence is given for one run. */
export interface LineContext {
  /** The recorded numbers; otherwise the short run that CI makes. */
  readonly full: boolean;
  /** Everything random in the run comes from it: the same seed makes the same trials. */
  readonly seed: number;
  /** Cores the line may keep busy. */
  readonly workers: number;
  /** Words that stood after the line's name: `npm run prove -- redact FILE`. */
  readonly words: readonly string[];
  /** An empty folder of its own that is removed afterwards. */
  readonly folder: string;
  /** The project's folder. */
  readonly root: string;
  /** The compiled file of `test/prove/NAME.ts`, to be started as a worker or a process of its own with `process.execPath`. */
  program(name: string): string;
  /** Says how far it is; shown now and then. */
  report(done: number, goal: number): void;
}

/** A bug that was put in on purpose, and whether the line noticed. One that it does not find fails the line. */
export interface Planted {
  readonly name: string;
  readonly found: boolean;
}

/** How many trials there should be, were made, and went wrong. */
export interface Tally {
  readonly goal: number;
  readonly done: number;
  readonly failed: number;
}

export interface LineResult extends Tally {
  /** What the numbers mean or leave out, a sentence each; recorded with them. */
  readonly notes: readonly string[];
  /** Numbers of which goal, done and failed are the sums. */
  readonly parts?: Readonly<Record<string, Tally>>;
  readonly planted?: readonly Planted[];
  /** Each enough to look at the trial again; the first twenty are shown and recorded. */
  readonly failures?: readonly string[];
}

/** One line of evidence. Its file's name is its name. */
export interface Line {
  /** What one trial is, and what it must not find: `kill -9 while a journal is written: no acknowledged record is lost`. */
  readonly title: string;
  /** 2 when it keeps both cores busy and so runs alone. */
  readonly workers: 1 | 2;
  /** What it may take on two idle cores; after three times as many it is ended, and has failed. */
  readonly minutes: { readonly short: number; readonly full: number };
  /** Its folder is in memory, where the machine has such a place: what is synced there costs nothing, and shows nothing. */
  readonly inMemory?: true;
  run(context: LineContext): Promise<LineResult>;
}

/** A result whose totals are those of its parts. */
export function summed(parts: Readonly<Record<string, Tally>>, more: Omit<LineResult, keyof Tally | 'parts'>): LineResult {
  const total = (field: keyof Tally): number => Object.values(parts).reduce((sum, part) => sum + part[field], 0);
  return { goal: total('goal'), done: total('done'), failed: total('failed'), parts, ...more };
}

/** Whether a line holds what it promises: everything tried, nothing wrong, every planted bug found. */
export function holds(result: LineResult): boolean {
  const tallies = [result, ...Object.values(result.parts ?? {})];
  return (
    tallies.every(({ goal, done, failed }) => done >= goal && done > 0 && failed === 0) &&
    (result.planted ?? []).every((bug) => bug.found)
  );
}
