import { afterEach, expect, test } from 'vitest';
import { Failure } from '../../src/domain/failure.js';
import { displayWidth } from '../../src/ui/text.js';
import { LateSession } from '../../src/ui/tui/late-session.js';
import { fakeInventory } from '../fakes/model.js';
import { FakeSession } from '../fakes/session.js';
import { afterCanary, leaveAll, started } from './world.js';

afterEach(leaveAll);

test('something is shown before juju has answered, and every frame fills the terminal but one row', async () => {
  const one = started({ milliseconds: 50 });

  expect(one.text()).toContain('asking juju for its status');
  await one.until('keystone 3');
  const lines = one.text().split('\n');
  expect(lines.length).toBe(23);
  expect(new Set(lines.map(displayWidth))).toEqual(new Set([80]));
});

test('the inventory shows leader, lost and busy units with the reason, and says what was not checked', async () => {
  const one = started();
  expect(await one.until('keystone 3')).toMatch(/gnocchi 3 +● active +not checked; 1 busy/);
  one.keys('enter');
  const text = one.text();

  expect(text).toMatch(/DEMO {2}demo-cloud \(juju-tune-demo\) {2}juju 3\.6\.11/);
  expect(text).toMatch(/nova-cloud-controller 3 +✗ 1 lost/);
  expect(text).toMatch(/nova-cloud-controller\/2 +✗ lost +2\/lxd\/0 +agent lost/);
  expect(text).toMatch(/gnocchi\/1 +◐ busy +1\/lxd\/0 +runs update-status/);
  expect(text).toMatch(/\* gnocchi\/0/);
  expect(text).toMatch(/keystone 3 +● active +not checked/);
  expect(text).toContain('c checks all 3 API applications (8 units, read only)');
});

test('ok is said only of what was checked, and health is the worse of juju and the findings', async () => {
  const one = started();
  await one.until('keystone 3');
  one.keys('c');
  const text = await one.until('3 findings: 1 high');

  expect(text).toMatch(/gnocchi 3 +✓ ok +checked 1 min ago/);
  expect(text).toMatch(/keystone 3 +▲ high/);
  expect(text).toMatch(/nova-cloud-controller 3 +✗ 1 lost/);
  expect(text).toMatch(/mysql-innodb-cluster 3 +● active +Application Ready/);
});

test('the form tells mistakes as they are typed and asks no unit before they are gone', async () => {
  const one = started();
  await one.until('keystone 3');
  one.keys('3', 'j', 'enter', 'keystone', 'tab', 'tab', 'many');
  expect(one.text()).toContain('! parameter "processes" must be a whole number from 1 to 256');
  one.keys('enter');
  expect(one.text()).toContain('› form');
  one.keys('ctrl-u', '+8');
  expect(one.text()).toContain('✓ complete');
});

test('the form does not call a target complete that the model does not have, and asks all the same', async () => {
  const one = started();
  await one.until('keystone 3');
  one.keys('3', 'enter', 'ctrl-u', 'keystonexx keystone/7');
  const text = one.text();

  expect(text).toContain('! application "keystonexx" is not in model "demo-cloud": did you mean');
  expect(text).toContain('! unit "keystone/7" does not exist: there is keystone/[0-2]');
  expect(text).not.toContain('✓ complete');
  one.keys('enter');
  await one.until('try: juju-tune status');
  expect(one.session.planned).toBe(1);
});

test('a dry run is made once, of what the form says; until it is there keys say so', async () => {
  const one = started();
  await one.until('keystone 3');
  one.keys('3', 'enter', 'ctrl-u', 'keystone', 'enter', 'enter');
  expect(one.text()).toContain('enter: dry run is under way: ctrl-c ends it');
  one.keys('x');
  expect(one.text()).toContain('x: dry run is under way: ctrl-c ends it');
  await one.until('3 units would change');

  expect([one.session.planned, one.text().includes('you left it')]).toEqual([1, false]);
  one.keys('esc');
  expect(one.text()).toMatch(/target +keystone *\n/);
});

test('a plan to take a run back that was left says how it is made again', async () => {
  const one = await afterCanary();
  one.keys('y');
  await one.until('keystone-1: done');
  one.keys('R', 'R');
  expect(one.text()).toContain('R: planning to take back keystone-1 is under way: ctrl-c ends it');
  one.keys('1');

  expect(await one.until('you left it')).toContain('the plan is done, but you left it: R on the run makes it again');
});

test('a refusal of the dry run stays in the form with what to do next', async () => {
  const one = started();
  await one.until('keystone 3');
  one.keys('3', 'enter', 'nova-cloud-controller', 'enter');
  const text = await one.until('nova-cloud-controller/2 is lost: 2 of 3 would differ');

  expect(text).toContain('try: --except nova-cloud-controller/2');
});

test("juju's trouble is a calm panel with the next thing to type, and r asks again", async () => {
  let trouble: Failure | undefined = new Failure('juju', 'juju is not logged in to controller "ctrl-1"', {
    hint: 'juju login -c ctrl-1',
  });
  const one = started({ trouble: () => trouble });
  expect(await one.until('not logged in')).toContain('try: juju login -c ctrl-1');
  trouble = undefined;
  one.keys('r');

  await one.until('keystone 3');
});

test('a session that cannot be opened is opened again by the next question', async () => {
  let open = (): Promise<FakeSession> =>
    Promise.reject(new Failure('juju', 'juju is not installed', { hint: 'sudo snap install juju' }));
  const calls: string[] = [];
  const late = new LateSession(() => open());
  late.onCall((call) => calls.push(call.command));
  const signal = new AbortController().signal;
  await expect(late.inventory(signal)).rejects.toThrow('juju is not installed');
  open = async () => new FakeSession();

  expect((await late.inventory(signal)).model.name).toBe('demo-cloud');
  expect(late.catalogue.length).toBeGreaterThan(0);
  expect(calls).toEqual(['juju status -m juju-tune-demo:demo-cloud --format json --utc']);
});

