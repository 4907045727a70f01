import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Line, type LineContext, summed, type Tally } from '../line.js';
import type { ParserName, ParsersResult, ParsersShare, PlantedParser } from '../parsers-work.js';
import { inThreads, sharesOf } from '../workers.js';

/** In thousands. */
const GOALS: Readonly<Record<ParserName, { readonly short: number; readonly full: number }>> = {
  status: { short: 5, full: 1_000 },
  exec: { short: 10, full: 2_000 },
  operations: { short: 10, full: 2_000 },
  config: { short: 5, full: 1_500 },
  YAML: { short: 3, full: 500 },
  'plan files': { short: 3, full: 500 },
  receipts: { short: 5, full: 1_500 },
  journal: { short: 5, full: 1_000 },
};
const BUGS: readonly PlantedParser[] = ['crash on null', 'hang on a long word', 'writes to a prototype'];
const PATIENCE = 4_000;

export const line: Line = {
  title: 'hostile texts for every parser: a value or a sentence, never a crash, 100 ms or a changed prototype',
  workers: 2,
  minutes: { short: 3, full: 20 },
  async run(context) {
    const samples = samplesOf(context);
    const run = (shares: readonly ParsersShare[], report: (done: number) => void): Promise<ParsersResult[]> =>
      inThreads<ParsersShare, ParsersResult>(context, 'parsers-work', shares, report);
    const bugs = BUGS.map((parser): ParsersShare => ({ seed: context.seed, goal: PATIENCE, parser, isPlanted: true, samples }));
    const planted = (await run(bugs, () => undefined)).map(({ failed }, at) => ({ name: BUGS[at] ?? '', found: failed > 0 }));
    const total = Object.values(GOALS).reduce((sum, goal) => sum + 1000 * (context.full ? goal.full : goal.short), 0);
    const parts: Record<string, Tally> = {};
    const failures: string[] = [];
    let [before, past] = [0, 0];
    for (const [parser, goals] of Object.entries(GOALS) as [ParserName, { short: number; full: number }][]) {
      const goal = 1000 * (context.full ? goals.full : goals.short);
      const shares = sharesOf(goal, context.workers).map(
        (part, at): ParsersShare => ({ seed: context.seed + at, goal: part, parser, isPlanted: false, samples }),
      );
      const results = await run(shares, (done) => context.report(before + done, total));
      const sum = (field: 'done' | 'failed' | 'pastSyntax'): number => results.reduce((all, result) => all + result[field], 0);
      const half = sum('pastSyntax') * 2 < sum('done') ? 1 : 0;
      if (half === 1) failures.push(`${parser}: less than half of the texts got past the syntax`);
      parts[parser] = { goal, done: sum('done'), failed: sum('failed') + half };
      failures.push(...results.flatMap((result) => result.failures));
      before += sum('done');
      past += sum('pastSyntax');
    }
    return summed(parts, { planted, failures, notes: [`${past} of ${before} texts were made to get past the syntax.`] });
  },
};

function samplesOf({ root }: LineContext): ParsersShare['samples'] {
  const fixtures = join(root, 'test', 'fixtures', 'juju');
  const texts = (folder: string, wanted: RegExp): string[] =>
    readdirSync(folder)
      .filter((name) => wanted.test(name))
      .map((name) => readFileSync(join(folder, name), 'utf8'));
  return {
    status: texts(fixtures, /^status-.*\.json$/),
    actions: ['diagnostics', 'tunings'].flatMap((kind) => texts(join(root, 'actions', kind), /\.yaml$/)),
  };
}
