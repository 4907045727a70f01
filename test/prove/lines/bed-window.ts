import { Bed, obstacle } from '../../bed/bed.js';
import { Front } from '../../bed/front.js';
import { UNITS } from '../../bed/units.js';
import { type Fate, liveThrough, type Round } from '../../bed/window.js';
import { type Line, summed, type Tally } from '../line.js';

const GOAL = { short: 1, full: 20 };
const WINDOW_SECONDS = 20;
const TO_UNITS: readonly Fate[] = ['rebooted', 'power cut', 'link cut', 'jujud restarted'];
const TUNINGS: readonly (readonly string[])[] = [
  ['apache-conf', 'name=bed', 'directives=SetEnv bed 1'],
  ['wsgi-processes', 'processes=+1'],
  ['mpm-switch', 'to=worker'],
];

export const line: Line = {
  title:
    'units in the confirm window lose operator, link, power or agent, or reboot: as before within window + 10 s, after a boot before Apache starts',
  workers: 1,
  minutes: { short: 6, full: 60 },
  async run({ full, seed, report }) {
    const reason = obstacle();
    if (reason) return { goal: 1, done: 0, failed: 0, notes: [`not to be shown here: ${reason}`] };
    const goal = full ? GOAL.full : GOAL.short;
    const parts = new Map<Fate, Tally>(
      [...TO_UNITS, 'operator killed' as const].map((fate) => [fate, { goal, done: 0, failed: 0 }]),
    );
    const failures: string[] = [];
    let latest = Number.NEGATIVE_INFINITY;
    const bed = await Bed.start();
    const front = Front.open(bed);
    try {
      for (let number = 0; ; number++) {
        const missing = [...parts].filter(([, tally]) => tally.done < goal).map(([fate]) => fate);
        if (missing.length === 0) break;
        const round = roundOf(missing, seed + number, full);
        for (const { unit, fate, late, problems } of await liveThrough(bed, front, round)) {
          const { done, failed } = parts.get(fate) ?? { done: 0, failed: 0 };
          parts.set(fate, { goal, done: done + 1, failed: failed + (problems.length > 0 ? 1 : 0) });
          failures.push(...problems.map((what) => `round ${number}, ${round.words[0]}, ${unit}, ${fate}: ${what}`));
          latest = Math.max(latest, late);
        }
        report(
          [...parts.values()].reduce((sum, { done }) => sum + done, 0),
          goal * parts.size,
        );
      }
      const keeps = bed.losesUnsynced('keystone/0') ? 'loses' : 'keeps';
      return summed(Object.fromEntries(parts), {
        failures,
        notes: [
          `A power cut ${keeps} what was not synced; the latest unit was back ${latest.toFixed(1)} s after its window of ${WINDOW_SECONDS} s.`,
        ],
      });
    } finally {
      front.close();
      await bed.down();
    }
  },
};

/** In the full run the operator is killed in rounds of its own; the short one has a single round, in which all of it happens. */
function roundOf(missing: readonly Fate[], number: number, full: boolean): Round {
  const toUnits = missing.filter((fate) => fate !== 'operator killed');
  const fates = full ? (toUnits.length > 0 ? toUnits : missing) : missing;
  return {
    windowSeconds: WINDOW_SECONDS,
    words: TUNINGS[number % TUNINGS.length] ?? [],
    fates: Object.fromEntries(UNITS.map(({ name }, index) => [name, fates[(index + number) % fates.length] ?? 'rebooted'])),
  };
}
