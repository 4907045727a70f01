import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DemoWorld } from './demo-world.js';

const CONF = 'etc/apache2/conf-enabled/zz-test.conf';
const write = (text: string) => `printf '%s\\n' '${text}' >"$ROOT/${CONF}"; `;
const SWAP = 'a2dismod -q mpm_event && a2enmod -q mpm_worker; ';

/** Each group changes its own unit. */
let world: DemoWorld;

beforeAll(async () => {
  world = await DemoWorld.make({ speed: 60 });
});
afterAll(() => world.dispose());

async function words(unit: string, script: string): Promise<string> {
  const { stdout, stderr, code } = await world.on(unit, script);
  return `${stdout}${stderr}rc ${code}`;
}

describe('apache2ctl', () => {
  const unit = 'cinder/0';
  const check = async (text: string) => words(unit, `${write(text)} apache2ctl -t; rc=$?; rm "$ROOT/${CONF}"; exit $rc`);

  test('accepts what the charm rendered', async () => {
    expect(await words(unit, 'apache2ctl -t')).toBe('Syntax OK\nrc 0');
  });

  test('names file and line of a word that it does not know', async () => {
    expect(await check('# one\nProxyPoool On')).toBe(
      [
        'AH00526: Syntax error on line 2 of /etc/apache2/conf-enabled/zz-test.conf:',
        "Invalid command 'ProxyPoool', perhaps misspelled or defined by a module not included in the server configuration",
        "Action '-t' failed.",
        'The Apache error log may have more information.',
        'rc 1',
      ].join('\n'),
    );
  });

  test('takes a directive only with the module that brings it', async () => {
    expect(await check('RewriteEngine On')).toContain("Invalid command 'RewriteEngine'");
    expect(await check('<IfModule mod_rewrite.c>\nRewriteEngine On\n</IfModule>')).toBe('Syntax OK\nrc 0');
  });

  test('has no WSGISocketRotation inside a virtual host', async () => {
    expect(await check('<VirtualHost *:81>\nWSGISocketRotation Off\n</VirtualHost>')).toContain(
      'WSGISocketRotation cannot occur within <VirtualHost> section',
    );
  });

  test('refuses a daemon process group twice', async () => {
    expect(await check('WSGIDaemonProcess cinder processes=2')).toContain('Name duplicates previous WSGI daemon definition.');
  });

  test('clamps limits, warns, and ends with 0', async () => {
    const said = await check('ServerLimit 300\nThreadsPerChild 1000\nMaxRequestWorkers 300000');

    expect(said.match(/^AH\d+/gm)).toEqual(['AH00507', 'AH00513', 'AH00515']);
    expect(said).toContain('decreasing to 19200');
    expect(said).toContain('Syntax OK\nrc 0');
  });

  test('looks at a staged tree by APACHE_CONFDIR', async () => {
    const staged = 'cp -a "$ROOT/etc/apache2" "$ROOT/tmp/staged"; echo Nonsense >"$ROOT/tmp/staged/conf-enabled/x.conf"; ';

    expect(await words(unit, `${staged} APACHE_CONFDIR="$ROOT/tmp/staged" apache2ctl -t`)).toContain(
      'line 1 of /tmp/staged/conf-enabled/x.conf',
    );
    expect(await words(unit, 'apache2ctl -t')).toBe('Syntax OK\nrc 0');
  });

  test('passes over a link that leads nowhere', async () => {
    expect(
      await words(unit, `ln -s ../conf-available/gone.conf "$ROOT/${CONF}"; apache2ctl -t; rc=$?; rm "$ROOT/${CONF}"; exit $rc`),
    ).toBe('Syntax OK\nrc 0');
  });

  test('wants exactly one MPM', async () => {
    const link = '"$ROOT/etc/apache2/mods-enabled/mpm_worker.load"';
    expect(await words(unit, `ln -s ../mods-available/mpm_worker.load ${link}; apache2ctl -t; rm ${link}`)).toContain(
      'More than one MPM loaded.',
    );
    expect(await words(unit, 'a2dismod -q mpm_event; apache2ctl -t; a2enmod -q mpm_event')).toContain('No MPM loaded.');
  });
});

