import { join } from 'node:path';
import { readBundled } from '../../../src/adapters/catalogue.js';
import type { Action, Tuning } from '../../../src/domain/action.js';
import type { Unit } from '../../../src/domain/inventory.js';
import type { Sha256, Step } from '../../../src/domain/plan.js';
import type { Order } from '../../../src/engine/ports.js';
import { pathsFor } from '../../../src/planning/change.js';
import { checkParams, resolveChanges } from '../../../src/planning/params.js';
import { makePlan } from '../../../src/planning/plan.js';
import { DEFAULT_ROLLOUT } from '../../../src/planning/rollout.js';
import { type Random, seeded } from '../../prove/random.js';
import { fileOf, MODEL, OWNER, orderOf, sha256, stepOf, UNIT, type UnitFolder, unitFolder, type Wanted } from '../unit-folder.js';

/** A change that sweeps are made of, with the unit before it, after it for good, and while it awaits confirmation. */
export interface Subject {
  readonly name: string;
  readonly step: Step;
  readonly contents: Readonly<Record<Sha256, string>>;
  readonly prepared: UnitFolder;
  readonly committed: UnitFolder;
  readonly pending: UnitFolder;
  readonly before: Record<string, string>;
  readonly after: Record<string, string>;
  remove(): void;
}

export const TRANSACTION = 'run-0001-keystone-0';
export const WINDOW = 600;
export const TAKE_BACK: Order = { verb: 'rollback', unit: UNIT, transaction: TRANSACTION, budgetSeconds: 60 };

/** What must be before or after as one: the files, and the daemons that run with them. */
export function live(unit: UnitFolder): Record<string, string> {
  return {
    ...unit.tree('etc'),
    ...unit.tree('var/lib/apache2'),
    ...unit.tree('var/lib/swept'),
    daemons: `${unit.text('run/service/active')}${unit.text('run/service/mpm')}${unit.text('run/service/ps')}`,
  };
}

async function subjectOf(
  name: string,
  prepared: UnitFolder,
  step: Step,
  contents: Readonly<Record<Sha256, string>>,
): Promise<Subject> {
  prepared.calls();
  const before = live(prepared);
  const [committed, pending] = [await prepared.copy(), await prepared.copy()];
  const done = await committed.order(orderOf(step), {}, contents);
  const held = await pending.order({ verb: 'apply', unit: UNIT, step, windowSeconds: WINDOW, guard: true }, {}, contents);
  const states = [done, held].map((receipt) =>
    receipt.ok ? `${receipt.value.state} ${receipt.value.message}` : receipt.message,
  );
  if (!states[0]?.startsWith('COMMITTED') || !states[1]?.startsWith('PENDING')) throw new Error(`${name}: ${states.join(', ')}`);
  const after = live(committed);
  if (JSON.stringify(after) === JSON.stringify(before)) throw new Error(`${name} changes nothing`);
  const all = [prepared, committed, pending];
  return {
    name,
    step,
    contents,
    prepared,
    committed,
    pending,
    before,
    after,
    remove: () => {
      for (const unit of all) unit.remove();
    },
  };
}

const NEW_SITE = 'WSGIDaemonProcess keystone-public processes=6 threads=1 user=keystone display-name=%{GROUP}\n';
const NEW_CONF = 'SetEnv proxy-initial-not-pooled 1\n';

/** One of everything: a file changed, one removed, one made in a new folder with a mode of its own, a link led elsewhere. */
export async function mixedSubject(): Promise<Subject> {
  const unit = await unitFolder();
  unit.write('etc/apache2/conf-available/old.conf', 'Timeout 300\n', 0o640);
  unit.link('etc/apache2/conf-enabled/old.conf', '../conf-available/old.conf');
  const step = stepOf(
    unit,
    [
      { path: '/etc/apache2/sites-enabled/wsgi-openstack-api.conf', after: fileOf(NEW_SITE) },
      { path: '/etc/apache2/extra', after: { kind: 'dir', mode: '0755', owner: OWNER } },
      { path: '/etc/apache2/extra/new.conf', after: fileOf(NEW_CONF, '0640') },
      { path: '/etc/apache2/conf-enabled/old.conf', after: { kind: 'link', target: '../extra/new.conf' } },
      { path: '/etc/apache2/conf-available/old.conf', after: { kind: 'absent' } },
    ],
    { checks: [{ kind: 'apache-active' }, { kind: 'daemon-group', group: 'keystone-public', processes: 6 }] },
  );
  return subjectOf('mixed', unit, step, { [sha256(NEW_SITE)]: NEW_SITE, [sha256(NEW_CONF)]: NEW_CONF });
}

/** The bundled tunings that change units, with what they are asked for. */
export const TUNINGS: readonly (readonly [id: string, params: Readonly<Record<string, string>>])[] = [
  ['wsgi-processes', { group: 'keystone-public', processes: '+8' }],
  ['mpm-switch', { to: 'worker' }],
  ['apache-conf', { name: 'quiet', directives: 'ServerSignature Off' }],
  ['apache-conf-off', { name: 'quiet' }],
  ['proxy-initial-not-pooled', {}],
];

