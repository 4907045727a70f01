import { expect, test } from 'vitest';
import type { Step } from '../../src/domain/plan.js';
import type { Order } from '../../src/engine/ports.js';
import { readProbe } from '../../src/unit/receipt.js';
import { changeScripts, collectScripts, probeScripts, SCRIPT_LIMIT, statusScripts } from '../../src/unit/request.js';
import { aUnit } from './a-unit.js';
import { fileOf, MODEL, orderOf, sha256, stepOf, termsOf, UNIT, type UnitFolder } from './unit-folder.js';

const PATH = '/etc/apache2/conf-enabled/zz-juju-tune-x.conf';

function stepsFor(unit: UnitFolder, texts: readonly string[]): Step[] {
  return texts.map((text, index) => ({
    ...stepOf(unit, [{ path: PATH, after: fileOf(text) }], { transaction: `run-0001-keystone-${index}` }),
    unit: `keystone/${index}`,
  }));
}

function ordersFor(unit: UnitFolder, texts: readonly string[]): Order[] {
  return stepsFor(unit, texts).map(orderOf);
}

function contentsOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(texts.map((text) => [sha256(text), text]));
}

function noise(length: number, seed: number): string {
  let text = '';
  for (let number = seed; text.length < length; number++) text += sha256(String(number));
  return text;
}

test('fifty units with a site file each are one script', async () => {
  const unit = await aUnit();
  const site = 'WSGIDaemonProcess keystone-public processes=20 threads=1 user=keystone display-name=%{GROUP}\n'.repeat(40);
  const texts = Array.from({ length: 50 }, (_, index) => `Listen 10.0.0.${index}:4980\n${site}`);

  const scripts = changeScripts(MODEL, ordersFor(unit, texts), contentsOf(texts), {});

  expect(scripts.map(({ verb, units }) => [verb, units.length])).toEqual([['change', 50]]);
  expect(scripts[0]?.text.length).toBeLessThan(SCRIPT_LIMIT / 2);
});

