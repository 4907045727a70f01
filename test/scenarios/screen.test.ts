import { afterEach, expect, test } from 'vitest';
import { Screen, type ScreenOptions } from '../pty/screen.js';
import { DemoCloud, type DemoOptions, executable } from './demo-cloud.js';

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
