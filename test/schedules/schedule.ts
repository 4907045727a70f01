import fc from 'fast-check';
import type { Fate } from './agent.js';
import type { UnitSketch } from './cloud.js';

/** Something that happens while operators are at work; `unit` counts round the units that there are. */
export type Happening = { readonly at: number; readonly unit: number } & (
  | { readonly kind: 'agent lost' | 'reboot' | 'controller down'; readonly seconds: number }
  | { readonly kind: 'edited'; readonly path: number }
  | { readonly kind: 'removed' | 'replaced' | 'added' | 'leads' }
  | { readonly kind: 'clock set'; readonly ahead: number }
  | { readonly kind: 'machine sleeps'; readonly machine: number; readonly seconds: number }
);

/** How a command ends before its time. */
export interface End {
  readonly kind: 'killed' | 'stopped' | 'detached';
  readonly after: number;
}

export type Answer = {
  readonly after: number;
  readonly kind: 'confirm' | 'accept drift' | 'extend' | 'take back' | 'leave' | 'silent';
};

export interface WindowSketch {
  readonly seconds: number;
  readonly guard: boolean;
  readonly confirm: 'itself' | 'later' | readonly Answer[];
}

export interface RolloutSketch {
  readonly batch: string | undefined;
  readonly maxFailures: number;
  readonly onFailure: 'batch' | 'all';
  readonly bakeSeconds: number;
}

/** One command of an operator. All but `apply` are about the last run of his machine that fits. */
export type Act = { readonly wait: number; readonly end: End | undefined } & (
  | { readonly verb: 'apply'; readonly window: WindowSketch; readonly rollout: RolloutSketch; readonly processes: number }
  | { readonly verb: 'go on'; readonly window: WindowSketch }
  | { readonly verb: 'confirm'; readonly acceptDrift: boolean }
  | { readonly verb: 'extend'; readonly seconds: number }
  | { readonly verb: 'look' | 'close' | 'rollback' }
);

/** People of one machine share its journals; those of another know nothing of them. */
export interface OperatorSketch {
  readonly machine: number;
  readonly acts: readonly Act[];
}

/** All that is not decided by the program: the same schedule goes the same way each time. */
export interface Schedule {
  readonly units: readonly UnitSketch[];
  readonly leader: number;
  readonly operators: readonly OperatorSketch[];
  readonly fates: readonly { readonly unit: number; readonly task: number; readonly fate: Fate }[];
  /** Which of all dispatches, counted, the controller takes unheard. */
  readonly unheard: readonly number[];
  readonly happenings: readonly Happening[];
}

const seldom = <T>(usual: T, other: fc.Arbitrary<T>, weight = 3): fc.Arbitrary<T> =>
  fc.oneof({ weight: 20, arbitrary: fc.constant(usual) }, { weight, arbitrary: other });

const unit: fc.Arbitrary<UnitSketch> = fc.record({
  host: fc.nat(5),
  holdsVip: seldom(false, fc.constant(true)),
  ahead: seldom(0, fc.integer({ min: -4000, max: 4000 })),
  activationSeconds: fc.constantFrom(1, 3, 20),
  failsToStart: seldom(false, fc.constant(true)),
  cannotGoBack: seldom(0, fc.constantFrom(1, 2, 9)),
  canGuard: seldom(true, fc.constant(false), 1),
  onceChanged: seldom<UnitSketch['onceChanged']>('well', fc.constantFrom('stays down', 'answers 5xx')),
});

const units = fc.oneof(
  { weight: 50, arbitrary: fc.array(unit, { minLength: 1, maxLength: 4 }) },
  { weight: 9, arbitrary: fc.array(unit, { minLength: 3, maxLength: 10 }) },
  { weight: 1, arbitrary: fc.array(unit, { minLength: 1, maxLength: 50, size: 'max' }) },
);

const window: fc.Arbitrary<WindowSketch> = fc.record({
  seconds: fc.constantFrom(0, 60, 600),
  guard: seldom(true, fc.constant(false), 1),
  confirm: fc.oneof(
    fc.constantFrom('itself' as const, 'later' as const),
    fc.array(
      fc.record({
        after: fc.constantFrom(1, 30, 599, 600, 601, 1500),
        kind: fc.constantFrom<Answer['kind']>('confirm', 'accept drift', 'extend', 'take back', 'leave', 'silent'),
      }),
      { maxLength: 3 },
    ),
  ),
});

