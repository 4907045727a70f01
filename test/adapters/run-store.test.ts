import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readJournalText, sealed } from '../../src/adapters/journal-record.js';
import { type JournalStore, openJournalStore } from '../../src/adapters/run-store.js';
import { Failure } from '../../src/domain/failure.js';
import type { Run } from '../../src/domain/run.js';
import { SAMPLE_MODEL, sampleEvents } from '../fakes/run-events.js';

let state: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'juju-tune-state-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(state, { recursive: true, force: true });
});

const clock = { rate: 1, now: () => Date.UTC(2026, 10, 23, 10), sleep: async () => undefined };

function storeOf(modelUuid = SAMPLE_MODEL): JournalStore {
  return openJournalStore({ environment: { XDG_STATE_HOME: state }, clock, modelUuid });
}

async function recorded(store: JournalStore, application = 'keystone'): Promise<string> {
  const journal = await store.open([application]);
  for (const event of sampleEvents(journal.shortId)) await journal.append(event);
  await journal.close();
  return journal.run;
}

function journalFile(): string {
  const folder = join(state, 'juju-tune', 'runs');
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.jsonl')) ?? '');
}

async function failureOf(promise: Promise<unknown>): Promise<Pick<Failure, 'code' | 'message' | 'hint'>> {
  const error = await promise.then(
    () => new Error('it worked'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Failure)) throw error;
  return { code: error.code, message: error.message, hint: error.hint };
}

test('a run is read back as it was recorded, under a name for people', async () => {
  const store = storeOf();
  const id = await recorded(store);

  const [run] = await store.list();

  expect(run).toMatchObject({
    id,
    shortId: 'keystone-1',
    status: 'closed',
    outcome: 'done',
    purpose: 'Ein Gedanke: weniger 502 ✓',
  });
  expect(run?.units).toMatchObject([{ unit: 'keystone/0', outcome: 'changed', state: 'COMMITTED' }]);
});

test('files and folders are ours alone, and named by day and ULID', async () => {
  const id = await recorded(storeOf());

  expect(journalFile()).toMatch(new RegExp(`/runs/20261123-${id}\\.jsonl$`));
  expect(statSync(journalFile()).mode & 0o777).toBe(0o600);
  expect(statSync(join(state, 'juju-tune')).mode & 0o777).toBe(0o700);
  expect(statSync(join(state, 'juju-tune', 'runs')).mode & 0o777).toBe(0o700);
});

test('a run is found by its name, its ULID, any prefix that only one run has, or as the last of this model', async () => {
  const store = storeOf();
  const first = await recorded(store);
  const second = await recorded(store);
  await recorded(storeOf('another-model'), 'gnocchi');

  expect((await store.find('keystone-1')).id).toBe(first);
  expect((await store.find(second.toLowerCase())).id).toBe(second);
  expect((await store.find('')).id).toBe(second);
  expect((await store.find('gno')).shortId).toBe('gnocchi-1');
  expect(await failureOf(store.find('keystone'))).toMatchObject({ code: 'usage', message: '"keystone" may be 2 runs' });
  expect(await failureOf(store.find('nova-7'))).toMatchObject({ code: 'usage', message: 'there is no run "nova-7"' });
  expect(await failureOf(store.find('01m87r81p9astsx3d7w8sq5ep8-keystone-0'))).toMatchObject({
    code: 'refused',
    message: expect.stringContaining('was not made on this machine'),
  });
  expect((await store.list()).map((run) => run.shortId)).toEqual(['keystone-1', 'keystone-2']);
});

test('a journal cut off at any byte loses at most the record that was being written', async () => {
  await recorded(storeOf());
  const whole = readFileSync(journalFile());
  const ends = [...whole.entries()].filter(([, byte]) => byte === 10).map(([index]) => index + 1);

  for (let length = 0; length <= whole.length; length++) {
    const read = readJournalText(whole.subarray(0, length).toString('utf8'));
    const records = ends.filter((end) => end <= length).length;
    expect([read.damage, read.entries.length]).toEqual([undefined, Math.max(0, records - 1)]);
  }
});

test('any byte that changed is found, and what stands before it is kept', async () => {
  await recorded(storeOf());
  const whole = readFileSync(journalFile());

  for (let at = 0; at < whole.length - 1; at += 7) {
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 1;
    const read = readJournalText(changed.toString('utf8'));
    const before = whole.subarray(0, at).toString('utf8').split('\n').length - 1;
    expect(read.damage ?? read.newer ?? read.torn).toBeTruthy();
    expect(read.entries.length).toBe(Math.max(0, before - 1));
  }
});

