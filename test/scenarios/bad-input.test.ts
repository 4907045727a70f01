import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DemoCloud } from './demo-cloud.js';
import { QUICK } from './tuning-cases.js';

let cloud: DemoCloud;
beforeAll(() => {
  cloud = new DemoCloud();
});
afterAll(() => cloud.remove());

/** Exit code, and what a person reads: one sentence, then what to type. */
async function told(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; says: string }> {
  const { code, stderr } = await cloud.run([...argv, '--quiet'], env);
  return { code, says: stderr.trim() };
}

describe('words that mean nothing', () => {
  test.each([
    ['an unknown verb', ['frobnicate'], 2, /unknown command/],
    ['help of what is no verb', ['help', 'plam'], 2, /^juju-tune: unknown command "plam": did you mean "plan"\n {2}try: /],
    [
      'a demo in a place that is no folder',
      ['demo', '--dir', '/dev/null', 'status'],
      2,
      /^juju-tune: there can be no demo cloud here: .*'\/dev\/null'\n {2}try: juju-tune demo --help$/,
    ],
    ['an unknown flag', ['status', '--frob'], 2, /^juju-tune: unknown option "--frob"\n {2}try: juju-tune status --help$/],
    [
      'a flag that is nearly another',
      ['check', '--exit'],
      2,
      /^juju-tune: unknown option "--exit": did you mean "--except"\n {2}try: juju-tune check --help$/,
    ],
    ['a flag without its value', ['apply', '--yes'], 2, /^juju-tune: option "--yes <applications>" argument missing\n {2}try: /],
    [
      'a value that the flag does not take',
      ['status', '--format', 'yaml'],
      2,
      /^juju-tune: option "--format <format>" argument "yaml" is invalid: allowed choices are text, json, jsonl\n {2}try: /,
    ],
    [
      'a check of no second of logs',
      ['check', '--since', '0'],
      2,
      /^juju-tune: "--since 0" reads no logs\n {2}try: --since 15m$/,
    ],
    ['nothing to plan', ['plan'], 2, /^juju-tune: no tuning is named\n {2}try: juju-tune actions$/],
    [
      'flags of a verb before it, in the demo',
      ['demo', '-m', 'openstack', 'status'],
      2,
      /^juju-tune: the demo has no option "-m"\n {2}try: juju-tune demo VERB -m …, or juju-tune demo --help$/,
    ],
    [
      'a number of units that is none',
      ['demo', '--units', 'many', 'status'],
      2,
      /^juju-tune: --units must be a number from 1 to 20000, not "many"\n {2}try: juju-tune demo --help$/,
    ],
    [
      'a check of units that nothing is left of',
      ['check', '--where', 'az:nowhere'],
      2,
      /^juju-tune: no unit is left to look at\n {2}try: /,
    ],
    [
      'an unknown application',
      ['check', 'keyston'],
      2,
      /application "keyston" is not in model .*did you mean "keystone"[\s\S]*try: /,
    ],
    ['an unknown unit', ['check', 'keystone/9'], 2, /unit "keystone\/9" does not exist: there is keystone\/\[0-2\][\s\S]*try: /],
    [
      'an unknown action',
      ['plan', 'keystone', 'wsgi-proceses'],
      2,
      /no tuning is named: "wsgi-proceses" is none: did you mean "wsgi-processes"[\s\S]*try: juju-tune actions/,
    ],
    ['an unknown diagnostic', ['check', 'keystone', '--only', 'layer'], 2, /there is no action "layer": did you mean "layers"/],
    ['an unknown parameter', ['plan', 'keystone', 'wsgi-processes', 'procs=3'], 2, /"procs"[\s\S]*try: juju-tune plan/],
    [
      'a value out of range',
      ['plan', 'keystone', 'wsgi-processes', 'processes=4000'],
      2,
      /parameter "processes" must be .*not "4000"/,
    ],
    [
      'a value that is none',
      ['plan', 'keystone', 'mpm-switch', 'to=fast'],
      2,
      /must be one of event, worker, prefork, not "fast"/,
    ],
    ['a check that can look at nothing', ['check', 'nova-compute'], 1, /^$/],
    ['no target', ['plan', 'wsgi-processes', 'processes=3'], 2, /on which units/],
    [
      'a change without a terminal and without --yes',
      ['apply', 'keystone/0', 'proxy-initial-not-pooled'],
      2,
      /no terminal to confirm it on[\s\S]*--yes keystone/,
    ],
    [
      '--yes for another application',
      ['apply', 'keystone/0', 'proxy-initial-not-pooled', '--yes', 'gnocchi'],
      2,
      /does not allow changes of keystone/,
    ],
    ['a run that is none', ['rollback', 'keystone-99', '--yes', 'keystone'], 2, /keystone-99/],
    ['nothing to roll back', ['rollback', '--yes', 'keystone'], 2, /no run .*to take back/],
    [
      'a plan file with flags that would narrow it',
      ['apply', '--plan', '/nowhere/plan.json', '--except', 'keystone/2'],
      2,
      /"--except keystone\/2" cannot be added[\s\S]*try: juju-tune apply --plan/,
    ],
    [
      'a change over ssh',
      ['apply', 'keystone', 'proxy-initial-not-pooled', '--transport', 'ssh', '--yes', 'keystone'],
      2,
      /not made over ssh[\s\S]*try: the same without --transport ssh/,
    ],
    ['a plan file that is not there', ['apply', '--plan', '/nowhere/plan.json'], 2, /cannot read plan file/],
    [
      'a charm that the tuning is not for',
      ['plan', 'rabbitmq-server', 'proxy-initial-not-pooled'],
      3,
      /is not for charm rabbitmq-server/,
    ],
  ] as const)('%s', async (_, argv, code, says) => {
    const answer = await told(argv);

    expect(answer.says).toMatch(says);
    expect(answer.code).toBe(code);
  });

  test('JSON readers are told in JSON', async () => {
    const { code, stdout } = await cloud.run(['check', 'keyston', '--format', 'json']);

    expect([code, JSON.parse(stdout)]).toMatchObject([2, { schema: 'juju-tune/error/1', code: 'usage', exitCode: 2 }]);
  });
});

