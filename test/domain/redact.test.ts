import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { redact } from '../../src/domain/redact.js';
import { cpuMilliseconds } from '../cpu.js';
import { ordinarySamples, secretSamples } from '../prove/redact-corpus.js';
import { score } from '../prove/redact-score.js';
import { redactOnUnit } from '../prove/redact-unit.js';

/** A unit without settings. */
const onUnit = (texts: readonly string[]): Promise<string[]> => redactOnUnit(texts, `${tmpdir()}/no-such-unit`);

const SAMPLES = [...secretSamples(20261124, 2), ...ordinarySamples(20261124, 1000)];

test('no secret of any kind is read in any encoding, and ordinary lines stay as they are', () => {
  const result = score(
    SAMPLES,
    SAMPLES.map(({ line }) => redact(line)),
  );

  expect({ ...result, kept: result.kept > 90 }).toMatchObject({ leaked: 0, altered: 0, kept: true, examples: [] });
  expect(result.secrets).toBeGreaterThan(480);
});

test('the unit hides what we hide', async () => {
  const lines = SAMPLES.map(({ line }) => line);

  expect(await onUnit(lines)).toEqual(lines.map(redact));
});

test('what was redacted stays as it is', () => {
  const once = SAMPLES.map(({ line }) => redact(line));

  expect(once.map(redact)).toEqual(once);
});

test('the score sees a redactor that does nothing, and one that takes everything', () => {
  const lazy = score(
    SAMPLES,
    SAMPLES.map(({ line }) => line),
  );
  const greedy = score(
    SAMPLES,
    SAMPLES.map(() => '[redacted]'),
  );

  expect([lazy.recall, lazy.precision]).toEqual([0, 100]);
  expect([greedy.recall, greedy.precision < 70, greedy.kept]).toEqual([100, true, 0]);
});

test.each([
  ['the password for admin is S3cret!', 'the password for admin is [redacted]'],
  ['{"token": {"id": "S3cretS3cret", "expires": 1}}', '{"token": {"id": [redacted], "expires": 1}}'],
  ['{"name":"password","value":"S3cret"}', '{"name":"password","value":[redacted]}'],
  ['mysql -u root -pS3cret -h db', 'mysql -u root -p[redacted] -h db'],
  ['GET /v3/box?key-0=LwRpYRxXSogRUnCdyCSSI_oJ-wvJVJrcjCFbGCgSezz%3D HTTP/1.1', 'GET /v3/box?key-0=[redacted] HTTP/1.1'],
  ['Vary: X-Auth-Token, Accept', 'Vary: X-Auth-Token, Accept'],
  ['X-Auth-Token: {SHA256}00ff', 'X-Auth-Token: {SHA256}00ff'],
  [
    '-----BEGIN PRIVATE KEY-----\nMIIE\nabcd==\n-----END PRIVATE KEY-----\nnext line',
    '-----BEGIN PRIVATE KEY-----\n[redacted]\n[redacted]\n-----END PRIVATE KEY-----\nnext line',
  ],
])('%s', async (text, shown) => {
  expect(redact(text)).toBe(shown);
  expect(await onUnit([text])).toEqual([shown]);
});

test('a long line takes no longer than it is long', () => {
  for (const piece of [
    'token:',
    'password=',
    '"',
    '\\',
    '%22',
    'a@',
    '://a:',
    'pass',
    'A1b',
    '-----BEGIN ',
    'curl -u ',
    'mysql -p',
    "'",
    '&quot;',
    'key key ',
    "key='",
    'password "',
    'token: ',
    'secret = a ',
    'cookie: "',
    ' ',
    'x.key,',
  ]) {
    const text = piece.repeat(Math.ceil(200_000 / piece.length));
    expect(
      cpuMilliseconds(() => redact(text)),
      piece,
    ).toBeLessThan(1500);
  }
});
