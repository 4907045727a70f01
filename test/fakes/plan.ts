import type { Tuning } from '../../src/domain/action.js';
import type { Inventory, Unit } from '../../src/domain/inventory.js';
import type { Confirmation, Plan, Rollout, Step } from '../../src/domain/plan.js';
import type { UnitName } from '../../src/domain/unit-set.js';
import { DEFAULT_ROLLOUT, planBatches } from '../../src/planning/rollout.js';
import { selectUnits } from '../../src/planning/select.js';
import { FAKE_NOW, sha256 } from './model.js';

export interface FakePlanInput {
  readonly inventory: Inventory;
  readonly tuning: Tuning;
  readonly kind: 'apply' | 'rollback';
  readonly units: readonly UnitName[];
  /** Units that are already as asked. */
  readonly done: ReadonlySet<UnitName>;
  readonly params: Readonly<Record<string, string>>;
  /** Sizes of batches; absent: one unit each. */
  readonly sizes?: string;
  readonly rollout?: Partial<Rollout>;
}

/** One added conf file and its link on every unit; on keystone/2 a line more, so that there is an odd unit out. */
export function fakePlan(input: FakePlanInput): Plan {
  const { inventory, tuning, kind, units } = input;
  const found = selectUnits(inventory, { targets: units }).filter((unit) => kind === 'rollback' || !input.done.has(unit.name));
  const steps = found.map((unit) => stepFor(unit, input));
  const candidates = found.map((unit) => ({ ...unit, unit: unit.name, holdsVip: false }));
  return {
    schema: 'juju-tune/plan/1',
    tool: '0.1.0',
    demo: true,
    kind,
    createdAt: FAKE_NOW,
    model: { controller: inventory.model.controller, name: inventory.model.name, uuid: inventory.model.uuid },
    action: { id: tuning.id, title: tuning.title, digest: sha256(tuning.id) },
    params: input.params,
    targets: units,
    others: [],
    steps,
    unchanged: units.filter((unit) => !found.some((one) => one.name === unit)),
    leftOut: [],
    refused: [],
    batches: planBatches(candidates, {
      activate: 'reload',
      applicationSizes: {},
      ...(input.sizes === undefined ? {} : { sizes: input.sizes }),
    }),
    rollout: { ...DEFAULT_ROLLOUT, bakeSeconds: 0, ...input.rollout },
    contents: Object.fromEntries(found.map((unit) => [sha256(textFor(unit, tuning)), textFor(unit, tuning)])),
    impact: [
      'One unit at a time: 2 of 3 keystone units stay untouched.',
      'A reload: open requests are finished, about 3 s a unit.',
    ],
    warnings: tuning.id === 'wsgi-processes' ? ['the charm renders this file again at the next config-changed'] : [],
    risk: tuning.risk,
    confirmation: confirmation(tuning, steps),
    measures: tuning.measure,
    hash: sha256(JSON.stringify([tuning.id, units])),
  };
}

function textFor(unit: Unit, tuning: Tuning): string {
  const odd = unit.name === 'keystone/2' ? '# was 8 processes\n' : '';
  return `# Written by juju-tune; juju-tune rollback takes it away\n${odd}SetEnv ${tuning.id} 1\n`;
}

function stepFor(unit: Unit, { inventory, tuning, kind }: FakePlanInput): Step {
  const name = `zz-juju-tune-${tuning.id}.conf`;
  const path = `/etc/apache2/conf-available/${name}`;
  const link = `/etc/apache2/conf-enabled/${name}`;
  const absent = [path, link].map((one) => ({ path: one, state: { kind: 'absent' as const } }));
  const present = [
    { path, state: { kind: 'file' as const, mode: '0644', owner: '0:0', sha256: sha256(textFor(unit, tuning)) } },
    { path: link, state: { kind: 'link' as const, target: `../conf-available/${name}` } },
  ];
  return {
    unit: unit.name,
    application: unit.application,
    host: unit.host,
    address: unit.address,
    leader: unit.leader,
    identity: { modelUuid: inventory.model.uuid, unit: unit.name, machineId: unit.machine },
    verb: kind,
    transaction: '',
    before: kind === 'apply' ? absent : present,
    after: kind === 'apply' ? present : absent,
    activate: tuning.activate,
    validate: true,
    checks: [],
    commands: [`a2enconf zz-juju-tune-${tuning.id}`, `systemctl ${tuning.activate} apache2`],
    budgetSeconds: 90,
    summary: [`${tuning.id} ${kind === 'apply' ? 'on' : 'off'}`],
  };
}

function confirmation(tuning: Tuning, steps: readonly Step[]): Confirmation {
  if (steps.length === 0) return { kind: 'none' };
  if (tuning.risk === 'high') return { kind: 'application', application: steps[0]?.application ?? '' };
  return tuning.activate === 'restart' ? { kind: 'count', count: steps.length } : { kind: 'yes' };
}
