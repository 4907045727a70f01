import { expect, test } from 'vitest';
import { extend } from '../../src/cli/settle.js';
import type { Run } from '../../src/domain/run.js';
import type { ResumeAction } from '../../src/engine/session.js';
import { offerCommands } from '../../src/ui/plain/survey.js';
import { decidingCommands } from '../../src/ui/plain/window.js';
import { fakeContext, fakeInvocation } from '../fakes/context.js';

const plan = { kind: 'apply', demo: false, steps: [{ unit: 'keystone/1', application: 'keystone' }], leftOut: [] };

/** A run that awaits confirmation so many seconds from now. */
function awaiting(seconds: number): Run {
  const until = new Date(Date.now() + seconds * 1000).toISOString();
  const unit = { unit: 'keystone/1', outcome: 'pending', code: '', detail: '', log: [], until };
  const units = [unit];
  return { shortId: 'keystone-1', plan, units, status: 'awaiting-confirmation', measures: [] } as unknown as Run;
}

/** Asks for more time as a script would; what was asked of the session. */
async function extended(run: Run, ...words: readonly string[]): Promise<readonly ResumeAction[]> {
  const asked: ResumeAction[] = [];
  const session = {
    runs: async () => [run],
    run: async () => run,
    resume: async (_: Run, { action }: { readonly action: ResumeAction }) => {
      asked.push(action);
      return { run };
    },
  };
  await extend(words, { yes: 'keystone' }, fakeInvocation(fakeContext({}), session));
  return asked;
}

test('more time is counted from now', async () => {
  expect(await extended(awaiting(300), '10m')).toEqual([{ kind: 'extend', seconds: 600 }]);
});

test.each([
  ['a shorter time', ['5']],
  ['the time that is meant when none is said', []],
])('%s takes nothing away from what is left: it is refused, with what would be more', async (_, words) => {
  await expect(extended(awaiting(860), ...words)).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringMatching(/^keystone-1 has 14:(20|19) left: (5 s|10 min) from now would be less$/),
    hint: 'juju-tune extend keystone-1 25m',
  });
});

test('the command for more time that is printed after a run and by resume gives more', async () => {
  const run = awaiting(860);
  const clock = { rate: 1, now: () => Date.now() };
  const commands = [...decidingCommands(run, clock), ...offerCommands(run, ['extend'], clock)];

  expect(commands.filter((line) => line.includes('more time'))).toEqual([
    '  more time:     juju-tune extend keystone-1 25m --yes keystone',
    '  more time:     juju-tune extend keystone-1 25m --yes keystone',
  ]);
  expect(await extended(run, '25m')).toEqual([{ kind: 'extend', seconds: 1500 }]);
});
