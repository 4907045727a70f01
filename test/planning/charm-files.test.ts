import { expect, test } from 'vitest';
import { isCharmRendered } from '../../src/planning/charm-files.js';

test.each([
  ['# Configuration file maintained by Juju. Local changes may be overwritten.\n<VirtualHost *:80>\n', true],
  [
    '###############################################################################\n# [ WARNING ]\n# configuration file managed by Juju\n# local changes may be overwritten\n',
    true,
  ],
  ['# managed by juju-tune: proxy-initial-not-pooled\nSetEnv proxy-initial-not-pooled 1\n', false],
  ['<VirtualHost *:80>\n  # see what is maintained by Juju elsewhere\n', false],
  ['', false],
])('tells the header of a charm from all else: %j', (text, rendered) => {
  expect(isCharmRendered(text)).toBe(rendered);
});
