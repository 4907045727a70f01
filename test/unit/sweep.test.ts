import { cpus } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Step } from '../../src/domain/plan.js';
import type { Receipt } from '../../src/engine/ports.js';
import { type Believed, readReceipt } from '../../src/unit/receipt.js';
import { changeText, fileOf, OWNER, sha256, stepOf, UNIT, type UnitFolder, unitFolder } from './unit-folder.js';

/** Every program that the unit text starts stands there as one that counts, and that dies or fails when its turn has come. */
const READERS = 'awk base64 date df find grep gzip head ls nproc ps readlink sha256sum stat tail';
/** Between two of these a kill finds what it would have found before the second. */
const WRITERS = 'apache2ctl chmod chown cp flock ln mkdir mv rm rmdir sed sleep sync systemctl timeout';

const COUNTER = `#!/bin/sh
read -r n <"$SWEEP_COUNT"
n=$((n + 1))
echo "$n" >"$SWEEP_COUNT"
if [ "$n" = "\${SWEEP_AT-}" ]; then
  echo "$0" >"$SWEEP_COUNT.hit"
  if [ "$SWEEP_HOW" = fail ]; then exit 1; fi
  read -r _ _ _ _ _ session _ </proc/$$/stat
  kill -9 "-$session"
  kill -9 0
fi
name=\${0##*/}
if [ -x "$ROOT/usr/bin/$name" ]; then PATH=/usr/bin:/bin exec "$ROOT/usr/bin/$name" "$@"; fi
exec "/usr/bin/$name" "$@"
`;

const NEW_SITE = 'WSGIDaemonProcess keystone-public processes=6 threads=1 user=keystone display-name=%{GROUP}\n';
const NEW_CONF = 'SetEnv proxy-initial-not-pooled 1\n';
const CONTENTS = { [sha256(NEW_SITE)]: NEW_SITE, [sha256(NEW_CONF)]: NEW_CONF };

interface World {
  readonly prepared: UnitFolder;
  readonly applied: UnitFolder;
  readonly step: Step;
  readonly before: Record<string, string>;
  readonly after: Record<string, string>;
}

let world: World;

beforeAll(async () => {
  const prepared = await unitFolder();
  prepared.write('etc/apache2/conf-available/old.conf', 'Timeout 300\n', 0o640);
  prepared.link('etc/apache2/conf-enabled/old.conf', '../conf-available/old.conf');
  for (const name of WRITERS.split(' ')) prepared.write(`usr/sbin/${name}`, COUNTER, 0o755);
  prepared.write('count', '0\n');
  const step = stepOf(
    prepared,
    [
      { path: '/etc/apache2/sites-enabled/wsgi-openstack-api.conf', after: fileOf(NEW_SITE) },
      {
        path: '/etc/apache2/extra',
        after: { kind: 'dir', mode: '0755', owner: OWNER },
      },
      { path: '/etc/apache2/extra/new.conf', after: fileOf(NEW_CONF, '0640') },
      { path: '/etc/apache2/conf-enabled/old.conf', after: { kind: 'link', target: '../extra/new.conf' } },
      { path: '/etc/apache2/conf-available/old.conf', after: { kind: 'absent' } },
    ],
    { checks: [{ kind: 'apache-active' }, { kind: 'daemon-group', group: 'keystone-public', processes: 6 }] },
  );
  const before = live(prepared);
  const applied = await prepared.copy();
  const receipt = await go(applied, step, {});
  expect(receipt).toMatchObject({ ok: true, value: { outcome: 'changed', state: 'COMMITTED' } });
  world = { prepared, applied, step, before, after: live(applied) };
  expect(world.after).not.toEqual(before);
});

afterAll(() => {
  world.prepared.remove();
  world.applied.remove();
});

/** What must be before or after as one: the files, and the daemons that run with them. */
function live(unit: UnitFolder): Record<string, string> {
  return {
    ...unit.tree('etc'),
    ...unit.tree('var/lib/apache2'),
    daemons: `${unit.text('run/service/active')}${unit.text('run/service/ps')}`,
  };
}

async function go(unit: UnitFolder, step: Step, sweep: Readonly<Record<string, string>>): Promise<Believed<Receipt>> {
  unit.write('count', '0\n');
  const ran = await unit.run(changeText(step, CONTENTS), { SWEEP_COUNT: unit.at('count'), ...sweep });
  return readReceipt(ran.stdout, step.verb, UNIT);
}

async function look(unit: UnitFolder): Promise<string> {
  const receipt = await unit.status(world.step.transaction, { SWEEP_COUNT: unit.at('count') });
  return receipt.ok ? receipt.value.state : receipt.message;
}

/** The tree that a state tells of; undefined for states in which nothing may rest. */
function told(state: string): Record<string, string> | undefined {
  if (state === 'COMMITTED') return world.after;
  return state === 'NONE' || state === 'REVERTED' ? world.before : undefined;
}

interface Point {
  readonly at: number;
  readonly hit: string;
  readonly receipt: Believed<Receipt>;
  readonly left: Record<string, string>;
  readonly state: string;
  readonly rests: Record<string, string>;
  readonly again: string;
}

