import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readCollected } from '../../src/unit/collected.js';
import { encodeField } from '../../src/unit/lines.js';
import { readProbe, readReceipt } from '../../src/unit/receipt.js';

const UNIT = 'keystone/0';
const HASH = 'a'.repeat(64);

function sealed(...lines: readonly string[]): string {
  const text = lines.map((line) => `${line}\n`).join('');
  return `${text}end\t${createHash('sha256').update(text).digest('hex')}\n`;
}

const HEAD = ['juju-tune-receipt\t1\tchange', 'verb\tapply', `fact\tunit\t${UNIT}`, 'fact\tclock\t1000'];
const GOOD = [
  ...HEAD,
  'tx\trun-0001-k-0',
  `state\t/etc/x\tF:0644:0:0:${HASH}`,
  'result\tchanged\tCOMMITTED\t\t',
  'log\tone%0Atwo',
];

test('a secret that is short is hidden in what a unit says of what it saw, and addresses, hashes and ids are not', () => {
  const collected = sealed(
    'juju-tune-receipt\t1\tcollect',
    `fact\tunit\t${UNIT}`,
    'diagnostic\tlogs\t1\t0\t0',
    'evidence\tlines\tpassword:hunter2',
    'fact\tlogs.last\tadmin_token:x9',
    'fact\tlogs.address\t10.246.64.21:8766',
    `fact\tlogs.hash\t${HASH}`,
    'fact\tlogs.boot-id\t97f55d0b-1e44-4bba-8feb-324bef4f085f',
  );

  expect(readCollected(collected, UNIT)).toMatchObject({
    value: [
      {
        evidence: { lines: [{ text: 'password:[redacted]' }] },
        facts: {
          'logs.last': 'admin_token:[redacted]',
          'logs.address': '10.246.64.21:8766',
          'logs.hash': HASH,
          'logs.boot-id': '97f55d0b-1e44-4bba-8feb-324bef4f085f',
        },
      },
    ],
  });
});

test('words that look random and that no pattern knows are hidden in what a unit says of what it saw, and say so', () => {
  const word = 'k3j9x0q7m2vb8n4c6z1l5p';
  const collected = sealed(
    'juju-tune-receipt\t1\tcollect',
    `fact\tunit\t${UNIT}`,
    'diagnostic\tlogs\t1\t0\t0',
    `evidence\tlines\tworker got ${word}`,
    `problem\tcannot use ${word}`,
  );
  const receipt = sealed(...GOOD.slice(0, -1), `log\tApache got ${word}`);

  expect(readCollected(collected, UNIT)).toMatchObject({
    value: [
      {
        evidence: { lines: [{ unit: UNIT, text: 'worker got [suspicious]', reveal: expect.any(Function) }] },
        problem: 'exit code 1: cannot use [suspicious]',
      },
    ],
  });
  expect(readReceipt(receipt, 'apply', UNIT)).toMatchObject({ value: { log: ['Apache got [suspicious]'] } });
});

test('a receipt whose hash fits is believed', () => {
  expect(readReceipt(sealed(...GOOD), 'apply', UNIT)).toEqual({
    ok: true,
    value: {
      verb: 'apply',
      transaction: 'run-0001-k-0',
      outcome: 'changed',
      state: 'COMMITTED',
      code: '',
      message: '',
      paths: [{ path: '/etc/x', state: { kind: 'file', mode: '0644', owner: '0:0', sha256: HASH } }],
      log: ['one\ntwo'],
      clock: 1000,
    },
  });
});

test('what stands before a receipt, a trimmed end and compression do not matter', () => {
  const text = sealed(...GOOD);
  const plain = readReceipt(text, 'apply', UNIT);
  expect(readReceipt(text.trimEnd(), 'apply', UNIT)).toEqual(plain);
  expect(readReceipt(`a message of the day\n${text}`, 'apply', UNIT)).toEqual(plain);
  expect(readReceipt(`gz ${gzipSync(text).toString('base64')}\n`, 'apply', UNIT)).toEqual(plain);
});