const FRONTEND = `Listen 4990
<VirtualHost *:4990>
    SSLEngine on
    ProxyPass / http://localhost:4980/
    ProxyPassReverse / http://localhost:4980/
</VirtualHost>
`;

/** A bundled tuning, planned from what a probe of the unit says. */
export async function tuningSubject(root: string, id: string, params: Readonly<Record<string, string>>): Promise<Subject> {
  const catalogue = await readBundled(join(root, 'actions'));
  const unit = await unitFolder();
  if (id === 'proxy-initial-not-pooled') unit.write('etc/apache2/sites-enabled/openstack_https_frontend.conf', FRONTEND);
  if (id === 'apache-conf-off')
    await makeFirst(unit, tuningOf(catalogue, 'apache-conf'), { name: 'quiet', directives: 'ServerSignature Off' });
  const { step, contents } = await planned(unit, tuningOf(catalogue, id), params);
  return subjectOf(id, unit, { ...step, transaction: TRANSACTION }, contents);
}

function tuningOf(catalogue: readonly Action[], id: string): Tuning {
  const action = catalogue.find((one) => one.id === id);
  if (action?.kind !== 'tuning') throw new Error(`there is no tuning ${id}`);
  // Whether it is wise here is not asked.
  return { ...action, refuse: [] };
}

async function makeFirst(unit: UnitFolder, tuning: Tuning, params: Readonly<Record<string, string>>): Promise<void> {
  const { step, contents } = await planned(unit, tuning, params);
  await unit.order(orderOf({ ...step, transaction: 'run-0000-keystone-0' }), {}, contents);
}

async function planned(unit: UnitFolder, tuning: Tuning, given: Readonly<Record<string, string>>) {
  const params = checkParams(tuning, given);
  const changes = resolveChanges(tuning, params);
  const { paths, globs } = pathsFor(changes);
  const probe = await unit.probe(paths, globs);
  if (!probe.ok) throw new Error(probe.message);
  const plan = makePlan({
    tool: 'prove',
    createdAt: '2026-01-01T00:00:00.000Z',
    model: { controller: 'c', name: 'm', uuid: MODEL, demo: true },
    tuning,
    changes,
    params,
    probed: [{ ...probe.value, unit: PLANNED_UNIT }],
    leftOut: [],
    applicationUnits: { keystone: [UNIT] },
    rollout: DEFAULT_ROLLOUT,
  });
  const [step] = plan.steps;
  if (step === undefined) throw new Error(`${tuning.id}: ${plan.refused.map(({ reason }) => reason).join(', ')}`);
  return { step, contents: plan.contents };
}

const PLANNED_UNIT: Unit = {
  name: UNIT,
  application: 'keystone',
  machine: '0',
  host: '0',
  az: '',
  leader: true,
  address: '10.0.0.1',
  ports: [],
  agent: { current: 'idle' },
  workload: { current: 'active' },
  subordinates: [],
};

/** Files, links and folders as chance has them, in folders of every mode; half of the paths change what they are. */
export async function treeSubject(seed: number, count = 50): Promise<Subject> {
  const random = seeded(seed);
  const unit = await unitFolder();
  const contents: Record<Sha256, string> = {};
  const wanted: Wanted[] = [];
  for (let number = 0; number < count; number++) {
    const folder = random.pick(['etc/apache2/conf-available', 'etc/apache2/tree', 'etc/apache2/tree/deep/er', 'var/lib/swept']);
    const path = `${folder}/${number}.conf`;
    makeOne(unit, path, random);
    wanted.push({ path: `/${path}`, after: wantedOf(random, contents) });
  }
  const step = stepOf(
    unit,
    wanted.sort((a, b) => (a.path < b.path ? -1 : 1)),
    { transaction: TRANSACTION, budgetSeconds: 600 },
  );
  return subjectOf(`tree of ${count}, seed ${seed}`, unit, step, contents);
}

function textOf(random: Random): string {
  return `# ${random.text(random.below(400), 'abcdefghij klmno\npqrstuvwxyz%"\'$`\\')}\n`;
}

const MODES = [0o644, 0o600, 0o640, 0o755, 0o444];

function makeOne(unit: UnitFolder, path: string, random: Random): void {
  const kind = random.below(4);
  if (kind === 0) unit.write(`${path}.keep`, '');
  else if (kind === 1) unit.link(path, `../${random.text(8, 'abc')}`);
  else unit.write(path, textOf(random), random.pick(MODES));
}

function wantedOf(random: Random, contents: Record<Sha256, string>): Wanted['after'] {
  const kind = random.below(4);
  if (kind === 0) return { kind: 'absent' };
  if (kind === 1) return { kind: 'link', target: `../${random.text(6, 'xyz')}` };
  const text = textOf(random);
  contents[sha256(text)] = text;
  return fileOf(text, random.pick(MODES).toString(8).padStart(4, '0'));
}
