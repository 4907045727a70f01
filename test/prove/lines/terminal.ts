import { type Line, summed, type Tally } from '../line.js';
import type { TerminalResult, TerminalShare } from '../terminal-work.js';
import { inThreads, sharesOf } from '../workers.js';

const GOALS = { short: { screens: 100_000, singly: 3_000 }, full: { screens: 10_000_000, singly: 100_000 } };
const BUGS = ['C1 passes', 'OSC passes', 'CR passes', 'SGR passes', 'BS passes'] as const;

export const line: Line = {
  title: 'hostile texts through the ingress onto a terminal: cells, cursor, title, modes and replies are those of plain text',
  workers: 2,
  minutes: { short: 3, full: 60 },
  async run(context) {
    const goals = context.full ? GOALS.full : GOALS.short;
    const run = (shares: readonly TerminalShare[], report: (done: number) => void): Promise<TerminalResult[]> =>
      inThreads<TerminalShare, TerminalResult>(context, 'terminal-work', shares, report);
    const bugs = BUGS.map((ingress): TerminalShare => ({ seed: context.seed, kind: 'screens', goal: 24_000, ingress }));
    const planted = (await run(bugs, () => undefined)).map(({ failed }, at) => ({ name: BUGS[at] ?? '', found: failed > 0 }));
    const parts: Record<string, Tally> = {};
    const failures: string[] = [];
    let before = 0;
    for (const kind of ['screens', 'singly'] as const) {
      const shares = sharesOf(goals[kind], context.workers).map(
        (goal, at): TerminalShare => ({ seed: context.seed + at, kind, goal }),
      );
      const results = await run(shares, (done) => context.report(before + done, goals.screens + goals.singly));
      const sum = (field: 'done' | 'failed'): number => results.reduce((total, result) => total + result[field], 0);
      parts[kind === 'screens' ? 'in screens of 24' : 'singly'] = { goal: goals[kind], done: sum('done'), failed: sum('failed') };
      failures.push(...results.flatMap((result) => result.failures));
      before += sum('done');
    }
    return summed(parts, {
      planted,
      failures,
      notes: [
        'A quarter of the texts are random bytes; the rest are made of sequences that terminals obey and of pieces of them.',
      ],
    });
  },
};
