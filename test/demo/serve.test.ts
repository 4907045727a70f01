import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ResidentJuju, residentJuju } from '../prove/schedules/resident-juju.js';
import { DemoWorld, run, type Said } from './demo-world.js';

let world: DemoWorld;
let resident: ResidentJuju;
const home = (): string => join(world.dir, '..');

beforeAll(async () => {
  world = await DemoWorld.make();
  resident = await residentJuju(home(), join(home(), 'dist', 'demo-juju.mjs'));
  resident.placeAt(join(home(), 'juju'));
});
afterAll(async () => {
  resident.end();
  await world.dispose();
});

const asked = (env: NodeJS.ProcessEnv, ...argv: string[]): Promise<Said> =>
  run([join(home(), 'juju'), ...argv], { env: { ...world.environment, ...env } });
const alone = (env: NodeJS.ProcessEnv, ...argv: string[]): Promise<Said> =>
  run([join(world.dir, 'bin', 'juju'), ...argv], { env: { ...world.environment, ...env } });
const heard = ({ code, stdout, stderr }: Said) => ({ code, stdout, stderr });

test.each([
  [['version'], {}],
  [['whoami', '--format', 'json'], {}],
  [['whoami', '--format', 'json'], { JUJU_CONTROLLER: 'elsewhere' }],
  [['show-model', '--format', 'json'], { JUJU_MODEL: 'nowhere' }],
  [['config', 'keystone', '--format', 'json'], {}],
  [['version', '', 'x'], {}],
  [['nonsense'], {}],
])('a resident juju answers %j with %j as one that is started', async (argv, env) => {
  expect(heard(await asked(env, ...argv))).toEqual(heard(await alone(env, ...argv)));
});

test('a script that is longer than a pipe holds reaches the unit whole, and so does its output', async () => {
  const word = 'é'.repeat(40_000);

  const said = await asked({}, 'exec', '--unit', 'keystone/0', '--', `echo ${word}; echo no >&2`);

  expect(heard(said)).toEqual({ code: 0, stdout: `${word}\n`, stderr: '' });
});

test('what runs in the background is carried out by itself, and its caller is not kept', async () => {
  const word = join(home(), 'go-on');
  const script = `until [ -e ${word} ]; do sleep 0.05; done; echo done`;
  const begun = await asked({}, 'exec', '--background', '--unit', 'keystone/0', '--format', 'json', '--', script);
  const id = /show-operation (\d+)/.exec(`${begun.stdout}${begun.stderr}`)?.[1] ?? '';
  const shown = (): Promise<Said> => asked({}, 'show-operation', id, '--format', 'json');

  expect((await shown()).stdout).not.toContain('"status":"completed"');
  writeFileSync(word, '');
  await expect.poll(async () => (await shown()).stdout, { timeout: 20_000 }).toContain('"stdout":"done\\n"');
  expect((await run(['ps', '-eo', 'args'])).stdout).not.toContain(`--agent ${world.dir} ${id}`);
});

test('a call that was broken off is none', async () => {
  const socket = connect(join(home(), 'juju.sock'));
  socket.end(`5\0JUJU_DATA=${world.environment.JUJU_DATA}\0\0version\0`);

  expect(await text(socket)).toBe('');
});

test('it ends with who started it, however he ended', async () => {
  const program = join(home(), 'dist', 'demo-juju.mjs');
  const socket = join(home(), 'other.sock');
  const starter = `
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ${JSON.stringify([program, '--serve', socket])}, { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdout.once('data', () => console.log(child.pid));`;
  const shell = spawn(process.execPath, ['-e', starter], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = Number(await once(shell.stdout, 'data'));
  expect(isAlive(pid)).toBe(true);

  shell.kill('SIGKILL');

  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
