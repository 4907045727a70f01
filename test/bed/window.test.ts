import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bed, obstacle } from './bed.js';
import { Front } from './front.js';
import { UNITS } from './units.js';
import { cutOffMidway, type Fate, liveThrough } from './window.js';

const reason = obstacle();
if (reason) console.warn(`skipped, ${reason}`);

const TWICE: readonly Fate[] = ['rebooted', 'power cut', 'link cut', 'jujud restarted', 'rebooted', 'power cut', 'link cut'];

describe.skipIf(reason)('a change that nobody confirms is taken back, before Apache starts where the unit went down', () => {
  let bed: Bed;
  let front: Front;
  beforeAll(async () => {
    bed = await Bed.start();
    front = Front.open(bed);
  });
  afterAll(async () => {
    front?.close();
    await bed?.down();
  });

  test('by units that reboot, lose power, lose their link or lose their agent', async () => {
    const taken = await liveThrough(bed, front, {
      windowSeconds: 20,
      words: ['apache-conf', 'name=bed', 'directives=SetEnv bed 1'],
      fates: Object.fromEntries(UNITS.map(({ name }, index) => [name, TWICE[index] ?? 'rebooted'])),
    });

    expect(taken.filter(({ problems }) => problems.length > 0)).toEqual([]);
  });

  test('by units whose operator is killed at the question, and by one of them that loses its agent too', async () => {
    const taken = await liveThrough(bed, front, {
      windowSeconds: 20,
      words: ['wsgi-processes', 'processes=+1'],
      fates: Object.fromEntries(UNITS.map(({ name }, index) => [name, index === 3 ? 'jujud restarted' : 'operator killed'])),
    });

    expect(taken.filter(({ problems }) => problems.length > 0)).toEqual([]);
  });

  test('or that lose power while they are being changed', async () => {
    const cut = await cutOffMidway(bed, front, ['wsgi-processes', 'processes=+1'], {
      'keystone/1': 'PREPARED',
      'gnocchi/1': 'SWAPPING',
      'nova-cloud-controller/1': 'ACTIVATING',
    });

    expect(cut).toEqual(cut.map(({ unit }) => ({ unit, problems: [] })));
  });
});
