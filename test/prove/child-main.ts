import { join } from 'node:path';
import { loadLine, type Message, type Order } from './child.js';

/** The process of one line: takes its order, runs it, sends the result. */
process.once('message', async (order: Order) => {
  const line = await loadLine(order.built, order.name);
  const send = (message: Message): Promise<void> => new Promise((resolve) => void process.send?.(message, () => resolve()));
  const result = await line.run({
    ...order,
    program: (name) => join(order.built, `${name}.mjs`),
    report: (done, goal) => void send({ done, goal }),
  });
  await send({ result });
  process.exit(0);
});
