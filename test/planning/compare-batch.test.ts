import { describe, expect, test } from 'vitest';
import type { Facts } from '../../src/domain/finding.js';
import { type Comparison, compareUnit } from '../../src/planning/compare-batch.js';

const PEERS = ['keystone/0', 'keystone/2'];
const WELL: Facts = {
  'log.requests': 400,
  'log.status-5xx': 4,
  'log.px-lost': 2,
  'queue.total': 1,
  'busy.total': 4,
  'capacity.total': 12,
};

/** keystone/1 was changed; it, its peers and itself before are well but for what is given. */
function compare(unit: Facts, others: { peers?: Facts; before?: Facts } = {}, more: Partial<Comparison> = {}) {
  return compareUnit({
    unit: 'keystone/1',
    peers: PEERS,
    peersAre: 'not changed yet',
    before: new Map([
      ['keystone/1', { ...WELL, 'log.requests': 12_000, 'log.status-5xx': 120, 'log.px-lost': 60, ...others.before }],
    ]),
    beforeSeconds: 900,
    now: new Map([['keystone/1', { ...WELL, ...unit }], ...PEERS.map((peer) => [peer, { ...WELL, ...others.peers }] as const)]),
    seconds: 30,
    refusedConnects: new Map(),
    ...more,
  });
}

describe('worse than its peers and than itself before', () => {
  test.each<[string, Facts, RegExp]>([
    ['5xx answers', { 'log.status-5xx': 40 }, /^5xx answers 40 of 400, the others 8 of 800, before 120 of 12000$/],
    ['connections lost between the layers', { 'log.px-lost': 30 }, /^errors between Apache and the API 30 of 400/],
    ['sockets that are gone, counted together with them', { 'log.px-lost': 10, 'log.wsgi-enoent': 15 }, /25 of 400/],
    ['requests that wait', { 'queue.total': 40 }, /^requests waiting 40/],
    ['every process busy', { 'busy.total': 12, 'queue.total': 3 }, /^100 % of its WSGI processes are busy/],
    ['no request at all', { 'log.requests': 0, 'log.status-5xx': 0, 'log.px-lost': 0 }, /^no request reached it/],
  ])('%s fail it', (_, unit, says) => {
    const check = compare(unit);

    expect([check.ok, check.detail]).toEqual([false, expect.stringMatching(says)]);
  });

  test('connections that haproxy could not make fail it', () => {
    const refused = (unit: number, peer: number) => ({
      refusedConnects: new Map([['keystone/1', unit], ...PEERS.map((name) => [name, peer] as const)]),
    });

    expect(compare({}, {}, refused(20, 0)).ok).toBe(false);
    expect(compare({}, {}, refused(20, 12)).ok).toBe(true);
    expect(compare({}, {}, refused(3, 0)).ok).toBe(true);
  });
});

describe('no failure', () => {
  test('what its peers have as well: something else came over all of them', () => {
    expect(compare({ 'log.status-5xx': 40, 'queue.total': 40 }, { peers: { 'log.status-5xx': 42, 'queue.total': 35 } }).ok).toBe(
      true,
    );
  });

  test('what it always had: it was the odd one before', () => {
    expect(compare({ 'log.status-5xx': 40 }, { before: { 'log.status-5xx': 1200 } }).ok).toBe(true);
  });

  test('a handful of errors', () => {
    expect(compare({ 'log.status-5xx': 4 }, { peers: { 'log.status-5xx': 0 }, before: { 'log.status-5xx': 0 } }).ok).toBe(true);
  });

  test('no request, where none came to the others either', () => {
    const none = { 'log.requests': 0, 'log.status-5xx': 0, 'log.px-lost': 0 };

    expect(compare(none, { peers: none }).ok).toBe(true);
  });

  test('a unit that tells nothing that could be compared, which it says', () => {
    const nothing = compareUnit({
      unit: 'keystone/1',
      peers: [],
      peersAre: 'changed before',
      before: new Map(),
      beforeSeconds: 900,
      now: new Map([['keystone/1', {}]]),
      seconds: 30,
      refusedConnects: new Map(),
    });

    expect(nothing).toEqual({ name: 'keystone/1 compared', ok: true, detail: 'it tells nothing that could be compared' });
  });
});

test('a unit that does not answer any more fails', () => {
  expect(compare({}, {}, { now: new Map() })).toEqual({
    name: 'keystone/1 compared',
    ok: false,
    detail: 'it did not say how it does',
  });
});

test('without anything to compare with, a unit whose requests fail by half fails', () => {
  const alone = { peers: [], before: new Map() };

  expect(compare({ 'log.status-5xx': 250 }, {}, alone).ok).toBe(false);
  expect(compare({ 'log.status-5xx': 40 }, {}, alone).ok).toBe(true);
});

describe('noise', () => {
  /** Equal sequences for equal seeds (Park and Miller). */
  function randomFrom(seed: number): () => number {
    let state = seed;
    return () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
  }

  /** How many of 2,000 gates fail when each unit's share of 502s swings by a third around these (lab: 79 to 105 of 600). */
  function failures(changedShare: number, otherShare: number): number {
    const random = randomFrom(7);
    const errors = (requests: number, share: number): number => {
      const swung = share * (2 / 3 + (2 / 3) * random());
      let count = 0;
      for (let request = 0; request < requests; request++) if (random() < swung) count++;
      return count;
    };
    let failed = 0;
    for (let gate = 0; gate < 2000; gate++) {
      const requests = 50 + Math.floor(random() * 250);
      const facts = (share: number, of = requests): Facts => ({ 'log.requests': of, 'log.px-lost': errors(of, share) });
      const now = new Map([['keystone/1', facts(changedShare)], ...PEERS.map((peer) => [peer, facts(otherShare)] as const)]);
      const check = compareUnit({
        unit: 'keystone/1',
        peers: PEERS,
        peersAre: 'not changed yet',
        before: new Map([['keystone/1', facts(otherShare, 1000)]]),
        beforeSeconds: 900,
        now,
        seconds: 30,
        refusedConnects: new Map(),
      });
      if (!check.ok) failed++;
    }
    return failed;
  }

  test('fails fewer than one gate in two hundred, whether errors are rare or many', () => {
    expect([failures(0.01, 0.01), failures(0.15, 0.15)].map((count) => count < 10)).toEqual([true, true]);
  });

  test('hides a change that makes errors three times as many from fewer than one gate in five', () => {
    expect(failures(0.45, 0.15)).toBeGreaterThan(1600);
  });
});
