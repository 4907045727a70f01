import { cpus } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Aftermaths } from './sweep/aftermath.js';
import type { Fault } from './sweep/faults.js';
import { mixedSubject, type Subject } from './sweep/subject.js';
import { DEEDS, sweep } from './sweep/sweep.js';

/** Some points, for somebody waits for the tests; every one with SWEEP=full. All tunings and more, in .ci/run too: npm run prove. */
const FULL = process.env.SWEEP === 'full';
const parallel = Math.max(2, cpus().length);

let subject: Subject;
const aftermaths = new Aftermaths();
beforeAll(async () => {
  subject = await mixedSubject();
});
afterAll(() => subject.remove());

test.each(DEEDS)(
  'killed before any of its programs, %s leaves the unit entirely before or after, and it says which',
  async (deed) => {
    const stride = FULL ? 1 : 120;

    const { points, wrong } = await sweep({ subject, deed, fault: 'kill', stride, parallel, aftermaths });

    expect(wrong).toEqual([]);
    expect(points).toBeGreaterThan(0);
  },
  240_000,
);

const FAULTS: readonly Fault[] = ['fail', 'half', 'lie'];

const faultsOf = (at: number): readonly Fault[] => (FULL ? FAULTS : FAULTS.filter((_, index) => index === at % FAULTS.length));

test.each(DEEDS.flatMap((deed, at) => faultsOf(at).map((fault) => [deed, fault, at] as const)))(
  'with any one of its programs at fault, %s never claims what is not so (%s)',
  async (deed, fault, at) => {
    const stride = FULL ? 1 : 200;

    const { points, wrong } = await sweep({ subject, deed, fault, stride, first: FULL ? 1 : 1 + at * 4, parallel, aftermaths });

    expect(wrong).toEqual([]);
    expect(points).toBeGreaterThan(0);
  },
  480_000,
);
