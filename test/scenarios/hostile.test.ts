import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DemoCloud } from './demo-cloud.js';

/** Clears the screen, sets title and clipboard, hides, turns the reading direction; in C0, C1 and Unicode. */
const HOSTILE = '\x1b[2J\x1b]0;owned\x07\x1b]52;c;cm0gLXJm\x07\x9b31m\x9d0;owned\x9c\x7f\b\u202egnp.exe\u2066\u200b\u{e0041}';
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\u{e0000}-\u{e007f}]/u;
const FORMATS = ['text', 'json', 'jsonl'];

let cloud: DemoCloud;
let status: string;
beforeAll(async () => {
  cloud = new DemoCloud();
  await cloud.json(['check', 'keystone/0', '--only', 'mpm']);
  status = hostileStatus(execFileSync('juju', ['status', '--format', 'json', '--utc'], { env: cloud.env, encoding: 'utf8' }));
});
afterAll(() => cloud.remove());

/** What charms and machines say of themselves is hostile, and so are the names of an application and its unit. */
function hostileStatus(text: string): string {
  const plain = new Set([
    'message',
    'version',
    'hostname',
    'dns-name',
    'hardware',
    'public-address',
    'charm-channel',
    'workload-version',
  ]);
  return JSON.stringify(JSON.parse(text), (key, value) => (plain.has(key) ? `${value}${HOSTILE}` : value)).replace(
    /"applications":\{/,
    `$&${JSON.stringify(`-o${HOSTILE}`)}:{"charm":"x","units":{${JSON.stringify(`-o${HOSTILE}/0`)}:{}}},`,
  );
}

async function shown(argv: readonly string[]): Promise<string> {
  const { stdout, stderr } = await cloud.run(argv);
  return `${stdout}\n${stderr}`;
}

test.each(FORMATS)('a hostile status shows no control character as %s', async (format) => {
  cloud.scenario({ calls: [{ command: 'status', to: 99, stdout: status }] });

  const text = await shown(['status', '--verbose', '--format', format]);

  expect(text).toContain('keystone/0');
  expect(text).toContain('owned');
  expect(text).not.toMatch(CONTROL);
});

test.each(FORMATS)('what juju says on stderr shows no control character as %s', async (format) => {
  cloud.scenario({ calls: [{ command: 'status', to: 99, stdout: '', stderr: `ERROR ${HOSTILE}\n`, code: 1 }] });

  const text = await shown(['status', '--verbose', '--format', format]);

  expect(text).toContain('owned');
  expect(text).not.toMatch(CONTROL);
});

test.each(FORMATS)('evidence of a hostile log shows no control character as %s', async (format) => {
  cloud.scenario({});
  const log = cloud.unitFile('keystone/0', 'var/log/apache2/error.log');
  const stamp = readFileSync(log, 'utf8').trimEnd().split('\n').at(-1)?.split('] ')[0];
  const cause = '(70007)The timeout specified has expired: AH01102: error reading status line from remote server localhost:4980';
  appendFileSync(log, `${stamp}] [proxy_http:error] [pid 2197:tid 2197] ${cause} ${HOSTILE}\n`);

  const text = await shown(['check', 'keystone/0', '--only', 'log-signatures', '--verbose', '--format', format]);

  expect(text).toContain('owned');
  expect(text).not.toMatch(CONTROL);
});
