import { expect, test } from 'vitest';
import type { JujuResult } from '../../src/adapters/juju-cli.js';
import type { ModelCommand } from '../../src/adapters/juju-client.js';
import { endTasks } from '../../src/adapters/juju-tasks.js';

const { signal } = new AbortController();

/** A juju whose tasks stand like this; `cancel-task` cancels those that have not begun. */
function jujuWith(tasks: Record<string, string>) {
  const calls: string[] = [];
  const run = async ({ verb, args }: ModelCommand): Promise<JujuResult> => {
    const ids = args.filter((arg) => /^\d+$/.test(arg));
    calls.push(`${verb} ${ids.join(' ')}`);
    const ended = { stderr: '', end: 'exited', milliseconds: 1 } as const;
    if (verb === 'cancel-task') {
      for (const id of ids) if (tasks[id] === 'pending') tasks[id] = 'cancelled';
      return { ...ended, stdout: '{"actions":[]}', exitCode: 0 };
    }
    const status = tasks[ids[0] ?? ''];
    if (status === undefined) return { ...ended, stdout: '', stderr: 'ERROR action not found', exitCode: 1 };
    return { ...ended, stdout: JSON.stringify({ id: ids[0], status }), exitCode: 0 };
  };
  return { calls, run };
}

test('a task that has not begun is cancelled and looked at again; one that runs is left alone', async () => {
  const juju = jujuWith({ 11: 'pending', 12: 'running', 13: 'completed' });

  const states = await endTasks(juju.run, ['11', '12', '13', '14'], signal);

  expect(Object.fromEntries(states)).toEqual({
    11: { status: 'cancelled', over: true },
    12: { status: 'running', over: false },
    13: { status: 'completed', over: true },
  });
  expect(juju.calls.slice(-2)).toEqual(['cancel-task 11', 'show-task 11']);
});

test('what is no number of a task is never given to juju', async () => {
  const juju = jujuWith({});

  expect([...(await endTasks(juju.run, ['', '--help', 'a1'], signal))]).toEqual([]);
  expect(juju.calls).toEqual([]);
});