test.each([
  ['empty', '', /empty/],
  ['another program', 'bash: line 1: syntax error\n', /no receipt/],
  [
    'cut off',
    sealed(...GOOD)
      .split('\n')
      .slice(0, -2)
      .join('\n'),
    /cut off/,
  ],
  ['changed', sealed(...GOOD).replace('COMMITTED', 'REVERTED'), /does not fit its hash/],
  ['to another request', sealed(...GOOD.map((line) => line.replace('1\tchange', '1\tprobe'))), /no receipt/],
  ['of another verb', sealed(...GOOD.map((line) => line.replace('verb\tapply', 'verb\trollback'))), /not complete/],
  ['of another unit', sealed(...GOOD.map((line) => line.replace(UNIT, 'keystone/1'))), /another unit/],
  ['without a result', sealed(...HEAD), /not complete/],
  ['with an unknown outcome', sealed(...HEAD, 'result\tperfect\tCOMMITTED\t\t'), /not complete/],
  ['with raw control characters', sealed(...HEAD, 'log\t\u001b[2J'), /no unit program writes/],
  ['no gzip', 'gz AAAA\n', /unpacked/],
  ['a bomb', `gz ${gzipSync(Buffer.alloc(20_000_000)).toString('base64')}\n`, /unpacked/],
  ['too many lines', sealed(...GOOD, ...Array.from({ length: 30_000 }, () => 'log\tx')), /too many lines/],
  ['many lines of something else', 'x\n'.repeat(30_000), /no receipt/],
])('an answer that is %s is not believed', (_, stdout, why) => {
  expect(readReceipt(stdout, 'apply', UNIT)).toEqual({ ok: false, code: 'BAD_ANSWER', message: expect.stringMatching(why) });
});

test('an answer that was too large says so', () => {
  const answer = readProbe('juju-tune-too-large 70000\n', UNIT);
  expect(answer).toEqual({ ok: false, code: 'TOO_LARGE', message: 'its answer takes 70000 bytes even compressed' });
});

test('a unit that refuses to be looked at is heard with its own reason', () => {
  const lines = ['juju-tune-receipt\t1\tprobe', `fact\tunit\t${UNIT}`, 'result\trefused\tNONE\tWRONG_UNIT\tof another model'];
  expect(readProbe(sealed(...lines), UNIT)).toEqual({ ok: false, code: 'WRONG_UNIT', message: 'of another model' });
});

test('numbers are numbers only when they are written so, and no name reaches a prototype', () => {
  const values = ['0', '12', '-3', '1.5', '1e9', '0x10', '007', ' 1', '9'.repeat(20), 'Infinity', ''];
  const names = ['__proto__', 'constructor', 'toString', '__defineGetter__'];
  const lines = [
    'juju-tune-receipt\t1\tcollect',
    `fact\tunit\t${UNIT}`,
    'diagnostic\td\t0\t1\t0',
    ...values.map((value, index) => `fact\tf${index}\t${value}`),
    ...names.flatMap((name) => [`fact\t${name}\t1`, `evidence\t${name}\tx`]),
  ];

  const collected = readCollected(sealed(...lines), UNIT);

  const expected = [0, 12, -3, 1.5, '1e9', '0x10', '007', ' 1', '9'.repeat(20), 'Infinity', ''];
  expect(collected).toEqual({
    ok: true,
    value: [
      {
        diagnostic: 'd',
        facts: Object.fromEntries(expected.map((value, index) => [`f${index}`, value])),
        evidence: {},
        cutBytes: 0,
      },
    ],
  });
  expect(({} as Record<string, unknown>)['1']).toBeUndefined();
});

test('a content counts only with its true hash and as text', () => {
  const content = (text: string | Buffer, hash?: string): string => {
    const bytes = Buffer.from(text);
    return `content\t${hash ?? createHash('sha256').update(bytes).digest('hex')}\t${bytes.toString('base64')}`;
  };
  const lines = [
    'juju-tune-receipt\t1\tprobe',
    `fact\tunit\t${UNIT}`,
    content('ä\n'),
    content('other', HASH),
    content(Buffer.from([0xff, 0xfe])),
  ];

  const probe = readProbe(sealed(...lines), UNIT);

  expect(probe.ok && Object.values(probe.value.contents)).toEqual(['ä\n']);
});

test('no single damaged byte of a receipt is believed', () => {
  const bytes = Buffer.from(sealed(...GOOD, `log\t${encodeField('ä\n'.repeat(20))}`));
  for (let at = 0; at < bytes.length - 1; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    const answer = readReceipt(damaged.toString('latin1'), 'apply', UNIT);
    expect([at, answer.ok]).toEqual([at, false]);
  }
});
