import { deadlineOf, pendingUnits, type Run } from '../../domain/run.js';
import { shellCommand } from '../../domain/shell-words.js';
import { applicationOf, foldUnits } from '../../domain/unit-set.js';
import type { Paint } from '../paint.js';
import { duration, moment, showableLine } from '../text.js';

/** How much time of a person's is left until then: the model's clock may run faster than his. Undefined when there is no end. */
export function secondsLeft(run: Run, clock: ModelClock): number | undefined {
  const until = deadlineOf(run.units);
  return until === '' ? undefined : Math.max(0, (Date.parse(until) - clock.now()) / 1000 / clock.rate);
}

/** The clock of the model, which may run faster than a person's. */
export interface ModelClock {
  readonly rate: number;
  now(): number;
}

/** A length of time for `extend` that is more than what is left, in whole minutes of a person's. */
export function moreThan(secondsLeft: number): string {
  return `${Math.ceil(secondsLeft / 60) + 10}m`;
}

/** Until when a run awaits confirmation, and what speaks against it. Empty when nothing awaits it. */
export function awaitingText(run: Run, paint: Paint, clock: ModelClock): string[] {
  const pending = pendingUnits(run);
  if (pending.length === 0) return [];
  const until = deadlineOf(pending);
  const left = secondsLeft(run, clock) ?? 0;
  const end = until === '' ? 'nothing takes it back by itself' : `until ${moment(until)} (${duration(left)} left)`;
  return [
    paint.tone('warn', `${paint.symbols.warning} ${foldUnits(pending.map((unit) => unit.unit))} awaits confirmation: ${end}`),
    ...pending
      .filter((unit) => unit.code === 'DRIFTED')
      .map((unit) => paint.tone('bad', `  ${unit.unit} is not as it was applied: ${showableLine(unit.detail)}`)),
  ];
}

/** The commands that decide about a run that awaits confirmation, each as it can be typed anywhere. */
export function decidingCommands(run: Run, clock: ModelClock): string[] {
  const pending = pendingUnits(run);
  const yes = ['--yes', [...new Set(pending.map((unit) => applicationOf(unit.unit)))].join(',')];
  const command = (...words: readonly string[]): string => shellCommand(['juju-tune', ...words, ...yes]);
  const left = secondsLeft(run, clock);
  const drift = pending.some((unit) => unit.code === 'DRIFTED') ? ['--accept-drift'] : [];
  if (pending.length === 0) return [];
  return [
    `  keep it:       ${command('confirm', run.shortId, ...drift)}`,
    ...(left === undefined ? [] : [`  more time:     ${command('extend', run.shortId, moreThan(left))}`]),
    `  take it back:  ${command('rollback', run.shortId)}`,
  ];
}

/** Of a run whose time to be confirmed is over, as far as a clock can say: what the units did is only known once they are asked. */
export function expiredText(run: Run): string | undefined {
  const until = deadlineOf(run.units);
  if (until === '') return undefined;
  return `was to be taken back at ${moment(until)} unless confirmed: juju-tune resume ${run.shortId} tells`;
}

/** Of units that nothing is known of: what they do by themselves, and what asks them. */
export function unknownText(run: Run, paint: Paint): string[] {
  const unknown = run.units.filter((unit) => unit.intended && unit.outcome === 'unknown');
  if (unknown.length === 0) return [];
  const ends = unknown.flatMap((unit) => (unit.until === '' ? [] : [unit.until])).sort();
  const last = ends.at(-1);
  const guard = last === undefined ? '' : `; what is not confirmed is taken back by ${moment(last)} at the latest`;
  return [
    paint.tone('warn', `${paint.symbols.warning} ${foldUnits(unknown.map((unit) => unit.unit))} unknown${guard}`),
    `  ask:           juju-tune resume ${run.shortId}`,
  ];
}
