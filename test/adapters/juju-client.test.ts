import { afterEach, beforeEach, expect, test } from 'vitest';
import { createJujuCli } from '../../src/adapters/juju-cli.js';
import { type JujuClient, listModels, openJujuClient } from '../../src/adapters/juju-client.js';
import { Failure } from '../../src/domain/failure.js';
import { createFakeJuju, type FakeJuju } from '../fakes/fake-juju.js';

let fake: FakeJuju;
beforeEach(() => {
  fake = createFakeJuju();
});
afterEach(() => fake.remove());

const { signal } = new AbortController();
const clock = () => ({ rate: 1, now: () => Date.UTC(2026, 10, 23), sleep: async () => undefined });

function open(model?: string, environment: Record<string, string> = {}): Promise<JujuClient> {
  const all = { ...fake.environment, ...environment };
  return openJujuClient(createJujuCli(all), { model, environment: all, clock, signal });
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const error = await promise.then(
    () => new Error('it worked'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Failure)) throw error;
  return { code: error.code, message: error.message, hint: error.hint, problems: error.problems };
}

test('the current model is found with three calls, and every later command names it', async () => {
  const client = await open();
  await client.status(signal);

  expect(client).toMatchObject({ clientVersion: '3.6.9', dialect: '3', target: 'prod:openstack' });
  expect(client.model).toEqual({
    name: 'openstack',
    controller: 'prod',
    uuid: '3a9f2c1e-0b6d-4f7a-8e55-2d1c9b7a6f40',
    type: 'iaas',
    version: '3.6.9',
    access: 'admin',
    demo: false,
  });
  expect(fake.calls().sort()).toEqual([
    'models -c prod --format json',
    'status -m prod:openstack --format json --utc',
    'version',
    'whoami --format json',
  ]);
});

test.each([
  ['bob/lab', {}, 'prod:bob/lab', 'whoami --format json'],
  ['prod:openstack', {}, 'prod:openstack', 'whoami of prod --format json'],
  ['prod:admin/openstack', {}, 'prod:openstack', 'whoami of prod --format json'],
  ['3a9f2c1e', {}, 'prod:openstack', 'whoami --format json'],
  [undefined, { JUJU_MODEL: 'prod:bob/lab' }, 'prod:bob/lab', 'whoami of prod --format json'],
  ['openstack', { JUJU_MODEL: 'prod:bob/lab' }, 'prod:openstack', 'whoami --format json'],
  [undefined, { JUJU_CONTROLLER: 'prod' }, 'prod:openstack', 'whoami of prod --format json'],
])('-m %s with %j means %s', async (model, environment, target, whoami) => {
  expect((await open(model, environment)).target).toBe(target);
  expect(fake.calls()).toContain(whoami);
});

test('a model that is not listed is asked for by name', async () => {
  fake.answer(
    'show-model',
    'echo \'{"old":{"name":"eve/old","short-name":"old","model-uuid":"99","model-type":"iaas","agent-version":"2.9.43","users":{"admin":{"access":"read"}}}}\'',
  );

  const client = await open('eve/old');

  expect(client.model).toMatchObject({ name: 'eve/old', uuid: '99', version: '2.9.43', access: 'read' });
  expect(fake.calls()).toContain('show-model prod:eve/old --format json');
});

test('a model that does not exist is a failure with the list to look at', async () => {
  fake.answer('show-model', 'echo {}; echo "ERROR model prod:admin/opnstack not found" >&2; exit 1');

  expect(await failureOf(open('opnstack'))).toEqual({
    code: 'juju',
    message: 'there is no model "prod:admin/opnstack"',
    hint: 'juju models -c prod',
    problems: [],
  });
});

test('without a current model those there are to choose from are given', async () => {
  fake.answer('whoami', 'echo \'{"controller":"prod","user":"admin"}\'');

  expect(await failureOf(open())).toEqual({
    code: 'juju',
    message: 'no model of controller "prod" is selected',
    hint: 'juju-tune -m prod:openstack',
    problems: ['prod:openstack', 'prod:bob/lab'],
  });
  expect(await listModels(createJujuCli(fake.environment), { environment: fake.environment, signal })).toEqual([
    { target: 'prod:openstack', type: 'iaas', status: 'available', access: 'admin' },
    { target: 'prod:bob/lab', type: 'caas', status: 'available', access: 'read' },
  ]);
});

test('nobody logged in, and no controller at all, are told apart', async () => {
  fake.answer(
    'whoami',
    'printf \'You are not logged in to controller "prod" and model "admin/openstack".\\nRun juju login if you want to login.\\n\' >&2',
  );
  expect(await failureOf(open())).toMatchObject({
    code: 'juju',
    message: 'juju asks to log in to controller "prod"',
    hint: 'juju login -c prod',
  });

  fake.answer('whoami', "printf 'There is no current controller.\\nRun juju controllers to see available controllers.\\n' >&2");
  expect(await failureOf(open())).toMatchObject({ code: 'juju', message: 'no controller is selected' });
});

test.each([
  ['whoami', `{"controller":"-oProxy","model":"admin/openstack","user":"admin"}`, '"-oProxy"'],
  ['whoami', `{"controller":"prod","model":"--help","user":"admin"}`, '"--help"'],
  ['models', `{"models":[{"name":"admin/-x y","model-uuid":"3a9f2c1e-0b6d-4f7a-8e55-2d1c9b7a6f40"}]}`, '"-x y"'],
])('a name told by juju %s that could be taken for a flag is never given to it', async (verb, told, named) => {
  fake.answer(verb, `printf '%s' '${told}'`);

  const failure = await failureOf(open(verb === 'models' ? '3a9f2c1e' : undefined));

  expect(failure).toMatchObject({ code: 'juju', message: expect.stringContaining(`${named} is no name of a`) });
  expect(fake.calls().filter((call) => /oProxy|--help|-x y/.test(call))).toEqual([]);
});

test.each([
  ['2.9.43-ubuntu-amd64', '2.9.43', '2.9'],
  ['3.6.11.1-genericlinux-amd64', '3.6.11.1', '3'],
  ['4.1-beta2-genericlinux-amd64', '4.1-beta2', '4'],
])('version %s', async (said, version, dialect) => {
  fake.answer('version', `echo ${said}`);

  expect(await open()).toMatchObject({ clientVersion: version, dialect });
});

test('a juju that is too old, or says no version, is refused', async () => {
  fake.answer('version', 'echo 2.8.7-focal-amd64');
  expect(await failureOf(open())).toMatchObject({ code: 'juju', message: 'juju 2.8.7 is too old: 2.9 or newer is needed' });

  fake.answer('version', 'echo hello');
  expect(await failureOf(open())).toMatchObject({ code: 'juju', message: '"juju version" printed "hello", which is no version' });
});

test('the demo is known by its controller', async () => {
  fake.answer('whoami', 'echo \'{"controller":"juju-tune-demo","model":"openstack","user":"admin"}\'');

  expect((await open()).model.demo).toBe(true);
});

test.each(['-x', 'a b', ':', 'a:b:c', '--help'])('%j names no model', async (word) => {
  expect(await failureOf(open(word))).toMatchObject({ code: 'usage' });
});

test('JSON that is none is a failure of juju', async () => {
  fake.answer('models', 'echo "{\\"models\\": [";');

  expect(await failureOf(open())).toMatchObject({ code: 'juju', message: '"juju models" printed no JSON, but "{"models": ["' });
});
