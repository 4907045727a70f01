import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DemoCloud } from './demo-cloud.js';
import { QUICK, type RunReport } from './tuning-cases.js';

const UNIT = 'keystone/0';
const SITE = 'etc/apache2/sites-enabled/wsgi-openstack-api.conf';

/** What must never leave the unit, by where it is planted. */
const CANARIES = {
  site: 'Canary0site7Qw3',
  database: 'canary-Db4word',
  token: 'gAAAAABlCanary0Token9Zq3vT1bNcX7mKpLrYwUaSdFgHjQeRtYuIoPzXcVbNm1Q2w3E4r5T6y7U8i9O0pAsDfGhJkLzXcVbNm',
  admin: 'C4n4ryAdminT0ken',
};
/** Stands in the same log line as the secrets, and is none: what does not see this looked in the wrong place. */
const BENIGN = 'plain-word-beside-the-canaries';

let cloud: DemoCloud;
beforeAll(async () => {
  cloud = new DemoCloud();
  // The logs begin with the first look at a unit.
  await cloud.json(['check', UNIT, '--only', 'mpm']);
  plant();
});
afterAll(() => cloud.remove());

function plant(): void {
  const site = cloud.unitFile(UNIT, SITE);
  const text = readFileSync(site, 'utf8');
  // In the context of the diff that is shown of the daemon processes.
  writeFileSync(site, text.replace('<VirtualHost *:35337>\n', `$&    SetEnv OS_PASSWORD ${CANARIES.site}\n`));
  const settings = cloud.unitFile(UNIT, 'etc/keystone/keystone.conf');
  mkdirSync(dirname(settings), { recursive: true });
  const database = `mysql+pymysql://keystone:${CANARIES.database}@10.0.0.9/keystone`;
  writeFileSync(settings, `[DEFAULT]\nadmin_token = ${CANARIES.admin}\n[database]\nconnection = ${database}\n`);
  const log = cloud.unitFile(UNIT, 'var/log/apache2/error.log');
  const stamp = readFileSync(log, 'utf8').trimEnd().split('\n').at(-1)?.split('] ')[0];
  const cause = 'Timeout when reading response headers from daemon process';
  appendFileSync(
    log,
    [
      `${stamp}] [wsgi:error] [pid 2197:tid 2197] ${cause} 'keystone-public' ${BENIGN}, X-Auth-Token: ${CANARIES.token}`,
      // Nothing but the unit's own settings tells that these words are secrets.
      `${stamp}] [wsgi:error] [pid 2197:tid 2197] ${cause} ${CANARIES.database} and ${CANARIES.admin}`,
      '',
    ].join('\n'),
  );
}

/** The text, and whatever it holds in base64, compressed or not. */
function unfolded(text: string, depth = 3): string {
  if (depth === 0) return text;
  const inside = [...text.matchAll(/[A-Za-z0-9+/]{24,}={0,2}/g)].map(([run]) => {
    const bytes = Buffer.from(run, 'base64');
    return unfolded((bytes[0] === 0x1f && bytes[1] === 0x8b ? unzipped(bytes) : bytes).toString('latin1'), depth - 1);
  });
  return [text, ...inside].join('\n');
}

function unzipped(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes);
  } catch {
    return bytes;
  }
}

/** Whether the text tells the word, in any of the ways that a report, a receipt or a request may write it. */
function tells(texts: string, word: string): boolean {
  const ways = [word, encodeURIComponent(word), Buffer.from(word).toString('hex'), [...word].reverse().join('')];
  return ways.some((way) => texts.includes(way));
}

/** Everything that the operator's machine and the controller keep: all of the demo's folder but its units. */
function kept(): string {
  return readdirSync(cloud.cloud, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(join(cloud.cloud, 'units/')) && !file.startsWith(join(cloud.cloud, 'bin/')))
    .map((file) => unfolded(readFileSync(file, 'latin1')))
    .join('\n');
}

const leaked = (texts: string): string[] => Object.values(CANARIES).filter((canary) => tells(texts, canary));

test('secrets of a unit are in nothing that check, plan, apply and rollback say or leave behind', async () => {
  const said: string[] = [];
  const says = async (argv: readonly string[]): Promise<number | null> => {
    const { code, stdout, stderr } = await cloud.run(argv);
    said.push(stdout, stderr);
    return code;
  };
  const file = join(cloud.dir, 'plan.json');
  const change = [UNIT, 'wsgi-processes', 'processes=20'];
  const before = cloud.tree(UNIT);

  const codes = [
    await says(['check', UNIT]),
    await says(['check', UNIT, '--format', 'json']),
    await says(['plan', ...change]),
    await says(['plan', ...change, '--format', 'json', '-o', file]),
  ];
  const applied = await cloud.json<RunReport>(['apply', ...change, '--yes', 'keystone', ...QUICK, '--measure', '0', '--verbose']);
  const changed = readFileSync(cloud.unitFile(UNIT, SITE), 'utf8');
  codes.push(await says(['runs', '--format', 'json']), await says(['rollback', '--yes', 'keystone', '--verbose']));

  expect([codes, applied.outcome]).toEqual([[0, 0, 0, 0, 0, 0], 'done']);
  const told = [...said, JSON.stringify(applied), readFileSync(file, 'utf8')].map((text) => unfolded(text)).join('\n');
  const store = kept();
  expect([told, store].map((texts) => tells(texts, BENIGN))).toEqual([true, true]);
  expect({ told: leaked(told), kept: leaked(store) }).toEqual({ told: [], kept: [] });
  expect(tells(told, '[redacted]')).toBe(true);
  // The unit's own file keeps its line through the change and back.
  expect(changed).toContain(`SetEnv OS_PASSWORD ${CANARIES.site}\n`);
  expect(changed).toContain('keystone-public processes=');
  expect(cloud.tree(UNIT)).toEqual(before);
}, 300_000);

test('a canary that leaked would be seen, however deep in a request or a receipt', () => {
  const inner = Buffer.from(`a line with ${CANARIES.site} in it`).toString('base64');

  expect(leaked(unfolded(`{"script":"unpack '${Buffer.from(`blob\t${inner}`).toString('base64')}'"}`))).toEqual([CANARIES.site]);
});