test('what does not fit is split, and every unit is in one script', async () => {
  const unit = await aUnit();
  const texts = Array.from({ length: 7 }, (_, index) => noise(60_000, index * 1000));
  const orders = ordersFor(unit, texts);
  const back: Order = { verb: 'rollback', unit: 'keystone/9', transaction: 'run-0001-keystone-9', budgetSeconds: 60 };

  const scripts = changeScripts(MODEL, [...orders, back], contentsOf(texts), {});

  expect(scripts.flatMap(({ units }) => units)).toEqual([...orders.map((order) => order.unit), 'keystone/9']);
  expect(scripts.length).toBeGreaterThan(2);
  expect(Math.max(...scripts.map(({ text }) => text.length))).toBeLessThanOrEqual(SCRIPT_LIMIT);
  expect(scripts.at(-1)?.text).toMatch(/^# juju-tune (apply, )?rollback\n/);
});

test('a change that is too large for one unit, or that lacks a content, is not sent', async () => {
  const unit = await aUnit();
  const large = [noise(400_000, 1)];
  expect(() => changeScripts(MODEL, ordersFor(unit, large), contentsOf(large), {})).toThrow(
    /cannot send this change: it takes \d+ bytes/,
  );
  expect(() => changeScripts(MODEL, ordersFor(unit, ['x\n']), {}, {})).toThrow(/is not in the plan/);
});

test('the same request is the same text, and holds no value as shell text and none of the words that Juju looks for', async () => {
  const unit = await aUnit();
  const text = '$(touch pwned) juju-run juju-exec\n';
  const build = (): string[] =>
    [
      ...changeScripts(MODEL, ordersFor(unit, [text]), contentsOf([text]), { 'keystone/0': termsOf() }),
      ...probeScripts(MODEL, { paths: ['/etc/juju-run'], globs: [] }, [UNIT]),
      ...statusScripts(MODEL, { [UNIT]: { transaction: 'juju-run-0001' } }),
      ...collectScripts(MODEL, [], { window: 'juju-exec' }, [UNIT]),
    ].map((script) => script.text);

  const texts = build();

  expect(build()).toEqual(texts);
  for (const one of texts) {
    expect(one).not.toMatch(/juju-run|juju-exec|pwned/);
    expect(one.length).toBeLessThan(44_000);
  }
});

test('a probe tells what is there, with the files that links lead to and their contents', async () => {
  const unit = await aUnit();
  unit.write('etc/apache2/sites-available/absolute.conf', 'Listen 5000\n');
  unit.link('etc/apache2/sites-enabled/absolute.conf', '/etc/apache2/sites-available/absolute.conf');
  unit.link('etc/apache2/sites-enabled/dangling.conf', '../sites-available/none.conf');
  const before = { ...unit.tree('etc', true), ...unit.tree('var', true) };

  const probe = await unit.probe(['/etc/apache2/absent.conf', '/etc/machine-id'], ['/etc/apache2/sites-enabled/*']);

  if (!probe.ok) throw new Error(probe.message);
  expect(probe.value.paths.map(({ path, state }) => `${path} ${state.kind}`)).toEqual([
    '/etc/apache2/absent.conf absent',
    '/etc/machine-id file',
    '/etc/apache2/sites-enabled/absolute.conf link',
    '/etc/apache2/sites-enabled/dangling.conf link',
    '/etc/apache2/sites-enabled/wsgi-openstack-api.conf file',
    '/etc/apache2/sites-available/absolute.conf file',
    '/etc/apache2/sites-available/none.conf absent',
  ]);
  expect(Object.values(probe.value.contents).sort()).toEqual(
    [unit.text('etc/apache2/sites-enabled/wsgi-openstack-api.conf'), 'Listen 5000\n'].sort(),
  );
  expect(probe.value).toMatchObject({ clock: 2_000_000_000, bootId: 'b00t', identity: { modelUuid: MODEL, unit: UNIT } });
  expect(probe.value.facts).toMatchObject({
    'apache.active': 'active',
    'apache.version': '2.4.52',
    'apache.stop-seconds': 90,
    'apache.start-seconds': 45,
    'mpm.disk': 'event',
    'mpm.running': 'event',
    'mpm.links': 1,
    'host.memory-available': 819_200,
    'connections.open': 1,
    'wsgi.keystone-public.processes': 4,
    'wsgi.keystone-public.running': 4,
    'wsgi.keystone-admin.processes': 2,
  });
  expect({ ...unit.tree('etc', true), ...unit.tree('var', true) }).toEqual(before);
});

test('a probe tells whether the unit holds a virtual address', async () => {
  const held = async (unit: UnitFolder): Promise<unknown> => {
    const probe = await unit.probe([], []);
    return probe.ok ? probe.value.facts['vip.held'] : probe;
  };
  const unit = await aUnit();
  const managing = (...addresses: string[]): void =>
    unit.write(
      'var/lib/pacemaker/cib/cib.xml',
      addresses
        .map((address) => `<nvpair id="x" name="${address.includes(':') ? 'ipv6addr' : 'ip'}" value="${address}"/>\n`)
        .join(''),
    );
  const answers = [await held(unit)];

  unit.write(
    'proc/net/fib_trie',
    'Local:\n  |-- 10.20.0.10\n    /32 host LOCAL\n  |-- 10.20.0.100\n    /32 host LOCAL\n  |-- 10.20.0.101\n    /32 link BROADCAST\n',
  );
  unit.write('proc/net/if_inet6', '20010db8000000000000000000000100 02 40 00 80 eth0\n');
  for (const addresses of [['10.20.0.101'], ['10.30.0.1', '10.20.0.100'], ['2001:DB8::101'], ['2001:db8::100']]) {
    managing(...addresses);
    answers.push(await held(unit));
  }
  unit.replaceByLink('etc/apache2/apache2.conf', '/none');
  answers.push(await held(unit));

  expect(answers).toEqual(['no', 'no', 'yes', 'no', 'yes', 'yes']);
});

test('a probe counts the requests that looked for a socket of an earlier generation of the running Apache', async () => {
  const unit = await aUnit();
  const failed = (socket: string, why = 'as user with uid=33.'): string =>
    `2026-11-23 13:40:11.530621 mod_wsgi (pid=11): Unable to connect to WSGI daemon process 'keystone-public' on '/var/run/apache2/wsgi.${socket}.sock' ${why}\n`;
  const backlog = 'after multiple attempts as listener backlog limit was exceeded or the socket does not exist.';
  unit.write('var/log/apache2/error.log', failed('4242.1.1'));
  unit.write(
    'var/log/apache2/keystone_error.log',
    `${failed('4242.0.1')}${failed('4242.2.1')}${failed('99.0.1')}${failed('4242.1.1', backlog)}`,
  );
  const missed = async (): Promise<unknown> => {
    const probe = await unit.probe([], []);
    return probe.ok ? probe.value.facts['wsgi.sockets-missed'] : probe;
  };

  const withoutRotation = await missed();
  for (const socket of ['4242.2.1', '4242.2.2', '99.7.1']) unit.write(`run/apache2/wsgi.${socket}.sock`, '');

  expect([withoutRotation, await missed()]).toEqual([0, 2]);
});

test('a probe with a staged change has Apache judge it and puts nothing in place', async () => {
  const unit = await aUnit();
  const jailed = new Set<unknown>();
  const judge = async (text: string) => {
    const steps = [stepOf(unit, [{ path: PATH, after: fileOf(text) }], { transaction: '' })];
    const [script] = probeScripts(MODEL, { paths: [], globs: [], staged: { steps, contents: contentsOf([text]) } }, [UNIT]);
    const probe = readProbe((await unit.run(script?.text ?? '')).stdout, UNIT);
    if (probe.ok) jailed.add(probe.value.facts.jail);
    return probe.ok ? probe.value.validation : probe;
  };
  const before = unit.tree('etc', true);

  expect(await judge('Timeout 5\n')).toEqual({ ok: true, message: '' });
  expect(await judge('Nonsense\n')).toEqual({ ok: false, message: expect.stringContaining("Invalid command 'Nonsense'") });
  expect(unit.tree('etc', true)).toEqual(before);
  expect(Object.keys(unit.tree('var/lib/juju-tune'))).toEqual(
    jailed.has('mount') ? [] : ['var/lib/juju-tune', 'var/lib/juju-tune/lock', 'var/lib/juju-tune/tx'],
  );
});

test('a large answer comes back compressed', async () => {
  const unit = await aUnit();
  for (let number = 0; number < 30; number++)
    unit.write(`etc/apache2/sites-enabled/${number}.conf`, `# ${number}\n${'SetEnv a b\n'.repeat(100)}`);
  const [script] = probeScripts(MODEL, { paths: [], globs: ['/etc/apache2/sites-enabled/*'] }, [UNIT]);

  const ran = await unit.run(script?.text ?? '');
  const probe = readProbe(ran.stdout, UNIT);

  expect(ran.stdout).toMatch(/^gz /);
  expect(ran.stdout.length).toBeLessThan(10_000);
  expect(probe.ok && Object.keys(probe.value.contents).length).toBe(31);
});

test('a probe ends what was cut off half-way', async () => {
  const unit = await aUnit();
  const step = stepOf(unit, [{ path: PATH, after: fileOf('x\n') }]);
  const before = unit.tree('etc');
  await unit.change(step, contentsOf(['x\n']));
  unit.write(`var/lib/juju-tune/tx/${step.transaction}/state`, 'ACTIVATING activated\n');

  const probe = await unit.probe([PATH], []);

  expect(probe.ok && probe.value.transactions).toEqual([{ id: step.transaction, state: 'REVERTED' }]);
  expect(probe.ok && probe.value.paths).toEqual([{ path: PATH, state: { kind: 'absent' } }]);
  expect(unit.tree('etc')).toEqual(before);
});
