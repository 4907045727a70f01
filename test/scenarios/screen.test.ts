import { afterEach, expect, test } from 'vitest';
import { Screen, type ScreenOptions } from '../pty/screen.js';
import { DemoCloud, type DemoOptions, executable, FULL } from './demo-cloud.js';

/** Two cores may be shared with other tests. */
const PATIENCE = 30_000;

let cloud: DemoCloud | undefined;
let screen: Screen | undefined;
afterEach(() => {
  screen?.kill();
  cloud?.remove();
});

/** The terminal UI on a demo cloud, in a pseudo-terminal. */
function opened(options: DemoOptions, size: ScreenOptions = {}): Screen {
  cloud = new DemoCloud(options);
  return reopened(size);
}

/** The same cloud in another terminal. */
function reopened(size: ScreenOptions = {}): Screen {
  if (!cloud) throw new Error('no cloud is there yet');
  screen = new Screen(process.execPath, [executable], { ...size, environment: cloud.env });
  return screen;
}

test('without a current model the models are shown to choose from, and enter opens one', async () => {
  const one = opened({ scenario: { noCurrentModel: true } });

  const choice = await one.waitFor(/juju-tune-demo:demo-cloud +● available/, PATIENCE);
  expect(choice).toContain('no model of controller "juju-tune-demo" is selected');
  one.write('\r');

  await one.waitFor('keystone 3', PATIENCE);
  expect(one.lines()[0]).toContain('demo-cloud (juju-tune-demo)');
  one.write('q');
  expect(await one.exit).toBe(0);
}, 90_000);

test('leaving without having chosen a model ends with 5 and names the models', async () => {
  const one = opened({ scenario: { noCurrentModel: true } });
  await one.waitFor('juju-tune-demo:demo-cloud', PATIENCE);
  one.write('qq');

  expect(await one.exit).toBe(5);
  expect(one.text()).toContain('try: juju-tune -m juju-tune-demo:demo-cloud');
}, 90_000);

test.runIf(FULL)(
  'a unit whose agent is lost is asked over ssh with one key, and its answer joins the others',
  async () => {
    const one = opened({ scenario: { lost: [{ unit: 'keystone/1' }] } });
    await one.waitFor('keystone 3', PATIENCE);
    one.write('c');
    await one.waitFor(/finding.*2 shows them/, 60_000);
    expect(one.text()).toContain('o ask by ssh');
    one.write('2');
    await one.waitFor('not asked');
    one.write('o');

    await one.waitFor((text) => !text.includes('not asked') && text.includes('13 units answered'), 60_000);
  },
  150_000,
);

test.runIf(FULL)(
  'a run whose terminal UI was killed goes on from the next one with F, in its own journal',
  async () => {
    const first = opened({});
    await first.waitFor('keystone 3', PATIENCE);
    first.write(':plan keystone proxy-initial-not-pooled --bake 0\r');
    await first.waitFor('units would change', PATIENCE);
    first.write('A3\r');
    await first.waitFor('Go on with 2 more units?', 60_000);
    first.write('y');
    await first.waitFor(/keystone\/2 +2 +. yes +. now/, PATIENCE);
    first.kill();
    await first.exit;

    const next = reopened();
    await next.waitFor('4 shows it', PATIENCE);
    next.write('4F');
    await next.waitFor('Go on with keystone-1 on 1 more unit?', PATIENCE);
    next.write('1\r');
    await next.waitFor('C keeps it, E gives 5 more minutes', 90_000);
    next.write('Cy');

    const text = await next.waitFor('keystone-1: done', 60_000);
    expect(text).toContain('4 Runs 1');
    expect(text.match(/keystone\/\d .*changed/g)).toHaveLength(3);
  },
  300_000,
);

test('the check as text says how to reach a lost unit, and that way reaches it', async () => {
  cloud = new DemoCloud({ scenario: { lost: [{ unit: 'keystone/1' }] } });

  const byExec = await cloud.run(['check', 'keystone']);
  const bySsh = await cloud.run(['check', 'keystone', '--transport', 'ssh']);

  expect(byExec.stdout).toContain('try: the same with --transport ssh (keystone/1)');
  expect(bySsh.stdout).toContain('3 of 3 units answered');
}, 120_000);

test('a terminal that can only take lines gets the help and no screen', async () => {
  screen = new Screen(process.execPath, [executable], { columns: 100, rows: 60, environment: { TERM: 'dumb' } });

  await screen.waitFor('this terminal (TERM=dumb) cannot show the terminal UI', PATIENCE);
  expect(await screen.exit).toBe(0);
  expect(screen.raw).not.toContain('\x1b[');
}, 60_000);
