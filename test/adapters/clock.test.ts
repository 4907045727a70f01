import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clockOf, realClock } from '../../src/adapters/clock.js';
import { isUlid, ulid } from '../../src/adapters/ulid.js';

test("the demo cloud's time is virtual and runs on by itself", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'juju-tune-clock-'));
  const epochReal = Date.now() - 1000;
  writeFileSync(join(folder, 'clock.json'), JSON.stringify({ epochReal, epochVirtual: 5_000_000, rate: 60 }));
  const clock = clockOf({ JUJU_TUNE_DEMO: folder }, true);

  const began = performance.now();
  const before = clock.now();
  await clock.sleep(6, new AbortController().signal);
  const after = clock.now();
  const realSeconds = (performance.now() - began) / 1000;

  expect(before).toBeGreaterThanOrEqual(5_060_000);
  expect(after - before).toBeGreaterThanOrEqual(6000);
  expect(realSeconds).toBeLessThan(3);
  rmSync(folder, { recursive: true });
});

test('only the demo has a time of its own', () => {
  expect(clockOf({ JUJU_TUNE_DEMO: '/somewhere' }, false)).toBe(realClock);
  expect(clockOf({}, true)).toBe(realClock);
});

test('a sleep ends at once when it is aborted', async () => {
  await realClock.sleep(60, AbortSignal.abort());
});

test('a sleep that is longer than a timer of Node can be does not end at once', async () => {
  const woken = new AbortController();
  const slept = realClock.sleep(999 * 3600, woken.signal).then(() => 'slept');

  const first = await Promise.race([slept, new Promise((resolve) => setTimeout(resolve, 20, 'still asleep'))]);
  woken.abort();

  expect([first, await slept]).toEqual(['still asleep', 'slept']);
});

test('ULIDs sort by time, and in one millisecond by order', () => {
  const now = Date.UTC(2026, 10, 23);
  const many = [ulid(now - 1000), ...Array.from({ length: 100 }, () => ulid(now)), ulid(now + 1)];

  expect(many).toEqual([...many].sort());
  expect(new Set(many).size).toBe(102);
  expect(many.every(isUlid)).toBe(true);
});
