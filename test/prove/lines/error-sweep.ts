import { Aftermaths, disksNote } from '../../unit/sweep/aftermath.js';
import type { Fault } from '../../unit/sweep/faults.js';
import { PLANTED } from '../../unit/sweep/planted.js';
import { mixedSubject, type Subject, TUNINGS, tuningSubject } from '../../unit/sweep/subject.js';
import { type SweepOptions, sweepDeeds } from '../../unit/sweep/sweep.js';
import { type Line, summed, type Tally } from '../line.js';
import { findPlanted } from '../sweep-planted.js';

const FAULTS: readonly Fault[] = ['fail', 'half', 'lie'];
/** The short run takes every so manieth program of one change, and for each fault begins so much later. */
const SHORT = { stride: 24, apart: 5 };

export const line: Line = {
  title:
    'each program that a change, its confirmation, its way back or its guard starts fails, half fails, or lies: the unit never claims what is not so',
  workers: 2,
  minutes: { short: 5, full: 35 },
  async run(context) {
    const planted = await findPlanted(
      context,
      PLANTED.filter(({ fault }) => fault !== 'kill'),
    );
    const parts: Record<string, Tally> = {};
    const failures: string[] = [];
    const tunings = context.full ? TUNINGS : [];
    const subjects: (() => Promise<Subject>)[] = [
      mixedSubject,
      ...tunings.map(
        ([id, params]) =>
          () =>
            tuningSubject(context.root, id, params),
      ),
    ];
    let [done, disks] = [0, 0];
    for (const make of subjects) {
      const subject = await make();
      const aftermaths = new Aftermaths();
      const started: SweepOptions['started'] = new Map();
      for (const [index, fault] of FAULTS.entries()) {
        const before = done;
        const report = (count: number): void => context.report(before + count, before + count + 1);
        const which = context.full ? {} : { stride: SHORT.stride, first: 1 + index * SHORT.apart };
        const results = await sweepDeeds({ subject, fault, ...which, parallel: context.workers, aftermaths, started, report });
        const points = results.reduce((sum, result) => sum + result.points, 0);
        const wrong = results.flatMap((result) => result.wrong);
        done += points;
        failures.push(...wrong);
        parts[`${subject.name}, ${fault}`] = { goal: points, done: points, failed: wrong.length };
      }
      disks += aftermaths.disks;
      subject.remove();
    }
    return summed(parts, {
      planted,
      failures,
      notes: [
        disksNote(disks),
        'A program that lies says that all went well and has done nothing. A sync that lies cannot be found out by anybody.',
        'Disks that are really full, read-only or immutable are the line real-faults.',
      ],
    });
  },
};