describe('a2enmod and its kind', () => {
  const unit = 'placement/0';

  test('link and mark as Debian does', async () => {
    await world.on(unit, 'echo "SetEnv A 1" >"$ROOT/etc/apache2/conf-available/mine.conf"; a2enconf -q mine');
    const look = await words(
      unit,
      'readlink "$ROOT/etc/apache2/conf-enabled/mine.conf"; ls "$ROOT/var/lib/apache2/conf/enabled_by_admin"; a2query -c mine',
    );
    expect(look).toBe('../conf-available/mine.conf\nmine\nmine (enabled by site administrator)\nrc 0');

    await world.on(unit, 'a2disconf -q mine');
    expect(
      await words(
        unit,
        'ls "$ROOT/var/lib/apache2/conf/disabled_by_admin" "$ROOT/var/lib/apache2/conf/enabled_by_admin"; a2query -c mine 2>&1',
      ),
    ).toMatch(
      /disabled_by_admin:\nmine\n\n.*enabled_by_admin:\nNo conf matches mine \(disabled by site administrator\)\nrc 32$/s,
    );
  });

  test('refuse a second MPM, a missing conf and a site that is a plain file', async () => {
    expect(await words(unit, 'a2enmod mpm_worker')).toContain(
      'ERROR: Module mpm_event is enabled - cannot proceed due to conflicts.',
    );
    expect(await words(unit, 'a2enconf nothing')).toContain('ERROR: Conf nothing does not exist!\nrc 1');
    expect(await words('keystone/0', 'a2dissite wsgi-openstack-api')).toContain('does not exist!\nrc 1');
  });

  test('refuse to take away what others depend on', async () => {
    expect(await words(unit, 'a2dismod proxy')).toContain('depend on proxy and need to be disabled first: proxy_http\nrc 1');
  });
});

describe('systemctl', () => {
  test('reload after a change of the MPM ends with 0 and leaves Apache dead a moment later', async () => {
    const said = await words(
      'nova-cloud-controller/0',
      `${SWAP} systemctl reload apache2; echo $?; sleep 1; systemctl is-active apache2; tail -1 "$ROOT/var/log/apache2/error.log"`,
    );

    expect(said).toMatch(/^0\nfailed\n.*AH00534: apache2: Configuration error: The MPM cannot be changed during restart/);
  });

  test('restart after a change of the MPM runs the new one', async () => {
    const said = await words(
      'nova-cloud-controller/1',
      `${SWAP} systemctl restart apache2; systemctl is-active apache2; grep -ho 'mod_mpm_[a-z]*' "$ROOT"/proc/"$(cat "$ROOT/run/apache2/apache2.pid")"/maps`,
    );

    expect(said).toBe('active\nmod_mpm_worker\nrc 0');
  });

  test('a sixth start within ten seconds leaves Apache down until reset-failed', async () => {
    const slow = await DemoWorld.make({ speed: 0.3 });
    const again =
      'for n in 1 2 3 4 5; do systemctl kill -s TERM apache2; systemctl start apache2 || exit 9; done; systemctl kill -s TERM apache2; ';
    const said = await slow.on(
      'cinder/0',
      `${again} systemctl start apache2; systemctl is-active apache2; systemctl show apache2 -p Result --value; systemctl reset-failed apache2; systemctl start apache2; systemctl is-active apache2`,
    );
    slow.dispose();

    expect(said.stdout).toBe('failed\nstart-limit-hit\nactive\n');
  });

  test('reload refuses what does not parse, and Apache goes on', async () => {
    const said = await words(
      'gnocchi/0',
      `${write('Nonsense')} systemctl reload apache2; echo $?; systemctl is-active apache2; rm "$ROOT/${CONF}"`,
    );

    expect(said).toContain('1\nactive\n');
    expect(said).toContain('Job for apache2.service failed');
  });

  test('restart with what does not parse leaves Apache failed, without listeners', async () => {
    const said = await words(
      'gnocchi/1',
      `${write('Nonsense')} systemctl restart apache2; echo $?; systemctl is-active apache2; ss -ltnpH | grep -c apache2`,
    );

    expect(said).toContain('1\nfailed\n0\n');
  });

  test('a reload renames the sockets and runs the processes that the file asks for', async () => {
    const site = '"$ROOT/etc/apache2/sites-enabled/wsgi-openstack-api.conf"';
    const said = await words(
      'keystone/1',
      `sed -i 's/processes=12/processes=20/' ${site}; systemctl reload apache2; ls "$ROOT/run/apache2"; ps -eo args= | grep -c '^(wsgi:keystone-p'`,
    );

    expect(said).toMatch(/wsgi\.\d+\.1\.1\.sock\nwsgi\.\d+\.1\.2\.sock\n20\nrc 0$/);
  });
});

