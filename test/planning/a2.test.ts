import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Change, encodeState, type FileState, type Mpm } from '../../src/domain/change.js';
import { pathsFor, planChange } from '../../src/planning/change.js';
import type { ProbeView } from '../../src/planning/config-tree.js';
import { sha256 } from '../../src/planning/sha256.js';

/** Where Debian's apache2 package is unpacked or installed. */
const packageRoot = process.env.JUJU_TUNE_APACHE_ROOT ?? '/';
const present = existsSync(join(packageRoot, 'usr/sbin/a2enmod')) && spawnSync('perl', ['-e', '1']).status === 0;

/** A folder that stands for a unit: etc/apache2 and var/lib/apache2 below it, as the a2* commands take them from the environment. */
class Folder {
  readonly root = mkdtempSync(join(tmpdir(), 'juju-tune-a2-'));

  constructor() {
    for (const path of ['conf-available', 'conf-enabled', 'mods-available', 'mods-enabled', 'sites-enabled'])
      mkdirSync(this.at(`/etc/apache2/${path}`), { recursive: true });
    mkdirSync(this.at('/var/lib'), { recursive: true });
    this.write('/etc/apache2/envvars', '');
    for (const mpm of ['event', 'worker', 'prefork']) {
      const others = ['event', 'worker', 'prefork'].filter((other) => other !== mpm).map((other) => `mpm_${other}`);
      this.write(
        `/etc/apache2/mods-available/mpm_${mpm}.load`,
        `# Conflicts: ${others.join(' ')}\nLoadModule mpm_${mpm}_module x\n`,
      );
      this.write(`/etc/apache2/mods-available/mpm_${mpm}.conf`, 'MaxRequestWorkers 150\n');
    }
  }

