import type { Inventory, Unit } from '../../src/domain/inventory.js';
import type { UnitName } from '../../src/domain/unit-set.js';
import type { RunStore, SessionParts } from '../../src/engine/model-session.js';
import type { Collected, Journal, Juju, Order, Receipt, UnitEvent, Units } from '../../src/engine/ports.js';
import type { Cloud } from './cloud.js';
import type { Process } from './virtual-time.js';

/** The parts of a session as a careless program would use them; as they are where the bug is one of units, or there is none. */
export function withBug(parts: SessionParts, cloud: Cloud, process: Process): SessionParts {
  const { units, juju, runs } = parts;
  switch (cloud.bug) {
    case 'silence is taken for success':
      return { ...parts, units: { ...units, change: (orders, ...rest) => believing(units.change(orders, ...rest), orders) } };
    case 'a change goes to a unit beside the plan': {
      const change: Units['change'] = (orders, ...rest) => units.change([...orders, ...beside(orders, cloud)], ...rest);
      return { ...parts, units: { ...units, change } };
    }
    case 'every gate passes':
      return { ...parts, units: { ...units, collect: (...asked) => praising(units.collect(...asked)) } };
    case 'what is lost counts as well': {
      const collect: Units['collect'] = (...asked) => excusing(units.collect(...asked));
      const status: Juju['status'] = async (signal) => withoutTrouble(await juju.status(signal));
      return { ...parts, juju: { ...juju, status }, units: { ...units, collect } };
    }
    case 'what was sent is journalled afterwards':
      return { ...parts, runs: writingLate(runs, process) };
    default:
      return parts;
  }
}

async function* believing(
  events: AsyncIterable<UnitEvent<Receipt>>,
  orders: readonly Order[],
): AsyncIterable<UnitEvent<Receipt>> {
  for await (const event of events) {
    const order = orders.find((one) => event.kind === 'no-answer' && one.unit === event.unit);
    yield order ? { kind: 'answer', unit: order.unit, value: hoped(order), milliseconds: 0 } : event;
  }
}

function hoped(order: Order): Receipt {
  const empty = { verb: order.verb, code: '', message: '', paths: [], log: [], clock: 0 } as const;
  if (order.verb === 'rollback') return { ...empty, transaction: order.transaction, outcome: 'reverted', state: 'REVERTED' };
  const awaits = order.verb === 'extend' || (order.verb === 'apply' && order.windowSeconds > 0);
  const transaction = order.verb === 'apply' ? order.step.transaction : '';
  return { ...empty, transaction, outcome: awaits ? 'pending' : 'changed', state: awaits ? 'PENDING' : 'COMMITTED' };
}

function beside(orders: readonly Order[], cloud: Cloud): Order[] {
  const first = orders.find((order) => order.verb === 'apply');
  const other = cloud.present().find(({ agent }) => orders.every((order) => order.unit !== agent.disk.name));
  return first && other ? [{ ...first, unit: other.agent.disk.name }] : [];
}

async function* praising(events: AsyncIterable<UnitEvent<readonly Collected[]>>): AsyncIterable<UnitEvent<readonly Collected[]>> {
  const good = (name: UnitName, fact: Collected['facts'][string]) => {
    if (name.endsWith('.status')) return 'UP';
    return name === 'log.status-5xx' ? 0 : fact;
  };
  for await (const event of events) {
    if (event.kind !== 'answer') yield event;
    else {
      const value = event.value.map((part) => ({
        ...part,
        facts: Object.fromEntries(Object.entries(part.facts).map(([name, fact]) => [name, good(name, fact)])),
      }));
      yield { ...event, value };
    }
  }
}

/** Who says nothing has nothing to say. */
async function* excusing(events: AsyncIterable<UnitEvent<readonly Collected[]>>): AsyncIterable<UnitEvent<readonly Collected[]>> {
  const value: readonly Collected[] = [{ diagnostic: 'layers', facts: {}, evidence: {}, cutBytes: 0 }];
  for await (const event of events)
    yield event.kind === 'no-answer' ? { kind: 'answer', unit: event.unit, value, milliseconds: 0 } : event;
}

function withoutTrouble(inventory: Inventory): Inventory {
  const well = ({ trouble: _, reason: __, ...unit }: Unit): Unit => unit;
  return { ...inventory, applications: inventory.applications.map((one) => ({ ...one, units: one.units.map(well) })) };
}

function writingLate(runs: RunStore, process: Process): RunStore {
  const late = (journal: Journal): Journal => ({
    ...journal,
    append: async (event) => {
      if (event.type !== 'intent') return journal.append(event);
      process.after(1, () => void journal.append(event));
      return { sequence: 0, at: new Date(process.clock.now()).toISOString(), run: journal.run, event };
    },
  });
  return {
    ...runs,
    open: async (...asked) => late(await runs.open(...asked)),
    reopen: async (run) => late(await runs.reopen(run)),
  };
}
