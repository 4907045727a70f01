import { afterEach, expect, test } from 'vitest';
import type { CheckReport } from '../../src/domain/check.js';
import { fakeReport } from '../fakes/model.js';
import { leaveAll, started, type World } from './world.js';

afterEach(leaveAll);

const WORD = 'k3j9x0q7m2vb8n4c6z1l5p';

/** The findings of a check whose first one rests on a line with a suspicious word. */
async function found(): Promise<World> {
  const one = started({ columns: 100, rows: 40 });
  await one.until('keystone 3');
  const report = fakeReport(['keystone/0', 'keystone/1', 'keystone/2']);
  const line = { unit: 'keystone/0', text: 'worker got [suspicious]', reveal: () => `worker got ${WORD}\x1b[2J` };
  const findings = report.findings.map((finding, index) => (index === 0 ? { ...finding, evidence: [line] } : finding));
  const units = report.units.map((unit) => (unit.unit === 'keystone/0' ? { ...unit, evidence: { lines: [line] } } : unit));
  const value: CheckReport = { ...report, units, findings };
  one.controller.store.update((now) => ({ ...now, check: { value } }));
  one.keys('2');
  return one;
}

test('a suspicious word is shown once somebody has typed that it may be, and is hidden again behind that screen', async () => {
  const one = await found();
  expect(one.text()).toContain('1 suspicious word hidden: v shows');
  expect(one.text()).toContain('worker got [suspicious]');

  one.keys('v');
  expect(one.text()).toContain('type show to confirm');
  one.keys('enter');
  one.keys('v', 'sho', 'enter');
  expect(one.text()).not.toContain(WORD);
  one.keys('v', 'show', 'enter');
  expect(one.text()).toContain(`worker got ${WORD}^[[2J`);

  one.keys('esc');
  expect(one.text()).not.toContain(WORD);
});

test('it is neither copied nor written with the screen, nor in the JSON of the check', async () => {
  const one = await found();
  one.keys('v', 'show', 'enter', 'y', 'esc', 'w');
  await expect.poll(() => one.written.size).toBe(1);

  expect(one.copied.join('\n')).toContain('worker got [suspicious]');
  expect([...one.copied, ...one.written.values(), JSON.stringify(one.controller.store.state.check)].join('\n')).not.toContain(
    WORD,
  );
});

test('where nothing is hidden it says so', async () => {
  const one = await found();
  one.keys('j', 'v');

  expect(one.text()).toContain('v: nothing is hidden in this row');
});