  at(path: string): string {
    return join(this.root, path);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), text, { mode: 0o644 });
  }

  link(path: string, target: string): void {
    symlinkSync(target, this.at(path));
  }

  run(command: string, ...args: readonly string[]): void {
    execFileSync('perl', [join(packageRoot, 'usr/sbin', command), '-q', ...args], {
      env: {
        PATH: process.env.PATH,
        APACHE_CONFDIR: this.at('/etc/apache2'),
        APACHE_STATE_DIRECTORY: this.at('/var/lib/apache2'),
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }

  stateOf(path: string): FileState {
    const full = this.at(path);
    const stat = lstatSync(full, { throwIfNoEntry: false });
    if (!stat) return { kind: 'absent' };
    if (stat.isSymbolicLink()) return { kind: 'link', target: readlinkSync(full) };
    const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0');
    const owner = `${stat.uid}:${stat.gid}`;
    return stat.isDirectory()
      ? { kind: 'dir', mode, owner }
      : { kind: 'file', mode, owner, sha256: sha256(readFileSync(full, 'utf8')) };
  }

  tree(): Record<string, string> {
    const below = (path: string): string[] =>
      readdirSync(this.at(path), { withFileTypes: true }).flatMap((entry) => {
        const own = `${path}/${entry.name}`;
        return entry.isDirectory() ? [own, ...below(own)] : [own];
      });
    return Object.fromEntries(['/etc', '/var'].flatMap(below).map((path) => [path, encodeState(this.stateOf(path))]));
  }

  probe(change: Change): ProbeView {
    const { paths, globs } = pathsFor([change]);
    const matched = globs.flatMap((glob) => {
      const folder = dirname(glob);
      return readdirSync(this.at(folder)).map((name) => `${folder}/${name}`);
    });
    const all = [...new Set([...paths, ...matched])].map((path) => ({ path, state: this.stateOf(path) }));
    const texts = all.flatMap(({ path, state }) => (state.kind === 'file' ? [readFileSync(this.at(path), 'utf8')] : []));
    return { facts: {}, paths: all, contents: Object.fromEntries(texts.map((text) => [sha256(text), text])) };
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The tree that our plan leads to, worked out without touching the disk. */
function planned(folder: Folder, change: Change, tuning: string): Record<string, string> {
  const result = planChange(change, folder.probe(change), tuning);
  if (result.kind === 'problem') throw new Error(result.problem);
  const tree = folder.tree();
  for (const { path, state } of result.after) {
    if (state.kind === 'absent') delete tree[path];
    else tree[path] = encodeState(state);
  }
  return tree;
}

const CONF = '/etc/apache2/conf-available/zz-juju-tune-x.conf';
const TEXT = '# managed by juju-tune: apache-conf\nKeepAlive On\n';
const on: Change = { kind: 'apache-conf', name: 'x', content: 'KeepAlive On\n' };
const off: Change = { kind: 'apache-conf-off', name: 'x' };

describe.skipIf(!present)("what Debian's own commands make of the same tree", () => {
  test('a2enconf on a fresh unit', () => expectConf(() => {}, on, 'a2enconf'));

  test('a2enconf after a2disconf', () =>
    expectConf(
      (folder) => {
        folder.write(CONF, TEXT);
        folder.run('a2enconf', 'zz-juju-tune-x');
        folder.run('a2disconf', 'zz-juju-tune-x');
      },
      on,
      'a2enconf',
    ));

  test('a2enconf of what the package enabled before', () =>
    expectConf(
      (folder) => {
        folder.write(CONF, TEXT);
        folder.run('a2enconf', '-m', 'zz-juju-tune-x');
        folder.run('a2disconf', '-m', 'zz-juju-tune-x');
      },
      on,
      'a2enconf',
    ));

  test('a2enconf of what is enabled already', () =>
    expectConf(
      (folder) => {
        folder.write(CONF, TEXT);
        folder.link('/etc/apache2/conf-enabled/zz-juju-tune-x.conf', '../conf-available/zz-juju-tune-x.conf');
      },
      on,
      'a2enconf',
    ));

  test('a2disconf of what a2enconf enabled', () =>
    expectConf(
      (folder) => {
        folder.write(CONF, TEXT);
        folder.run('a2enconf', 'zz-juju-tune-x');
      },
      off,
      'a2disconf',
    ));

  test('a2disconf of a link to nowhere', () =>
    expectConf(
      (folder) => folder.link('/etc/apache2/conf-enabled/zz-juju-tune-x.conf', '../conf-available/zz-juju-tune-x.conf'),
      off,
      'a2disconf',
    ));

  test.each<[Mpm, Mpm]>([
    ['event', 'worker'],
    ['worker', 'event'],
    ['event', 'prefork'],
  ])('a2dismod mpm_%s and a2enmod mpm_%s', (from, to) => {
    using folder = new Folder();
    folder.run('a2enmod', '-m', `mpm_${from}`);
    const ours = planned(folder, { kind: 'apache-mpm', to }, 'mpm-switch');

    folder.run('a2dismod', `mpm_${from}`);
    folder.run('a2enmod', `mpm_${to}`);

    expect(ours).toEqual(folder.tree());
  });

  test('there and back again', () => {
    using folder = new Folder();
    folder.run('a2enmod', 'mpm_event');
    folder.run('a2dismod', 'mpm_event');
    folder.run('a2enmod', 'mpm_worker');
    const ours = planned(folder, { kind: 'apache-mpm', to: 'event' }, 'mpm-switch');

    folder.run('a2dismod', 'mpm_worker');
    folder.run('a2enmod', 'mpm_event');

    expect(ours).toEqual(folder.tree());
  });
});

function expectConf(prepare: (folder: Folder) => void, change: Change, command: string): void {
  using folder = new Folder();
  prepare(folder);
  const ours = planned(folder, change, 'apache-conf');

  if (change.kind === 'apache-conf') folder.write(CONF, TEXT);
  folder.run(command, 'zz-juju-tune-x');

  expect(ours).toEqual(folder.tree());
}
