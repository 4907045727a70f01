import { describe, expect, test } from 'vitest';
import { redact } from '../../src/domain/redact.js';
import { countSuspicious, SUSPICIOUS, withoutSuspicious } from '../../src/domain/suspicious.js';
import { seeded } from '../prove/random.js';
import { ordinarySamples, secretSamples } from '../prove/redact-corpus.js';
import { score } from '../prove/redact-score.js';

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const WORDS = 500;

/** Percent of random words without a name or a form that are hidden in a line of a log. */
function hidden(length: number, characters: string): number {
  const random = seeded(length);
  const words = Array.from({ length: WORDS }, () => random.text(length, characters));
  return (
    (words.filter((word) => !withoutSuspicious(redact(`worker got ${word} from its peer`)).includes(word)).length * 100) / WORDS
  );
}

describe('of words that nobody thought of and no pattern knows', () => {
  test.each([
    ['lower case and digits', 24, LOWER + DIGITS],
    ['capitals and digits', 24, LOWER.toUpperCase() + DIGITS],
    ['letters and digits, short', 20, LOWER + LOWER.toUpperCase() + DIGITS],
  ])('most are hidden: %s', (_, length, characters) => {
    expect(hidden(length, characters)).toBeGreaterThan(80);
  });
});

test.each([
  ['an id in hex', 'instance 99397b0ee8e33a6f25262c2a872b12f6 of 59909f83643568454f54624181d4ccc1'],
  ['a request id', 'req-a0ca692b-a369-8878-bf5c-1c9d32057da1'],
  ['the fingerprint of a key', 'RSA SHA256:J8CrKUDzguoAvgHDR9ds4ErPtTQO5uN/gd6Xv59eYrF'],
  ['audit ids of a token', '"audit_ids": ["2l2antoab2nfy78p1m822o", "96531icagkb9i9vn9paxe2"]'],
  [
    'a line of the proxy',
    '[proxy:error] [pid 2215:tid 139840041963520] [client 10.246.64.24:33623] AH00898: Error reading from remote server',
  ],
  [
    'names of a charm',
    'tcp-in_keystone_public_port_10.246.64.24 juju-a1b2c3-12-lxd-3 zz-juju-tune-proxy-initial-not-pooled.conf',
  ],
  ['what was redacted', 'password=[redacted]'],
])('left as it is: %s', (_, text) => {
  expect(withoutSuspicious(text)).toBe(text);
});

test('ordinary lines stay as they are, and secrets hidden', () => {
  const samples = [...secretSamples(20261128, 2), ...ordinarySamples(20261128, 3000)];
  const result = score(
    samples,
    samples.map(({ line }) => withoutSuspicious(redact(line)).replaceAll(SUSPICIOUS, '[redacted]')),
  );

  expect(result).toMatchObject({ leaked: 0, altered: 0, examples: [] });
});

test('each is counted', () => {
  const text = withoutSuspicious('one k3j9x0q7m2vb8n4c6z1l5p and two Q7M2VB8N4C6Z1L5PK3J9X0');

  expect(text).toBe('one [suspicious] and two [suspicious]');
  expect(countSuspicious(text)).toBe(2);
});
