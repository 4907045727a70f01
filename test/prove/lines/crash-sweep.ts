import { Aftermaths, disksNote } from '../../unit/sweep/aftermath.js';
import type { Fault } from '../../unit/sweep/faults.js';
import { PLANTED } from '../../unit/sweep/planted.js';
import { mixedSubject, type Subject, TUNINGS, treeSubject, tuningSubject } from '../../unit/sweep/subject.js';
import { DEEDS, sweepDeeds } from '../../unit/sweep/sweep.js';
import { type Line, type LineContext, summed, type Tally } from '../line.js';
import { findPlanted } from '../sweep-planted.js';

/** The short run takes every point of so many tunings, and every so manieth of the tree. */
const SHORT = { tunings: 3, treeStride: 20 };

export const line: Line = {
  title:
    'killed around every program that a change, its confirmation, its way back or its guard starts: the unit is entirely before or after, and says which',
  workers: 2,
  minutes: { short: 5, full: 35 },
  async run(context) {
    const planted = await findPlanted(
      context,
      PLANTED.filter(({ fault }) => fault === 'kill'),
    );
    const parts: Record<string, Tally> = {};
    const failures: string[] = [];
    let [done, disks] = [0, 0];
    const tunings = TUNINGS.slice(0, context.full ? TUNINGS.length : SHORT.tunings);
    const subjects: (() => Promise<Subject>)[] = [
      ...(context.full ? [mixedSubject] : []),
      ...tunings.map(
        ([id, params]) =>
          () =>
            tuningSubject(context.root, id, params),
      ),
      () => treeSubject(context.seed),
    ];
    for (const make of subjects) {
      const subject = await make();
      const stride = !context.full && subject.name.startsWith('tree') ? SHORT.treeStride : 1;
      const result = await sweepSubject(context, subject, stride, (points) => context.report(done + points, done + points + 1));
      subject.remove();
      done += result.points;
      disks += result.disks;
      parts[subject.name] = { goal: result.points, done: result.points, failed: result.wrong.length };
      failures.push(...result.wrong);
    }
    return summed(parts, {
      planted,
      failures,
      notes: [
        'A point is one program that the unit text starts, such as mv or sync; it is killed before that, and in the full run right after it too: between two of these points nothing on the disk changes but what bash itself writes.',
        disksNote(disks),
        'Folders in memory with stand-ins for Apache and systemd: a kill, not a power cut; that is tried in the bed.',
      ],
    });
  },
};

async function sweepSubject(context: LineContext, subject: Subject, stride: number, report: (points: number) => void) {
  const faults: readonly Fault[] = context.full ? ['kill', 'kill after'] : ['kill'];
  const wrong: string[] = [];
  const aftermaths = new Aftermaths();
  let points = 0;
  for (const fault of faults) {
    const before = points;
    const options = { subject, fault, stride, parallel: context.workers, aftermaths };
    const results = await sweepDeeds({ ...options, report: (done) => report(before + done) });
    for (const [index, result] of results.entries()) {
      // A deed that starts nothing has not been tried.
      if (result.points === 0) wrong.push(`${subject.name}: ${DEEDS[index]}, ${fault}: no point was found`);
      points += result.points;
      wrong.push(...result.wrong);
    }
  }
  return { points, disks: aftermaths.disks, wrong };
}
