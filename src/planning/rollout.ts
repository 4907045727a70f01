import { Failure } from '../domain/failure.js';
import type { Activation, Batch, Confirmation } from '../domain/plan.js';
import { compareUnits, type UnitName } from '../domain/unit-set.js';

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

/**
 * One unit of an application at a time, canary first (neither leader nor VIP holder), leader last; different applications go
 * together where they are on different hosts. `spec` (`1,25%,rest`) widens that; throws `Failure('usage')` when it is not understood
 * and `Failure('refused')` when it would restart several units of an application at once.
 */
export function planBatches(candidates: readonly Candidate[], activate: Activation, spec?: string): readonly Batch[] {
  const rounds = spec === undefined ? oneByOne(candidates) : widened(candidates, activate, spec);
  return rounds.map((units, index) => ({ number: index + 1, canary: index === 0 && rounds.length > 1, units }));
}

/** Canary first, leader last, VIP holders before the leader. */
function inOrder(candidates: readonly Candidate[]): Candidate[] {
  const rank = (candidate: Candidate): number => (candidate.leader ? 2 : 0) + (candidate.holdsVip ? 1 : 0);
  return [...candidates].sort((a, b) => rank(a) - rank(b) || compareUnits(a.unit, b.unit));
}

function byApplication(candidates: readonly Candidate[]): Map<string, Candidate[]> {
  const groups = new Map<string, Candidate[]>();
  for (const candidate of inOrder(candidates)) {
    groups.set(candidate.application, [...(groups.get(candidate.application) ?? []), candidate]);
  }
  return groups;
}

function oneByOne(candidates: readonly Candidate[]): UnitName[][] {
  const groups = [...byApplication(candidates).values()];
  const rounds: UnitName[][] = [];
  while (groups.some((group) => group.length > 0)) {
    const hosts = new Set<string>();
    const round: UnitName[] = [];
    for (const group of groups) {
      const index = group.findIndex((candidate) => !hosts.has(candidate.host) && (!candidate.leader || group.length === 1));
      const chosen = index < 0 ? undefined : group.splice(index, 1)[0];
      if (!chosen) continue;
      hosts.add(chosen.host);
      round.push(chosen.unit);
    }
    rounds.push(round);
  }
  return rounds;
}

function widened(candidates: readonly Candidate[], activate: Activation, spec: string): UnitName[][] {
  const sizes = spec.split(',').map((part) => part.trim());
  const understood = sizes.every((part) => /^([1-9]\d{0,5}|(100|[1-9]\d?)%|rest)$/.test(part));
  if (!understood) {
    throw new Failure('usage', `"--batch ${spec}" is not understood: write sizes like 1,25%,rest`, {
      hint: '--batch 1,25%,rest',
    });
  }
  if (activate === 'restart' && !sizes.every((part) => part === '1')) {
    throw new Failure('refused', 'this change restarts Apache, so units of an application go one at a time', {
      hint: 'the same without --batch',
    });
  }
  const ordered = inOrder(candidates);
  const total = ordered.length;
  const rounds: UnitName[][] = [];
  for (let index = 0; ordered.length > 0; index++) {
    const part = sizes[index] ?? sizes.at(-1) ?? 'rest';
    const size =
      part === 'rest' ? ordered.length : part.endsWith('%') ? Math.ceil((total * Number(part.slice(0, -1))) / 100) : Number(part);
    rounds.push(ordered.splice(0, size).map((candidate) => candidate.unit));
  }
  return rounds;
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
