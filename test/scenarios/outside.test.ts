import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DemoCloud, executable, FULL } from './demo-cloud.js';
import { canTrace, effects, traced, tracedShell } from './trace.js';
import { QUICK } from './tuning-cases.js';

// Slow under strace: the gate runs it, which installs strace.
if (!canTrace) console.warn('skipped: what actions write and reach needs strace, which is not here or may not be used');

let cloud: DemoCloud;
let scratch: string;
beforeAll(() => {
  cloud = new DemoCloud();
  scratch = mkdtempSync(join(tmpdir(), 'juju-tune-trace-'));
});
afterAll(() => {
  cloud.remove();
  rmSync(scratch, { recursive: true, force: true });
});

/** Devices that keep nothing, and pipes of the shell. */
const NOTHING_KEPT = /^\/dev\/(null|tty|fd\/\d+)$/;
/** Where the C library asks for names of users; nobody need be there. */
const NAMES = '/var/run/nscd/socket';

test.runIf(canTrace)('what is written and reached is seen in whatever way it is done', () => {
  const seen = tracedShell(
    `cd ${scratch} && echo x >a && mv a b && ln -s b c && mkdir d && chmod 700 d && touch -d @1 b && rm c && rmdir d && cp b e
     mkfifo f; ln b g; truncate -s 0 b; exec 3<>h; (echo >/dev/tcp/127.0.0.1/9) 2>/dev/null; :`,
    join(scratch, 'record'),
  );

  expect(seen.changed.filter((path) => path.startsWith(scratch)).map((path) => path.slice(scratch.length + 1))).toEqual(
    expect.arrayContaining(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']),
  );
  expect(seen.reached).toContain('127.0.0.1:9');
});

const ACTIONS: readonly (readonly string[])[] = [
  ['check', 'keystone/0'],
  ['apply', 'keystone/0', 'proxy-initial-not-pooled'],
  ['apply', 'keystone/0', 'apache-conf', 'name=quiet', 'directives=ServerSignature Off'],
  ['apply', 'keystone/0', 'apache-conf-off', 'name=quiet'],
  ['apply', 'keystone/0', 'wsgi-processes', 'processes=20'],
  ['apply', 'keystone/0', 'mpm-switch', 'to=worker'],
  ['apply', 'keystone', 'worker-multiplier', 'processes=24'],
  ['rollback'],
];

test.runIf(canTrace && FULL).each(ACTIONS.map((words) => [words.join(' '), words] as const))(
  '%s writes nothing outside of the demo cloud and connects to nothing',
  (_, words) => {
    const record = join(scratch, 'record');
    const [verb] = words;
    const more = verb === 'check' ? [] : ['--yes', 'keystone', ...(verb === 'apply' ? [...QUICK, '--measure', '0'] : [])];

    const code = traced([process.execPath, executable, ...words, ...more], record, cloud.env);
    const { changed, reached } = effects(record);

    expect(code).toBe(0);
    expect(changed.some((path) => path.startsWith(`${cloud.cloud}/units/keystone-0/`))).toBe(true);
    expect(changed.filter((path) => !path.startsWith(`${cloud.cloud}/`) && !NOTHING_KEPT.test(path))).toEqual([]);
    expect(reached.filter((address) => address !== NAMES)).toEqual([]);
  },
  300_000,
);