describe('plan files', () => {
  let file: string;
  beforeAll(async () => {
    file = join(cloud.dir, 'plan.json');
    await cloud.json(['plan', 'keystone/0', 'proxy-initial-not-pooled', '-o', file]);
  });

  test('edited by hand, of a newer version, of another model, no JSON: refused, each with its reason', async () => {
    const text = readFileSync(file, 'utf8');
    const variants: readonly [string, string, number, RegExp][] = [
      [
        'edited.json',
        text.replace('SetEnv proxy-initial-not-pooled 1', 'SetEnv proxy-nokeepalive 1'),
        2,
        /was changed after it was made/,
      ],
      ['newer.json', text.replace('juju-tune/plan/1', 'juju-tune/plan/2'), 2, /newer juju-tune/],
      ['half.json', text.slice(0, text.length / 2), 2, /is no JSON/],
      ['other.json', '{"schema":"juju-tune/plan/1"}', 2, /is no plan file/],
    ];
    for (const [name, content, code, says] of variants) {
      writeFileSync(join(cloud.dir, name), content);
      const answer = await told(['apply', '--plan', join(cloud.dir, name), '--yes', 'keystone']);
      expect(answer.says).toMatch(says);
      expect(answer.code).toBe(code);
    }
  });

  test('a saved plan that had nothing to do is refused, not done', async () => {
    const { code } = await cloud.run([
      'apply',
      'gnocchi/0',
      'proxy-initial-not-pooled',
      '--yes',
      'gnocchi',
      ...QUICK,
      '--measure',
      '0',
    ]);
    const nothing = join(cloud.dir, 'nothing.json');
    await cloud.run(['plan', 'gnocchi/0', 'proxy-initial-not-pooled', '-o', nothing]);
    await cloud.run(['rollback', '--yes', 'gnocchi']);

    const answer = await told(['apply', '--plan', nothing, '--yes', 'gnocchi']);

    expect([code, answer.code]).toEqual([0, 3]);
    expect(answer.says).toMatch(/has nothing to do[\s\S]*make the plan again/);
  }, 90_000);

  test('a plan of one cloud is refused by another', async () => {
    const other = new DemoCloud();
    const cloudFile = join(other.cloud, 'cloud.json');
    const spec = JSON.parse(readFileSync(cloudFile, 'utf8')) as { model: { uuid: string } };
    spec.model.uuid = 'ffffffff-0000-4000-8000-000000000000';
    writeFileSync(cloudFile, JSON.stringify(spec));

    const { code, stderr } = await other.run(['apply', '--plan', file, '--yes', 'keystone']);
    other.remove();

    expect(stderr).toMatch(/the plan was made for model/);
    expect(code).toBe(3);
  });
});

describe('action files', () => {
  test('every mistake is told with file, line and column', async () => {
    const folder = join(cloud.dir, 'actions');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'broken.yaml'), 'kind: tuning\nid: mine\n  title: x\n');

    const answer = await told(['actions', '--actions', folder]);

    expect(answer.says).toMatch(/broken\.yaml:\d+:\d+/);
    expect(answer.code).toBe(2);
  });
});

describe('a machine that is not ready', () => {
  test('no juju on PATH', async () => {
    const answer = await told(['status'], { PATH: '/nowhere' });

    expect(answer.says).toMatch(/juju[\s\S]*try: /);
    expect(answer.code).toBe(5);
  });

  test('a journal that cannot be written refuses before anything changed, and looking goes on', async () => {
    const state = join(cloud.dir, 'no-state');
    writeFileSync(state, 'a file where a folder should be');
    const before = cloud.tree('keystone/0');

    const answer = await told(['apply', 'keystone/0', 'proxy-initial-not-pooled', '--yes', 'keystone'], {
      XDG_STATE_HOME: state,
    });

    expect(answer.says).toMatch(/journal|state/);
    expect([answer.code, cloud.tree('keystone/0')]).toEqual([3, before]);
    for (const verb of ['status', 'runs'])
      expect([verb, (await told([verb], { XDG_STATE_HOME: state })).code]).toEqual([verb, 0]);
  });
});
