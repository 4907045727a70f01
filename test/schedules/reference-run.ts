import type { Entry } from '../../src/domain/event.js';
import type { Outcome } from '../../src/domain/outcome.js';
import type { Plan, Step, TransactionId } from '../../src/domain/plan.js';
import type { UnitName } from '../../src/domain/unit-set.js';

/** How a transaction stood on its unit for a while. */
export interface Version {
  readonly at: number;
  /** `PENDING`, `COMMITTED`, …; `NONE` while the unit knows nothing of it. */
  readonly state: string;
  /** Every path is as the transaction leaves it. */
  readonly isAfter: boolean;
}

/** What the journal of a run says of one of its units, and what was sent there. */
export interface Told {
  outcome: Outcome;
  code: string;
  /** When something was last asked of the unit for this run. */
  askedAt: number;
  /** Of each verb, how many intents are durable and how many orders were sent. */
  readonly intents: Map<string, number>;
  readonly sent: Map<string, number>;
  acceptsDrift: boolean;
  /** On the unit's clock: a change cannot begin after it. */
  notAfter: number;
}

/** A run as its journal tells it, read by other eyes than the engine's. */
export class ReferenceRun {
  readonly plan: Plan;
  readonly units = new Map<UnitName, Told>();
  batch: readonly UnitName[] = [];
  /** Units on which its change did harm. */
  readonly hurt = new Set<UnitName>();
  /** Units of batches whose gate failed. */
  readonly failedGate = new Set<UnitName>();
  isDone = false;

  constructor(plan: Plan) {
    this.plan = plan;
    for (const step of plan.steps) {
      const maps = { intents: new Map<string, number>(), sent: new Map<string, number>() };
      this.units.set(step.unit, { outcome: 'not-started', code: '', askedAt: -1, acceptsDrift: false, notAfter: 0, ...maps });
    }
  }

  step(unit: UnitName): Step | undefined {
    return this.plan.steps.find((step) => step.unit === unit);
  }

  unitOf(transaction: TransactionId): UnitName | undefined {
    return this.plan.steps.find((step) => step.transaction === transaction)?.unit;
  }

  /** Takes in an entry; gives the unit of which something was said for good. */
  take({ event }: Entry): UnitName | undefined {
    switch (event.type) {
      case 'batch-started':
        this.batch = event.units;
        return undefined;
      case 'intent': {
        const unit = this.units.get(event.unit);
        if (!unit) return undefined;
        unit.intents.set(event.verb, (unit.intents.get(event.verb) ?? 0) + 1);
        if (event.verb !== 'extend') unit.outcome = 'unknown';
        if (event.verb === 'apply') unit.notAfter = event.notAfter;
        return undefined;
      }
      case 'unit-settled': {
        const unit = this.units.get(event.unit);
        if (!unit) return undefined;
        unit.outcome = event.outcome;
        unit.code = event.code;
        return event.unit;
      }
      case 'gate': {
        const batch = this.plan.batches.find(({ number }) => number === event.batch);
        if (!event.ok) for (const unit of batch?.units ?? []) this.failedGate.add(unit);
        return undefined;
      }
      case 'resumed':
        this.isDone = false;
        return undefined;
      case 'run-closed':
        this.isDone = event.outcome === 'done';
        return undefined;
      default:
        return undefined;
    }
  }
}

/** Whether a unit of which that is said can be as this version tells. `unknown` is always true. */
export function isTrue(kind: Plan['kind'], told: Told, version: Version): boolean {
  const { state, isAfter } = version;
  if (kind === 'rollback') return isTrueOfRollback(told.outcome, version);
  switch (told.outcome) {
    case 'changed':
      // With a code it is what a unit said that refused to go back: it did not look at the paths.
      return state === 'COMMITTED' && (isAfter || told.acceptsDrift || told.code !== '');
    case 'pending':
      return state === 'PENDING';
    case 'reverted':
      return state === 'REVERTED';
    case 'conflict':
      return state === 'CONFLICT' || (state === 'COMMITTED' && !isAfter);
    case 'broken':
      return state === 'BROKEN';
    case 'failed':
    case 'refused':
    case 'unchanged':
      return state === 'NONE';
    case 'unknown':
    case 'not-started':
      return true;
  }
}

function isTrueOfRollback(outcome: Outcome, { state, isAfter }: Version): boolean {
  switch (outcome) {
    case 'changed':
      return state === 'REVERTED';
    case 'conflict':
      return state === 'CONFLICT' || (state === 'COMMITTED' && !isAfter);
    case 'broken':
      return state === 'BROKEN';
    case 'reverted':
    case 'pending':
      return false;
    default:
      return true;
  }
}
