import type { Action, Tuning } from '../../domain/action.js';
import type { CheckReport, UnitCheck } from '../../domain/check.js';
import type { Failure } from '../../domain/failure.js';
import type { Inventory } from '../../domain/inventory.js';
import type { Plan } from '../../domain/plan.js';
import type { Run } from '../../domain/run.js';
import type { UnitName } from '../../domain/unit-set.js';
import type { JujuCall } from '../../engine/session.js';
import type { Terminal } from '../paint.js';
import type { Room } from './lines.js';
import type { FindingRow } from './rows.js';
import type { Dialog } from './widgets/dialog.js';
import type { Input } from './widgets/input.js';

/** Something asked for that comes later: what is known stays shown, with what is under way or went wrong. */
export interface Asked<T> {
  readonly value?: T;
  /** When it was asked for, milliseconds since 1970 of the person's clock; absent when nothing is under way. */
  readonly since?: number;
  readonly failure?: Failure;
}

/** A fan-out that somebody waits for. */
export interface Waiting {
  readonly what: string;
  readonly since: number;
  readonly units: readonly UnitName[];
  readonly answered: ReadonlySet<UnitName>;
  /** What a check heard so far. */
  readonly checks: readonly UnitCheck[];
  /** The report that a check adds to; absent for one of its own. */
  readonly joins: CheckReport | undefined;
  /** Units that wait for a hook: `update-status 0:40 of 5:00`. */
  readonly held: ReadonlyMap<UnitName, string>;
  /** Units that gave no answer, each with the reason. */
  readonly silent: ReadonlyMap<UnitName, string>;
}

/** A model that can be chosen, as Juju lists it. `target` is `controller:model`. */
export interface ModelChoice {
  readonly target: string;
  readonly type: string;
  readonly status: string;
  readonly access: string;
}

interface Listing {
  /** Row of a list, or first line of a text. */
  readonly cursor: number;
  readonly filter: string;
}

export type Screen =
  | (Listing & { readonly kind: 'inventory' })
  | (Listing & { readonly kind: 'unit'; readonly unit: UnitName })
  | (Listing & { readonly kind: 'findings' })
  /** One row of the findings, whole. `reveals`: with its suspicious words, as somebody has asked for. */
  | (Listing & { readonly kind: 'finding'; readonly row: FindingRow; readonly reveals?: boolean })
  | (Listing & { readonly kind: 'tunings'; readonly targets: readonly string[] })
  | (Listing & { readonly kind: 'form'; readonly tuning: Tuning; readonly fields: readonly Field[]; readonly failure?: Failure })
  | (Listing & { readonly kind: 'plan'; readonly plan: Plan })
  | (Listing & { readonly kind: 'run'; readonly run: string })
  | (Listing & { readonly kind: 'runs' })
  | (Listing & { readonly kind: 'models' })
  | (Listing & { readonly kind: 'calls' })
  | (Listing & { readonly kind: 'help' })
  /** Text to be taken along: what a screen says, or the command that does the same. */
  | (Listing & { readonly kind: 'text'; readonly title: string; readonly lines: readonly string[] });

export type ScreenKind = Screen['kind'];
export type ScreenOf<K extends ScreenKind> = Extract<Screen, { readonly kind: K }>;

export type RolloutRole = 'batch' | 'bake' | 'max-failures' | 'on-failure';

/** A row of the action form: a parameter, where the plan is for, or how it is rolled out. */
export interface Field {
  readonly name: string;
  readonly role: 'targets' | 'except' | 'param' | RolloutRole;
  readonly input: Input;
}

export interface Message {
  readonly text: string;
  readonly tone: 'plain' | 'good' | 'warn' | 'bad';
}

/** The run that is being carried out from here. */
export interface Live {
  readonly run: Run | undefined;
  readonly stopping: boolean;
  /** The next batch waits until P lets it go on. */
  readonly paused: boolean;
  readonly detached: boolean;
  /** It has ended, or is left as it is: nobody carries it out from here any more. */
  readonly over: boolean;
  /** What to say once nobody watches any more. */
  readonly note: string;
}

/** Order of the applications: those that can be checked first, the worst first, or by name. */
export type Sort = 'checked first' | 'worst first' | 'by name';

/** All that is shown. Screens are functions of it. */
export interface State {
  readonly version: string;
  readonly demo: boolean;
  readonly catalogue: readonly Action[];
  readonly terminal: Terminal;
  readonly size: Room;
  /** The person's clock and the model's, milliseconds since 1970; the demo's time runs faster. */
  readonly now: number;
  readonly modelNow: number;
  /** Seconds of the model's clock in one of the person's. */
  readonly modelRate: number;
  readonly inventory: Asked<Inventory>;
  readonly check: Asked<CheckReport>;
  readonly runs: Asked<readonly Run[]>;
  readonly models: Asked<readonly ModelChoice[]>;
  /** Models can be listed and another one opened. */
  readonly canChoose: boolean;
  readonly planning: Asked<never>;
  readonly waiting: Waiting | undefined;
  readonly live: Live | undefined;
  readonly calls: readonly JujuCall[];
  readonly open: ReadonlySet<string>;
  readonly marked: ReadonlySet<string>;
  /** The last one is shown; the first one is a top level. */
  readonly stack: readonly Screen[];
  readonly filtering: Input | undefined;
  /** The command line that is being typed. */
  readonly prompt: Input | undefined;
  readonly sort: Sort;
  /** Only what is not well is listed. */
  readonly problemsOnly: boolean;
  readonly dialog: Dialog | undefined;
  readonly message: Message | undefined;
}

export function shown(state: State): Screen {
  return state.stack.at(-1) ?? { kind: 'inventory', cursor: 0, filter: '' };
}

/** The state with the shown screen replaced. */
export function withScreen(state: State, screen: Screen): State {
  return { ...state, stack: [...state.stack.slice(0, -1), screen] };
}

/** Every run that is known here, newest last: those of the journals, and the one that is being carried out. */
export function knownRuns(state: State): readonly Run[] {
  const { live, runs } = state;
  if (!live?.run) return runs.value ?? [];
  return [...(runs.value ?? []).filter((run) => run.id !== live.run?.id), live.run];
}

/** The run of this id. */
export function findRun(state: State, id: string): Run | undefined {
  return knownRuns(state).find((run) => run.id === id);
}

export function isDemo(state: State): boolean {
  return state.inventory.value?.model.demo ?? state.demo;
}

/** A change is being carried out from this screen and is not over. */
export function isRunning(state: State): boolean {
  return state.live !== undefined && !state.live.over && !state.live.detached;
}
