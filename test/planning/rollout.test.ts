import { describe, expect, test } from 'vitest';
import { type Candidate, confirmationFor, planBatches } from '../../src/planning/rollout.js';

function candidate(unit: string, more: Partial<Candidate> = {}): Candidate {
  const [application = '', number = ''] = unit.split('/');
  return { unit, application, host: number, leader: number === '0', holdsVip: false, ...more };
}

const three = (application: string): Candidate[] => [0, 1, 2].map((number) => candidate(`${application}/${number}`));
const batches = (candidates: readonly Candidate[], activate: 'reload' | 'restart' = 'reload', sizes?: string) =>
  planBatches(candidates, {
    activate,
    applicationSizes: { keystone: 3, gnocchi: 3, cinder: 8 },
    ...(sizes === undefined ? {} : { sizes }),
  });
const units = (...given: Parameters<typeof batches>): string[][] => batches(...given).map((batch) => [...batch.units]);

describe('batches', () => {
  test('one unit of an application at a time, leader last, the first is the canary', () => {
    expect(units(three('keystone'))).toEqual([['keystone/1'], ['keystone/2'], ['keystone/0']]);
    expect(batches(three('keystone')).map((batch) => batch.canary)).toEqual([true, false, false]);
  });

  test('the holder of a VIP is no canary', () => {
    const candidates = three('keystone').map((one) => ({ ...one, holdsVip: one.unit === 'keystone/1' }));

    expect(units(candidates)).toEqual([['keystone/2'], ['keystone/1'], ['keystone/0']]);
  });

  test('applications go together, but never two units on one host', () => {
    const rounds = units([...three('keystone'), ...three('gnocchi')]);
    const hosts = rounds.map((batch) => batch.map((unit) => unit.split('/')[1]));

    expect(rounds.flat().sort()).toEqual([...three('keystone'), ...three('gnocchi')].map((one) => one.unit).sort());
    for (const batch of hosts) expect(new Set(batch).size).toBe(batch.length);
    for (const application of ['keystone', 'gnocchi']) {
      const order = rounds.flat().filter((unit) => unit.startsWith(application));
      expect(order.at(-1)).toBe(`${application}/0`);
    }
  });

  test('a VIP holder does not become the canary because the hosts of the others are taken', () => {
    const keystone = [0, 1, 2].map((number) => candidate(`keystone/${number}`, { host: number === 1 ? 'b' : 'a' }));
    const gnocchi = [candidate('gnocchi/1', { host: 'b' }), candidate('gnocchi/2', { host: 'a', holdsVip: true })];

    const [canaries, second] = units([...gnocchi, ...keystone]);

    expect([canaries, second]).toEqual([
      ['gnocchi/1', 'keystone/2'],
      ['gnocchi/2', 'keystone/1'],
    ]);
  });

  test('wide batches are so wide for each application, and still have no two units on one host', () => {
    const cinder = Array.from({ length: 8 }, (_, number) => candidate(`cinder/${number}`, { host: String(number % 4) }));

    expect(units([...cinder, ...three('keystone')], 'reload', '1,25%,rest')).toEqual([
      ['cinder/1', 'keystone/2'],
      ['cinder/2', 'cinder/3', 'keystone/1'],
      ['cinder/4', 'cinder/5', 'cinder/6', 'cinder/7'],
      ['cinder/0'],
      ['keystone/0'],
    ]);
  });

  test('the first batch never is a whole application, unless that has one unit', () => {
    expect(() => units(three('keystone'), 'reload', 'rest')).toThrow('would change all 3 units of keystone at once');
    expect(() => units(three('keystone'), 'reload', '100%')).toThrow('all 3 units');
    expect(units([candidate('placement/0')], 'reload', 'rest')).toEqual([['placement/0']]);
  });

  test('everything on one host ends, one unit after the other', () => {
    const candidates = [...three('keystone'), ...three('gnocchi')].map((one) => ({ ...one, host: '0' }));

    expect(units(candidates)).toHaveLength(6);
  });

  test('a size list widens reload-only tunings and is refused for restarts', () => {
    expect(units(three('keystone'), 'reload', '1,rest')).toEqual([['keystone/1'], ['keystone/2', 'keystone/0']]);
    expect(() => units(three('keystone'), 'restart', '1,rest')).toThrow('one at a time');
    expect(() => units(three('keystone'), 'reload', 'two')).toThrow('not understood');
  });
});

describe('confirmation', () => {
  const base = {
    units: three('keystone'),
    wholeApplications: [],
    singleUnitApplications: [],
    activate: 'reload',
    risk: 'low',
  } as const;

  test('grows with what is at stake', () => {
    expect(confirmationFor({ ...base, units: [] })).toEqual({ kind: 'none' });
    expect(confirmationFor(base)).toEqual({ kind: 'yes' });
    expect(confirmationFor({ ...base, wholeApplications: ['keystone'] })).toEqual({ kind: 'count', count: 3 });
    expect(confirmationFor({ ...base, activate: 'restart' })).toEqual({ kind: 'count', count: 3 });
    expect(confirmationFor({ ...base, risk: 'high' })).toEqual({ kind: 'application', application: 'keystone' });
  });

  test('a restart of the only unit asks for the name of its application', () => {
    const single = {
      ...base,
      units: [candidate('gnocchi/0')],
      singleUnitApplications: ['gnocchi'],
      activate: 'restart',
    } as const;

    expect(confirmationFor(single)).toEqual({ kind: 'application', application: 'gnocchi' });
  });
});
