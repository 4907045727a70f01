import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Diagnostic } from '../../src/domain/action.js';
import type { Collected } from '../../src/engine/ports.js';
import { readCollected } from '../../src/unit/collected.js';
import { collectScripts, probeScripts } from '../../src/unit/request.js';
import { mountObstacle } from '../faults/mount-namespace.js';
import { hostile, NAMES, PLAIN } from './hostile.js';
import { fileOf, MODEL, sha256, stepOf, UNIT, UnitFolder, unitFolder } from './unit-folder.js';

const made: UnitFolder[] = [];

afterEach(() => {
  for (const unit of made.splice(0)) unit.remove();
});

/** A unit whose programs have mounts of their own, so that nothing they do to mounts is seen here. */
class UnitApart extends UnitFolder {
  protected override readonly enter = mountObstacle() === undefined ? ['unshare', '-m', '--propagation', 'private'] : [];
}

async function aUnit(): Promise<UnitFolder> {
  const unit = new UnitApart((await unitFolder()).root);
  made.push(unit);
  return unit;
}

/** A machine on which it is not known how to make a jail. */
const NO_JAIL: UnitFolder['planted'] = [["length(pack 'P', '') == 8 or give_up(", "0 or give_up('it was taken away') or ("]];

async function collect(unit: UnitFolder, script: string, env: Readonly<Record<string, string>> = {}): Promise<Collected> {
  const described = { id: 'd', aliases: [], title: 'd', description: '', params: [], source: 'test' };
  const rest = {
    appliesTo: { charms: [], needs: [] },
    mode: 'passive',
    collect: script,
    timeoutSeconds: 60,
    findings: [],
  } as const;
  const diagnostic: Diagnostic = { ...described, ...rest, kind: 'diagnostic' };
  const [text] = collectScripts(MODEL, [diagnostic], { outside: String(process.pid) }, [UNIT]);
  const ran = await unit.run(text?.text ?? '', { JUJU_TUNE_STAND_INS: '', ...env });
  const collected = readCollected(ran.stdout, UNIT);
  const [first] = collected.ok ? collected.value : [];
  if (!first) throw new Error(`${JSON.stringify(collected)} ${ran.stderr}`);
  return first;
}

/** Why this machine has no jail for us; undefined when it has. */
async function obstacle(unit: UnitFolder): Promise<string | undefined> {
  return (await collect(unit, ':')).unjailed;
}

/** A unit on which every attempt has a folder of its own. */
async function aVictim(): Promise<UnitFolder> {
  const unit = await aUnit();
  for (const index of NAMES.keys()) {
    unit.write(`srv/${index}/f`, 'x\ny\n');
    unit.write(`srv/${index}/d/in`, '');
    rmSync(unit.at(`srv/${index}/d/in`));
    unit.link(`srv/${index}/l`, 'f');
  }
  return unit;
}

/** All that a file system tells of a folder but when it was read. */
function everything(root: string): Record<string, string> {
  const entries = ['', ...readdirSync(root, { recursive: true, encoding: 'utf8' })].sort();
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(root, entry);
      const stat = lstatSync(path, { bigint: true });
      const content = stat.isFile() ? sha256(readFileSync(path)) : stat.isSymbolicLink() ? readlinkSync(path) : '';
      const { mode, uid, gid, ino, nlink, size, mtimeNs, ctimeNs, rdev } = stat;
      return [entry, [mode, uid, gid, ino, nlink, size, mtimeNs, ctimeNs, rdev, content].join(' ')];
    }),
  );
}

/** The attempts that left something else in their folder than there was. */
function successes(before: Record<string, string>, after: Record<string, string>): string[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((path) => before[path] !== after[path]);
  return [...new Set(paths.map((path) => NAMES[Number(/^srv\/(\d+)/.exec(path)?.[1] ?? -1)] ?? path))];
}

test('a hostile diagnostic that tries every way to write changes not one byte, name, mode or time', async (context) => {
  const unit = await aVictim();
  const why = await obstacle(unit);
  if (why !== undefined) context.skip(`no jail can be had here: ${why}`);
  const before = everything(unit.root);

  const { facts, problem } = await collect(unit, hostile(NAMES));

  expect(successes(before, everything(unit.root))).toEqual([]);
  expect(everything(unit.root)).toEqual(before);
  expect(problem).toBeUndefined();
  expect(Object.values(facts).filter((how) => how === 'tried').length).toBeGreaterThanOrEqual(40);
});

