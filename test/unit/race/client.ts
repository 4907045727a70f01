import type { Sha256, Step } from '../../../src/domain/plan.js';
import { exitCodeOf, pendingUnits, type Run } from '../../../src/domain/run.js';
import type { UnitName } from '../../../src/domain/unit-set.js';
import type { Clock, Journal, Receipt, UnitEvent } from '../../../src/engine/ports.js';
import { createRecorder, type Recorder } from '../../../src/engine/recorder.js';
import { type Sending, sendOrders } from '../../../src/engine/send.js';
import { conclude } from '../../../src/engine/survey.js';
import { confirmAll, extendAll, rollbackOrders } from '../../../src/engine/window.js';
import { paintFor } from '../../../src/ui/paint.js';
import { entryText } from '../../../src/ui/plain/run.js';
import type { Believed } from '../../../src/unit/frame.js';
import { FAKE_CATALOGUE, fakeInventory } from '../../fakes/model.js';
import { fakePlan } from '../../fakes/plan.js';
import { FakeRuns } from '../../fakes/runs.js';

/** What an operator is left with. */
export interface Told {
  readonly code: number;
  /** The lines that were printed. */
  readonly lines: readonly string[];
}

export type Wish = 'confirm' | 'extend' | 'rollback';

/** A change of one unit that awaits confirmation, and how that unit is asked. */
export interface Held {
  readonly units: Sending['units'];
  readonly clock: Clock;
  readonly step: Step;
  readonly contents: Readonly<Record<Sha256, string>>;
  readonly windowSeconds: number;
}

const BY = 'racer';
const PAINT = paintFor({ color: false, unicode: false });

/** juju-tune at an operator's end, from the order to the exit code, with no juju between: his run awaits confirmation, and he wishes one thing. */
export async function wish(what: Wish, held: Held, racer = 0): Promise<Told> {
  const lines: string[] = [];
  const recorder = createRecorder(await journalOf(racer), (entry) => lines.push(...entryText(entry, PAINT)));
  await hold(recorder, held);
  const heldLines = lines.length;
  const sending: Sending = {
    units: held.units,
    clock: held.clock,
    recorder,
    clockOffsets: new Map([[held.step.unit, 0]]),
    detach: new AbortController().signal,
  };
  await send(what, sending, held.windowSeconds);
  const run = await conclude(sending);
  return { code: exitCodeOf(run), lines: lines.slice(heldLines) };
}

/** Everybody has a run of his own: no two processes write on one. */
async function journalOf(racer: number): Promise<Journal> {
  const runs = new FakeRuns();
  for (let other = 0; other < racer; other++) await runs.open(['keystone']);
  return runs.open(['keystone']);
}

/** A run whose only unit was changed, and holds the change. */
async function hold(recorder: Recorder, { step, contents, clock, windowSeconds }: Held): Promise<void> {
  const { unit, transaction } = step;
  const [tuning] = FAKE_CATALOGUE.flatMap((action) => (action.kind === 'tuning' ? [action] : []));
  if (!tuning) throw new Error('the catalogue has no tuning');
  const made = fakePlan({ inventory: fakeInventory(), tuning, kind: 'apply', units: [unit], done: new Set(), params: {} });
  const plan = { ...made, steps: [step], contents };
  const until = new Date(clock.now() + windowSeconds * 1000).toISOString();
  await recorder.record({ type: 'run-opened', shortId: 'race-1', operator: BY, purpose: '', juju: '3.6.11', plan });
  await recorder.record({ type: 'intent', unit, transaction, verb: 'apply', notAfter: Math.floor(clock.now() / 1000) });
  const told = { outcome: 'pending', state: 'PENDING', code: '', detail: '', log: [], milliseconds: 0, until } as const;
  await recorder.record({ type: 'unit-settled', unit, ...told });
}

async function send(what: Wish, sending: Sending, windowSeconds: number): Promise<Run> {
  const { recorder } = sending;
  switch (what) {
    case 'confirm':
      return confirmAll(sending, BY, false);
    case 'extend':
      return extendAll(sending, BY, windowSeconds);
    case 'rollback':
      await sendOrders(sending, rollbackOrders(recorder.run(), pendingUnits(recorder.run())));
      return recorder.run();
  }
}

/** What a unit said, as it reaches those who asked. */
export function answered(unit: UnitName, receipt: Believed<Receipt>): UnitEvent<Receipt> {
  if (receipt.ok) return { kind: 'answer', unit, value: receipt.value, milliseconds: 0 };
  return { kind: 'no-answer', unit, code: receipt.code, message: receipt.message, mayHaveRun: true, milliseconds: 0 };
}