test('a unit that does not answer costs the others nothing and is named', async () => {
  const one = started({ silent: ['keystone/1'] });
  await one.until('keystone 3');
  one.keys('c');
  await one.until('1 unit did not answer');
  one.keys('2');

  expect(one.text()).toMatch(/! +did not answer +keystone\/1/);
});

test('the filter keeps rows by word, by term and by not', async () => {
  const one = started();
  await one.until('keystone 3');
  one.keys('/', 'status:lost', 'enter');
  expect(one.text()).toContain('nova-cloud-controller/2');
  expect(one.text()).not.toContain('keystone 3');
  one.keys('esc', '/', '!nova', 'enter');
  expect(one.text()).not.toContain('nova-cloud-controller');
  one.keys('/', 'ctrl-u', 'nothing-like-it', 'enter');
  expect(one.text()).toContain('no row matches "nothing-like-it"');
});

test('the help is the key table, with what cannot be used now and why', async () => {
  const one = started();
  await one.until('keystone 3');
  one.keys('4', '?');
  const text = one.text();

  expect(text).toMatch(/R +Plan to take this run back.*\n +not now: no run is under the cursor/);
  expect(text).toContain('keys of the runs screen');
});

test('empty screens say what to do', async () => {
  const one = started();
  await one.until('keystone 3');
  one.keys('2');
  expect(one.text()).toContain('c runs the passive diagnostics');
  one.keys('4');
  expect(one.text()).toContain('no run yet');
});

test('the juju commands are shown as they ran', async () => {
  const one = started();
  await one.until('keystone 3');
  one.keys('@');

  expect(one.text()).toMatch(/exit 0 +412 ms +juju status -m juju-tune-demo:demo-cloud/);
});

test('a juju command that is too long for its line stands whole below the list, in text and in a file', async () => {
  const one = started({ columns: 60 });
  await one.until('keystone 3');
  one.keys('c');
  await one.until('3 findings');
  one.keys('@');
  const whole = 'juju exec -m juju-tune-demo:demo-cloud --background --unit keystone/0,keystone/1,keystone/2 -- …';
  const [, below = ''] = one.text().split(/\n─+\n(?= juju exec)/);

  expect(below.replace(/\s+/g, '')).toContain(whole.replace(/\s+/g, ''));
  one.keys('w', 'y');
  await one.until('written');
  expect(one.written.get('juju commands')).toContain(whole);
  expect(one.copied.join('')).toContain(whole);
  expect(one.text().replace(/\s+/g, '')).toContain(whole.replace(/\s+/g, ''));
});

test('what Juju says of a unit is read whole', async () => {
  const inventory = fakeInventory();
  const message = 'Unit is ready: Mode: R/W, Cluster is ONLINE and can tolerate up to ONE failure of its members.';
  const applications = inventory.applications.map((application) => ({
    ...application,
    units: application.units.map((unit) => ({ ...unit, workload: { current: 'active', message } })),
  }));
  const one = started({ inventory: { ...inventory, applications } });
  await one.until('keystone 3');
  one.keys('/', 'keystone/0', 'enter', 'enter', 'j', 'enter');
  await one.until('workload');

  expect(one.text().replace(/\s+/g, ' ')).toContain(message);
});

test('a terminal that is too small says so', () => {
  expect(started({ columns: 50, rows: 10 }).text()).toContain('50x10 is too small');
});

test('keys work the same over a thousand units, of which only the visible ones are drawn', async () => {
  const [few, many] = await Promise.all(
    [30, 1000].map(async (units) => {
      const one = started({ inventory: fakeInventory(units) });
      await one.until(`keystone ${units}`);
      one.keys('/', 'keystone/', 'enter', 'G');
      return one;
    }),
  );
  expect(many?.text()).toContain('keystone/999');

  // Each key and its frame, by turns, so that a busy machine slows both; the median of each.
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < 100; round++) {
    for (const [at, one] of [few, many].entries()) {
      const begun = performance.now();
      one?.keys('k');
      one?.text();
      times[at]?.push(performance.now() - begun);
    }
  }
  const [ofFew = 0, ofMany = 0] = times.map((all) => all.sort((a, b) => a - b)[50]);
  // Thirty times as many, and what is drawn is the same.
  expect(ofMany / ofFew).toBeLessThan(6);
});

test('what units say is never drawn raw, on any screen', async () => {
  const inventory = fakeInventory();
  const evil = '\x1b[2J\u202e\x07\nx';
  const applications = inventory.applications.map((application) => ({
    ...application,
    status: { current: 'active', message: evil },
    units: application.units.map((unit) => ({ ...unit, machine: evil, workload: { current: 'active', message: evil } })),
  }));
  const one = started({
    inventory: { ...inventory, model: { ...inventory.model, name: `m${evil}` }, applications },
    columns: 160,
  });
  await one.until('keystone 3');
  const seen = [one.text()];
  for (const keys of ['j', 'enter', '@', '4', '2', '3']) {
    one.keys(keys);
    seen.push(one.text());
  }

  expect(seen.join('').match(/[^\P{C}\n]/gu)).toEqual(null);
});

test.each([120, 160])('at %i columns no title of a finding is cut', async (columns) => {
  const one = started({ columns, rows: 40 });
  await one.until('keystone 3');
  one.keys('c');
  await one.until('3 findings');
  one.keys('2');
  const rows = one.text().split('\n').slice(4, 7);

  expect(rows.map((row) => row.includes('keystone/') && !row.includes('…'))).toEqual([true, true, true]);
});
