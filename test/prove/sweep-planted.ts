import type { PlantedBug } from '../unit/sweep/planted.js';
import { mixedSubject, type Subject, tuningSubject } from '../unit/sweep/subject.js';
import { sweep } from '../unit/sweep/sweep.js';
import type { LineContext, Planted } from './line.js';

/** Whether a sweep comes upon each bug that is put into the unit's program. */
export async function findPlanted(context: LineContext, bugs: readonly PlantedBug[]): Promise<Planted[]> {
  const subjects = new Map<string, Subject>();
  const found: Planted[] = [];
  for (const { name, parts, subject, deed, fault } of bugs) {
    const on = subjects.get(subject) ?? (await subjectNamed(context.root, subject));
    subjects.set(subject, on);
    const { wrong } = await sweep({ subject: on, deed, fault, parallel: context.workers * 2, planted: parts });
    found.push({ name, found: wrong.length > 0 });
  }
  for (const subject of subjects.values()) subject.remove();
  return found;
}

function subjectNamed(root: string, name: PlantedBug['subject']): Promise<Subject> {
  if (name === 'mixed') return mixedSubject();
  if (name === 'apache-conf') return tuningSubject(root, name, { name: 'quiet', directives: 'ServerSignature Off' });
  return tuningSubject(root, name, { group: 'keystone-public', processes: '+8' });
}
