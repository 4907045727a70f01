import { afterAll, describe, expect, test } from 'vitest';
import type { DispatchEvent } from '../../src/adapters/fanout.js';
import { Failure } from '../../src/domain/failure.js';
import { clientOf, dispatched } from '../fakes/dispatched.js';
import { createFakeJuju, type FakeJuju } from '../fakes/fake-juju.js';

const DIALECTS = ['2.9.43', '3.6.9', '4.0.5'];
const fakes: FakeJuju[] = [];
afterAll(() => {
  for (const fake of fakes.splice(0)) fake.remove();
});

function fakeOf(options: Parameters<typeof createFakeJuju>[0]): FakeJuju {
  const fake = createFakeJuju(options);
  fakes.push(fake);
  return fake;
}

/** Ends by unit, without times: what a person would be told. */
function ends(events: readonly DispatchEvent[]): Record<string, unknown> {
  return Object.fromEntries(
    events.flatMap((event) => {
      if (event.kind === 'output') return [[event.unit, `${event.returnCode} ${JSON.stringify(event.stdout + event.stderr)}`]];
      if (event.kind === 'no-answer')
        return [[event.unit, `${event.code} ${event.mayHaveRun ? 'may have run' : 'never ran'}: ${event.message}`]];
      return [];
    }),
  );
}

describe.concurrent.each(DIALECTS)('with juju %s', (version) => {
  test.each([
    'read tcp 10.0.0.9:40122->10.0.0.1:17070: i/o timeout',
    'connection is shut down',
    'codec.ReadHeader error: error receiving message: websocket: close 1006 (abnormal closure): unexpected EOF',
  ])('a task of which the controller was told before the connection broke may have run: %s', async (words) => {
    const fake = fakeOf({ version });
    fake.answer(
      'exec',
      `echo x >>tries
      [ "$(wc -l <tries)" -ge 2 ] || { echo 'ERROR ${words}' >&2; exit 1; }
      echo 'ERROR unable to connect to API: dial tcp 10.0.0.1:17070: connect: connection refused' >&2; exit 1`,
    );
    const client = await clientOf(fake);

    expect(ends(await dispatched(client, ['a/0']))).toEqual({ 'a/0': expect.stringMatching(/^NO_ANSWER may have run: /) });
  });

  test('a task is not sent while the controller cannot be reached', async () => {
    const fake = fakeOf({ version });
    fake.answer('exec', `echo 'ERROR unable to connect to API: dial tcp 10.0.0.1:17070: i/o timeout' >&2; exit 1`);
    const client = await clientOf(fake);

    await expect(dispatched(client, ['a/0'])).rejects.toThrow(/cannot be reached/);
  });

  test('every way a task can end is told apart', async () => {
    const fake = fakeOf({ version });
    fake.unit('a/1', 'binary');
    fake.unit('a/2', 'failing');
    fake.unit('a/3', 'silent');
    fake.unit('a/4', 'killed');
    fake.unit('a/5', 'missing');
    const client = await clientOf(fake);

    const events = await dispatched(client, ['a/0', 'a/1', 'a/2', 'a/3', 'a/4', 'a/5']);

    expect(ends(events)).toEqual({
      'a/0': '0 "out of a/0\\n"',
      'a/1': '0 "\ufffdhello\\u0000"',
      'a/2': '3 "no such thing\\n"',
      'a/3': '0 ""',
      'a/4': 'KILLED may have run: the unit killed the command at its time limit',
      'a/5': expect.stringMatching(/^MISSING never ran: .*not found/),
    });
  });

  test('a unit that does not answer is given up at its own deadline, the others are not held back', async () => {
    const fake = fakeOf({ version });
    fake.unit('a/1', 'hang');
    const client = await clientOf(fake);

    const events = await dispatched(client, ['a/0', 'a/1', 'a/2'], { timeoutSeconds: 1 });

    expect(ends(events)).toEqual({
      'a/0': '0 "out of a/0\\n"',
      'a/1': expect.stringMatching(/^NO_ANSWER may have run: did not answer within 1 s; .*may still run$/),
      'a/2': '0 "out of a/2\\n"',
    });
    if (client.dialect !== '2.9') expect(fake.calls()).toContain('cancel-task -m prod:openstack 102 --format json');
  });

  test('a lost permission is one failure, not one for each unit', async () => {
    const fake = fakeOf({ version });
    fake.answer('exec', 'echo {}; echo "ERROR permission denied" >&2; exit 1');
    const client = await clientOf(fake);

    const failure = await dispatched(client, ['a/0', 'a/1']).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(Failure);
    expect((failure as Failure).message).toBe('you have no permission for "juju exec" on model "prod:openstack"');
  });
});

