import type { UnitSketch } from './cloud.js';
import type { Act, RolloutSketch, Schedule, WindowSketch } from './schedule.js';

/** A schedule that once broke a promise, or was said to, as small as it could be made; always played first. */
export interface Regression {
  readonly found: string;
  readonly schedule: Schedule;
}

const well: UnitSketch = {
  host: 0,
  holdsVip: false,
  ahead: 0,
  activationSeconds: 1,
  failsToStart: false,
  cannotGoBack: 0,
  canGuard: true,
  onceChanged: 'well',
};
const NOTHING = { leader: 1, fates: [], unheard: [], happenings: [] } as const;
const NOW = { seconds: 0, guard: true, confirm: 'itself' } as const;
const HELD = { ...NOW, seconds: 600 } as const;

const apply = (rollout: Partial<RolloutSketch> = {}, window: WindowSketch = NOW, end?: Act['end']): Act => ({
  wait: 0,
  end,
  verb: 'apply',
  window,
  rollout: { batch: undefined, maxFailures: 0, onFailure: 'batch', bakeSeconds: 0, ...rollout },
  processes: 16,
});
const goOn: Act = { wait: 0, end: undefined, verb: 'go on', window: NOW };

export const REGRESSIONS: readonly Regression[] = [
  {
    found: 'P6: a run that is taken up again goes on past a batch whose gate nobody held',
    schedule: {
      ...NOTHING,
      units: [{ ...well, onceChanged: 'stays down' }, well, { ...well, failsToStart: true }],
      operators: [{ machine: 0, acts: [apply({}, NOW, { kind: 'killed', after: 4 }), goOn] }],
    },
  },
  {
    found: 'P6: a run that is taken up again goes on past a batch that was not watched to its end',
    schedule: {
      ...NOTHING,
      units: [{ ...well, onceChanged: 'answers 5xx' }, well, { ...well, failsToStart: true }],
      operators: [{ machine: 0, acts: [apply({ bakeSeconds: 30 }, NOW, { kind: 'stopped', after: 12 }), goOn] }],
    },
  },
  {
    found: 'P6: the gate passes a machine that came under the name of the changed one',
    schedule: {
      ...NOTHING,
      units: [{ ...well, onceChanged: 'stays down' }, well, { ...well, failsToStart: true }],
      operators: [{ machine: 0, acts: [apply()] }],
      happenings: [{ at: 6, unit: 0, kind: 'replaced' }],
    },
  },
  {
    found: 'P6: the gate passes a unit that took its change back at a boot while it was watched',
    schedule: {
      ...NOTHING,
      units: [{ ...well, onceChanged: 'answers 5xx' }, well, { ...well, failsToStart: true }],
      operators: [{ machine: 0, acts: [apply({ bakeSeconds: 30 }, HELD)] }],
      happenings: [{ at: 10, unit: 0, kind: 'reboot', seconds: 3 }],
    },
  },
  {
    // No break of a promise: nothing on the unit watches it, and its run says that it is unknown.
    found: 'P3: the rollback of a change that was kept is cut off, and its unit does not answer any more',
    schedule: {
      ...NOTHING,
      units: [well],
      operators: [{ machine: 0, acts: [apply({}, HELD), { wait: 0, end: undefined, verb: 'rollback' }] }],
      fates: [
        { unit: 0, task: 4, fate: { kind: 'cut off', at: 2 } },
        { unit: 0, task: 5, fate: { kind: 'behind a hook', seconds: 4000 } },
      ],
    },
  },
  {
    found: 'P7: a unit that was asked for its change after its gate, and said nothing, is told as it was before',
    schedule: {
      ...NOTHING,
      units: [{ ...well, activationSeconds: 20, onceChanged: 'stays down' }],
      operators: [{ machine: 0, acts: [apply({}, HELD)] }],
      happenings: [
        { at: 25, unit: 0, kind: 'reboot', seconds: 3 },
        { at: 32, unit: 0, kind: 'controller down', seconds: 4000 },
      ],
    },
  },
  {
    found: 'P7: a batch that failed its gate and would not go back is a success, for the plan bears failures',
    schedule: {
      ...NOTHING,
      units: [{ ...well, onceChanged: 'stays down' }, well, well],
      operators: [{ machine: 0, acts: [apply({ maxFailures: 2 })] }],
      happenings: [{ at: 7, unit: 0, kind: 'clock set', ahead: 4000 }],
    },
  },
  {
    found: 'P7: a batch that failed its gate and would not go back is confirmed with the others',
    schedule: {
      ...NOTHING,
      units: [{ ...well, onceChanged: 'stays down' }, well, well],
      operators: [{ machine: 0, acts: [apply({ maxFailures: 2 }, HELD)] }],
      happenings: [
        { at: 7, unit: 0, kind: 'clock set', ahead: 4000 },
        { at: 38, unit: 0, kind: 'clock set', ahead: 0 },
      ],
    },
  },
  {
    found: 'P7: a run that goes on without a window has what awaits confirmation taken back at once, and calls it pending',
    schedule: {
      ...NOTHING,
      units: [{ ...well, host: 1 }, well, { ...well, cannotGoBack: 1 }],
      operators: [{ machine: 0, acts: [apply({ batch: '2,rest' }, HELD, { kind: 'killed', after: 4 }), goOn] }],
      fates: [{ unit: 0, task: 2, fate: { kind: 'cut off', at: 1 } }],
    },
  },
  {
    // No break of a promise: nobody can know of it in that half second.
    found: 'floor: the other unit is removed between the look at the model and the change that is sent',
    schedule: {
      ...NOTHING,
      units: [
        { ...well, canGuard: false },
        { ...well, canGuard: false },
      ],
      operators: [{ machine: 0, acts: [apply({ maxFailures: 1 }, HELD), { ...apply(), wait: 400 }] }],
      happenings: [{ at: 409, unit: 1, kind: 'removed' }],
    },
  },
  {
    found: 'P7: a change that was given up and may still begin is told as failed',
    schedule: {
      ...NOTHING,
      units: [well, { ...well, host: 1 }],
      operators: [{ machine: 0, acts: [apply()] }],
      fates: [{ unit: 0, task: 0, fate: { kind: 'overtaken', seconds: 350 } }],
    },
  },
  {
    found: 'P7: a change that was given up came too late by a clock that was wrong just then, and is made once it is right',
    schedule: {
      ...NOTHING,
      units: [well, { ...well, host: 1 }],
      operators: [{ machine: 0, acts: [apply()] }],
      fates: [{ unit: 0, task: 0, fate: { kind: 'overtaken', seconds: 350 } }],
      happenings: [
        { at: 100, unit: 0, kind: 'clock set', ahead: 4000 },
        { at: 340, unit: 0, kind: 'clock set', ahead: 0 },
      ],
    },
  },
  {
    found: 'P7: a rollback that was given up and may still begin is told as not done',
    schedule: {
      ...NOTHING,
      units: [well, { ...well, host: 1 }],
      operators: [{ machine: 0, acts: [apply(), { wait: 0, end: undefined, verb: 'rollback' }] }],
      fates: [{ unit: 0, task: 3, fate: { kind: 'overtaken', seconds: 350 } }],
    },
  },
  {
    found: 'P7: a change that Juju brings twice was refused, for the guard of an earlier one held the lock, and is made later',
    schedule: {
      ...NOTHING,
      units: [well, { ...well, host: 1, activationSeconds: 20 }, { ...well, holdsVip: true }, well, well, { ...well, host: 1 }],
      leader: 8,
      operators: [
        {
          machine: 0,
          acts: [apply({ batch: '1,25%,rest' }, { ...HELD, confirm: [] }), { ...apply({ batch: '2,rest' }), wait: 5 }, goOn],
        },
      ],
      fates: [
        { unit: 7, task: 0, fate: { kind: 'answer garbled' } },
        { unit: 43, task: 7, fate: { kind: 'made twice' } },
      ],
    },
  },
];
