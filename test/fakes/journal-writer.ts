import { realClock } from '../../src/adapters/clock.js';
import { openJournalStore } from '../../src/adapters/run-store.js';
import { Failure } from '../../src/domain/failure.js';
import { sampleEvents } from './run-events.js';

/** A process of its own that opens a run, records all but its end, says so and waits to be killed. */
const store = openJournalStore({ environment: process.env, clock: realClock, modelUuid: process.argv[2] ?? '' });
const journal = await store.open(['keystone']);
try {
  for (const event of sampleEvents(journal.shortId).slice(0, -1)) await journal.append(event);
  process.stdout.write(`${journal.run}\n`);
  setInterval(() => undefined, 1000);
} catch (error) {
  process.stdout.write(`${error instanceof Failure ? `${error.code}: ${error.message}` : error}\n`);
}
