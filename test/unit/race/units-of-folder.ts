import type { Order, Receipt, UnitEvent } from '../../../src/engine/ports.js';
import type { Sending } from '../../../src/engine/send.js';
import { readReceipt } from '../../../src/unit/receipt.js';
import { changeScripts, statusScripts, type UnitScript } from '../../../src/unit/request.js';
import { MODEL, UNIT, type UnitFolder } from '../unit-folder.js';
import { answered } from './client.js';

/** A unit that is a folder, asked by the very texts that Juju would run there. */
export function unitsOf(unit: UnitFolder): Sending['units'] {
  return {
    change: (orders, contents, terms) => {
      const key = JSON.stringify([orders, terms]);
      return answer(
        unit,
        orders[0]?.verb ?? 'apply',
        textOf(key, () => changeScripts(MODEL, orders, contents, terms)),
      );
    },
    transactionStatus: (questions) =>
      answer(
        unit,
        'status',
        textOf(JSON.stringify(questions), () => statusScripts(MODEL, questions)),
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
  yield answered(UNIT, readReceipt(stdout, verb, UNIT));
}