test('what a unit said is kept as it was, whatever characters are in it', async () => {
  const store = storeOf();
  const journal = await store.open(['keystone']);
  const text = 'line\u2028paragraph\u2029nul\u0000next\u0085half\ud800pair\ufffd';
  for (const event of sampleEvents(journal.shortId).slice(0, -1)) await journal.append(event);
  await journal.append({ type: 'decision', text, by: 'anna' });
  await journal.close();

  const [stored] = await store.stored();

  expect([stored?.problem, stored?.run?.decisions]).toEqual([undefined, [text]]);
});

test('a damaged journal is still listed, and says what is wrong', async () => {
  await recorded(storeOf());
  const text = readFileSync(journalFile(), 'utf8');
  writeFileSync(journalFile(), text.replace('"outcome":"changed"', '"outcome":"unchanged"'));

  const [stored] = await storeOf().stored();

  expect(stored?.problem).toBe(
    `journal "${journalFile()}" is damaged: record 5 does not fit its hash; what stands before is shown`,
  );
  expect(stored?.run?.status).toBe('unfinished');
  expect((await storeOf().list())[0]?.problem).toBe(stored?.problem);
});

test('a journal of a newer program is named, not guessed at', async () => {
  await recorded(storeOf());
  const newer = sealed({ v: 2, run: 'x', wonder: true }, '').line;
  writeFileSync(journalFile(), newer);

  const [stored] = await storeOf().stored();

  expect(stored?.run).toBeUndefined();
  expect(stored?.problem).toBe(`journal "${journalFile()}" was written by a newer juju-tune (version 2 of the journal)`);
});

