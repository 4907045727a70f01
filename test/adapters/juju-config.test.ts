import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { JujuClient, ModelCommand } from '../../src/adapters/juju-client.js';
import { createCharmConfiguration, parseConfig } from '../../src/adapters/juju-config.js';

const SETTINGS = {
  'worker-multiplier': { description: '', type: 'float', source: 'user', value: 0.5 },
  'haproxy-server-timeout': { description: '', type: 'int', source: 'unset' },
  debug: { description: '', type: 'boolean', source: 'default', value: false, default: false },
  'admin-password': { description: '', type: 'string', source: 'user', value: 'hunter2' },
  'ssl-key': { description: '', type: 'string', source: 'user', value: 'LS0tLS1CRUdJTg==' },
  token: { description: '', type: 'secret', source: 'user', value: 'secret:abc' },
};

const printed = (settings: object): string => JSON.stringify({ application: 'keystone', charm: 'keystone', settings });

test('options keep their value and who gave it, and those of secrets are left behind', () => {
  const { options } = parseConfig('keystone', printed(SETTINGS));

  expect(Object.fromEntries(options)).toEqual({
    'worker-multiplier': { type: 'float', value: '0.5', source: 'user', default: undefined },
    'haproxy-server-timeout': { type: 'int', value: '', source: 'unset', default: undefined },
    debug: { type: 'boolean', value: 'false', source: 'default', default: 'false' },
  });
});

test('a secret is known by its name however that is spelled: the OpenStack charms call it ssl_key', () => {
  const names = ['ssl_key', 'ssl_cert', 'admin_password_file', 'encryption_key', 'SSL-KEY', 'hacluster_token'];
  const setting = { type: 'string', source: 'user', value: 'LS0tLS1CRUdJTg==' };

  const { options } = parseConfig('keystone', printed(Object.fromEntries(names.map((name) => [name, setting]))));

  expect([...options.keys()]).toEqual([]);
});

test('what is no JSON is told without its secrets', () => {
  const says = (): unknown => parseConfig('keystone', 'settings: admin-password: hunter2-hunter2\nworker-multiplier: 2\n');

  expect(says).toThrow(/printed no JSON, but "settings: admin-password: /);
  expect(says).not.toThrow(/hunter2/);
});

test('where Juju does not say who gave a value, one that is not the default was given by somebody', () => {
  const { options } = parseConfig(
    'a',
    printed({ a: { type: 'int', value: 3, default: 2 }, b: { type: 'int', value: 2, default: 2 }, c: { type: 'int' } }),
  );

  expect([...options].map(([name, { source }]) => `${name} ${source}`)).toEqual(['a user', 'b default', 'c unset']);
});

test.each(['3.6', '2.9', '4.0'])('reads what juju %s prints', (version) => {
  const file = new URL(`../../../shared/fixtures/juju/${version}/config-app.json`, import.meta.url);
  if (!existsSync(file)) return console.log('skipped: the recorded output of juju is not beside this project');

  const { options } = parseConfig('dummy-application', readFileSync(file, 'utf8'));

  expect(options.get('skill-level')).toMatchObject({ type: 'int', value: '100' });
});

function recording(): { readonly client: JujuClient; readonly calls: ModelCommand[] } {
  const calls: ModelCommand[] = [];
  const mustRun = async (command: ModelCommand) => {
    calls.push(command);
    return { exitCode: 0, stdout: '', stderr: '', end: 'exited' as const, milliseconds: 1 };
  };
  const client = { clientVersion: '3.6.11', dialect: '3', mustRun } as Pick<JujuClient, 'clientVersion' | 'dialect' | 'mustRun'>;
  return { client: client as JujuClient, calls };
}

const signal = new AbortController().signal;
const unset = { value: '', source: 'unset' } as const;

test('what a user had is set, all else is reset, in one call', async () => {
  const { client, calls } = recording();

  await createCharmConfiguration(client).write(
    'keystone',
    [
      { option: 'worker-multiplier', before: unset, after: { value: '0.75', source: 'user' } },
      { option: 'haproxy-server-timeout', before: { value: '1', source: 'user' }, after: unset },
      { option: 'debug', before: { value: 'true', source: 'user' }, after: { value: 'false', source: 'default' } },
    ],
    signal,
  );

  expect(calls.map(({ verb, args }) => [verb, ...args])).toEqual([
    ['config', 'keystone', 'worker-multiplier=0.75', '--reset', 'haproxy-server-timeout,debug'],
  ]);
});

test.each([
  ['--reset', 'worker-multiplier', '1'],
  ['keystone', '--file', '1'],
  ['keystone', 'worker-multiplier', '@/etc/shadow'],
])('nothing that juju would take for a flag or a file reaches it: %s %s=%s', async (application, option, value) => {
  const { client, calls } = recording();
  const step = { option, before: unset, after: { value, source: 'user' } } as const;

  await expect(createCharmConfiguration(client).write(application, [step], signal)).rejects.toThrow(
    /is no name of|cannot be set/,
  );
  expect(calls).toEqual([]);
});
