import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DemoWorld, run } from './demo-world.js';

let world: DemoWorld;
beforeAll(async () => {
  world = await DemoWorld.make();
});
afterAll(() => world.dispose());

const demo = (...argv: string[]) => run([...world.demoProgram, ...argv], { env: { PATH: '/usr/bin:/bin', HOME: world.dir } });

test('a unit is laid out as its charm leaves it', () => {
  const etc = join(world.root('keystone/0'), 'etc/apache2');
  const site = join(etc, 'sites-enabled/wsgi-openstack-api.conf');
  const text = readFileSync(site, 'utf8');

  expect(text.startsWith('# Configuration file maintained by Juju. Local changes may be overwritten.\n')).toBe(true);
  expect(text).toMatch(
    /WSGIDaemonProcess keystone-public processes=12 threads=1 user=keystone group=keystone \\\n +display-name=%\{GROUP\}/,
  );
  expect(text).toContain('KeepAliveTimeout 75');
  expect(text).toContain('WSGISocketRotation On');
  expect((statSync(site).mode & 0o777).toString(8)).toBe('644');
  expect(readdirSync(join(etc, 'mods-enabled')).filter((name) => name.startsWith('mpm_'))).toEqual([
    'mpm_event.conf',
    'mpm_event.load',
  ]);
  expect(readFileSync(join(world.root('keystone/2'), 'etc/apache2/sites-enabled/wsgi-openstack-api.conf'), 'utf8')).toContain(
    'keystone-public processes=8',
  );
  const gnocchi = readFileSync(join(world.root('gnocchi/0'), 'etc/apache2/sites-available/gnocchi-api.conf'), 'utf8');
  expect(gnocchi).not.toContain('KeepAliveTimeout');
  expect(gnocchi).not.toContain('WSGISocketRotation');
});

test('haproxy of a unit lists every unit of the application in tcp mode', () => {
  const text = readFileSync(join(world.root('keystone/1'), 'etc/haproxy/haproxy.cfg'), 'utf8');

  expect(text).toContain('mode tcp');
  expect(text.match(/^ {4}server (\S+) \S+:4990/gm)?.map((line) => line.trim().split(' ')[1])).toEqual([
    'keystone-0',
    'keystone-1',
    'keystone-2',
  ]);
});

test('setting up again keeps what is there; --reset does not', async () => {
  const marker = join(world.root('keystone/0'), 'etc/apache2/conf-available/mine.conf');
  writeFileSync(marker, '# mine\n');

  await demo('setup', '--dir', world.dir, '--dialect', '4.0', '--speed', '10');
  expect(existsSync(marker)).toBe(true);
  expect((await world.juju('version')).stdout).toMatch(/^4\.0/);

  const said = await demo('setup', '--dir', world.dir, '--reset');
  expect(existsSync(marker)).toBe(false);
  expect(JSON.parse(said.stdout)).toMatchObject({
    dir: world.dir,
    env: { JUJU_DATA: join(world.dir, 'juju-data'), JUJU_TUNE_DEMO: world.dir },
  });
  expect((await world.juju('version')).stdout).toMatch(/^3\.6/);
});

test('a change of speed makes no jump of the time', async () => {
  const now = async () => Number((await world.on('keystone/0', 'date +%s')).stdout);
  await demo('setup', '--dir', world.dir, '--speed', '3600');
  const before = await now();
  await demo('setup', '--dir', world.dir, '--speed', '1');

  expect((await now()) - before).toBeGreaterThanOrEqual(0);
  expect((await now()) - (await now())).toBeGreaterThanOrEqual(-2);
});

test.each(['/bin/sh', '/bin/bash', '/bin/zsh', '/usr/bin/zsh'].filter((shell) => existsSync(shell)))(
  '%s enters the demo and leaves it again',
  async (shell) => {
    const env = (off: string) => `eval "$(${world.demoProgram.join(' ')} env --dir '${world.dir}'${off})"`;
    const script = `PS1='$ '; JUJU_MODEL=mine; before=$PATH; ${env('')}; ${env('')}; echo "$PS1|\${JUJU_MODEL-unset}|$(command -v juju)|$JUJU_DATA"; ${env(' --off')}; [ "$PATH" = "$before" ] && echo "$PS1|$JUJU_MODEL|\${JUJU_DATA-unset}"; ${env(' --off')}; echo $?`;
    const said = await run([shell, '-c', script], { env: { PATH: '/usr/bin:/bin' } });

    expect(said).toMatchObject({
      stdout: `(juju-tune demo) $ |unset|${world.dir}/bin/juju|${world.dir}/juju-data\n$ |mine|unset\n0\n`,
      stderr: '',
    });
  },
);