describe('looking', () => {
  test('haproxy of every unit shows a server down while its Apache is, and up again soon after', async () => {
    const server = `show() { echo 'show stat' | socat - "UNIX:$ROOT/run/haproxy/admin.sock" | awk -F, '$1 ~ /^public-port/ && $2 == "keystone-2" { print $18 }'; }; show`;
    await world.on('keystone/2', 'systemctl stop apache2');
    const down = await world.on('keystone/0', server);
    await world.on('keystone/2', 'systemctl start apache2');
    const up = await world.on('keystone/0', `sleep 5; ${server}`);

    expect(down.stdout).toBe('DOWN\n');
    expect(up.stdout).toBe('UP\n');
  });

  test('time is virtual and sleep goes with it', async () => {
    const said = await world.on(
      'keystone/0',
      'a=$(date +%s); sleep 30; b=$(date +%s); echo $((b - a)); date -u -d @0 +%Y; date -u +%Y-%m-%dT%H:%M:%S',
    );

    const [seconds, epoch, now] = said.stdout.trim().split('\n');
    expect(Number(seconds)).toBeGreaterThanOrEqual(30);
    expect(epoch).toBe('1970');
    expect(now).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    expect(said.milliseconds).toBeLessThan(15_000);
  });

  test('curl meets each layer as it is', async () => {
    const probe = (url: string) => `curl -sk -o /dev/null -w '%{http_code}' ${url}; echo " $?"; `;
    const said = await world.on(
      'keystone/0',
      probe('https://10.0.0.1:4990/v3') +
        probe('http://10.0.0.1:4990/v3') +
        probe('https://10.0.0.1:4980/v3') +
        probe('http://10.0.0.1:4981/'),
    );

    expect(said.stdout).toBe('200 0\n400 0\n000 35\n000 7\n');
  });

  test('dpkg-query, nproc and ss speak as the real ones', async () => {
    const said = await world.on(
      'keystone/0',
      `dpkg-query -W -f '\${Version}\\n' apache2; nproc; ss -ltnH | awk '{ print $4 }' | sort -u | tr '\\n' ' '; ss -xlH | wc -l`,
    );

    expect(said.stdout).toBe('2.4.52-1ubuntu4.16\n32\n*:35337 *:35347 *:443 *:4980 *:4990 *:80 0.0.0.0:35357 0.0.0.0:5000 2\n');
  });
});

test('the stand-ins of a unit are found before the real commands', () => {
  const names = (folder: string) => readdirSync(join(world.root('keystone/0'), folder));

  expect([...names('usr/bin'), ...names('usr/sbin')].sort()).toEqual(
    expect.arrayContaining([
      'a2disconf',
      'a2dismod',
      'a2enconf',
      'a2enmod',
      'a2query',
      'apache2ctl',
      'curl',
      'date',
      'dpkg-query',
      'nproc',
      'ps',
      'sleep',
      'socat',
      'ss',
      'systemctl',
      'systemd-run',
    ]),
  );
});
