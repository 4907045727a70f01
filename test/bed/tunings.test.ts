import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeState, type PathState } from '../../src/domain/change.js';
import type { Plan } from '../../src/domain/plan.js';
import { Bed, obstacle } from './bed.js';
import { probeTree } from './file-states.js';
import { Front, type RunResult } from './front.js';
import { unitsOf } from './units.js';

/** Nothing is asked of these units, so that there is nothing to watch or measure. */
const UNWATCHED = ['--bake', '0', '--measure', '0'] as const;

const reason = obstacle();
if (reason) console.warn(`skipped, ${reason}`);

interface Case {
  readonly applications: readonly string[];
  readonly words: readonly string[];
  /** Bash, run on every unit first. */
  readonly given?: string;
  /** A line of `Bed.processes` that is there only while the change is. */
  readonly runs?: { readonly unit: string; readonly line: string };
}

const CASES: readonly Case[] = [
  { applications: ['keystone'], words: ['proxy-initial-not-pooled'] },
  { applications: ['gnocchi'], words: ['apache-conf', 'name=bed', 'directives=SetEnv bed 1'] },
  {
    applications: ['gnocchi'],
    given: "echo 'SetEnv bed 1' > /etc/apache2/conf-available/bed.conf; a2enconf -q bed; systemctl reload apache2",
    words: ['apache-conf-off', 'name=bed'],
  },
  {
    applications: ['keystone', 'gnocchi', 'nova-cloud-controller'],
    words: ['wsgi-processes', 'processes=+50%'],
    runs: { unit: 'keystone/0', line: 'keystone (wsgi:keystone-pu 18' },
  },
  { applications: ['gnocchi'], words: ['mpm-switch', 'to=worker'], runs: { unit: 'gnocchi/0', line: 'mod_mpm_worker' } },
];

describe.skipIf(reason)('each tuning on real units', () => {
  let bed: Bed;
  let front: Front;
  beforeAll(async () => {
    bed = await Bed.start();
    front = Front.open(bed);
  });
  afterAll(async () => {
    front?.close();
    await bed?.down();
  });

  test.each(CASES)('$words.0: planned, applied, verified, rolled back', async ({ applications, words, given, runs }) => {
    const units = applications.flatMap((application) => unitsOf(application).map((unit) => unit.name));
    for (const unit of units) await bed.sh(unit, given ?? ':');
    await bed.serving();
    const before = await lookAt(units);
    const change = [...applications, ...words];

    const plan = await front.json<Plan>(0, 'plan', ...change);
    expect(plan.steps.map((step) => step.unit).sort()).toEqual([...units].sort());
    // Every look was in the jail.
    expect(plan.unjailed).toBeUndefined();
    expect(await lookAt(units)).toEqual(before);

    const applied = await front.json<RunResult>(0, 'apply', ...change, '--yes', applications.join(','), ...UNWATCHED);
    expect(outcomes(applied)).toEqual(units.map((unit) => `${unit} changed COMMITTED`).sort());
    for (const step of plan.steps) expect(await statesOf(step.unit, step.after)).toEqual(told(step.after));
    if (runs !== undefined) expect(await bed.processes(runs.unit)).toContain(runs.line);
    expect(await lookAt(units)).not.toEqual(before);

    const back = await front.json<RunResult>(0, 'rollback', applied.id, '--yes', applications.join(','));
    expect(outcomes(back)).toEqual(units.map((unit) => `${unit} changed REVERTED`).sort());
    expect(await lookAt(units)).toEqual(before);
  });

  /** Tree and processes of each unit, the tree without the snapshots. */
  async function lookAt(units: readonly string[]): Promise<readonly (readonly string[])[]> {
    return Promise.all(units.map(async (unit) => [...(await bed.processes(unit)), ...(await bed.tree(unit))]));
  }

  async function statesOf(unit: string, paths: readonly PathState[]): Promise<readonly string[]> {
    const wanted = new Set(paths.map(({ path }) => path));
    const there = (await probeTree(bed, unit)).paths.filter(({ path }) => wanted.has(path));
    const found = new Set(there.map(({ path }) => path));
    const absent = [...wanted].filter((path) => !found.has(path)).map((path) => ({ path, state: { kind: 'absent' } as const }));
    return told([...there, ...absent]);
  }
});

function told(paths: readonly PathState[]): readonly string[] {
  return paths.map(({ path, state }) => `${path} ${encodeState(state)}`).sort();
}

function outcomes(run: RunResult): readonly string[] {
  return run.results
    .map(
      ({ unit, outcome, state, detail }) =>
        `${unit} ${outcome} ${state}${outcome === 'changed' || outcome === 'reverted' ? '' : detail}`,
    )
    .sort();
}
