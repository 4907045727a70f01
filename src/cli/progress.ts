import { foldUnits } from '../domain/unit-set.js';
import type { Progress } from '../engine/session.js';
import { count, duration, showableLine } from '../ui/text.js';
import type { Output } from './output.js';

/** With more units than this, answers are counted instead of listed. */
const LISTED = 60;

/** Tells a waiting person what the fan-out does: each unit's answer as it comes, and what was sent when `verbose`. */
export function progressLines(output: Output, verbose: boolean): (event: Progress) => void {
  let asked = 0;
  let answered = 0;
  const answer = (line: string): void => {
    answered++;
    if (verbose || asked <= LISTED) output.progress(line);
    else if (Math.floor((10 * answered) / asked) > Math.floor((10 * (answered - 1)) / asked)) {
      output.progress(`${answered} of ${asked} answered`);
    }
  };
  return (event) => {
    if (event.type === 'resolved') {
      [asked, answered] = [event.units.length, 0];
      if (asked > 0) output.progress(`asking ${foldUnits(event.units)} (${count(asked, 'unit')})`);
    }
    if (event.type === 'waiting') {
      output.progress(
        `${event.unit} waits for ${showableLine(event.why)} ${duration(event.seconds)} of ${duration(event.limit)}`,
      );
    }
    if (event.type !== 'unit') return;
    if (event.state === 'no answer') output.progress(`${event.unit}: no answer: ${showableLine(event.detail)}`);
    else if (event.state === 'answered') answer(`${event.unit}: answered ${showableLine(event.detail)}`);
    else if (verbose) output.progress(`${event.unit}: ${event.state} ${showableLine(event.detail)}`);
  };
}
