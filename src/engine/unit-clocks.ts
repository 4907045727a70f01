import type { UnitName } from '../domain/unit-set.js';
import { foldUnits } from '../domain/unit-set.js';
import type { Clock, Probe } from './ports.js';
import type { Progress } from './session.js';

/** Seconds by which clocks may differ without a word; of the model's own time where that goes faster. */
const WORTH_SAYING_SECONDS = 30;

/** Holds the clocks of units to ours while they answer a probe: another unit may keep us waiting for minutes. */
export interface UnitClocks {
  /** To be told of all progress of the probe. */
  note(event: Progress): void;
  /** How far each unit's clock is ahead of ours, seconds. */
  ahead(probes: ReadonlyMap<UnitName, Probe>): ReadonlyMap<UnitName, number>;
}

export function watchUnitClocks(clock: Clock): UnitClocks {
  const answered = new Map<UnitName, number>();
  return {
    note(event) {
      if (event.type === 'unit' && event.state === 'answered') answered.set(event.unit, clock.now() / 1000);
    },
    ahead(probes) {
      const now = clock.now() / 1000;
      return new Map([...probes].map(([unit, probe]) => [unit, probe.clock - (answered.get(unit) ?? now)]));
    },
  };
}

/** A sentence for the units whose clocks are far from ours: what they log, and when they say that something ends, is by their own. */
export function skewWarnings(ahead: ReadonlyMap<UnitName, number>, { rate }: Clock): string[] {
  const far = [...ahead].filter(([, seconds]) => Math.abs(seconds) > WORTH_SAYING_SECONDS * rate);
  const byAmount = Map.groupBy(far, ([, seconds]) => amountText(seconds));
  return [...byAmount].map(([amount, units]) => {
    const names = foldUnits(units.map(([unit]) => unit));
    return `the clock of ${names} is ${amount} this machine's: its logs go by it; the time to confirm does not`;
  });
}

function amountText(seconds: number): string {
  const size = Math.abs(seconds);
  const amount =
    size < 120 ? `${Math.round(size)} s` : size < 7200 ? `${Math.round(size / 60)} min` : `${Math.round(size / 3600)} h`;
  return `${amount} ${seconds > 0 ? 'ahead of' : 'behind'}`;
}
