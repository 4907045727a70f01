import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Child, run, type Said } from '../demo/demo-world.js';
import { cleanEnvironment, executable, FULL, REST, treeOf } from './demo-cloud.js';
import { QUICK, type RunReport } from './tuning-cases.js';

const home = mkdtempSync(join(tmpdir(), 'juju-tune-odd-'));
const folder = join(home, "it's a [demo] & more");
afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));

const child: Child = { env: cleanEnvironment() };
const program = [process.execPath, executable, 'demo'];
const demo = (...argv: readonly string[]): Promise<Said> => run([...program, '--dir', folder, ...argv], child);

async function json<T>(code: number, ...argv: readonly string[]): Promise<T> {
  const said = await demo(...argv, '--format', 'json');
  if (said.code !== code) throw new Error(`${argv.join(' ')} ended with ${said.code}: ${said.stderr}${said.stdout}`);
  return JSON.parse(said.stdout) as T;
}

const outcomes = ({ outcome, results }: RunReport): unknown => [outcome, results.map(({ unit, outcome: one }) => [unit, one])];

test.skipIf(REST)(
  'a demo whose folder has spaces, quotes and wildcards in its name is set up and checked',
  async () => {
    const check = await json<{ units: { unit: string }[]; findings: { title: string }[] }>(0, 'check', 'keystone');

    expect(check.units.map(({ unit }) => unit)).toEqual(['keystone/0', 'keystone/1', 'keystone/2']);
    expect(check.findings.map(({ title }) => title)).toContain('A WSGI group is not set alike on all units');
  },
  240_000,
);

test.skipIf(REST)(
  'what it says to type next is typed to it, and not to whatever Juju there is',
  async () => {
    const { stdout, stderr } = await demo('check', 'keystone/0', '--only', 'mpm');
    const wrong = await demo('plan', 'keystone/0', 'mpm-swich', 'to=worker');
    const typed = /try: juju-tune (demo .*)$/m.exec(wrong.stderr)?.[1] ?? '';
    // As a shell reads it.
    const next = await run(['/bin/sh', '-c', `"$0" "$1" ${typed}`, process.execPath, executable], child);

    expect(`${stdout}${stderr}${wrong.stderr}`).not.toMatch(/juju-tune (?:plan|check|actions)/);
    expect(next.code).toBe(0);
    expect(next.stdout).toContain('mpm-switch');
  },
  240_000,
);

test.runIf(FULL)(
  'it is changed there and taken back',
  async () => {
    const tree = (): unknown => treeOf(join(folder, 'units/keystone-0'));
    await demo('status');
    const before = tree();
    const applied = await demo('apply', 'keystone/0', 'mpm-switch', 'to=worker', '--yes', 'keystone', ...QUICK, '--measure', '0');
    const changed = tree();
    const back = await json<RunReport>(0, 'rollback', '--yes', 'keystone');

    expect(applied).toMatchObject({ code: 0 });
    expect(changed).not.toEqual(before);
    expect(outcomes(back)).toEqual(['done', [['keystone/0', 'changed']]]);
    expect(tree()).toEqual(before);
  },
  240_000,
);

test.runIf(FULL)(
  'what nobody confirms there goes back by its timer',
  async () => {
    const tree = (): unknown => treeOf(join(folder, 'units/keystone-1'));
    await demo('status');
    const before = tree();
    const words = ['proxy-initial-not-pooled', '--yes', 'keystone', ...QUICK, '--measure', '0', '--confirm-within', '4s'];
    const applied = await demo('apply', 'keystone/1', ...words);
    const changed = tree();

    await expect.poll(async () => (await demo('resume')).code, { timeout: 90_000, interval: 300 }).toBe(6);

    expect(applied).toMatchObject({ code: 7 });
    expect(changed).not.toEqual(before);
    expect(tree()).toEqual(before);
  },
  240_000,
);

test.skipIf(REST)(
  'a shell that enters it finds its juju, and Juju its units over ssh',
  async () => {
    const enter = `eval "$(${program.map((word) => `'${word}'`).join(' ')} --dir "$DIR" --env)"`;
    const script = `${enter} && command -v juju && juju ssh keystone/2 -- 'cat "$JUJU_TUNE_ROOT/proc/sys/kernel/hostname"; a2query -M'`;
    const said = await run(['/bin/bash', '-c', script], { env: { ...child.env, DIR: folder } });

    expect(said).toMatchObject({ code: 0, stdout: expect.stringMatching(/event\n$/) });
    expect(said.stdout.split('\n')[0]).toBe(join(folder, 'bin/juju'));
  },
  120_000,
);
