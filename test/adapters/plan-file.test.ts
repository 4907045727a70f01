import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readPlanFile, writePlanFile } from '../../src/adapters/plan-file.js';
import { Failure } from '../../src/domain/failure.js';
import type { Batch, CharmOptions, Plan, Step } from '../../src/domain/plan.js';
import { canonicalJson } from '../../src/planning/seal.js';
import { sha256 } from '../../src/planning/sha256.js';
import { RolloutWorld } from '../engine/rollout-world.js';

let folder: string;
let file: string;
let plan: Plan;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'juju-tune-plan-'));
  file = join(folder, 'plan.json');
  plan = await new RolloutWorld().plan();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function failureOf(data: unknown): Promise<Failure> {
  writeFileSync(file, JSON.stringify(data));
  const error = await readPlanFile(file).catch((reason: unknown) => reason);
  if (error instanceof Failure) return error;
  throw new Error(`it was read: ${JSON.stringify(data).slice(0, 200)}`);
}

/** The same with the hash that fits, as by somebody who knows how it is made. */
function sealed(change: Partial<Plan>): Plan {
  const { hash: _, ...body } = { ...plan, ...change };
  return { ...body, hash: sha256(canonicalJson(body)) };
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Every copy in which one value is another one, or is not there. */
function* changedCopies(value: Json): Generator<Json> {
  if (typeof value === 'string') yield `${value}x`;
  else if (typeof value === 'number') yield value + 1;
  else if (typeof value === 'boolean') yield !value;
  else if (Array.isArray(value)) {
    for (const [index, part] of value.entries()) {
      yield value.toSpliced(index, 1);
      for (const copy of changedCopies(part)) yield value.with(index, copy);
    }
  } else if (value !== null) {
    for (const [name, part] of Object.entries(value)) {
      const { [name]: _, ...rest } = value as Record<string, Json>;
      yield rest;
      for (const copy of changedCopies(part)) yield { ...rest, [name]: copy };
    }
  }
}

test('a plan is read word for word as it was written, and only its owner may read it', async () => {
  await writePlanFile(file, plan);

  expect(await readPlanFile(file)).toEqual(plan);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('whatever is changed in it by hand, it is refused', async () => {
  const copies = [...changedCopies(JSON.parse(JSON.stringify(plan)) as Json)];

  const codes = new Set<string>();
  for (const copy of copies) codes.add((await failureOf(copy)).code);

  expect(copies.length).toBeGreaterThan(100);
  expect([...codes]).toEqual(['usage']);
});

describe('a hash that fits does not make it a plan', () => {
  const withStep = (change: Partial<Step>): Partial<Plan> => ({
    steps: plan.steps.map((step, index) => (index === 0 ? { ...step, ...change } : step)),
  });
  const batch = (...units: string[]): Batch => ({ number: 1, canary: false, units });

  const charm = (application: string): CharmOptions => {
    const option = {
      option: 'worker-multiplier',
      before: { value: '', source: 'unset' },
      after: { value: '2', source: 'user' },
    } as const;
    return { application, charm: application, units: plan.targets, options: [option] };
  };

  test.each<[string, () => Partial<Plan>, RegExp]>([
    ['a path that no tuning has', () => withStep({ after: [{ path: '/etc/cron.d/x', state: { kind: 'absent' } }] }), /cron/],
    ['a step of another model', () => ({ model: { ...plan.model, uuid: 'other' } }), /of another model/],
    ['a unit that is no target', () => ({ targets: plan.targets.slice(1) }), /is no target/],
    ['a step in no batch', () => ({ batches: plan.batches.slice(1) }), /is in no batch/],
    ['a batch without a step', () => ({ steps: plan.steps.slice(1) }), /has no step/],
    ['a step twice', () => ({ steps: [...plan.steps, ...plan.steps.slice(0, 1)] }), /more than one step/],
    ['a rollback among applies', () => withStep({ verb: 'rollback', transaction: 'tx-keystone-0' }), /something else/],
    [
      'two units of one host at once',
      () => ({ batches: [batch(...plan.targets)], steps: plan.steps.map((step) => ({ ...step, host: 'a' })) }),
      /on host a/,
    ],
    [
      'two restarts at once',
      () => ({ batches: [batch(...plan.targets)], steps: plan.steps.map((step) => ({ ...step, activate: 'restart' })) }),
      /would restart at once/,
    ],
    ['charm options beside changes of units', () => ({ charm: charm('keystone') }), /sets charm options and changes units/],
    [
      'charm options for units of another application',
      () => ({ charm: charm('glance'), steps: [], batches: [] }),
      /keystone\/0 is no unit of glance/,
    ],
    ['a content of another name', () => ({ contents: { ...plan.contents, ['0'.repeat(64)]: 'text' } }), /another hash/],
  ])('%s is refused', async (_, change, says) => {
    const failure = await failureOf(sealed(change()));

    expect([failure.code, failure.problems.join('\n')]).toEqual(['usage', expect.stringMatching(says)]);
  });
});
