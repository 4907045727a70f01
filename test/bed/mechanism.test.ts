import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bed, obstacle, run } from './bed.js';
import { Front } from './front.js';
import { holdOn, standingOf } from './race.js';
import { MODEL_UUID, UNITS, unitNamed } from './units.js';

const reason = obstacle();
if (reason) console.warn(`skipped, ${reason}`);

const BOOT = 'cat /proc/sys/kernel/random/boot_id';

describe.skipIf(reason)('the bed', () => {
  let bed: Bed;
  let front: Front;
  beforeAll(async () => {
    bed = await Bed.start();
    front = Front.open(bed);
  });
  afterAll(async () => {
    front?.close();
    await bed?.down();
  });

  test('has units of the shape that the charms render, each with an id of its own', async () => {
    const keystone = await bed.processes('keystone/0');

    expect(keystone).toEqual(
      expect.arrayContaining(['mod_mpm_event', 'keystone (wsgi:keystone-ad 4', 'keystone (wsgi:keystone-pu 12']),
    );
    for (const port of [5000, 4990, 4980, 35357, 35347, 35337]) expect(keystone).toContain(`port ${port}`);
    const ids = await Promise.all(UNITS.map((unit) => bed.sh(unit.name, 'cat /etc/machine-id')));
    expect(new Set(ids).size).toBe(UNITS.length);
  });

  test('brings a unit that reboots back on the same disk, with another boot id and its services running', async () => {
    const unit = 'nova-cloud-controller/1';
    const [id, machine] = [await bed.sh(unit, BOOT), await bed.sh(unit, 'cat /etc/machine-id')];
    await bed.sh(unit, 'touch /root/kept; sync /root/kept /root');

    await bed.fate('reboot', unit);

    await bed.again(unit, `test "$(${BOOT})" != '${id.trim()}' && systemctl is-active apache2 haproxy jujud`);
    expect(await bed.sh(unit, 'ls /root/kept; cat /etc/machine-id')).toBe(`/root/kept\n${machine}`);
    await bed.serving();
  });

  test('a power cut ends everything at once, and takes with it what was not synced', async () => {
    const unit = 'nova-cloud-controller/0';
    const id = await bed.sh(unit, BOOT);
    await bed.sh(
      unit,
      `cd /root; echo old > replaced; sync . replaced; echo durable > durable; sync durable .
       echo new > replaced.new; mv replaced.new replaced; echo lost > lost
       trap 'echo told > /root/told; sync /root/told' TERM; systemd-run --quiet sh -c "trap 'touch /root/told; sync' TERM; sleep 99 & wait"`,
    );

    await bed.fate('crash', unit);

    await bed.again(unit, `test "$(${BOOT})" != '${id.trim()}' && systemctl is-active apache2 haproxy jujud`);
    const kept = bed.losesUnsynced(unit) ? 'durable\nold\n' : 'durable\nnew\nlost\n';
    expect(await bed.sh(unit, 'cd /root; cat durable replaced; cat lost told 2> /dev/null || :')).toBe(kept);
    await bed.serving();
  });

  test('what Juju runs is a child of jujud.service and says which unit it is on', async () => {
    const said = await bed.asJuju(
      'keystone/2',
      'grep ^0: /proc/self/cgroup; ps -o args= $PPID; echo $JUJU_UNIT_NAME $JUJU_MODEL_UUID; exit 3',
    );

    expect(said.code).toBe(3);
    expect(said.stdout.split('\n')).toEqual([
      '0::/system.slice/jujud.service',
      '/usr/bin/python3 -I -S /usr/local/lib/juju-tune-bed/jujud.py serve',
      `keystone/2 ${MODEL_UUID}`,
      '',
    ]);
  });

  test('a restart of jujud ends what Juju runs, plain and setsid children too, but no timer of systemd', async () => {
    const unit = 'keystone/1';
    const running = bed.asJuju(
      unit,
      `systemd-run --quiet --unit=later --on-active=1h true; setsid sleep 901 & sleep 902 & echo started > /run/started; sleep 903`,
    );
    await bed.until(unit, 'test -e /run/started && pgrep -fx "sleep 903"');
    expect(await sleepers(unit)).toBe('3\n');

    await bed.fate('restart-jujud', unit);

    expect(await running).toMatchObject({ code: -1, signal: 'SIGKILL' });
    expect(await sleepers(unit)).toBe('0\n');
    expect(await bed.sh(unit, 'systemctl is-active later.timer jujud.service')).toBe('active\nactive\n');
  });

  test('systemd stops all timers of one pattern and no other, and starts again what a timer started and what failed', async () => {
    const unit = 'keystone/2';
    const start = (name: string, more: string, command: string) =>
      `systemd-run --quiet --collect --unit=${name} --timer-property=AccuracySec=1s --property=Type=oneshot ${more} ${command};`;
    await bed.sh(
      unit,
      ['guard-a-1', 'guard-a-2', 'guard-ab-1'].map((name) => start(name, '--on-active=1h', 'true')).join('') +
        start('guard-c-1', '--on-active=1s --on-unit-inactive=1s', `sh -c 'echo >> /run/tries; exit 1'`),
    );

    await bed.sh(unit, "systemctl stop 'guard-a-*.timer'");

    const left = await bed.sh(unit, "systemctl list-units --plain --no-legend 'guard-*.timer' | cut -d' ' -f1");
    expect(left).toBe('guard-ab-1.timer\nguard-c-1.timer\n');
    await bed.until(unit, 'test $(wc -l < /run/tries) -ge 3');
    await bed.sh(unit, "systemctl stop 'guard-*.timer' guard-c-1.service");
    await bed.until(unit, `test -z "$(systemctl list-units --all --no-legend 'guard-*')"`);
  });

  test('a guard that is killed half-way is started again by its timer, and ends its work', async () => {
    const unit = 'gnocchi/0';
    const standing = await standingOf(bed, unitNamed(unit));
    const { held } = await holdOn(bed, standing, 1);
    const { transaction } = held.step;
    const [guard, state] = [`juju-tune-guard-${transaction}-1`, `/var/lib/juju-tune/tx/${transaction}/state`];
    await bed.until(unit, `grep ^REVERTING ${state}`);

    await bed.sh(unit, `systemctl kill --signal=KILL ${guard}.service; grep ^REVERTING ${state}`);

    await bed.until(unit, `grep '^REVERTED activated by=timer' ${state}`);
    await bed.until(unit, `test -z "$(systemctl list-units --all --no-legend '${guard}*')"`);
    const starts = await bed.sh(unit, `journalctl --no-pager -o cat -u ${guard}.service | grep -c ^Starting`);
    expect({ starts, tree: await bed.tree(unit) }).toEqual({ starts: '2\n', tree: standing.live.tree });
  });

  test('a unit that is cut off reaches nobody, works on, and tells how a command ended once it is back', async () => {
    const unit = 'gnocchi/1';
    const running = bed.asJuju(
      unit,
      'echo begun > /run/begun; until test -e /run/go-on; do sleep 0.1; done; echo done; touch /run/done',
    );
    await bed.until(unit, 'test -e /run/begun');

    await bed.fate('cut', unit);
    await bed.absent(unit);
    await bed.sh(
      'gnocchi/0',
      '! ping -c 1 -W 1 10.77.0.14 > /dev/null 2>&1 && ! curl -sk -m 1 https://10.77.0.14:8041 > /dev/null',
    );
    await bed.sh(unit, 'touch /run/go-on');
    await bed.until(unit, 'test -e /run/done');
    const early = await Promise.race([running.then(() => 'told'), bed.sh('gnocchi/0', 'sleep 1').then(() => 'not told')]);
    await bed.fate('mend', unit);

    expect(early).toBe('not told');
    expect(await running).toMatchObject({ code: 0, stdout: 'done\n' });
    await bed.serving();
  });

  test('a command whose client goes away is told to end, as Juju does at a time limit', async () => {
    const unit = 'keystone/0';
    await run([
      'timeout',
      '--signal=KILL',
      '2',
      ...bed.execArgv(unit),
      'sh',
      '-c',
      'trap "touch /run/told; exit" TERM; sleep 904 & wait',
    ]);

    await bed.until(unit, 'test -e /run/told');
  });

  test.each([
    ['cut', 'cut off', 'mend'],
    ['reboot', 'rebooting', undefined],
  ] as const)('juju: %s: a task for a unit that is %s waits, and runs when its agent is back', async (fate, _, cure) => {
    const unit = 'gnocchi/0';
    const boot = (await bed.sh(unit, BOOT)).trim();
    await bed.fate(fate, unit);
    if (cure) await bed.absent(unit);

    const task = await background(unit, BOOT);
    // One that reboots is back when it likes.
    if (cure) {
      const seen = [await shown(task), await agentOf(unit)];
      await bed.fate(cure, unit);
      expect(seen).toEqual([expect.objectContaining({ status: 'pending' }), 'lost']);
    }
    const late = await shown(task, '--wait', '60s');
    expect(late).toMatchObject({ status: 'completed', results: { 'return-code': 0 } });
    expect(late.results?.stdout?.trim() === boot).toBe(fate === 'cut');
    expect(await agentOf(unit)).toBe('idle');
  });

  test('juju: a task that a restart of jujud cut off has failed without a word of what it did', async () => {
    const unit = 'gnocchi/0';
    const task = await background(unit, 'echo begun > /run/cut-off; sleep 905');
    await bed.until(unit, 'test -e /run/cut-off');

    await bed.fate('restart-jujud', unit);

    const { status, message, results } = await shown(task, '--wait', '60s');
    expect({ status, message, results }).toEqual({ status: 'failed', message: 'action terminated', results: undefined });
  });

  interface Task {
    readonly status: string;
    readonly message?: string;
    readonly results?: { readonly 'return-code': number; readonly stdout?: string };
  }

  async function background(unit: string, script: string): Promise<string> {
    const begun = await front.juju('exec', '--background', '--unit', unit, '--', script);
    return /with task (\d+)/.exec(begun.stderr)?.[1] ?? begun.stderr;
  }

  async function shown(task: string, ...more: readonly string[]): Promise<Task> {
    return JSON.parse((await front.juju('show-task', task, '--format', 'json', ...more)).stdout);
  }

  async function agentOf(unit: string): Promise<string> {
    const status = JSON.parse((await front.juju('status', '--format', 'json')).stdout);
    return status.applications[unit.split('/')[0] ?? ''].units[unit]['juju-status'].current;
  }

  const sleepers = (unit: string) => bed.sh(unit, 'pgrep -cfx "sleep 90[123]" || :');
});
