import { afterEach, expect, test } from 'vitest';
import { leaveAll, started, type World } from './world.js';

afterEach(leaveAll);

async function ready(options: Parameters<typeof started>[0] = {}): Promise<World> {
  const one = started(options);
  await one.until('keystone 3');
  return one;
}

test('the command line checks, and tab completes applications', async () => {
  const one = await ready();
  one.keys(':', 'ch', 'tab', 'key', 'tab');
  expect(one.text()).toContain(':check keystone');
  one.keys('enter');

  await one.until(/findings?: /);
});

test('the command line plans with the words of the command line, and A still asks', async () => {
  const one = await ready();
  one.keys(':', 'plan wsgi-processes keystone processes=+8 --except keystone/1', 'enter');
  const text = await one.until('2 units would change');

  expect(text).toContain('processes=+8');
  expect(one.controller.store.state.live).toBeUndefined();
});

test('what the command line does not understand is said, with the nearest word', async () => {
  const one = await ready();
  one.keys(':', 'chek', 'enter');
  expect(one.text()).toContain(' :chek');
  expect(one.text()).toContain('":chek" is not known: did you mean "check"');
  one.keys('esc', ':', 'plan keystone nonsense', 'enter');
  expect(one.text()).toContain('no tuning is named');
  one.keys('esc', ':', 'rollback', 'enter');
  expect(one.text()).toContain('there is no run yet');
});

test('the beginning of two runs names none of them', async () => {
  const one = await ready();
  const lines = ['plan proxy-initial-not-pooled keystone', 'rollback keystone-1'];
  for (const [at, line] of lines.entries()) {
    one.keys(':', line, 'enter');
    await one.until('› plan');
    one.keys('A', 'y');
    await one.until('Go on with');
    one.keys('y');
    await one.until(`keystone-${at + 1}: done`);
  }
  one.keys(':', 'rollback key', 'enter');

  expect(one.text()).toContain('"key" may be 2 runs: keystone-1, keystone-2');
  one.keys('ctrl-u', 'rollback keystone-1', 'enter');
  await one.until('take back proxy-initial-not-pooled');
});

test('a word that may become several shows them, and esc leaves the line', async () => {
  const one = await ready();
  one.keys(':', 'plan keystone wsgi-processes ', 'tab');
  expect(one.text()).toContain('processes=');
  one.keys('esc', ':', 'filter nova', 'enter');

  expect(one.text()).toContain('filter: nova');
  expect(one.text()).not.toContain('keystone 3');
});

test('! shows only what is not well, with its units', async () => {
  const one = await ready();
  one.keys('!');
  expect(one.text()).toContain('nova-cloud-controller/2');
  expect(one.text()).not.toContain('keystone 3');
  one.keys('!');
  expect(one.text()).toContain('keystone 3');
});

test('s puts the worst first, then goes by name', async () => {
  const one = await ready();
  one.keys('s');
  expect(one.text().split('\n')[4]).toContain('nova-cloud-controller');
  one.keys('s');
  expect(one.text()).toContain('order: by name');
  expect(one.text().split('\n')[4]).toContain('gnocchi');
});

test('y copies the whole text, w writes it, Y gives the command with the model named', async () => {
  const one = await ready({ rows: 16 });
  one.keys('y');
  expect(one.copied[0]).toContain('nova-cloud-controller/2');
  expect(one.copied[0]).toContain('keystone 3');
  one.keys('w');
  await one.until('written: /here/text.txt');
  expect(one.written.get('text')).toContain('keystone 3');
  one.keys('esc', '2', 'Y');

  expect(one.copied.at(-1)).toBe('juju-tune check -m juju-tune-demo:demo-cloud');
});