const rollout: fc.Arbitrary<RolloutSketch> = fc.record({
  batch: fc.constantFrom(undefined, '1', '1,2', '1,25%,rest', '2,rest', '1,50%'),
  maxFailures: fc.constantFrom(0, 0, 1, 2),
  onFailure: fc.constantFrom('batch', 'all'),
  bakeSeconds: fc.constantFrom(0, 30),
});

const common = {
  wait: fc.constantFrom(0, 0, 5, 60, 400, 1200),
  end: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom<End['kind']>('killed', 'killed', 'stopped', 'detached'),
        after: fc.oneof(fc.nat(20), fc.nat(200), fc.nat(1500)),
      }),
    },
  ),
};

const apply = fc.record({
  ...common,
  verb: fc.constant('apply' as const),
  window,
  rollout,
  processes: fc.constantFrom(16, 20, 24),
});
const later: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ ...common, verb: fc.constantFrom('look' as const, 'close' as const, 'rollback' as const) }),
  fc.record({ ...common, verb: fc.constant('go on' as const), window }),
  fc.record({ ...common, verb: fc.constant('confirm' as const), acceptDrift: fc.boolean() }),
  fc.record({ ...common, verb: fc.constant('extend' as const), seconds: fc.constantFrom(60, 900) }),
);
const operator: fc.Arbitrary<OperatorSketch> = fc.record({
  machine: fc.constantFrom(0, 0, 1),
  acts: fc.oneof(
    { weight: 3, arbitrary: fc.tuple(apply, fc.array(later, { maxLength: 3 })).map(([first, rest]) => [first, ...rest]) },
    { weight: 1, arbitrary: fc.array(fc.oneof(later, apply), { minLength: 1, maxLength: 3 }) },
  ),
});

const seconds = fc.constantFrom(3, 30, 200, 700, 4000);
const fate: fc.Arbitrary<Fate> = fc.oneof(
  fc.record({ kind: fc.constantFrom('never begins' as const, 'answer lost' as const, 'answer garbled' as const) }),
  fc.record({ kind: fc.constantFrom('made twice' as const, 'not to be cancelled' as const) }),
  fc.record({ kind: fc.constant('behind a hook' as const), seconds }),
  // Some are given up after 300 s, and a change is too late after 420.
  fc.record({ kind: fc.constant('overtaken' as const), seconds: fc.constantFrom(30, 200, 350, 410) }),
  fc.record({ kind: fc.constantFrom('cut off' as const, 'outlives its task' as const), at: fc.integer({ min: 1, max: 7 }) }),
);
const when = { at: fc.oneof(fc.nat(60), fc.nat(400), fc.nat(3000)), unit: fc.nat(49) };
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ ...when, kind: fc.constantFrom('agent lost' as const, 'reboot' as const, 'controller down' as const), seconds }),
  fc.record({ ...when, kind: fc.constant('edited' as const), path: fc.nat(1) }),
  fc.record({ ...when, kind: fc.constantFrom('removed' as const, 'replaced' as const, 'added' as const, 'leads' as const) }),
  fc.record({ ...when, kind: fc.constant('clock set' as const), ahead: fc.integer({ min: -4000, max: 4000 }) }),
  fc.record({ ...when, kind: fc.constant('machine sleeps' as const), machine: fc.nat(1), seconds }),
);

export const schedules: fc.Arbitrary<Schedule> = fc.record({
  units,
  leader: fc.nat(49),
  operators: fc.oneof(
    { weight: 4, arbitrary: fc.array(operator, { minLength: 1, maxLength: 2 }) },
    { weight: 1, arbitrary: fc.array(operator, { minLength: 2, maxLength: 4 }) },
  ),
  fates: fc.array(fc.record({ unit: fc.nat(49), task: fc.nat(8), fate }), { maxLength: 8 }),
  unheard: seldom<number[]>([], fc.array(fc.nat(12), { maxLength: 2 })),
  happenings: fc.array(happening, { maxLength: 6 }),
});
