import { setTimeout as wait } from 'node:timers/promises';
import type { Bed } from './bed.js';
import type { Front, RunResult } from './front.js';
import { UNITS } from './units.js';

/** What befalls a unit while a change on it awaits its confirmation. */
export type Fate = 'operator killed' | 'link cut' | 'rebooted' | 'power cut' | 'jujud restarted';

export interface Round {
  readonly windowSeconds: number;
  /** A tuning and its parameters, for units of any application. */
  readonly words: readonly string[];
  /** By unit. Where one says `operator killed`, juju-tune dies by signal 9 at its question whether to keep the change, for all of them. */
  readonly fates: Readonly<Record<string, Fate>>;
}

/** One unit that met its fate. */
export interface Taken {
  readonly unit: string;
  readonly fate: Fate;
  /** From the end of its window, seconds; below 0 when it did not wait for that, as after a reboot. */
  readonly late: number;
  readonly problems: readonly string[];
}

/** `is-active` of several is content with one. */
const ALL_ACTIVE = 'for name in apache2 haproxy jujud; do systemctl is-active "$name" || exit 1; done';
/** A unit is back as it was so long after its window has ended. */
const ALLOWED_SECONDS = 10;

interface Sight {
  readonly now: number;
  readonly uptime: number;
  /** Unit clock, when the window ends; undefined when nothing is pending. */
  readonly due?: number;
  /** State of each transaction and when it was written, unit clock. */
  readonly transactions: ReadonlyMap<string, { readonly state: string; readonly at: number }>;
}

/** One change on all units, held, and left alone; what befell each unit, and whether it is as before. */
export async function liveThrough(bed: Bed, front: Front, round: Round): Promise<readonly Taken[]> {
  const units = UNITS.map((unit) => unit.name);
  await bed.serving();
  const before = await lookAt(bed, units);
  const known = new Set((await inAll(units, (unit) => sight(bed, unit))).flatMap(({ transactions }) => [...transactions.keys()]));
  const run = await begin(front, round);
  const taken = await inAll(units, async (unit) => {
    const fate = round.fates[unit];
    if (fate === undefined) throw new Error(`${unit} has no fate`);
    return { unit, fate, ...(await meet(bed, unit, fate, known)) };
  });
  await bed.serving();
  const after = await lookAt(bed, units);
  const words = await toldAsTakenBack(front, run);
  return taken.map(({ problems, ...one }, index) => ({
    ...one,
    problems: [...problems, ...difference(before[index] ?? [], after[index] ?? []), ...words],
  }));
}

/** A unit whose power was cut while the change was being made. */
export interface CutOff {
  readonly unit: string;
  readonly problems: readonly string[];
}

/** States of a transaction that is not at rest, in their order. */
const ON_THE_WAY = ['PREPARED', 'SWAPPING', 'ACTIVATING', 'PENDING'] as const;

/**
 * A change on each of some units, which lose their power when it has come so far. Nothing of it is live when Apache starts again, nobody
 * called it done, and once the run is taken back nothing of it is left.
 */
export async function cutOffMidway(
  bed: Bed,
  front: Front,
  words: readonly string[],
  when: Readonly<Record<string, (typeof ON_THE_WAY)[number]>>,
): Promise<readonly CutOff[]> {
  const units = Object.keys(when);
  await bed.serving();
  const before = await lookAt(bed, units);
  const cut: CutOff[] = [];
  // One after the other: the cut comes too late where the machine has much else to do.
  for (const unit of units) {
    const yes = ['--yes', unit.replace(/\/.*/, '')];
    const run = front.tune('apply', unit, ...words, ...yes, '--measure', '0', '--bake', '0', '--confirm-within', '60s');
    const state = await onTheWay(bed, unit, when[unit] ?? 'PREPARED');
    await bed.fate('crash', unit);
    // Before anything is swapped there is nothing to guard.
    const problems = state === 'PREPARED' ? [] : await bootOrder(bed, unit);
    await bed.again(unit, ALL_ACTIVE);
    await bed.serving([unit]);
    const { code, stdout } = await run;
    if (code === 0 || code === 7) problems.push(`juju-tune ended with ${code}: ${stdout.slice(-600)}`);
    problems.push(...(await liveDifference(bed, unit, before[units.indexOf(unit)] ?? [])));
    const id = /^run (\S+):/m.exec(stdout)?.[1] ?? '';
    // Of a unit that knows nothing of the change, Juju is asked whether its task can still begin.
    const resumed = await front.tune('resume', id);
    if (/may still begin|not begun yet/.test(resumed.stdout)) problems.push(`resume tells: ${resumed.stdout.slice(-600)}`);
    const back = await front.tune('rollback', id, ...yes);
    if (back.code !== 0 && back.code !== 3) problems.push(`rollback ended with ${back.code}: ${back.stderr.slice(-600)}`);
    cut.push({ unit, problems });
  }
  await bed.serving();
  const now = await lookAt(bed, units);
  return cut.map((one, at) => ({ ...one, problems: [...one.problems, ...difference(before[at] ?? [], now[at] ?? [])] }));
}

