import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createJujuCli } from '../../src/adapters/juju-cli.js';
import { openJujuClient } from '../../src/adapters/juju-client.js';
import { createUnits } from '../../src/adapters/units.js';
import type { Diagnostic } from '../../src/domain/action.js';
import { Failure } from '../../src/domain/failure.js';
import type { Transport, UnitEvent, Units } from '../../src/engine/ports.js';
import { createFakeJuju, type FakeJuju } from '../fakes/fake-juju.js';

const UUID = '3a9f2c1e-0b6d-4f7a-8e55-2d1c9b7a6f40';

/** Runs the script as an agent does, in an empty folder of the unit's own. `juju exec` of 2.9 gives the output back in base64. */
const AGENT = `for last; do :; done
for word; do case $previous in --unit) unit=$word ;; esac; previous=$word; done
case $unit in a/9) echo '[{"unit":"a/9","return-code":0,"stdout":"hello"}]'; exit ;; esac
export JUJU_UNIT_NAME="$unit" JUJU_MODEL_UUID=${UUID} JUJU_TUNE_ROOT="$JUJU_DATA/root"
out=$(bash -c "$last" 2>stderr | base64 -w0)
printf '[{"unit":"%s","return-code":0,"stdout":"%s","stdout-encoding":"base64"}]' "$unit" "$out"`;

let fake: FakeJuju;
beforeEach(() => {
  fake = createFakeJuju({ version: '2.9.43' });
  mkdirSync(join(fake.folder, 'root', 'var', 'lib'), { recursive: true });
  fake.answer('exec', `previous=; ${AGENT}`);
});
afterEach(() => fake.remove());

async function unitsOf(transport: Transport = 'exec'): Promise<Units> {
  const { signal } = new AbortController();
  const clock = () => ({ rate: 1, now: () => 0, sleep: async () => undefined });
  return createUnits(
    await openJujuClient(createJujuCli(fake.environment), { environment: fake.environment, clock, signal }),
    transport,
  );
}

async function all<T>(events: AsyncIterable<UnitEvent<T>>): Promise<UnitEvent<T>[]> {
  const found: UnitEvent<T>[] = [];
  for await (const event of events) found.push(event);
  return found.sort((a, b) => ('unit' in a && 'unit' in b ? a.unit.localeCompare(b.unit) : 0));
}

const options = { timeoutSeconds: 20, signal: new AbortController().signal };
const greeting: Diagnostic = {
  kind: 'diagnostic',
  id: 'greeting',
  aliases: [],
  title: 'Greeting',
  description: '',
  params: [],
  appliesTo: { charms: ['a'], needs: [] },
  source: 'test',
  mode: 'passive',
  collect: 'fact greeting.of "$JUJU_UNIT_NAME"; evidence greeting.text "hello $PARAM_WHOM"',
  timeoutSeconds: 10,
  findings: [],
};

test('what a diagnostic says on a unit comes back as facts and evidence of that unit', async () => {
  const units = await unitsOf();

  const events = await all(units.collect([greeting], { whom: "it's ü" }, ['a/0', 'a/1'], options));

  expect(events).toMatchObject(
    ['a/0', 'a/1'].map((unit) => ({
      kind: 'answer',
      unit,
      value: [
        {
          diagnostic: 'greeting',
          facts: { 'greeting.of': unit },
          evidence: { 'greeting.text': [{ unit, text: "hello it's ü" }] },
        },
      ],
    })),
  );
});

test('output that is no receipt is no answer, and the other units are believed', async () => {
  const units = await unitsOf();

  const events = await all(units.collect([greeting], { whom: 'you' }, ['a/0', 'a/9'], options));

  expect(events).toMatchObject([
    { kind: 'answer', unit: 'a/0' },
    {
      kind: 'no-answer',
      unit: 'a/9',
      code: 'BAD_ANSWER',
      message: 'it answered with something that is no receipt',
      mayHaveRun: true,
    },
  ]);
});

test('the last words of a program that gave no receipt are told without their secrets', async () => {
  const cut = 'h'.repeat(400);
  const words = `connect mysql://keystone:hunter2${cut}@10.0.0.1/keystone`;
  fake.answer('exec', `echo '[{"unit":"a/0","return-code":1,"stderr":"${words}"}]'`);
  const units = await unitsOf();

  const [event] = await all(units.collect([greeting], {}, ['a/0'], options));

  expect(event).toMatchObject({ kind: 'no-answer', message: expect.stringMatching(/exit code 1; connect mysql:/) });
  expect(JSON.stringify(event)).not.toContain('hunter2');
});

test('looking goes over ssh when asked, changing never', async () => {
  fake.answer(
    'ssh',
    'for last; do :; done; : >nothing; sh -c "sudo() { shift; \\"\\$@\\"; }; export JUJU_TUNE_ROOT=$JUJU_DATA/root; $last" <nothing',
  );
  const units = await unitsOf('ssh');

  expect(await all(units.collect([greeting], { whom: 'you' }, ['a/0'], options))).toMatchObject([
    { kind: 'answer', unit: 'a/0' },
  ]);
  expect(fake.calls().some((call) => call.startsWith('exec'))).toBe(false);
  expect(() => units.change([], {}, {}, options)).toThrow(Failure);
});

describe('what is not about the units', () => {
  test('is thrown when Juju took nothing', async () => {
    fake.answer('exec', 'echo "ERROR permission denied" >&2; exit 1');
    const units = await unitsOf();

    await expect(all(units.collect([greeting], {}, ['a/0'], options))).rejects.toThrow('you have no permission for "juju exec"');
  });

  test('a name that could be taken for a flag is never passed on', async () => {
    const units = await unitsOf();

    expect(() => units.collect([greeting], {}, ['-oProxyCommand/0'], options)).toThrow('is no name of a unit');
  });
});
