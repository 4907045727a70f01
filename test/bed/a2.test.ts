import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Change, encodeState, type PathState } from '../../src/domain/change.js';
import { pathsFor, planChange } from '../../src/planning/change.js';
import type { ProbeView } from '../../src/planning/config-tree.js';
import { Bed, obstacle } from './bed.js';
import { probeTree } from './file-states.js';

const reason = obstacle();
if (reason) console.warn(`skipped, ${reason}`);

const UNIT = 'keystone/0';
const ROOT = '/tmp/tree';
const OWN = 'zz-juju-tune-x';
const CONTENT = 'SetEnv x 1\n';
const enable: Change = { kind: 'apache-conf', name: 'x', content: CONTENT };
const disable: Change = { kind: 'apache-conf-off', name: 'x' };
const mpm = (to: 'event' | 'worker' | 'prefork'): Change => ({ kind: 'apache-mpm', to });

interface Case {
  readonly name: string;
  /** Bash, run in the tree's root: what happened to the stock tree before. */
  readonly given?: string;
  readonly change: Change;
}

const OURS = `printf '# managed by juju-tune: test\\n${CONTENT.trimEnd()}\\n' > etc/apache2/conf-available/${OWN}.conf`;
const ENABLED = `${OURS}; a2enconf -q ${OWN}`;

const CASES: readonly Case[] = [
  { name: 'a new conf', change: enable },
  { name: 'a conf where no conf was ever enabled', given: 'rm -rf var/lib/apache2/conf', change: enable },
  { name: 'a conf where /var/lib/apache2 is gone', given: 'rm -rf var/lib/apache2', change: enable },
  { name: 'a conf that was enabled and disabled', given: `${ENABLED}; a2disconf -q ${OWN}`, change: enable },
  {
    name: 'a conf that a maintainer script disabled',
    given: `${OURS}; a2disconf -m -q charset; a2enconf -m -q ${OWN}; a2disconf -m -q ${OWN}`,
    change: enable,
  },
  {
    name: 'a conf whose link leads nowhere',
    given: `ln -s ../conf-available/gone.conf etc/apache2/conf-enabled/${OWN}.conf`,
    change: enable,
  },
  { name: 'a conf that is enabled already', given: ENABLED, change: enable },
  { name: 'a conf taken away', given: ENABLED, change: disable },
  {
    name: 'a conf taken away whose link was made by hand',
    given: `${OURS}; ln -s ../conf-available/${OWN}.conf etc/apache2/conf-enabled/`,
    change: disable,
  },
  { name: 'a conf taken away that a maintainer script enabled', given: `${OURS}; a2enconf -m -q ${OWN}`, change: disable },
  {
    name: 'a conf taken away whose file is gone',
    given: `${ENABLED}; rm etc/apache2/conf-available/${OWN}.conf`,
    change: disable,
  },
  {
    name: "a conf of the operator's taken away",
    given: 'echo "SetEnv y 1" > etc/apache2/conf-available/x.conf; a2enconf -q x',
    change: disable,
  },
  { name: 'event to worker', change: mpm('worker') },
  { name: 'event to prefork', change: mpm('prefork') },
  { name: 'event to event', change: mpm('event') },
  { name: 'worker to event', given: 'a2dismod -q mpm_event; a2enmod -q mpm_worker', change: mpm('event') },
  { name: 'event to worker without markers', given: 'rm -rf var/lib/apache2/module', change: mpm('worker') },
];

describe.skipIf(reason)('what a change leaves on the disk is what the a2 commands leave', () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await Bed.start();
  });
  afterAll(() => bed?.down());

  test.each(CASES)('$name', async ({ given = ':', change }) => {
    await inTree(
      `rm -rf ${ROOT}; mkdir -p ${ROOT}/etc ${ROOT}/var/lib; cp -a /etc/apache2 ${ROOT}/etc/; cp -a /var/lib/apache2 ${ROOT}/var/lib/; cd ${ROOT}; ${given}`,
    );
    const before = await probeTree(bed, UNIT, ROOT);

    const planned = planChange(change, asProbed(before, change), 'test');
    if (planned.kind === 'problem') throw new Error(planned.problem);
    const byHand = planned.commands.filter((command) => !command.startsWith('sensible-editor'));
    await inTree([...(change.kind === 'apache-conf' ? [OURS] : []), ...byHand].join('\n'));

    expect(told(laidOver(before.paths, planned.after))).toEqual(told((await probeTree(bed, UNIT, ROOT)).paths));
  });

  const inTree = (script: string) =>
    bed.sh(
      UNIT,
      `set -e; umask 022; export APACHE_CONFDIR=${ROOT}/etc/apache2 APACHE_STATE_DIRECTORY=${ROOT}/var/lib/apache2; cd /; [ ! -d ${ROOT} ] || cd ${ROOT}; ${script}`,
    );
});

/** What a probe that looked only where the change says it must would know; what it did not find there is absent. */
function asProbed(view: ProbeView, change: Change): ProbeView {
  const there = new Set(view.paths.map(({ path }) => path));
  const missing = pathsFor([change]).paths.filter((path) => !there.has(path));
  const linked = view.paths.flatMap(({ path, state }) =>
    state.kind === 'link' ? [`${path.slice(0, path.lastIndexOf('/'))}/${state.target}`.replace(/\/[^/]+\/\.\.\//g, '/')] : [],
  );
  const absent = [...new Set([...missing, ...linked.filter((path) => !there.has(path))])];
  return { ...view, paths: [...view.paths, ...absent.map((path) => ({ path, state: { kind: 'absent' } as const }))] };
}

function laidOver(before: readonly PathState[], after: readonly PathState[]): readonly PathState[] {
  const states = new Map(before.map(({ path, state }) => [path, state]));
  for (const { path, state } of after) states.set(path, state);
  return [...states].filter(([, state]) => state.kind !== 'absent').map(([path, state]) => ({ path, state }));
}

function told(paths: readonly PathState[]): readonly string[] {
  return paths.map(({ path, state }) => `${path} ${encodeState(state)}`).sort();
}
