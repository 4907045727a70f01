import type { Scenario } from '../../../src/demo/juju/scenario.js';
import { type Random, seeded } from '../random.js';

export const UNITS = ['keystone/0', 'keystone/1'] as const;
export type UnitOfCloud = (typeof UNITS)[number];
export type Dialect = '2.9' | '3.6' | '4.0';

/** Changes that a schedule may be about; each is planned once and applied by its file. */
export const CHANGES = [
  { targets: ['keystone/0'], words: ['apache-conf', 'name=quiet', 'directives=ServerSignature Off'] },
  { targets: ['keystone/1'], words: ['wsgi-processes', 'processes=20'] },
  { targets: ['keystone/0'], words: ['mpm-switch', 'to=worker'] },
  { targets: ['keystone/0', 'keystone/1'], words: ['proxy-initial-not-pooled'] },
] as const satisfies readonly { readonly targets: readonly UnitOfCloud[]; readonly words: readonly string[] }[];

/** What befalls an operator once the journal has so many more records. */
export interface Fate {
  readonly signal: 'SIGKILL' | 'SIGTERM' | 'SIGHUP' | 'SIGINT';
  readonly afterRecords: number;
  /** The same once more: Ctrl-C twice. */
  readonly twice?: boolean;
}

/** One command of an operator and what goes wrong meanwhile. */
export interface Act {
  /** `PLAN` stands for the file of the plan, `RUN` for the first run. */
  readonly words: readonly string[];
  readonly scenario: Scenario;
  readonly fate?: Fate;
  /** The machine, or all of the cloud, sleeps in the middle. */
  readonly sleep?: { readonly afterRecords: number; readonly seconds: number };
  /** Seconds of the cloud's time that pass afterwards. */
  readonly pass: number;
}

export interface Schedule {
  readonly dialect: Dialect;
  readonly change: number;
  readonly acts: readonly Act[];
}

const YES = ['--yes', 'keystone'];
export const APPLY = ['apply', '--plan', 'PLAN', ...YES, '--measure', '0'];
const FOLLOWING: readonly (readonly string[])[] = [
  ['resume'],
  ['resume', 'RUN', '--confirm', ...YES],
  ['resume', 'RUN', '--go-on', ...YES, '--measure', '0'],
  ['resume', 'RUN', '--revert', ...YES],
  ['confirm', 'RUN', ...YES],
  ['extend', 'RUN', '5m', ...YES],
  ['rollback', 'RUN', ...YES, '--measure', '0'],
];
const WINDOWS: readonly (readonly string[])[] = [
  [],
  [],
  ['--confirm-within', '5m'],
  ['--confirm-within', '20m'],
  ['--confirm-within', 'off'],
];
const PASSES = [0, 0, 0, 5, 60, 1000, 7200, 86_400];

export function scheduleOf(seed: number): Schedule {
  const random = seeded(seed);
  const change = random.below(CHANGES.length);
  const applying = actOf(random, [...APPLY, ...random.pick(WINDOWS)], 0.45);
  const later = Array.from({ length: random.pick([0, 1, 1, 2]) }, () => actOf(random, random.pick(FOLLOWING), 0.25));
  return { dialect: random.pick(['2.9', '3.6', '3.6', '4.0']), change, acts: [applying, ...later] };
}

function actOf(random: Random, words: readonly string[], fateful: number): Act {
  const afterRecords = 1 + random.below(14);
  const fate: Fate = {
    signal: random.pick(['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGHUP', 'SIGINT', 'SIGINT']),
    afterRecords,
    ...(random.chance(0.5) ? { twice: true } : {}),
  };
  return {
    words,
    scenario: random.chance(0.75) ? scenarioOf(random) : {},
    ...(random.chance(fateful) ? { fate } : {}),
    ...(random.chance(0.15)
      ? { sleep: { afterRecords: 1 + random.below(14), seconds: random.pick([20, 400, 5000, 90_000]) } }
      : {}),
    pass: random.pick(PASSES),
  };
}

type Part = (random: Random, unit: string, task: number) => Scenario;

const milliseconds = (random: Random): number => random.pick([0, 30, 80, 150, 250, 400]);
const program = (random: Random): { readonly name: string; readonly words?: string } =>
  random.pick([
    { name: 'systemctl', words: 'reload apache2' },
    { name: 'systemctl', words: 'daemon-reload' },
    { name: 'systemctl', words: 'restart' },
    { name: 'systemctl' },
    { name: 'systemd-run' },
    { name: 'apache2ctl' },
    { name: 'mv' },
    { name: 'cp' },
    { name: 'sync' },
    { name: 'df' },
  ]);

const PARTS: readonly Part[] = [
  (random, unit, task) => ({ hang: [{ unit, task, seconds: random.pick([0.2, 1, 2.5]) }] }),
  (random, unit, task) => ({ late: [{ unit, task, seconds: random.pick([0.3, 1, 2.5]) }] }),
  (random, unit, task) => ({ lost: [{ unit, task, until: random.pick([1, 2, 4]) }] }),
  (random, unit, task) => ({ killed: [{ unit, task, afterMs: milliseconds(random) }] }),
  (random, unit, task) => ({ restart: [{ unit, task, afterMs: milliseconds(random) }] }),
  (random, unit, task) => ({ reboot: [{ unit, task, afterMs: milliseconds(random) }] }),
  (_, unit, task) => ({ rerender: [{ unit, task }] }),
  (random, unit) => ({ hook: [{ unit, name: 'config-changed', until: random.pick([0.5, 2]) }] }),
  (random, unit, task) => ({ clock: [{ unit, task, seconds: random.pick([-86_400, -90, 90, 4000, 86_400]) }] }),
  (random, unit, task) => ({ program: [{ unit, task, ...program(random), stderr: 'not permitted\n' }] }),
  (random, unit, task) => ({
    prints: [{ unit, task, ...random.pick([{ text: 'juju-tune-receipt\t1\tchange\n' }, { base64: '/wD+' }, { many: 200_000 }]) }],
  }),
  (random) => ({ calls: [wrongCall(random)] }),
  (random) => ({ storeLock: 1 + random.below(3) }),
  (random) => ({ controllerDown: { after: random.pick([0.3, 1, 2]), until: random.pick([1.5, 3, 4]) } }),
  (random) => ({ latencyMs: random.pick([50, 200]) }),
  (_, unit) => ({ leader: [{ unit }] }),
];

function wrongCall(random: Random): NonNullable<Scenario['calls']>[number] {
  const from = 1 + random.below(5);
  const command = random.pick(['show-operation', 'show-operation', 'show-task', 'exec', 'status', 'cancel-task']);
  const how = random.pick([
    { as: 'partial' },
    { as: 'malformed' },
    { as: 'empty' },
    { stdout: '{}\n', stderr: 'ERROR unable to connect to API: no route to host\n', code: 1 },
    { stdout: '', stderr: 'juju: not found\n', code: 127 },
  ] as const);
  return { command, from, to: from + random.below(2), ...how };
}

function scenarioOf(random: Random): Scenario {
  const parts = Array.from({ length: random.pick([1, 1, 2, 3]) }, () =>
    random.pick(PARTS)(random, random.pick(UNITS), 1 + random.below(8)),
  );
  // Of two parts with one word the later one counts.
  return Object.assign({}, ...parts) as Scenario;
}
