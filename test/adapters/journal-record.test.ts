import { expect, test } from 'vitest';
import { CHAIN_START, readJournalText, sealed } from '../../src/adapters/journal-record.js';
import type { Entry } from '../../src/domain/event.js';
import { foldRun } from '../../src/domain/run.js';
import { sampleEvents } from '../fakes/run-events.js';

function journal(...events: readonly unknown[]): string {
  let [text, previous] = ['', CHAIN_START];
  const bodies = events.map((event, index) => ({ sequence: index + 1, at: '2026-11-24T00:00:00.000Z', run: 'r', event }));
  for (const body of [{ run: 'r', shortId: 'keystone-1', model: 'm', at: '' }, ...bodies]) {
    const { line, hash } = sealed(body, previous);
    previous = hash;
    text += line;
  }
  return text;
}

test.each([[null], [{}], ['text'], [undefined]])('a record that fits its hash and tells of no event is damage: %j', (event) => {
  const [opened] = sampleEvents('keystone-1');

  const read = readJournalText(journal(opened, event));

  expect([read.damage, read.entries.length]).toEqual(['record 3 tells of nothing', 1]);
  expect(readJournalText(journal(opened)).hash).toBe(read.hash);
});

test('an event of a kind that came later changes nothing that is known', () => {
  const [opened] = sampleEvents('keystone-1');
  const { entries } = readJournalText(journal(opened, { type: 'came-later', unit: 'keystone/0' }));

  expect(foldRun(entries)).toEqual(foldRun(entries.slice(0, 1) as Entry[]));
});