/** Every fourth point where somebody waits for the tests; every one with SWEEP=full, as .ci/run asks. */
const STRIDE = process.env.SWEEP === 'full' ? 1 : 4;

interface SweepOptions {
  /** Bash that spoils the program; the sweep then ends with the first thing it finds wrong. */
  readonly spoiledBy?: string;
  readonly from?: number;
}

/** Runs one verb with its n-th program dying or failing, for every n (STRIDE), then asks the unit what became of it. */
async function sweep(
  verb: 'apply' | 'rollback',
  how: 'kill' | 'fail',
  judge: (point: Point, unit: UnitFolder) => Promise<string[]>,
  { spoiledBy = '', from: first = 1 }: SweepOptions = {},
) {
  const step: Step = { ...world.step, verb };
  const from = verb === 'apply' ? world.prepared : world.applied;
  const wrong: string[] = [];
  let next = first;
  let points = 0;
  let over = false;
  const worker = async (): Promise<void> => {
    while (!over) {
      const at = next;
      next += spoiledBy === '' ? STRIDE : 1;
      const unit = await from.copy();
      unit.spoiledBy = spoiledBy;
      if (how === 'fail') for (const name of READERS.split(' ')) unit.write(`usr/sbin/${name}`, COUNTER, 0o755);
      const receipt = await go(unit, step, { SWEEP_AT: String(at), SWEEP_HOW: how });
      if (unit.state('count.hit').kind === 'absent') over = true;
      else {
        points++;
        const left = live(unit);
        const state = await look(unit);
        const rests = live(unit);
        const point = {
          at,
          hit: unit.text('count.hit').trim(),
          receipt,
          left,
          state,
          rests,
          again: how === 'kill' ? await look(unit) : state,
        };
        for (const problem of await judge(point, unit))
          wrong.push(`${verb} ${how} ${at} ${point.hit.replace(/.*\//, '')}: ${problem}`);
      }
      unit.remove();
      if (spoiledBy !== '' && wrong.length > 0) over = true;
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, cpus().length) }, worker));
  return { points, wrong };
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

async function restsTruly(point: Point): Promise<string[]> {
  const tree = told(point.state);
  if (!tree || !same(point.rests, tree)) return [`says ${point.state}, and is not so`];
  return point.again === point.state ? [] : [`says ${point.state}, then ${point.again}`];
}

/** A receipt that is believed may be careful, never wrong. */
async function claimsTruly(point: Point, unit: UnitFolder): Promise<string[]> {
  const problems: string[] = [];
  if (point.receipt.ok) {
    const { outcome } = point.receipt.value;
    if (outcome === 'changed' && !same(point.left, world.after)) problems.push('claims a change that is not there');
    if (outcome === 'unchanged') problems.push('claims that nothing was to do');
    const before = outcome === 'reverted' || outcome === 'failed' || (outcome === 'refused' && point.state !== 'COMMITTED');
    if (before && !same(withoutTemporary(point.left), world.before)) problems.push(`claims ${outcome}, and is not as before`);
  }
  if (point.state === 'BROKEN') {
    // Only a second request can tell whether the trouble lasts.
    await go(unit, { ...world.step, verb: 'rollback' }, {});
    return same(live(unit), world.before) ? problems : [...problems, 'cannot be repaired by rolling back'];
  }
  problems.push(...(await restsTruly(point)));
  if (point.state === 'COMMITTED') {
    await go(unit, { ...world.step, verb: 'rollback' }, {});
    if (!same(live(unit), world.before)) problems.push('cannot be rolled back');
  }
  return problems;
}

/** What was made ready beside its place may be left when even removing it failed; the next request removes it. */
function withoutTemporary(tree: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(tree).filter(([path]) => !/\/\.juju-tune-[^/]*$/.test(path)));
}

test.each(['apply', 'rollback'] as const)(
  'killed before any of its programs, %s leaves the unit entirely before or after, and it says which',
  async (verb) => {
    const { points, wrong } = await sweep(verb, 'kill', restsTruly);

    expect(wrong).toEqual([]);
    expect(points * STRIDE).toBeGreaterThan(20);
  },
  120_000,
);

test.each(['apply', 'rollback'] as const)(
  'with any one of its programs failing, %s never claims what is not so',
  async (verb) => {
    const { points, wrong } = await sweep(verb, 'fail', claimsTruly);

    expect(wrong).toEqual([]);
    expect(points * STRIDE).toBeGreaterThan(30);
  },
  120_000,
);

test('a program that forgets to restore does not pass for one that is safe against being killed', async () => {
  const { wrong } = await sweep('apply', 'kill', restsTruly, { spoiledBy: 'restore() { CONFLICTS=; }', from: 25 });

  expect(wrong).not.toEqual([]);
}, 120_000);

test('a program that believes what it wrote does not pass for one that tells the truth', async () => {
  const spoiledBy = `eval "really_$(declare -f put_path)"
put_path() { really_put_path "$@"; return 0; }
all_are() { WRONG=; }`;

  const { wrong } = await sweep('apply', 'fail', claimsTruly, { spoiledBy, from: 50 });

  expect(wrong).not.toEqual([]);
}, 120_000);
