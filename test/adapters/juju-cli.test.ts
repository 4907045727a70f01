import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createJujuCli, type JujuCli, type JujuRequest } from '../../src/adapters/juju-cli.js';
import { lastWords } from '../../src/adapters/juju-errors.js';
import { findJuju } from '../../src/adapters/juju-path.js';
import { Failure } from '../../src/domain/failure.js';
import type { JujuCall } from '../../src/engine/session.js';
import { createFakeJuju, type FakeJuju } from '../fakes/fake-juju.js';

let fake: FakeJuju;
beforeEach(() => {
  fake = createFakeJuju();
});
afterEach(() => fake.remove());

const never = new AbortController().signal;
const about = { controller: 'prod', model: 'prod:openstack' };

function request(more: Partial<JujuRequest> = {}): JujuRequest {
  return { argv: ['status', '--format', 'json'], timeoutSeconds: 20, signal: never, context: about, ...more };
}

async function failureOf(promise: Promise<unknown>): Promise<Pick<Failure, 'code' | 'message' | 'hint'>> {
  const error = await promise.then(
    (value) => new Error(`it worked: ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Failure)) throw error;
  return { code: error.code, message: error.message, hint: error.hint };
}

/** Resolves once the condition holds. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

function isAlive(pid: number): boolean {
  try {
    // A zombie that nobody waits for yet is as good as gone.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

describe('what juju says becomes one sentence and the next thing to type', () => {
  const cases: [name: string, stderr: string, code: string, message: string, hint: string][] = [
    [
      'no permission',
      'ERROR permission denied',
      'juju',
      'you have no permission for "juju status" on model "prod:openstack"',
      'ask its owner for: juju grant USER admin openstack',
    ],
    [
      'disabled',
      'ERROR the operation has been blocked\n\nAll operations that change model have been disabled for the current model.\n\n    juju enable-command all',
      'refused',
      'changes of model "prod:openstack" are disabled by "juju disable-command"',
      'juju enable-command all -m prod:openstack',
    ],
    [
      'unreachable',
      'ERROR unable to connect to API: dial tcp 10.0.0.1:17070: connect: no route to host',
      'juju',
      'controller "prod" cannot be reached',
      "juju status -m prod:openstack, and see whether the controller's machine is up",
    ],
    [
      'no controller',
      'ERROR No controllers registered.\n\nPlease either create a new controller using "juju bootstrap" or connect to',
      'juju',
      'no controller is selected',
      'juju switch CONTROLLER, or juju-tune demo to look around without one',
    ],
    [
      'no model',
      'ERROR No model in focus.\n\nPlease use "juju models" to see models available to you.',
      'juju',
      'no model of controller "prod" is selected',
      'juju switch MODEL, or juju-tune -m CONTROLLER:MODEL',
    ],
    [
      'unknown model',
      'ERROR model prod:admin/opnstack not found',
      'juju',
      'there is no model "prod:admin/opnstack"',
      'juju models -c prod',
    ],
    ['unknown controller', 'ERROR controller prud not found', 'juju', 'there is no controller "prud"', 'juju controllers'],
    [
      'migrated',
      'ERROR Model "openstack" has been migrated to controller "new".\nTo access it run \'juju switch new:openstack\'.',
      'juju',
      'model "openstack" has been migrated to controller "new"',
      'juju-tune -m new:openstack',
    ],
    [
      'a wrong password',
      'ERROR invalid entity name or password (unauthorized access)',
      'juju',
      'juju asks to log in to controller "prod"',
      'juju login -c prod',
    ],
    [
      'something new',
      'ERROR the moon is in the seventh house',
      'juju',
      '"juju status" failed: the moon is in the seventh house',
      'juju status -m prod:openstack',
    ],
    ['nothing', '', 'juju', '"juju status" failed without a word', 'juju status -m prod:openstack'],
  ];
  test.each(cases)('%s', async (_, stderr, code, message, hint) => {
    fake.answer('status', `cat >&2 <<'EOT'\n${stderr}\nEOT\nexit 1`);
    const cli = createJujuCli(fake.environment);

    expect(await failureOf(cli.mustRun(request()))).toEqual({ code, message, hint });
  });
});

describe('a login that nobody can answer ends the child at once', () => {
  const prompts = [
    'please enter password for admin on prod: ',
    'Opening an authorization web page in your browser.\nIf it does not open, please open this URL:\nhttps://api.jujucharms.com/identity/login?did=1',
    'Please visit https://jaas.example/device and enter code ABCD-EFGH to log in.\n',
    'ERROR cannot get discharge from "https://api.jujucharms.com/identity": cannot start interactive session\n',
    'ERROR login expired\n\nuser credentials have expired; log back in with "juju login"\n',
    'To log in, open https://login.example.com/oauth2/auth?client_id=juju in a browser of yours.\n',
  ];
  test.each(prompts)('%s', async (prompt) => {
    fake.answer('status', `sleep 60 & echo $! >grandchild; printf '%s' '${prompt}' >&2; wait`);
    const cli = createJujuCli(fake.environment);
    const began = performance.now();

    const failure = await failureOf(cli.run(request()));

    expect(failure).toEqual({ code: 'juju', message: 'juju asks to log in to controller "prod"', hint: 'juju login -c prod' });
    expect(performance.now() - began).toBeLessThan(5000);
    const grandchild = Number(readFileSync(join(fake.folder, 'grandchild'), 'utf8'));
    await until(() => !isAlive(grandchild));
  });

  test('what a unit says over ssh is no login', async () => {
    fake.answer('ssh', 'echo "please enter password for admin on prod: " >&2; echo out');
    const cli = createJujuCli(fake.environment);

    expect(await cli.run(request({ argv: ['ssh', 'a/0'], ssh: true }))).toMatchObject({ exitCode: 0, stdout: 'out\n' });
  });
});

test('a store that is locked is tried again, and named when it stays so', async () => {
  fake.answer(
    'status',
    'echo x >>tries; [ "$(wc -l <tries)" -ge 3 ] && { echo {}; exit 0; }; echo "ERROR cannot acquire lock file to read controller prod: timeout acquiring mutex" >&2; exit 1',
  );
  fake.answer(
    'models',
    'echo x >>tries2; echo "ERROR cannot acquire lock file: unable to open /tmp/juju-store-lock-66: permission denied" >&2; exit 1',
  );
  const cli = createJujuCli(fake.environment);

  expect((await cli.run(request())).exitCode).toBe(0);
  expect(await failureOf(cli.run(request({ argv: ['models'] })))).toEqual({
    code: 'juju',
    message: "another juju command holds the lock of juju's client store",
    hint: 'ls -l /tmp/juju-store-lock-*, and remove those that no juju command uses',
  });
  expect(readFileSync(join(fake.folder, 'tries2'), 'utf8')).toBe('x\n'.repeat(5));
});

test('a child that does not end is ended at its own deadline, with what it said so far', async () => {
  fake.answer('status', 'trap "" TERM; echo "{"; sleep 60 & wait; sleep 60');
  const cli = createJujuCli(fake.environment);

  const result = await cli.run(request({ timeoutSeconds: 0.3 }));

  expect(result).toMatchObject({ end: 'deadline', stdout: '{\n' });
  expect(result.milliseconds).toBeLessThan(5000);
});

test('an abort ends the child and its children, also one that ignores being asked', async () => {
  fake.answer('status', 'trap "" TERM; sh -c "trap \\"\\" TERM; sleep 60" & echo $! >grandchild; wait; sleep 60');
  const cli = createJujuCli(fake.environment);
  const stop = new AbortController();
  const ending = failureOf(cli.run(request({ signal: stop.signal })));
  await until(() => existsSync(join(fake.folder, 'grandchild')) && readFileSync(join(fake.folder, 'grandchild'), 'utf8') !== '');

  stop.abort();

  expect(await ending).toMatchObject({ code: 'interrupted' });
  const grandchild = Number(readFileSync(join(fake.folder, 'grandchild'), 'utf8'));
  await until(() => !isAlive(grandchild));
});

test('what ignores being asked is ended as well when juju itself has gone', async () => {
  fake.answer('status', 'sh -c "trap \\"\\" TERM; echo \\$\\$ >grandchild; exec sleep 60" >&- 2>&- & wait');
  const cli = createJujuCli(fake.environment);
  const stop = new AbortController();
  const ending = failureOf(cli.run(request({ signal: stop.signal })));
  await until(() => existsSync(join(fake.folder, 'grandchild')) && readFileSync(join(fake.folder, 'grandchild'), 'utf8') !== '');

  const began = performance.now();
  stop.abort();

  expect(await ending).toMatchObject({ code: 'interrupted' });
  const grandchild = Number(readFileSync(join(fake.folder, 'grandchild'), 'utf8'));
  await until(() => !isAlive(grandchild));
  expect(performance.now() - began).toBeLessThan(10_000);
});

test('what left the group with the output in its hands is not waited for', async () => {
  fake.answer('status', 'echo "{"; setsid sleep 20 & sleep 60');
  const cli = createJujuCli(fake.environment);

  const result = await cli.run(request({ timeoutSeconds: 0.5 }));

  expect(result).toMatchObject({ end: 'deadline', stdout: '{\n' });
  expect(result.milliseconds).toBeLessThan(8000);
});

test('a process that keeps the output open after juju ended is not waited for', async () => {
  fake.answer('status', 'echo "{}"; sleep 60 &');
  const cli = createJujuCli(fake.environment);

  const result = await cli.run(request());

  expect(result).toMatchObject({ exitCode: 0, stdout: '{}\n', end: 'exited' });
  expect(result.milliseconds).toBeLessThan(5000);
});

test('a program that cannot be started just now is tried again, and a request too large for one is named', async () => {
  const program = join(fake.folder, 'juju');
  writeFileSync(program, '#!/bin/sh\necho "{}"\n', { mode: 0o755 });
  const cli = createJujuCli({ ...fake.environment, JUJU_BIN: program });
  const writing = openSync(program, 'a');
  setTimeout(() => closeSync(writing), 120);

  expect(await cli.run(request())).toMatchObject({ exitCode: 0, stdout: '{}\n' });
  expect(await failureOf(cli.run(request({ argv: ['exec', 'x'.repeat(200_000)] })))).toMatchObject({
    code: 'fault',
    message: 'cannot start juju: the request is too large for one command',
  });
});

test('a juju that is replaced while it is called is called once more; one that stays away is named', async () => {
  const [replaced, gone] = ['replaced', 'gone'].map((name) => join(fake.folder, name));
  if (replaced === undefined || gone === undefined) throw new Error('two programs are needed');
  const callOf = (program: string) => {
    writeFileSync(program, '#!/bin/sh\necho 3.6.9\n', { mode: 0o755 });
    const cli = createJujuCli({ ...fake.environment, JUJU_BIN: program });
    rmSync(program);
    return cli.run(request({ argv: ['version'] }));
  };
  const again = callOf(replaced);
  const failing = failureOf(callOf(gone));
  setTimeout(() => writeFileSync(replaced, '#!/bin/sh\necho 3.6.11\n', { mode: 0o755 }), 300);

  expect(await again).toMatchObject({ exitCode: 0, stdout: '3.6.11\n' });
  expect(await failing).toEqual({ code: 'juju', message: 'cannot start juju: it is gone', hint: 'juju version' });
});

test('endless output is cut off and named', async () => {
  fake.answer('status', 'head -c 80000000 /dev/zero; sleep 60');
  const cli = createJujuCli(fake.environment);

  expect(await failureOf(cli.mustRun(request()))).toMatchObject({
    code: 'juju',
    message: '"juju status" printed more than 64 MiB and was ended',
  });
});

test('the child sees neither our model nor what could steer it, and no input', async () => {
  fake.answer('status', 'env; echo "input: $(cat)"');
  const environment = {
    ...fake.environment,
    JUJU_MODEL: 'wrong',
    JUJU_CONTROLLER: 'wrong',
    JUJU_CONTEXT_ID: 'keystone/0-1',
    JUJU_FEATURES: 'actions-v2',
    LD_PRELOAD: '',
    NODE_OPTIONS: '--inspect',
    BASH_ENV: '/tmp/x',
    SSH_AUTH_SOCK: '/run/agent',
    https_proxy: 'http://proxy:3128',
    XDG_RUNTIME_DIR: '/run/user/1000',
    HOME: '/home/anna',
  };
  const cli = createJujuCli(environment);

  const { stdout } = await cli.run(request());
  const names = stdout.split('\n').flatMap((line) => /^([A-Za-z_]+)=/.exec(line)?.[1] ?? []);

  expect(names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name)).sort()).toEqual(
    ['HOME', 'JUJU_DATA', 'JUJU_FEATURES', 'PATH', 'TERM', 'XDG_RUNTIME_DIR', 'https_proxy'].sort(),
  );
  expect(stdout).toContain('input: \n');
});

test('at most sixteen run at once, and the last place is kept for polls', async () => {
  fake.answer('status', 'echo s >>running; while [ ! -f go ]; do sleep 0.05; done');
  fake.answer('version', 'echo v >>running');
  const cli = createJujuCli(fake.environment);
  const many = Array.from({ length: 30 }, () => cli.run(request({ purpose: 'unit' })));
  const running = (): string =>
    existsSync(join(fake.folder, 'running')) ? readFileSync(join(fake.folder, 'running'), 'utf8') : '';
  await until(() => running().split('s\n').length - 1 === 15);

  await cli.run(request({ argv: ['version'] }));

  expect(running()).toBe(`${'s\n'.repeat(15)}v\n`);
  writeFileSync(join(fake.folder, 'go'), '');
  expect((await Promise.all(many)).every((result) => result.exitCode === 0)).toBe(true);
});

test('every call is told, as a person could type it', async () => {
  fake.answer('exec', 'exit 3');
  const cli = createJujuCli(fake.environment);
  const calls: JujuCall[] = [];
  cli.onCall((call) => calls.push(call));

  await cli.run(request({ argv: ['exec', '-m', 'prod:admin/openstack', '--unit', 'a/0', '--', "echo 'it is' $HOME"] }));
  await cli.run(request({ argv: ['exec', '--', 'x'.repeat(5000)] }));

  expect(calls).toMatchObject([
    { command: "juju exec -m prod:admin/openstack --unit a/0 -- 'echo '\\''it is'\\'' $HOME'", exitCode: 3 },
    { command: "juju exec -- '… 5000 bytes of script'", exitCode: 3 },
  ]);
});

describe('finding juju', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'juju-tune-path-'));
    chmodSync(folder, 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function program(path: string, mode = 0o755): string {
    writeFileSync(path, '#!/bin/sh\necho "$0"\n');
    chmodSync(path, mode);
    return path;
  }

  function found(environment: Record<string, string>): string {
    try {
      return findJuju(environment);
    } catch (error) {
      return error instanceof Failure ? `${error.code}: ${error.message}` : String(error);
    }
  }

  test('the name it was found under is kept: a snap tells by it what to run', async () => {
    program(join(folder, 'snap'));
    symlinkSync(join(folder, 'snap'), join(folder, 'juju'));
    const cli: JujuCli = createJujuCli({ PATH: `relative:.:${folder}:/usr/bin:/bin` });

    expect((await cli.run(request())).stdout).toBe(`${folder}/juju\n`);
  });

  test('none on PATH, or a JUJU_BIN that is no program, is said', () => {
    expect(found({ PATH: folder })).toBe('juju: cannot find "juju" on PATH');
    expect(found({ PATH: folder, JUJU_BIN: '/nowhere/juju' })).toBe('juju: JUJU_BIN names "/nowhere/juju", which is no program');
  });

  test('one that others could have put there is not run, also when it is named', () => {
    const path = program(join(folder, 'juju'), 0o757);
    const why = `juju: will not run "${path}": "${path}" can be written by everybody, so that somebody else could put another program there`;
    expect([found({ PATH: folder }), found({ PATH: folder, JUJU_BIN: path })]).toEqual([why, why]);

    chmodSync(path, 0o755);
    expect([found({ PATH: folder }), found({ PATH: folder, JUJU_BIN: path })]).toEqual([path, path]);
  });

  test('every link and every folder on the way to it is looked at', () => {
    const path = program(join(folder, 'juju'));
    mkdirSync(join(folder, 'open', 'inner'), { recursive: true });
    symlinkSync(path, join(folder, 'open', 'inner', 'juju'));
    symlinkSync(join(folder, 'open', 'inner', 'juju'), join(folder, 'link'));
    const environment = { PATH: join(folder, 'open', 'inner') };
    expect(found(environment)).toBe(join(folder, 'open', 'inner', 'juju'));

    chmodSync(join(folder, 'open'), 0o777);
    expect(found(environment)).toContain(`"${join(folder, 'open')}" can be written by everybody`);
    expect(found({ JUJU_BIN: join(folder, 'link') })).toContain(`"${join(folder, 'open')}" can be written by everybody`);

    // As in /tmp, nobody may replace what is somebody else's.
    chmodSync(join(folder, 'open'), 0o1777);
    expect(found(environment)).toBe(join(folder, 'open', 'inner', 'juju'));
  });

  test('one of another user or another group is not run', (context) => {
    if (process.getuid?.() !== 0) context.skip('only root can give files away');
    const path = program(join(folder, 'juju'));
    chownSync(path, 12345, 0);
    expect(found({ PATH: folder })).toContain(`"${path}" belongs to user 12345`);

    chownSync(path, 0, 12345);
    chmodSync(path, 0o775);
    expect(found({ PATH: folder })).toContain(`"${path}" can be written by group 12345`);

    chmodSync(path, 0o755);
    expect(found({ PATH: folder })).toBe(path);
  });
});

test('a secret in what juju says last is hidden, also when it is cut', () => {
  const said = `ERROR cannot do ${'this '.repeat(50)}with password=${'S3cretWord9'.repeat(9)}`;

  expect(lastWords(said)).toMatch(/^cannot do this.*with password=\[redacted\]$/);
});
