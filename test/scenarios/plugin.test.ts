import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DemoCloud, executable, root } from './demo-cloud.js';

/**
 * `juju` as far as plugins see it (juju-contract 1.1-1.5): an unknown verb runs `juju-<verb>` with the whole argv; `-m` and `-c`
 * anywhere in it, even after `--`, also go into the environment; 2.9 turns `--version` into `version`. All else is the demo's juju.
 */
const DISPATCHER = `#!/usr/bin/env node
const { spawnSync } = require('node:child_process');
const argv = process.argv.slice(2);
const [verb, ...rest] = argv;
const known = ['version', 'whoami', 'models', 'show-model', 'status', 'exec', 'show-operation', 'show-task', 'cancel-task', 'operations', 'config', 'ssh', 'switch'];
const run = (file, args, env) => process.exit(spawnSync(file, args, { stdio: 'inherit', env }).status ?? 1);
if (known.includes(verb)) run('REAL_JUJU', argv, process.env);
const env = { ...process.env };
rest.forEach((word, at) => {
  if (word === '-m' || word === '--model') env.JUJU_MODEL = rest[at + 1];
  if (word === '-c' || word === '--controller') env.JUJU_CONTROLLER = rest[at + 1];
});
const old = process.env.DIALECT === '2.9';
run('juju-' + verb, rest.map((word) => (old && word === '--version' ? 'version' : word)), env);
`;

let cloud: DemoCloud;
let env: Record<string, string>;

beforeAll(() => {
  cloud = new DemoCloud();
  const bin = join(cloud.dir, 'plugin-bin');
  mkdirSync(bin);
  const program = (name: string, text: string): void => {
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  };
  // juju-tune gives its children few variables, so the path is written in.
  program('juju', DISPATCHER.replace('REAL_JUJU', join(cloud.cloud, 'bin/juju')));
  program('juju-tune', `#!/bin/sh\nexec '${process.execPath}' '${executable}' "$@"\n`);
  env = {
    ...cloud.env,
    PATH: `${bin}:${process.execPath.replace(/\/node$/, '')}:${cloud.env.PATH}`,
  };
});
afterAll(() => cloud.remove());

function juju(
  argv: readonly string[],
  more: Readonly<Record<string, string>> = {},
): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync('juju', argv, { env: { ...env, ...more }, encoding: 'utf8', cwd: root });
  return { code: status, stdout, stderr };
}

const modelOf = (stdout: string): string => (JSON.parse(stdout) as { model: { name: string } }).model.name;

describe('as a plugin', () => {
  test.each([
    ['the current model', []],
    ['-m after the verb', ['-m', 'juju-tune-demo:demo-cloud']],
    ['--model=…, which juju does not see', ['--model=juju-tune-demo:demo-cloud']],
  ])('status hits the right model: %s', (_, flags) => {
    const { code, stdout, stderr } = juju(['tune', 'status', '--format', 'json', ...flags]);

    expect([code, stderr === '' || !stderr.includes('juju-tune:')]).toEqual([0, true]);
    expect(modelOf(stdout)).toBe('demo-cloud');
  });

  test('-m before the verb counts too', () => {
    expect(modelOf(juju(['tune', '-m', 'juju-tune-demo:demo-cloud', 'status', '--format', 'json']).stdout)).toBe('demo-cloud');
  });

  test('JUJU_MODEL is used without -m, and an explicit -m beats it', () => {
    expect(juju(['tune', 'status'], { JUJU_MODEL: 'juju-tune-demo:nowhere' }).code).toBe(5);
    const beaten = juju(['tune', 'status', '--format', 'json', '-m', 'demo-cloud'], {
      JUJU_MODEL: 'juju-tune-demo:nowhere',
      JUJU_CONTROLLER: 'juju-tune-demo',
    });
    expect(modelOf(beaten.stdout)).toBe('demo-cloud');
  });

  test('every verb names its model to juju, whatever the environment says', () => {
    for (const argv of [['check', 'keystone'], ['plan', 'keystone', 'proxy-initial-not-pooled'], ['runs']]) {
      const { code, stderr } = juju(['tune', ...argv, '--verbose', '-m', 'juju-tune-demo:demo-cloud'], {
        JUJU_CONTROLLER: 'elsewhere',
      });
      const calls = stderr.split('\n').filter((line) => /^juju: .*juju (status|exec|show-)/.test(line));
      expect(code).toBe(0);
      for (const call of calls) expect(call).toContain('-m juju-tune-demo:demo-cloud');
    }
  });

  test('--version survives the rewriting of 2.9', () => {
    expect(juju(['tune', '--version'], { DIALECT: '2.9' }).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(juju(['tune', '--version']).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('--description is one line and calls nobody', () => {
    const { code, stdout, stderr } = juju(['tune', '--description'], { JUJU_BIN: '/nowhere' });

    expect([code, stdout.split('\n').length, stderr]).toEqual([0, 2, '']);
  });
});
