import { foldUnits } from '../domain/unit-set.js';
import type { Progress } from '../engine/session.js';
import { count, duration, showableLine } from '../ui/text.js';
import type { Output } from './output.js';

/** Tells a waiting person what the fan-out does: each unit's answer as it comes, and what was sent when `verbose`. */
export function progressLines(output: Output, verbose: boolean): (event: Progress) => void {
  return (event) => {
    if (event.type === 'resolved') output.progress(`asking ${foldUnits(event.units)} (${count(event.units.length, 'unit')})`);
    if (event.type === 'waiting') {
      output.progress(
        `${event.unit} waits for ${showableLine(event.why)} ${duration(event.seconds)} of ${duration(event.limit)}`,
      );
    }
    if (event.type !== 'unit') return;
    if (event.state === 'no answer') output.progress(`${event.unit}: no answer: ${showableLine(event.detail)}`);
    else if (verbose || event.state === 'answered')
      output.progress(`${event.unit}: ${event.state} ${showableLine(event.detail)}`);
  };
}