/** What is live and otherwise. Daemons that have just begun to start their processes are waited for; what lies ready beside a file is hidden from Apache. */
async function liveDifference(bed: Bed, unit: string, before: readonly string[]): Promise<string[]> {
  for (const giveUp = Date.now() + 30_000; ; await wait(300)) {
    const now = (await lookAt(bed, [unit]))[0] ?? [];
    const live = difference(before, now).filter((line) => !line.includes('/.juju-tune-'));
    if (live.length === 0 || Date.now() > giveUp) return live;
  }
}

/** Waits until the unit has a transaction that has come so far; its state then. */
async function onTheWay(bed: Bed, unit: string, least: (typeof ON_THE_WAY)[number]): Promise<string> {
  const states = ON_THE_WAY.slice(ON_THE_WAY.indexOf(least)).join('|');
  return (
    await bed.sh(
      unit,
      `cd /var/lib; until cat juju-tune/tx/*/state 2> /dev/null | grep -Eo -m 1 '^(${states})'; do sleep 0.005; done`,
    )
  ).trim();
}

/** Holds the change: juju-tune has ended with 7, or was killed. Gives the id of the run. */
async function begin(front: Front, { words, windowSeconds, fates }: Round): Promise<string> {
  const applications = [...new Set(UNITS.map((unit) => unit.application))];
  const asked = [
    'apply',
    ...applications,
    ...words,
    '--yes',
    applications.join(','),
    '--measure',
    '0',
    '--bake',
    '0',
    '--no-pause',
  ];
  const held = [...asked, '--confirm-within', `${windowSeconds}s`];
  if (Object.values(fates).includes('operator killed')) {
    await front.killedAtQuestion(...held);
    const { runs } = await front.json<{ runs: readonly { readonly id: string }[] }>(0, 'runs');
    return runs.at(-1)?.id ?? '';
  }
  return (await front.json<RunResult>(7, ...held)).id;
}

async function meet(bed: Bed, unit: string, fate: Fate, known: ReadonlySet<string>): Promise<Pick<Taken, 'late' | 'problems'>> {
  const begun = await sight(bed, unit);
  const mine = newest(begun, known);
  if (begun.due === undefined || mine?.state !== 'PENDING')
    return { late: 0, problems: [`it does not await confirmation: ${mine?.state ?? 'no change'}`] };
  if (fate === 'link cut') await bed.fate('cut', unit);
  if (fate === 'rebooted') await bed.fate('reboot', unit);
  if (fate === 'power cut') await bed.fate('crash', unit);
  if (fate === 'jujud restarted') await bed.fate('restart-jujud', unit);
  const settled = await settledBy(bed, unit, known, begun.due + ALLOWED_SECONDS);
  if (fate === 'link cut') await bed.fate('mend', unit);
  const boots = fate === 'rebooted' || fate === 'power cut';
  const problems = [...settled.problems, ...(boots ? await bootOrder(bed, unit) : [])];
  const late = settled.at - begun.due;
  if (late > ALLOWED_SECONDS) problems.push(`taken back ${late.toFixed(1)} s after its window`);
  if (!boots && late < -1) problems.push(`taken back ${-late} s before its window was over`);
  return { late, problems };
}

