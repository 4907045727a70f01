import { exitCodeOf, pendingUnits, type Run } from '../../../src/domain/run.js';
import type { Order, Receipt, UnitEvent } from '../../../src/engine/ports.js';
import { createRecorder, type Recorder } from '../../../src/engine/recorder.js';
import { type Sending, sendOrders } from '../../../src/engine/send.js';
import { conclude } from '../../../src/engine/survey.js';
import { confirmAll, extendAll, rollbackOrders } from '../../../src/engine/window.js';
import { paintFor } from '../../../src/ui/paint.js';
import { entryText } from '../../../src/ui/plain/run.js';
import { type Believed, readReceipt } from '../../../src/unit/receipt.js';
import { changeScripts, statusScripts, type UnitScript } from '../../../src/unit/request.js';
import { FAKE_CATALOGUE, fakeInventory } from '../../fakes/model.js';
import { fakePlan } from '../../fakes/plan.js';
import { FakeRuns } from '../../fakes/runs.js';
import { type Subject, TRANSACTION, WINDOW } from '../sweep/subject.js';
import { MODEL, NOW, UNIT, type UnitFolder } from '../unit-folder.js';

/** What an operator is left with. */
export interface Told {
  readonly code: number;
  /** The lines that were printed. */
  readonly lines: readonly string[];
}

export type Wish = 'confirm' | 'extend' | 'rollback';

const BY = 'racer';
const PAINT = paintFor({ color: false, unicode: false });
const CLOCK = { rate: 1, now: () => NOW * 1000, sleep: async () => undefined };

/** juju-tune at the operator's end, from the order to the exit code, with no juju between: his run awaits confirmation, and he wishes one thing. */
export async function wish(what: Wish, unit: UnitFolder, subject: Subject): Promise<Told> {
  const lines: string[] = [];
  const recorder = createRecorder(await new FakeRuns().open(['keystone']), (entry) => lines.push(...entryText(entry, PAINT)));
  await hold(recorder, subject);
  const heldLines = lines.length;
  const sending: Sending = {
    units: unitsOf(unit),
    clock: CLOCK,
    recorder,
    clockOffsets: new Map([[UNIT, 0]]),
    detach: new AbortController().signal,
  };
  await send(what, sending);
  const run = await conclude(sending);
  return { code: exitCodeOf(run), lines: lines.slice(heldLines) };
}

/** A run whose only unit was changed, and holds the change. */
async function hold(recorder: Recorder, { step, contents }: Subject): Promise<void> {
  const [tuning] = FAKE_CATALOGUE.flatMap((action) => (action.kind === 'tuning' ? [action] : []));
  if (!tuning) throw new Error('the catalogue has no tuning');
  const made = fakePlan({ inventory: fakeInventory(), tuning, kind: 'apply', units: [UNIT], done: new Set(), params: {} });
  const plan = { ...made, steps: [step], contents };
  await recorder.record({ type: 'run-opened', shortId: 'keystone-1', operator: BY, purpose: '', juju: '3.6.11', plan });
  await recorder.record({ type: 'intent', unit: UNIT, transaction: TRANSACTION, verb: 'apply', notAfter: NOW });
  await recorder.record({
    type: 'unit-settled',
    unit: UNIT,
    outcome: 'pending',
    state: 'PENDING',
    code: '',
    detail: '',
    log: [],
    milliseconds: 0,
    until: new Date((NOW + WINDOW) * 1000).toISOString(),
  });
}

async function send(what: Wish, sending: Sending): Promise<Run> {
  const { recorder } = sending;
  switch (what) {
    case 'confirm':
      return confirmAll(sending, BY, false);
    case 'extend':
      return extendAll(sending, BY, WINDOW);
    case 'rollback':
      await sendOrders(sending, rollbackOrders(recorder.run(), pendingUnits(recorder.run())));
      return recorder.run();
  }
}

/** The unit, asked by the very texts that Juju would run there. */
function unitsOf(unit: UnitFolder): Sending['units'] {
  return {
    change: (orders, contents, notAfter) => {
      const key = JSON.stringify([orders, notAfter]);
      return answer(
        unit,
        orders[0]?.verb ?? 'apply',
        textOf(key, () => changeScripts(MODEL, orders, contents, notAfter)),
      );
    },
    transactionStatus: (transactions) =>
      answer(
        unit,
        'status',
        textOf(JSON.stringify(transactions), () => statusScripts(MODEL, transactions)),
      ),
  };
}

/** Packing a text takes as long as half a race, and thousands of races ask the same. */
const texts = new Map<string, string>();

function textOf(key: string, make: () => readonly UnitScript[]): string {
  const text = texts.get(key) ?? make()[0]?.text ?? '';
  texts.set(key, text);
  return text;
}

async function* answer(unit: UnitFolder, verb: Order['verb'] | 'status', text: string): AsyncIterable<UnitEvent<Receipt>> {
  const { stdout } = await unit.run(text);
  const receipt: Believed<Receipt> = readReceipt(stdout, verb, UNIT);
  if (receipt.ok) yield { kind: 'answer', unit: UNIT, value: receipt.value, milliseconds: 0 };
  else yield { kind: 'no-answer', unit: UNIT, code: receipt.code, message: receipt.message, mayHaveRun: true, milliseconds: 0 };
}
