import { Failure } from '../domain/failure.js';
import type { Activation, Batch, Confirmation, Rollout } from '../domain/plan.js';
import { compareUnits, type UnitName } from '../domain/unit-set.js';

/** No failure is allowed, a batch that fails is taken back, and each batch is watched for half a minute. */
export const DEFAULT_ROLLOUT: Rollout = { maxFailures: 0, onFailure: 'batch', bakeSeconds: 30 };

/** What the order of a rollout depends on. */
export interface Candidate {
  readonly unit: UnitName;
  readonly application: string;
  /** Top-level machine. */
  readonly host: string;
  readonly leader: boolean;
  /** Holds a virtual address of the application now. */
  readonly holdsVip: boolean;
}

/** How a plan wants its batches; `sizes` (`1,25%,rest`) are per application, and absent for one unit at a time. */
export interface Pace {
  readonly activate: Activation;
  readonly sizes?: string;
  /** Units that each application has, changed or not. */
  readonly applicationSizes: Readonly<Record<string, number>>;
}

/**
 * Canary first (neither leader nor VIP holder), leader last, one unit of an application at a time or as many as `sizes` says;
 * different applications go together. No batch has two units on one host.
 * Throws `Failure('usage')` when the sizes are not understood and `Failure('refused')` when they would restart several units of an
 * application at once, or change all of them before one has passed a gate.
 */
export function planBatches(candidates: readonly Candidate[], pace: Pace): readonly Batch[] {
  const sizeIn = sizesOf(pace);
  const queues = queuesOf(candidates);
  const rounds: UnitName[][] = [];
  while (queues.some((queue) => queue.waiting.length > 0)) rounds.push(nextRound(queues, sizeIn, rounds.length));
  requireCanary(rounds[0] ?? [], candidates, pace);
  return rounds.map((units, index) => ({ number: index + 1, canary: index === 0 && rounds.length > 1, units }));
}

interface Queue {
  readonly total: number;
  /** In the order in which they are changed. */
  readonly waiting: Candidate[];
}

/** Canaries first, then VIP holders, the leader last. */
function rankOf(candidate: Candidate): number {
  return (candidate.leader ? 2 : 0) + (candidate.holdsVip ? 1 : 0);
}

function queuesOf(candidates: readonly Candidate[]): Queue[] {
  const ordered = [...candidates].sort((a, b) => rankOf(a) - rankOf(b) || compareUnits(a.unit, b.unit));
  const applications = [...new Set(ordered.map((candidate) => candidate.application))];
  return applications.map((application) => {
    const waiting = ordered.filter((candidate) => candidate.application === application);
    return { total: waiting.length, waiting };
  });
}

type SizeIn = (round: number, total: number) => number;

/** Takes the units of one batch off their queues. A queue whose next unit's host is taken waits for the next batch. */
function nextRound(queues: readonly Queue[], sizeIn: SizeIn, round: number): UnitName[] {
  const hosts = new Set<string>();
  const units: UnitName[] = [];
  for (const { total, waiting } of queues) {
    for (let left = sizeIn(round, total); left > 0; left--) {
      const chosen = takeNext(waiting, hosts);
      if (!chosen) break;
      hosts.add(chosen.host);
      units.push(chosen.unit);
    }
  }
  return units;
}

/** The next one on a free host; a leader or VIP holder never goes ahead of a unit that is neither. */
function takeNext(waiting: Candidate[], hosts: ReadonlySet<string>): Candidate | undefined {
  const [first] = waiting;
  if (!first) return undefined;
  const index = waiting.findIndex((candidate) => rankOf(candidate) === rankOf(first) && !hosts.has(candidate.host));
  return index < 0 ? undefined : waiting.splice(index, 1)[0];
}

function sizesOf({ activate, sizes: spec }: Pace): SizeIn {
  if (spec === undefined) return () => 1;
  const parts = parseSizes(spec, activate);
  return (round, total) => {
    const part = parts[round] ?? parts.at(-1) ?? 'rest';
    if (part === 'rest') return total;
    return part.endsWith('%') ? Math.ceil((total * Number(part.slice(0, -1))) / 100) : Number(part);
  };
}

/**
 * The sizes of batches as they are written. Throws `Failure('usage')` for what is none, and `Failure('refused')` when a restart would
 * have several units in a batch.
 */
export function parseSizes(spec: string, activate: Activation): readonly string[] {
  const parts = spec.split(',').map((part) => part.trim());
  if (!parts.every((part) => /^([1-9]\d{0,5}|(100|[1-9]\d?)%|rest)$/.test(part))) {
    throw new Failure('usage', `"--batch ${spec}" is not understood: write sizes like 1,25%,rest`, {
      hint: '--batch 1,25%,rest',
    });
  }
  if (activate === 'restart' && !parts.every((part) => part === '1')) {
    throw new Failure('refused', 'this change restarts Apache, so units of an application go one at a time', {
      hint: 'the same without --batch',
    });
  }
  return parts;
}

/** The first batch must leave a unit of each application as it is: nothing is known of the change before. */
function requireCanary(first: readonly UnitName[], candidates: readonly Candidate[], pace: Pace): void {
  const inFirst = candidates.filter((candidate) => first.includes(candidate.unit));
  for (const application of new Set(inFirst.map((candidate) => candidate.application))) {
    const size = pace.applicationSizes[application] ?? 0;
    if (size < 2 || inFirst.filter((candidate) => candidate.application === application).length < size) continue;
    throw new Failure('refused', `"--batch ${pace.sizes}" would change all ${size} units of ${application} at once`, {
      hint: '--batch 1,rest',
    });
  }
}

/** What must be typed before these changes are made (product.md, Confirmation ladder). */
export function confirmationFor(plan: {
  readonly units: readonly { readonly unit: UnitName; readonly application: string }[];
  readonly wholeApplications: readonly string[];
  readonly singleUnitApplications: readonly string[];
  readonly activate: Activation;
  readonly risk: 'low' | 'medium' | 'high';
}): Confirmation {
  const { units } = plan;
  if (units.length === 0) return { kind: 'none' };
  const outage = plan.activate === 'restart' ? plan.singleUnitApplications[0] : undefined;
  if (plan.risk === 'high' || outage !== undefined) {
    return { kind: 'application', application: outage ?? units[0]?.application ?? '' };
  }
  if (plan.activate === 'restart' || (plan.wholeApplications.length > 0 && units.length > 1))
    return { kind: 'count', count: units.length };
  return { kind: 'yes' };
}