/** Waits a while longer than allowed, so that one that is late is told from one that never is. */
async function settledBy(
  bed: Bed,
  unit: string,
  known: ReadonlySet<string>,
  limit: number,
): Promise<{ at: number; problems: string[] }> {
  const giveUp = Date.now() / 1000 + Math.max(0, limit - Date.now() / 1000) + 60;
  for (;;) {
    // A unit that boots cannot be looked into for a moment.
    const seen = await sight(bed, unit).catch(() => undefined);
    const mine = seen && newest(seen, known);
    if (seen && mine && seen.due === undefined && (mine.state === 'REVERTED' || mine.state === 'CONFLICT')) {
      return { at: mine.at, problems: mine.state === 'REVERTED' ? [] : [`it rests in ${mine.state}`] };
    }
    if (Date.now() / 1000 > giveUp) return { at: Number.POSITIVE_INFINITY, problems: [`it never came to rest: ${mine?.state}`] };
    await wait(300);
  }
}

/** At this boot the guard has ended, well, before systemd began to start Apache and haproxy. */
async function bootOrder(bed: Bed, unit: string): Promise<string[]> {
  await bed.again(unit, ALL_ACTIVE);
  const shown = await bed.sh(
    unit,
    `systemctl show -p Result -p ExecMainStatus -p ExecMainExitTimestampMonotonic juju-tune-boot-guard
     for name in apache2 haproxy; do systemctl show -p InactiveExitTimestampMonotonic "$name" | sed "s/^/$name./"; done`,
  );
  const fields = new Map(
    shown
      .trim()
      .split('\n')
      .map((line) => line.split('=') as [string, string]),
  );
  const guard = Number(fields.get('ExecMainExitTimestampMonotonic'));
  const problems: string[] = [];
  if (!(guard > 0) || fields.get('Result') !== 'success' || fields.get('ExecMainStatus') !== '0')
    problems.push(`the boot guard did not end well: ${shown.trim().replaceAll('\n', ' ')}`);
  for (const name of ['apache2', 'haproxy']) {
    const start = Number(fields.get(`${name}.InactiveExitTimestampMonotonic`));
    if (!(start > guard)) problems.push(`${name} was started ${guard - start} µs before the boot guard had ended`);
  }
  return problems;
}

/** Whoever asks afterwards is told that it was taken back, and gets exit code 6. */
async function toldAsTakenBack(front: Front, run: string): Promise<string[]> {
  const ended = await front.tune('confirm', run, '--yes', UNITS.map((unit) => unit.application).join(','));
  const text = `${ended.stdout}${ended.stderr}`;
  return ended.code === 6 && text.includes('taken back') ? [] : [`confirm afterwards: exit ${ended.code}: ${text.slice(-600)}`];
}

async function sight(bed: Bed, unit: string): Promise<Sight> {
  const said = await bed.sh(
    unit,
    `cd /var/lib/juju-tune 2> /dev/null || cd /; read -r up _ < /proc/uptime; echo "now $(date +%s.%N) $up"
     [ ! -e pending ] || echo "pending $(cat pending)"
     for state in tx/*/state; do [ ! -e "$state" ] || echo "tx $state $(cat "$state" | head -c 20 | cut -d' ' -f1) $(stat -c %.9Y "$state")"; done`,
  );
  const lines = said
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const now = lines.find(([kind]) => kind === 'now') ?? [];
  const pending = lines.find(([kind]) => kind === 'pending');
  const transactions = lines.flatMap(([kind, path = '', state = '', at]) =>
    kind === 'tx' ? [[path.split('/')[1] ?? '', { state, at: Number(at) }] as const] : [],
  );
  return {
    now: Number(now[1]),
    uptime: Number(now[2]),
    ...(pending && { due: Number(now[1]) + Number(pending[4]) - Number(now[2]) }),
    transactions: new Map(transactions),
  };
}

function newest(
  { transactions }: Sight,
  known: ReadonlySet<string>,
): { readonly state: string; readonly at: number } | undefined {
  return [...transactions].find(([id]) => !known.has(id))?.[1];
}

function lookAt(bed: Bed, units: readonly string[]): Promise<readonly (readonly string[])[]> {
  return inAll(units, async (unit) => [...(await bed.processes(unit)), ...(await bed.tree(unit))]);
}

function inAll<T>(units: readonly string[], work: (unit: string) => Promise<T>): Promise<readonly T[]> {
  return Promise.all(units.map(work));
}

function difference(before: readonly string[], after: readonly string[]): string[] {
  const gone = before.filter((line) => !after.includes(line)).map((line) => `gone: ${line}`);
  return [...gone, ...after.filter((line) => !before.includes(line)).map((line) => `new: ${line}`)];
}