test('env sets up the cloud that it enters, as its options say', async () => {
  const dir = join(world.dir, 'not-yet');
  const said = await run(
    ['/bin/sh', '-c', `eval "$(${world.demoProgram.join(' ')} env --dir '${dir}' --dialect 4.0)" && juju version`],
    { env: { PATH: '/usr/bin:/bin', HOME: world.dir } },
  );

  expect(said).toMatchObject({ code: 0, stdout: expect.stringMatching(/^4\.0/), stderr: '' });

  const left = join(world.dir, 'never-entered');
  expect((await demo('env', '--dir', left, '--off')).code).toBe(0);
  expect(existsSync(left)).toBe(false);
});

test('layout writes the same files over a tree of its own', async () => {
  const dir = join(world.dir, 'elsewhere');
  await demo(
    'layout',
    'keystone',
    dir,
    '--unit',
    'keystone/1',
    '--address',
    '10.246.64.62',
    '--peers',
    '10.246.64.24,10.246.64.62,10.246.64.102',
  );

  for (const path of [
    'etc/apache2/sites-enabled/wsgi-openstack-api.conf',
    'etc/apache2/sites-available/openstack_https_frontend.conf',
    'etc/haproxy/haproxy.cfg',
  ]) {
    expect(readFileSync(join(dir, path), 'utf8')).toBe(readFileSync(join(world.root('keystone/1'), path), 'utf8'));
  }
});

test('mistakes are said in a sentence', async () => {
  expect(await demo('setup', '--dialect', '5')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--dialect must be 2.9, 3.6 or 4.0, not "5"'),
  });
  expect(await demo('setup', '--dir', world.dir, '--scenario', '/none')).toMatchObject({
    code: 70,
    stderr: expect.stringContaining('cannot read scenario "/none"'),
  });
  expect(await demo('setup', '--bogus')).toMatchObject({ code: 2 });
});

test('scale mode answers for every unit with its own name in a frame that fits', async () => {
  const scale = await DemoWorld.make({ units: 60 });
  const said = await scale.juju(
    'exec',
    '--format',
    'json',
    '--app',
    'gnocchi',
    '--',
    `body=$(printf 'juju-tune-receipt\\t1\\tprobe\\nfact\\tunit\\t%s' "$JUJU_UNIT_NAME"); printf '%s\\n' "$body"; printf 'end\\t%s\\n' "$(printf '%s\\n' "$body" | sha256sum | cut -c1-64)"`,
  );
  scale.dispose();

  const answers = Object.values(JSON.parse(said.stdout) as Record<string, { unit: string; results: { stdout: string } }>);
  expect(answers).toHaveLength(25);
  for (const { unit, results } of answers) expect(results.stdout).toContain(`fact\tunit\t${unit}\n`);
  expect(new Set(answers.map(({ results }) => results.stdout.split('end\t')[1])).size).toBe(25);
});

test.skipIf(process.getuid?.() !== 0)('it needs no root (skipped unless the test itself has it to give away)', async () => {
  const home = mkdtempSync(join(tmpdir(), 'juju-tune-nobody-'));
  chmodSync(home, 0o777);
  chmodSync(join(world.dir, '..'), 0o755);
  const as = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
  const env = { PATH: '/usr/bin:/bin', JUJU_DATA: join(home, 'cloud', 'juju-data') };
  const made = await run([...as, ...world.demoProgram, 'setup', '--dir', join(home, 'cloud')], { env });
  const said = await run(
    [
      ...as,
      join(home, 'cloud/bin/juju'),
      'exec',
      '--unit',
      'keystone/0',
      '--',
      'systemctl restart apache2 && systemctl is-active apache2',
    ],
    { env },
  );
  rmSync(home, { recursive: true, force: true });

  expect(made.code).toBe(0);
  expect(said.stdout).toBe('active\n');
});
