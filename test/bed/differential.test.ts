import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeState, type PathState } from '../../src/domain/change.js';
import type { Plan } from '../../src/domain/plan.js';
import { readReceipt } from '../../src/unit/receipt.js';
import { Bed, obstacle } from './bed.js';
import { probeFolder, probeTree } from './file-states.js';
import { Front } from './front.js';
import { unitsOf } from './units.js';

const reason = obstacle();
if (reason) console.warn(`skipped, ${reason}`);

const GNOCCHIS = unitsOf('gnocchi').map((unit) => unit.name);
const YES = ['--yes', 'gnocchi', '--measure', '0'] as const;

/** What is done in turn, on real units and in the demo's folders; each must come to the same there and there. */
const STEPS: readonly (readonly [name: string, ...words: string[]])[] = [
  ['a tuning', 'apply', 'gnocchi', 'proxy-initial-not-pooled'],
  ['the same again', 'apply', 'gnocchi', 'proxy-initial-not-pooled'],
  ['a directive that is not known', 'apply', 'gnocchi', 'apache-conf', 'name=bad', 'directives=NoSuchDirective on'],
  ['a limit that would be made smaller', 'apply', 'gnocchi', 'apache-conf', 'name=bad', 'directives=MaxRequestWorkers 300000'],
  ['a conf turned off', 'apply', 'gnocchi/0', 'apache-conf-off', 'name=proxy-initial-not-pooled'],
  ['that taken back', 'rollback'],
  ['more processes', 'apply', 'gnocchi', 'wsgi-processes', 'processes=+50%', 'threads=2'],
  ['those taken back', 'rollback'],
  ['another MPM', 'apply', 'gnocchi/1', 'mpm-switch', 'to=worker'],
  ['the first MPM again', 'rollback'],
];

describe.skipIf(reason)('the demo behaves as real units do', () => {
  let bed: Bed;
  let real: Front;
  let demo: Front;
  beforeAll(async () => {
    bed = await Bed.start();
    [real, demo] = [Front.open(bed), await Front.ofFolders()];
  });
  afterAll(async () => {
    real?.close();
    demo?.close();
    await bed?.down();
  });

  test('it plans the same', async () => {
    const plans = await Promise.all(
      [real, demo].map(async (front) => {
        const plan = await front.json<Plan>(0, 'plan', 'gnocchi', 'wsgi-processes', 'processes=+50%');
        return plan.steps.map(({ unit, before, after, commands, summary, activate, checks }) => ({
          unit,
          before: told(before),
          after: told(after),
          commands,
          summary,
          activate,
          checks,
        }));
      }),
    );
    expect(plans[1]).toEqual(plans[0]);
    expect(await treesOfDemo()).toEqual(await treesOfBed());
  });

  test.each(STEPS)('%s: same exit code, receipts and files', async (_, verb = '', ...words) => {
    const flags = verb === 'apply' ? [...YES, '--bake', '0'] : YES;
    const [there, here] = await Promise.all([real.tune(verb, ...words, ...flags), demo.tune(verb, ...words, ...flags)]);

    expect(here.code, `${here.stderr}${here.stdout}`).toBe(there.code);
    expect(receipts(demo)).toEqual(receipts(real));
    expect(await treesOfDemo()).toEqual(await treesOfBed());
  });

  const treesOfBed = () => Promise.all(GNOCCHIS.map(async (unit) => told((await probeTree(bed, unit)).paths)));
  const treesOfDemo = () => Promise.all(GNOCCHIS.map((unit) => told(probeFolder(demo.folderOf(unit)))));
});

/** Without owners, for the folders are ours, and without certificates, for nobody needs one there. */
function told(paths: readonly PathState[]): readonly string[] {
  return paths
    .filter(({ path }) => !path.startsWith('/etc/apache2/ssl/'))
    .map(({ path, state }) => `${path} ${encodeState(state).replace(/^([FD]:\d{4}):\d+:\d+/, '$1')}`)
    .sort();
}

/** What units said of every change so far, in order, without ids, times and what Apache printed. */
function receipts(front: Front): readonly object[] {
  const folder = join(front.dir, 'tasks');
  const ids = readdirSync(folder).flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? []);
  return ids
    .sort((a, b) => Number(a) - Number(b))
    .map((id) => JSON.parse(readFileSync(join(folder, `${id}.json`), 'utf8')))
    .flatMap(({ unit, results }) =>
      (['apply', 'rollback'] as const).flatMap((verb) => {
        const receipt = readReceipt(String(results?.stdout ?? ''), verb, unit);
        if (!receipt.ok) return [];
        const { outcome, state, code, message, paths } = receipt.value;
        return [{ unit, verb, outcome, state, code, message, paths: told(paths) }];
      }),
    );
}
