import type { Measure } from '../domain/action.js';
import type { Measured, Verdict } from '../domain/event.js';
import type { Facts, FactValue } from '../domain/finding.js';
import type { UnitName } from '../domain/unit-set.js';

/** What units said at one time, over a window that ended then. */
type FactsByUnit = ReadonlyMap<UnitName, Facts>;

/**
 * Errors come in bursts: under equal settings counts vary as if every error brought five others along (lab: 105, 79, 88, 110 and 140 of 600
 * requests, a variance of 6.4 times what single errors would have; bed: 27 to 82).
 */
const BURST = 6;
/** A difference must be this many standard deviations from chance … */
const SIGMAS = 2.5;
/** … and this large. */
const BETTER_RATIO = 2 / 3;
const WORSE_RATIO = 3 / 2;
/** As many bursts must have been expected for no error at all to mean something: chance alone gives none in 5 % of such windows. */
const BURSTS_FOR_CURED = 3;
/** A level that differs by less is the same. */
const LEVEL_BY = 3;

/**
 * Whether each measured number got better. Counts are compared per request where requests were counted on both sides, else per second;
 * only units that answered both times take part.
 */
export function compareMeasures(
  measures: readonly Measure[],
  before: FactsByUnit,
  beforeSeconds: number,
  after: FactsByUnit,
  afterSeconds: number,
): Measured[] {
  const units = [...before.keys()].filter((unit) => after.has(unit)).sort();
  return measures.map((measure) => {
    const told = units.filter((unit) => isNumber(before.get(unit)?.[measure.fact]) && isNumber(after.get(unit)?.[measure.fact]));
    const pick = (facts: FactsByUnit, name: string | undefined): Record<UnitName, FactValue> => valuesOf(facts, told, name);
    const [counts, counted] = [pick(before, measure.fact), pick(after, measure.fact)];
    const [requests, requested] = [pick(before, measure.per), pick(after, measure.per)];
    const known =
      told.length > 0 && Object.keys(requests).length === told.length && Object.keys(requested).length === told.length;
    const judged = judge(measure, {
      before: told.length > 0 ? sum(counts) : undefined,
      after: sum(counted),
      requests: known ? { before: sum(requests), after: sum(requested) } : undefined,
      seconds: { before: beforeSeconds, after: afterSeconds },
    });
    return {
      fact: measure.fact,
      title: measure.title,
      before: counts,
      after: counted,
      ...(known ? { perBefore: requests, perAfter: requested } : {}),
      ...judged,
    };
  });
}

interface Numbers {
  /** Undefined when no unit told it both times. */
  readonly before: number | undefined;
  readonly after: number;
  readonly requests: { readonly before: number; readonly after: number } | undefined;
  readonly seconds: { readonly before: number; readonly after: number };
}

interface Judged {
  readonly verdict: Verdict;
  readonly detail: string;
}

function judge(measure: Measure, numbers: Numbers): Judged {
  if (numbers.before === undefined) return { verdict: 'unknown', detail: `no unit told "${measure.fact}" before and after` };
  if (numbers.requests?.after === 0) return { verdict: 'no traffic', detail: 'no request came in while it was measured' };
  return measure.level ? judgeLevel(measure, numbers.before, numbers.after) : judgeCount(measure, numbers.before, numbers);
}

/**
 * Given `before + after` events in all, chance would share them out as the requests (or seconds) are shared: a binomial with a
 * standard deviation that is wider, as errors come in bursts; `SIGMAS` of it are asked. "cured" is none left where at least three bursts were to be expected.
 */
function judgeCount(measure: Measure, before: number, numbers: Numbers): Judged {
  const { after, requests, seconds } = numbers;
  const exposure = requests && requests.before > 0 ? requests : seconds;
  const expected = exposure.before > 0 ? (before * exposure.after) / exposure.before : 0;
  const detail = `${told(before, requests?.before)} before, ${told(after, requests?.after)} after`;
  if (before === 0 && after === 0) return { verdict: 'no effect', detail: `${detail}: there was none to begin with` };
  if (after === 0 && measure.better === 'lower') {
    if (expected >= BURSTS_FOR_CURED * BURST) return { verdict: 'cured', detail };
    return { verdict: 'unknown', detail: `${detail}: too few to tell, ${expected.toFixed(1)} were to be expected` };
  }
  const total = before + after;
  const share = exposure.after / (exposure.before + exposure.after);
  const sigma = Math.sqrt(BURST * total * share * (1 - share));
  const distance = sigma > 0 ? (after - total * share) / sigma : 0;
  const ratio = expected > 0 ? after / expected : Number.POSITIVE_INFINITY;
  return { verdict: direction(measure, distance, ratio), detail };
}

function direction(measure: Measure, distance: number, ratio: number): Verdict {
  const lower = distance <= -SIGMAS && ratio <= BETTER_RATIO;
  const higher = distance >= SIGMAS && ratio >= WORSE_RATIO;
  if (!lower && !higher) return 'no effect';
  return lower === (measure.better === 'lower') ? 'better' : 'worse';
}

/** A level is one look: only its size counts, and a difference of less than three is none. */
function judgeLevel(measure: Measure, before: number, after: number): Judged {
  const detail = `${before} before, ${after} after`;
  if (Math.abs(after - before) < LEVEL_BY) return { verdict: 'no effect', detail };
  if (after === 0 && measure.better === 'lower') return { verdict: 'cured', detail };
  const ratio = before > 0 ? after / before : Number.POSITIVE_INFINITY;
  const [lower, higher] = [ratio <= BETTER_RATIO, ratio >= WORSE_RATIO];
  if (!lower && !higher) return { verdict: 'no effect', detail };
  return { verdict: lower === (measure.better === 'lower') ? 'better' : 'worse', detail };
}

function told(count: number, requests: number | undefined): string {
  return requests === undefined ? `${count}` : `${count} of ${requests}`;
}

function valuesOf(facts: FactsByUnit, units: readonly UnitName[], name: string | undefined): Record<UnitName, FactValue> {
  if (name === undefined) return {};
  return Object.fromEntries(
    units.flatMap((unit) => {
      const value = facts.get(unit)?.[name];
      return isNumber(value) ? [[unit, value]] : [];
    }),
  );
}

function sum(values: Readonly<Record<UnitName, FactValue>>): number {
  return Object.values(values).reduce((total: number, value) => total + Number(value), 0);
}

function isNumber(value: FactValue | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