test('without the jail these attempts do write, so that the comparison would have seen it', async () => {
  const unit = await aVictim();
  unit.planted = NO_JAIL;
  const before = everything(unit.root);

  const { facts, unjailed } = await collect(unit, hostile(PLAIN));

  const wrote = successes(before, everything(unit.root));
  const needMore = ['chown', 'mknod', 'setfattr'];
  expect(unjailed).toBe('it was taken away');
  expect(
    PLAIN.filter((name) => facts[NAMES.indexOf(name)] === 'tried' && !wrote.includes(name) && !needMore.includes(name)),
  ).toEqual([]);
  expect(wrote.length).toBeGreaterThanOrEqual(40);
});

test('nothing is written to the real places of a machine, and what a look writes below /tmp is gone with it', async (context) => {
  const unit = await aUnit();
  const why = await obstacle(unit);
  if (why !== undefined || process.getuid?.() !== 0) context.skip(`no jail of root can be had here: ${why ?? 'not root'}`);
  const name = `juju-tune-test-${process.pid}`;
  const places = ['/etc', '/root', '/run', '/var/lib', '/var/tmp', '/dev/shm', '/dev', '/tmp'].map((place) => join(place, name));
  // Writes what is there already.
  const tunable =
    'at=/proc/sys/vm/swappiness; was=$(cat $at); if echo "$was" >$at; then fact tunable written; else fact tunable kept; fi';
  const script = `${places.map((place) => `if echo x >${place}; then fact ${place.slice(1)} yes; else fact ${place.slice(1)} no; fi`).join('\n')}
    ${tunable}`;

  const { facts, unjailed } = await collect(unit, script, { JUJU_TUNE_ROOT: '' });

  const left = places.filter((place) => existsSync(place));
  for (const place of left) rmSync(place);
  expect({ left, unjailed }).toEqual({ left: [], unjailed: undefined });
  const of = (place: string): unknown => facts[join(place, name).slice(1)];
  expect([of('/tmp'), of('/etc'), of('/dev'), of('/run'), facts.tunable]).toEqual(['yes', 'no', 'no', 'no', 'kept']);
});

test('a diagnostic cannot look into a process outside, and hears all the same which MPM runs', async (context) => {
  const unit = await aUnit();
  const why = await obstacle(unit);
  if (why !== undefined) context.skip(`no jail can be had here: ${why}`);

  const { facts } = await collect(
    unit,
    'fact mpm "$(ROOT=/none mpm_running)"; fact running "$(mpm_running)"; ls /proc/$PARAM_OUTSIDE/root/ >/dev/null 2>&1; fact left "$?"',
  );

  expect(facts).toEqual({ mpm: 'none', running: 'event', left: 2 });
});

test('a probe stages a change and has it validated without a trace on the unit', async (context) => {
  const unit = await aUnit();
  const why = await obstacle(unit);
  if (why !== undefined) context.skip(`no jail can be had here: ${why}`);
  const steps = [stepOf(unit, [{ path: '/etc/apache2/conf-enabled/x.conf', after: fileOf('Timeout 5\n') }], { transaction: '' })];
  const contents = { [sha256('Timeout 5\n')]: 'Timeout 5\n' };
  const [script] = probeScripts(MODEL, { paths: [], globs: [], staged: { steps, contents } }, [UNIT]);
  const before = everything(unit.root);
  const ran = await unit.run(script?.text ?? '', { JUJU_TUNE_STAND_INS: '' });

  expect(ran.stdout).toContain('validation\tok');
  expect(everything(unit.root)).toEqual(before);
});

test('a unit on which there can be no jail looks all the same, and says why there was none', async () => {
  const unit = await aUnit();
  unit.planted = NO_JAIL;

  const { facts, unjailed } = await collect(unit, 'fact a 1');
  const probe = await unit.probe(['/etc/machine-id'], []);
  unit.planted = [];
  unit.write('usr/bin/perl', '#!/bin/sh\njail=$2 kind=$3\nshift 4\nexec /usr/bin/perl -e "$jail" "$kind" vax "$@"\n', 0o755);
  const other = await collect(unit, ':');

  expect({ facts, unjailed }).toEqual({ facts: { a: 1 }, unjailed: 'it was taken away' });
  expect(probe.ok && probe.value.facts).toMatchObject({
    jail: 'none',
    'jail.reason': 'it was taken away',
    'mpm.running': 'event',
  });
  expect(other.unjailed).toBe('not known how to on vax');
});
