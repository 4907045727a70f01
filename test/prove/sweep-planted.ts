import pMap from 'p-map';
import type { PlantedBug } from '../unit/sweep/planted.js';
import { mixedSubject, type Subject, tuningSubject } from '../unit/sweep/subject.js';
import { sweep } from '../unit/sweep/sweep.js';
import type { LineContext, Planted } from './line.js';

const BUGS_AT_A_TIME = 3;

/** Whether a sweep comes upon each bug that is put into the unit's program. */
export async function findPlanted(context: LineContext, bugs: readonly PlantedBug[]): Promise<Planted[]> {
  const subjects = new Map<string, Promise<Subject>>();
  const subjectOf = (name: PlantedBug['subject']): Promise<Subject> => {
    const made = subjects.get(name) ?? subjectNamed(context.root, name);
    subjects.set(name, made);
    return made;
  };
  const found = await pMap(
    bugs,
    async ({ name, parts, subject, deed, fault, program }) => {
      const { wrong } = await sweep({
        subject: await subjectOf(subject),
        deed,
        fault,
        parallel: context.workers,
        planted: parts,
        ...(program === undefined ? {} : { program }),
      });
      return { name, found: wrong.length > 0 };
    },
    { concurrency: BUGS_AT_A_TIME },
  );
  for (const subject of subjects.values()) (await subject).remove();
  return found;
}

function subjectNamed(root: string, name: PlantedBug['subject']): Promise<Subject> {
  if (name === 'mixed') return mixedSubject();
  if (name === 'apache-conf') return tuningSubject(root, name, { name: 'quiet', directives: 'ServerSignature Off' });
  return tuningSubject(root, name, { group: 'keystone-public', processes: '+8' });
}
