import { openTui } from '../../src/ui/tui/open.js';
import { FAKE_NOW, fakeInventory } from '../fakes/model.js';
import { FakeSession } from '../fakes/session.js';

/** The terminal UI on the session in memory. Told by the environment what it should go through. */
const { FAKE_UNITS, FAKE_MS, FAKE_SILENT, FAKE_FAILING } = process.env;
const session = new FakeSession({
  inventory: fakeInventory(Number(FAKE_UNITS ?? 3)),
  milliseconds: Number(FAKE_MS ?? 20),
  silent: (FAKE_SILENT ?? '').split(',').filter(Boolean),
  failing: (FAKE_FAILING ?? '').split(',').filter(Boolean),
});
process.on('SIGUSR2', () => {
  throw new Error('a fault of ours');
});
const code = await openTui(session, {
  version: '0.1.0',
  demo: true,
  measureSeconds: 5,
  modelNow: () => Date.parse(FAKE_NOW) + 60_000,
});
// At once: whoever has not ended by then ends as if all were well.
process.exit(code);