/** test/fakes/journal-writer.ts as a process, and the first line it says. */
async function writer(limit = 'true'): Promise<{ readonly child: ChildProcess; readonly said: string }> {
  const outfile = join(state, 'writer.mjs');
  await build({ entryPoints: ['test/fakes/journal-writer.ts'], bundle: true, platform: 'node', format: 'esm', outfile });
  const env = { PATH: process.env.PATH, XDG_STATE_HOME: state };
  const command = ['-c', `${limit}; exec "$@"`, 'sh', process.execPath, outfile, SAMPLE_MODEL];
  const child = spawn('/bin/sh', command, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [said] = await once(child.stdout, 'data');
  return { child, said: String(said).trim() };
}

describe('another process that works on the application', () => {
  test('keeps us out by name, and its run is open; once it is killed the run is unfinished and we may go on', async () => {
    const { child, said: run } = await writer();

    expect(await failureOf(storeOf().open(['gnocchi', 'keystone']))).toEqual({
      code: 'refused',
      message: `application "keystone" is already being worked on by process ${child.pid} for less than a minute (run keystone-1)`,
      hint: `wait for it, answer it where it asks, or end it: kill ${child.pid}`,
    });
    const [open] = await storeOf().list();
    expect(open && (await failureOf(storeOf().reopen(open)))).toMatchObject({
      code: 'refused',
      message: `run keystone-1 is already being worked on by process ${child.pid} for less than a minute`,
    });
    const past = await storeOf().open(['keystone'], { breakLock: 'its terminal hangs' });
    expect(past.broken).toEqual([
      `application "keystone" is already being worked on by process ${child.pid} for less than a minute (run keystone-1)`,
    ]);
    await past.close();
    expect(await storeOf().list()).toMatchObject([{ id: run, status: 'open' }]);

    child.kill('SIGKILL');
    await once(child, 'exit');

    expect(await storeOf().list()).toMatchObject([{ id: run, status: 'unfinished' }]);
    const journal = await storeOf().open(['keystone']);
    expect(journal.shortId).toBe('keystone-3');
    await journal.close();
  });
});

describe('a run that is taken up again', () => {
  /** The first records of a run whose process died. */
  async function left(count: number): Promise<Run> {
    const journal = await storeOf().open(['keystone']);
    for (const event of sampleEvents(journal.shortId).slice(0, count)) await journal.append(event);
    await journal.close();
    return storeOf().find('');
  }

  test('goes on in its own journal, whose chain holds', async () => {
    const run = await left(4);

    const journal = await storeOf().reopen(run);
    const entry = await journal.append({ type: 'run-closed', outcome: 'done', detail: '' });
    await journal.close();

    expect([run.status, entry.sequence]).toEqual(['unfinished', 5]);
    expect(await storeOf().list()).toMatchObject([{ id: run.id, status: 'closed', outcome: 'done' }]);
  });

  test('loses no byte of a record that was not written whole: it is set aside', async () => {
    const run = await left(4);
    const whole = readFileSync(journalFile());
    const cut = whole.lastIndexOf(10, whole.length - 2) + 1 + 40;
    truncateSync(journalFile(), cut);

    const journal = await storeOf().reopen(run);
    await journal.append({ type: 'interrupted', reason: 'SIGHUP' });
    await journal.close();

    expect(readJournalText(readFileSync(journalFile(), 'utf8'))).toMatchObject({ damage: undefined, torn: false });
    expect((await storeOf().find('')).decisions).toEqual(['interrupted: SIGHUP']);
    expect(readFileSync(`${journalFile()}.torn`, 'utf8')).toBe(`${whole.subarray(cut - 40, cut).toString()}\n`);
  });

  test('is only read when its journal is damaged', async () => {
    const run = await left(4);
    const text = readFileSync(journalFile(), 'utf8');
    writeFileSync(journalFile(), text.replace('"outcome":"changed"', '"outcome":"unchanged"'));

    expect(await failureOf(storeOf().reopen(run))).toEqual({
      code: 'refused',
      message: `journal "${journalFile()}" is only read: record 5 does not fit its hash`,
      hint: 'juju-tune rollback keystone-1',
    });
    expect(readFileSync(journalFile(), 'utf8')).toBe(text.replace('"outcome":"changed"', '"outcome":"unchanged"'));
  });

  test.each([
    ['2026-11-23T10:05:00.000Z', 'awaiting-confirmation'],
    ['2026-11-23T09:59:00.000Z', 'unfinished'],
  ])('and awaits confirmation until %s is %s', async (until, status) => {
    const journal = await storeOf().open(['keystone']);
    for (const event of sampleEvents(journal.shortId).slice(0, 3)) await journal.append(event);
    const settled = { unit: 'keystone/0', outcome: 'pending', state: 'PENDING', code: '', detail: '', log: [], until } as const;
    await journal.append({ type: 'unit-settled', milliseconds: 900, ...settled });
    await journal.append({ type: 'awaiting-confirmation', until });
    await journal.close();

    expect((await storeOf().find('')).status).toBe(status);
  });
});

test('runs of different applications can be open at once, and get different names', async () => {
  const journals = await Promise.all(['keystone', 'gnocchi', 'nova-cloud-controller'].map((one) => storeOf().open([one])));

  expect(journals.map((journal) => journal.shortId)).toEqual(['keystone-1', 'gnocchi-1', 'nova-cloud-controller-1']);
  await Promise.all(journals.map((journal) => journal.close()));
});

test('a state folder that others can use, or that is a link, is refused before anything is written', async () => {
  mkdirSync(join(state, 'juju-tune'), { mode: 0o755 });
  chmodSync(join(state, 'juju-tune'), 0o755);
  expect(await failureOf(storeOf().open(['keystone']))).toEqual({
    code: 'refused',
    message: `folder "${state}/juju-tune" can be used by others`,
    hint: `chmod 700 ${state}/juju-tune`,
  });

  rmSync(join(state, 'juju-tune'), { recursive: true });
  symlinkSync('/tmp', join(state, 'juju-tune'));
  expect(await failureOf(storeOf().open(['keystone']))).toMatchObject({
    code: 'refused',
    message: `"${state}/juju-tune" is no folder`,
  });
});

test('a state folder that cannot be made is refused with the place and what to do', async () => {
  writeFileSync(join(state, 'juju-tune'), 'a file in the way');

  expect(await failureOf(storeOf().open(['keystone']))).toMatchObject({
    code: 'refused',
    message: expect.stringContaining(join(state, 'juju-tune')),
  });
});

test('a record that does not fit on the disk is taken back whole, and says so', async () => {
  const { said } = await writer('ulimit -f 1');

  expect(said).toBe(`refused: cannot write the journal "${journalFile()}": no space is left on the disk`);
  expect(readJournalText(readFileSync(journalFile(), 'utf8'))).toMatchObject({ damage: undefined, torn: false, entries: [] });
});
