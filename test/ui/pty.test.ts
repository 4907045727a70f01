import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Built, buildEntry } from '../pty/build.js';
import { Screen, type ScreenOptions } from '../pty/screen.js';
import { svg } from '../pty/svg.js';

let built: Built;
let screen: Screen | undefined;

beforeAll(async () => {
  built = await buildEntry('fake-tui.ts');
});
afterAll(() => built.remove());
afterEach(() => screen?.kill());

function opened(options: ScreenOptions = {}): Screen {
  screen = new Screen(process.execPath, [built.file], options);
  return screen;
}

/** The terminal is as it was before: no alternate screen, cursor shown, bracketed paste off. */
function isRestored(one: Screen): boolean {
  const last = (on: string, off: string): boolean => one.raw.lastIndexOf(off) > one.raw.lastIndexOf(on);
  return !one.isAlternate && last('\x1b[?25l', '\x1b[?25h') && last('\x1b[?2004h', '\x1b[?2004l');
}

test('keys that arrive in one read each count', async () => {
  const one = opened();
  await one.waitFor('keystone 3');
  one.write('jj\r');
  await one.waitFor('▸ nova-cloud-controller 3');
  one.write('\x03');

  expect(await one.exit).toBe(0);
  expect(isRestored(one)).toBe(true);
});

test.each([
  [80, 24],
  [160, 50],
])('fills %i columns and %i rows but one, and follows a resize', async (columns, rows) => {
  const one = opened({ columns, rows });
  await one.waitFor('keystone 3');
  expect(one.lines()[0]).toMatch(/^ juju-tune {3}DEMO .*\d\d:\d\d:\d\d$/);
  expect(one.lines()[rows - 2]).toMatch(/enter open .* q quit ?$/);
  expect(one.lines()[rows - 1]).toBe('');

  one.resize(columns + 20, rows + 6);
  await one.waitFor(() => (one.lines()[rows + 4] ?? '').trimEnd().endsWith('q quit'));
  expect(one.lines()[0]?.trimEnd().length).toBe(columns + 19);
  one.resize(50, 10);
  await one.waitFor('50x10 is too small');
  one.resize(columns, rows);
  await one.waitFor('keystone 3');
  expect(one.lines().filter((line) => line.includes('juju-tune  ')).length).toBe(1);
});

test('a terminal of one column and one row is borne, and left as it was', async () => {
  const one = opened({ columns: 1, rows: 1 });
  await one.waitFor(() => one.isAlternate);
  one.write('jj\r?');
  one.resize(80, 24);
  await one.waitFor('keys of the applications screen');
  one.resize(1, 1);
  one.write('q\x03');

  expect(await one.exit).toBe(0);
  expect(isRestored(one)).toBe(true);
});

test('ctrl-c while a change awaits confirmation asks what becomes of it, and it can still be kept', async () => {
  const one = opened({ columns: 100 });
  await one.waitFor('keystone 3');
  one.write('3\r');
  await one.waitFor('target');
  one.write('keystone/1\r');
  await one.waitFor('1 unit would change');
  one.write('Ay');
  await one.waitFor('C keeps it, E gives 5 more minutes, R takes it back');
  one.write('\x03');
  const asked = await one.waitFor('What becomes of it?');
  one.write('\x1b');
  await one.waitFor((text) => !text.includes('What becomes of it?'));
  one.write('Cy');
  await one.waitFor('keystone-1: done');
  one.write('qq');

  expect(asked).toMatch(/back (at|in) /);
  expect(await one.exit).toBe(0);
});

test('a whole sitting: check, cure, confirm, canary, verdict; the summary stays on the terminal', async () => {
  const one = opened({ rows: 40, columns: 100 });
  await one.waitFor('keystone 3');
  one.write('c');
  await one.waitFor('3 findings: 1 high');
  one.write('2\r');
  await one.waitFor('complete');
  one.write('\r');
  await one.waitFor('units would change');
  one.write('A');
  await one.waitFor('[ cancel ]');
  one.write('y');
  await one.waitFor('Go on with 2 more units?');
  one.write('y');
  await one.waitFor('C keeps it, E gives 5 more minutes');
  one.write('C');
  await one.waitFor('Keep this change on 3 units?');
  one.write('y');
  await one.waitFor('keystone-1: done');
  expect(one.text()).toMatch(/502 from the proxy +105 of 600 +0 of 600 +✓ cured/);
  expect(svg(one, 'juju-tune')).toContain('✓ cured');
  one.write('qq');

  expect(await one.exit).toBe(0);
  expect(isRestored(one)).toBe(true);
  expect(one.text()).toContain('DEMO  keystone-1  proxy-initial-not-pooled  keystone/[0-2]  ✓ done');
  expect(one.text()).toContain('take it back: juju-tune rollback keystone-1');
});

test('ctrl-c twice in a run stops watching, says what may be half-way, and the exit code says unknown', async () => {
  const one = opened({ environment: { FAKE_MS: '2000' } });
  await one.waitFor('keystone 3');
  one.write('3\r');
  await one.waitFor('target');
  one.write('keystone\r');
  await one.waitFor('units would change');
  one.write('Ay');
  await one.waitFor('◐ applying');
  one.write('\x03');
  await one.waitFor('in flight is finished first');
  one.write('\x03');
  await one.waitFor('stopped watching; 1 unit may be half-way');
  one.write('\x03');

  expect(await one.exit).toBe(4);
  expect(isRestored(one)).toBe(true);
  expect(one.text().replaceAll('\n', '')).toContain('may be half-way: `juju-tune resume keystone-1` tells');
});

test('NO_COLOR takes colours away and leaves signs and words', async () => {
  const one = opened({ environment: { NO_COLOR: '1' } });
  await one.waitFor('✗ 1 lost');

  expect(one.raw.match(/\x1b\[(?:\d+;)*(?:3[0-7]|4[0-7]|9[0-7]|38|48)[;m]/g)).toBeNull();
});

test('without UTF-8 everything drawn is ASCII', async () => {
  const one = opened({ environment: { LANG: 'C', LC_ALL: 'C' } });
  await one.waitFor('x 1 lost');

  expect(one.text().match(/[^\x20-\x7e\n]/g)).toBeNull();
});

test.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('the terminal is restored after %s', async (signal, code) => {
  const one = opened();
  await one.waitFor('keystone 3');
  process.kill(one.pid, signal);

  expect(await one.exit).toBe(code);
  expect(isRestored(one)).toBe(true);
});

test('the terminal is restored after a fault, and the fault is seen', async () => {
  const one = opened();
  await one.waitFor('keystone 3');
  process.kill(one.pid, 'SIGUSR2');
  const code = await one.exit;

  expect(code).not.toBe(0);
  expect(isRestored(one)).toBe(true);
  expect(one.text()).toContain('a fault of ours');
});

test('text that is pasted into a field is text, whatever is in it', async () => {
  const one = opened();
  await one.waitFor('keystone 3');
  one.write('3\r');
  await one.waitFor('target');
  one.write('\x1b[200~keystone\rq\x1b[201~');

  await one.waitFor(/target +keystone q/);
});
