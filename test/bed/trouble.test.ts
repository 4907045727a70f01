import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bed, obstacle } from './bed.js';
import { Front, type RunResult } from './front.js';
import { unitsOf } from './units.js';

const reason = obstacle();
if (reason) console.warn(`skipped, ${reason}`);

const KEYSTONES = unitsOf('keystone').map((unit) => unit.name);
const FOR_KEYSTONE = ['--yes', 'keystone', '--measure', '0'] as const;
/** Nothing is asked of these units, so that there is nothing to watch. */
const UNWATCHED = ['--bake', '0'] as const;

describe.skipIf(reason)('trouble on real units leaves them as they were', () => {
  let bed: Bed;
  let front: Front;
  let before: readonly (readonly string[])[];
  beforeAll(async () => {
    bed = await Bed.start();
    front = Front.open(bed);
    before = await lookAt();
  });
  afterAll(async () => {
    front?.close();
    await bed?.down();
  });

  test.each([
    ['a directive that Apache does not know', ['apache-conf', 'name=bad', 'directives=NoSuchDirective on'], 3, 'NoSuchDirective'],
    [
      'a limit that Apache would silently make smaller',
      ['apache-conf', 'name=bad', 'directives=MaxRequestWorkers 300000'],
      3,
      'AH00515',
    ],
    ['a number that is out of range', ['wsgi-processes', 'processes=9999'], 2, '9999'],
    ['a group that is not there', ['wsgi-processes', 'group=nova', 'processes=+1'], 3, 'nova'],
  ])('%s is refused', async (_, words, code, said) => {
    const planned = await front.tune('plan', 'keystone', ...words);
    const applied = await front.tune('apply', 'keystone', ...words, ...FOR_KEYSTONE);

    expect([planned.code, applied.code]).toEqual([code, code]);
    expect(`${planned.stdout}${planned.stderr}`).toContain(said);
    expect(await lookAt()).toEqual(before);
  });

  test('an Apache that does not come up again is restored, and the others are not touched', async () => {
    // configtest cannot see that the port is taken.
    for (const unit of KEYSTONES) await bed.sh(unit, 'systemd-run --quiet --unit=occupant python3 -m http.server 12345');
    await bed.until('keystone/1', 'ss -ltnH | grep -q :12345');
    const occupied = await lookAt();

    const run = await front.json<RunResult>(
      6,
      'apply',
      'keystone',
      'apache-conf',
      'name=taken',
      'directives=Listen 12345',
      ...UNWATCHED,
      ...FOR_KEYSTONE,
    );

    expect(run.results.map(({ outcome, code }) => `${outcome} ${code}`.trim()).sort()).toEqual([
      'not-started',
      'not-started',
      'reverted START_FAILED',
    ]);
    expect(run.results.flatMap(({ log }) => log).join('\n')).toContain('AH00072');
    expect(await lookAt()).toEqual(occupied);
    for (const unit of KEYSTONES) await bed.sh(unit, 'systemctl stop occupant');
    await bed.serving(KEYSTONES);
  });

  test('a unit whose Apache was started four times just now survives a switch of the MPM there and back', async () => {
    // The sixth start within ten seconds would leave it down.
    await bed.sh('keystone/1', 'systemctl reset-failed apache2; for i in 1 2 3 4; do systemctl restart apache2; done');

    const run = await front.json<RunResult>(0, 'apply', 'keystone/1', 'mpm-switch', 'to=worker', ...UNWATCHED, ...FOR_KEYSTONE);
    await bed.sh('keystone/1', 'systemctl reset-failed apache2; for i in 1 2 3 4; do systemctl restart apache2; done');
    await front.json(0, 'rollback', run.id, ...FOR_KEYSTONE);

    expect(await lookAt()).toEqual(before);
  });

  test('a unit that was changed after it was planned refuses, and nothing on it changes', async () => {
    const file = join(front.dir, 'saved.plan');
    const site = '/etc/apache2/sites-enabled/wsgi-openstack-api.conf';
    await front.json(0, 'plan', 'keystone', 'wsgi-processes', 'processes=+2', '-o', file);
    for (const unit of KEYSTONES) await bed.sh(unit, `cp -p ${site} /root/kept; sed -i 's/processes=12/processes=13/' ${site}`);
    const changed = await lookAt();

    const ended = await front.tune('apply', '--plan', file, ...FOR_KEYSTONE);

    expect(ended.code).toBe(3);
    expect(`${ended.stdout}${ended.stderr}`).toContain('processes=13');
    expect(await lookAt()).toEqual(changed);
    for (const unit of KEYSTONES) await bed.sh(unit, `cp -p /root/kept ${site}`);
  });

  test('a juju-tune that is killed in the middle leaves no unit half-way, and its run can be taken back', async () => {
    const killed = await front.killedAfter(
      'unit-settled',
      'apply',
      'keystone',
      'wsgi-processes',
      'processes=+2',
      ...UNWATCHED,
      ...FOR_KEYSTONE,
    );
    expect(killed).toBe('SIGKILL');

    const { runs } = await front.json<{ runs: { id: string; status: string }[] }>(0, 'runs');
    expect(runs.at(-1)?.status).toBe('unfinished');
    await front.json(0, 'rollback', runs.at(-1)?.id ?? '', ...FOR_KEYSTONE);

    expect(await lookAt()).toEqual(before);
  });

  function lookAt(): Promise<readonly (readonly string[])[]> {
    return Promise.all(KEYSTONES.map(async (unit) => [...(await bed.processes(unit)), ...(await bed.tree(unit))]));
  }
});
