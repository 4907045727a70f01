import { afterEach, beforeEach, expect, test } from 'vitest';
import { createJujuCli } from '../../src/adapters/juju-cli.js';
import { openJujuClient } from '../../src/adapters/juju-client.js';
import { dispatchOverSsh } from '../../src/adapters/juju-ssh.js';
import { createFakeJuju, type FakeJuju } from '../fakes/fake-juju.js';

let fake: FakeJuju;
beforeEach(() => {
  fake = createFakeJuju();
});
afterEach(() => fake.remove());

/** What a unit's login shell does with the last argument; `sudo -n` is a function here. */
const LOGIN_SHELL = 'for last; do :; done; sh -c "sudo() { shift; \\"\\$@\\"; }; $last" <nothing 2>&1 || exit';

async function looked(script: string, units: readonly string[], timeoutSeconds = 20): Promise<unknown> {
  const { signal } = new AbortController();
  const clock = () => ({ rate: 1, now: () => 0, sleep: async () => undefined });
  const client = await openJujuClient(createJujuCli(fake.environment), { environment: fake.environment, clock, signal });
  const found: Record<string, string> = {};
  for await (const event of dispatchOverSsh(client, { script, units, timeoutSeconds, signal })) {
    if (event.kind === 'output') found[event.unit] = `${event.returnCode} ${event.stdout}`;
    if (event.kind === 'no-answer') found[event.unit] = `${event.code} ${event.message}`;
  }
  return found;
}

test('a script reaches bash on the unit as it is, with the variables of a hook', async () => {
  fake.answer('ssh', `: >nothing; ${LOGIN_SHELL}`);
  const script = `echo "$JUJU_UNIT_NAME $JUJU_MODEL_UUID"; cat; a=('x y' "it's"); printf '[%s]' "\${a[@]}" '$HOME' \`echo ü\` "\\n" %; exit 7`;

  expect(await looked(script, ['a/0'])).toEqual({
    'a/0': "7 a/0 3a9f2c1e-0b6d-4f7a-8e55-2d1c9b7a6f40\n[x y][it's][$HOME][ü][\\n][%]",
  });
  expect(fake.calls().at(-1)).toBe('ssh -m prod:openstack --pty=false a/0 -- <script>');
});

test('a unit without an answer is given up alone, and what ssh or juju says is told', async () => {
  fake.answer(
    'ssh',
    `case $* in
      *a/1*) sleep 60 & wait ;;
      *a/2*) echo 'ubuntu@10.0.0.1: Permission denied (publickey).' >&2; exit 255 ;;
      *a/3*) echo 'ERROR unit "a/3" not found' >&2; exit 1 ;;
      *a/4*) echo 'ssh: connect to host 10.0.0.4 port 22: No route to host' >&2; exit 255 ;;
      *) echo here ;;
    esac`,
  );

  expect(await looked('true', ['a/0', 'a/1', 'a/2', 'a/3', 'a/4'], 1)).toEqual({
    'a/0': '0 here\n',
    'a/1': 'NO_ANSWER did not answer within 1 s over ssh',
    'a/2': 'NO_ANSWER ssh: permission denied; the model does not know your key (juju add-ssh-key)',
    'a/3': 'MISSING unit "a/3" not found',
    'a/4': 'NO_ANSWER ssh: ssh: connect to host 10.0.0.4 port 22: No route to host',
  });
});
