import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { resume } from '../../src/cli/resume.js';
import type { Run } from '../../src/domain/run.js';
import type { ResumeAction } from '../../src/engine/session.js';
import { fakeContext, fakeInvocation } from '../fakes/context.js';

const plan = { kind: 'apply', demo: false, steps: [{ unit: 'keystone/1', application: 'keystone' }], leftOut: [] };
const unit = { unit: 'keystone/1', outcome: 'pending', code: '', detail: '', log: [] };

/** A run whose change on one unit is taken back in five minutes. */
function awaiting(): Run {
  const until = new Date(Date.now() + 300_000).toISOString();
  const units = [{ ...unit, until }];
  return { shortId: 'keystone-1', plan, units, status: 'awaiting-confirmation', measures: [] } as unknown as Run;
}

/** A person on a terminal who gives these answers, one at each question; what the session was asked to do then. */
async function answered(...answers: readonly string[]) {
  return resumed(awaiting(), answers);
}

async function resumed(run: Run, answers: readonly string[]) {
  const asked: ResumeAction[] = [];
  const questions: string[] = [];
  const told: string[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const left = [...answers];
  const stderr = new PassThrough();
  stderr.setEncoding('utf8').on('data', (text: string) => {
    if (!/(\?|y:) $/.test(text)) return;
    questions.push(text.trim());
    stdin.write(`${left.shift() ?? ''}\n`);
  });
  const context = fakeContext({
    stdin,
    stdout: Object.assign(new PassThrough(), { isTTY: true }),
    stderr,
    out: (line) => void told.push(line),
  });
  const session = {
    run: async () => run,
    resume: async (_: Run, { action }: { readonly action: ResumeAction }) => {
      asked.push(action);
      return { run, rows: [], offers: ['go-on', 'confirm', 'extend', 'revert'] };
    },
  };
  const code = await resume(['keystone-1'], {}, fakeInvocation(context, session)).catch((error: Error) => error.message);
  return { code, questions, asked: asked.slice(1), told: told.join('\n') };
}

const OFFERS = 'go-on, confirm, extend, revert, or nothing?';

test('going on changes more units: one letter asks once more before it does', async () => {
  const question = 'go on with keystone-1? type y:';

  expect(await answered('g', '')).toMatchObject({
    code: 'not confirmed; nothing was changed',
    questions: [OFFERS, question],
    asked: [],
  });
  expect(await answered('g', 'y')).toMatchObject({ questions: [OFFERS, question], asked: [{ kind: 'go-on' }] });
});

test('more time is added to what is left', async () => {
  const { questions, asked } = await answered('extend');

  expect([questions, asked]).toEqual([[OFFERS], [{ kind: 'extend', seconds: expect.closeTo(900, -1) }]]);
});

test('a word that is none is asked again; no answer does nothing more', async () => {
  expect(await answered('confrim', '')).toMatchObject({ questions: [OFFERS, OFFERS], asked: [] });
});

test('who settles a later edit that was left alone is said', async () => {
  const { units, ...run } = awaiting();
  const edited = units.map((one) => ({ ...one, outcome: 'conflict', code: 'CONFLICT', until: '' }) as const);
  const model = { ...run.plan.model, controller: 'prod', name: 'openstack' };
  const { told } = await resumed({ ...run, plan: { ...run.plan, model }, units: edited }, ['']);

  expect(told).toContain(
    'keystone/1 keeps what somebody edited since: settle that by hand, or leave it: juju ssh -m prod:openstack',
  );
});
