import { expect, test } from 'vitest';
import { readScheduled } from '../../src/adapters/scheduled.js';

const SAID = 'Scheduled operation 7 with 2 tasks\nCheck operation status with juju show-operation 7\n';
const UNITS = ['keystone/0', 'nova-cloud-controller/12'];

test.each([
  ['YAML', 'keystone/0:\n  id: "101"\nnova-cloud-controller/12:\n  id: "102"\n'],
  ['JSON', '{"keystone/0":{"id":"101"},"nova-cloud-controller/12":{"id":"102"}}'],
  ['names that only end like ours', 'old-keystone/0:\n  id: "9"\nkeystone/0:\n  id: 101\nnova-cloud-controller/12:\n  id: 102\n'],
])('the tasks of several units are read from %s', (_, stdout) => {
  expect(readScheduled(stdout, SAID, UNITS)).toEqual({
    operation: '7',
    tasks: new Map([
      ['keystone/0', '101'],
      ['nova-cloud-controller/12', '102'],
    ]),
    missing: [],
  });
});

test.each(['a', 'a-', ' ', 'a/1: ', 'unit "'])('a long text of %j takes no longer than it is long', (piece) => {
  const text = piece.repeat(300_000 / piece.length);

  // What looks again from each letter takes minutes, and is ended by the limit of the test.
  expect(readScheduled(text, text, UNITS)).toEqual({ operation: '', tasks: new Map(), missing: [] });
});
