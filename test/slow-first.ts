import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, longest first: one that starts last keeps everybody waiting for it alone. */
const SLOW = [
  'scenarios/no-answer',
  'scenarios/bad-input',
  'scenarios/trouble',
  'scenarios/window',
  'unit/window',
  'scenarios/canaries',
  'unit/sweep',
  'scenarios/effects',
  'scenarios/jail',
  'scenarios/charm-options',
  'unit/transaction',
  'scenarios/tunings-40',
  'ui/pty',
  'adapters/hanging-unit',
  'scenarios/plugin',
  'scenarios/tunings-36',
  'scenarios/tunings-29',
  'scenarios/screen',
  'scenarios/interrupt',
  'adapters/demo-cloud',
  'scenarios/odd-folder',
  'scenarios/hostile',
  'picture/picture',
  'demo/timers',
  'bed/tunings',
  'bed/window',
  'bed/differential',
  'bed/trouble',
];

/** Starts the slow files first; vitest goes by the size of a file, and a slow scenario may be three lines. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = SLOW.findIndex((name) => moduleId.includes(`/test/${name}.test.`));
      return place < 0 ? SLOW.length : place;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