describe.concurrent('what the controller may do in between', () => {
  test('a unit behind a hook is waited for beside its own time, and that is told', async () => {
    const fake = fakeOf({});
    fake.unit('a/1', 'pending');
    fake.answer(
      'status',
      `now=$(date +%s); [ -f since ] || echo "$now" >since
      [ $((now - $(cat since))) -lt 2 ] || echo ok >units/a-1
      echo '{"model":{},"applications":{"a":{"units":{"a/1":{"juju-status":{"current":"executing","message":"running config-changed hook"}}}}}}'`,
    );
    const client = await clientOf(fake);

    const events = await dispatched(client, ['a/0', 'a/1'], { timeoutSeconds: 5 });

    expect(ends(events)).toEqual({ 'a/0': '0 "out of a/0\\n"', 'a/1': '0 "out of a/1\\n"' });
    expect(events).toContainEqual({
      kind: 'waiting',
      unit: 'a/1',
      why: 'config-changed',
      seconds: expect.any(Number),
      limit: 300,
    });
  });

  test('a task that never began is cancelled, and known never to have run', async () => {
    const fake = fakeOf({});
    fake.unit('a/1', 'pending');
    const client = await clientOf(fake);

    const events = await dispatched(client, ['a/0', 'a/1'], { timeoutSeconds: 1 });

    expect(ends(events)['a/1']).toBe('NO_ANSWER never ran: did not answer within 1 s; its task was cancelled before it began');
  });

  test('an abort cancels what has not begun and says of each unit whether it may have run', async () => {
    const fake = fakeOf({});
    fake.unit('a/1', 'pending');
    fake.unit('a/2', 'hang');
    const client = await clientOf(fake);
    const stop = new AbortController();

    const events = await dispatched(client, ['a/0', 'a/1', 'a/2'], {
      signal: stop.signal,
      seen: (event) => event.kind === 'output' && stop.abort(),
    });

    expect(ends(events)).toEqual({
      'a/0': '0 "out of a/0\\n"',
      'a/1': 'CANCELLED never ran: interrupted; its task was cancelled before it began',
      'a/2': 'CANCELLED may have run: interrupted; task 103 may still run',
    });
    expect(fake.calls().filter((call) => call.startsWith('cancel'))).toEqual(['cancel-task -m prod:openstack 102 --format json']);
  });

  test('an abort before the operation is known waits for it, so that it can be cancelled', async () => {
    const fake = fakeOf({ delaySeconds: 0.3 });
    fake.unit('a/0', 'pending');
    const client = await clientOf(fake);
    const stop = new AbortController();
    const dispatching = dispatched(client, ['a/0'], { signal: stop.signal });
    while (!fake.calls().some((call) => call.startsWith('exec'))) await new Promise((resolve) => setTimeout(resolve, 10));

    stop.abort();

    expect(ends(await dispatching)).toEqual({
      'a/0': 'CANCELLED never ran: interrupted; its task was cancelled before it began',
    });
  });

  test('an abort while juju does not even queue the task ends, and the task may run', async () => {
    const fake = fakeOf({});
    fake.answer('exec', 'sleep 60 & wait');
    const client = await clientOf(fake);
    const stop = new AbortController();
    const dispatching = dispatched(client, ['a/0'], { signal: stop.signal });
    while (!fake.calls().some((call) => call.startsWith('exec'))) await new Promise((resolve) => setTimeout(resolve, 10));

    stop.abort();

    expect(ends(await dispatching)).toEqual({
      'a/0': 'CANCELLED may have run: interrupted while juju queued its task, which may still run',
    });
  });

  test('an abort before anything was begun sends nothing', async () => {
    const fake = fakeOf({});
    const client = await clientOf(fake);

    expect(ends(await dispatched(client, ['a/0'], { signal: AbortSignal.abort() }))).toEqual({
      'a/0': 'CANCELLED never ran: interrupted',
    });
    expect(fake.calls().some((call) => call.startsWith('exec'))).toBe(false);
  });

  test('polls go on when the controller is away for a while, or prints half of its JSON', async () => {
    const fake = fakeOf({});
    fake.answer(
      'show-operation',
      `echo x >>polls
      case $(wc -l <polls) in
        1) echo 'ERROR unable to connect to API: no route to host' >&2; exit 1 ;;
        2) printf '{"tasks":{"101":{"host":"a/0","stat' ;;
        3) echo '{}' ;;
        *) echo '{"tasks":{"101":{"host":"a/0","status":"completed","results":{"return-code":0,"stdout":"late"}}}}' ;;
      esac`,
    );
    const client = await clientOf(fake);

    expect(ends(await dispatched(client, ['a/0'], { timeoutSeconds: 20 }))).toEqual({ 'a/0': '0 "late"' });
  });

  test('polls go on over a juju that is just being replaced', async () => {
    const fake = fakeOf({});
    fake.answer(
      'show-operation',
      `echo x >>polls
      case $(wc -l <polls) in
        1) echo 'sh: juju: not found' >&2; exit 127 ;;
        2) echo 'cannot open the revision of the snap' >&2; exit 46 ;;
        3) printf '{"tasks":{"101":{"host"'; kill -9 $$ ;;
        *) echo '{"tasks":{"101":{"host":"a/0","status":"completed","results":{"return-code":0,"stdout":"newer"}}}}' ;;
      esac`,
    );
    const client = await clientOf(fake);

    expect(ends(await dispatched(client, ['a/0'], { timeoutSeconds: 20 }))).toEqual({ 'a/0': '0 "newer"' });
  });

  test('a login that ends in between leaves every open unit unknown, at once', async () => {
    const fake = fakeOf({});
    fake.answer('show-operation', 'echo "please enter password for admin on prod: " >&2; sleep 60');
    const client = await clientOf(fake);

    expect(ends(await dispatched(client, ['a/0', 'a/1']))).toEqual({
      'a/0': 'NO_LOGIN may have run: sent, but its answer cannot be read: juju asks to log in to controller "prod"',
      'a/1': 'NO_LOGIN may have run: sent, but its answer cannot be read: juju asks to log in to controller "prod"',
    });
  });

  test('an operation that nobody finds again leaves its units unknown at their deadline', async () => {
    const fake = fakeOf({});
    fake.answer('show-operation', 'echo {}; echo "ERROR operation \\"1\\" not found" >&2; exit 1');
    fake.answer('show-task', 'echo {}; exit 1');
    fake.answer('cancel-task', 'echo {}; exit 1');
    const client = await clientOf(fake);

    expect(ends(await dispatched(client, ['a/0'], { timeoutSeconds: 1 }))).toEqual({
      'a/0': 'NO_ANSWER may have run: did not answer within 1 s; task 101 may still run',
    });
  });

  test('units that no task was made for are missing, the others go on', async () => {
    const fake = fakeOf({});
    fake.answer('exec', 'echo "Scheduled operation 1 with 2 tasks" >&2; printf "a/0:\\n  id: \\"101\\"\\n"');
    fake.answer('show-operation', 'echo \'{"tasks":{"101":{"host":"a/0","status":"completed","results":{"return-code":0}}}}\'');
    const client = await clientOf(fake);

    expect(ends(await dispatched(client, ['a/0', 'a/1']))).toEqual({
      'a/0': '0 ""',
      'a/1': 'MISSING never ran: Juju made no task for this unit',
    });
  });

  test('operations and tasks are told once they are known', async () => {
    const client = await clientOf(fakeOf({}));

    expect(await dispatched(client, ['a/0', 'a/1'])).toContainEqual({
      kind: 'queued',
      operation: '1',
      tasks: { 'a/0': '101', 'a/1': '102' },
    });
    expect(await dispatched(client, ['b/0'])).toContainEqual({ kind: 'queued', operation: '2', tasks: { 'b/0': '201' } });
  });

  test('more than fifty units go out as several operations', async () => {
    const fake = fakeOf({});
    const client = await clientOf(fake);

    const events = await dispatched(
      client,
      Array.from({ length: 120 }, (_, index) => `a/${index}`),
      { timeoutSeconds: 20 },
    );

    expect(events.filter((event) => event.kind === 'output').length).toBe(120);
    expect(fake.calls().filter((call) => call.startsWith('exec ')).length).toBe(3);
  });

  test('with 2.9 a controller that is away is tried again, and nothing was sent until it is back', async () => {
    const fake = fakeOf({ version: '2.9.43' });
    fake.answer(
      'exec',
      `echo x >>tries
      [ "$(wc -l <tries)" -ge 2 ] || { echo '{}'; echo 'ERROR unable to connect to API: EOF' >&2; exit 1; }
      echo '[{"unit":"a/0","return-code":0,"stdout":"back"}]'`,
    );
    const client = await clientOf(fake);

    expect(ends(await dispatched(client, ['a/0']))).toEqual({ 'a/0': '0 "back"' });
  });
});
