import { showable, showableLine } from '../../src/ui/text.js';
import { seeded, seedOf } from './random.js';
import { forbidden, TerminalOracle } from './terminal-oracle.js';
import { hostileText } from './terminal-strings.js';
import type { Work } from './workers.js';

export interface TerminalShare {
  readonly seed: number;
  /** `screens`: lines, 24 at a time; `singly`: one text of many lines at a time. */
  readonly kind: 'screens' | 'singly';
  readonly goal: number;
  readonly ingress?: keyof typeof INGRESSES;
}

export interface TerminalResult {
  readonly done: number;
  readonly failed: number;
  readonly failures: readonly string[];
}

const ROWS = 24;

/** Sanitisers that a sloppy program might have; only what the terminal itself notices counts as finding them. */
const INGRESSES = {
  'C1 passes': (text: string) => passing(text, /[\x80-\x9f]/),
  'OSC passes': (text: string) => passing(text, /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/),
  'CR passes': (text: string) => passing(text, /\r/),
  'SGR passes': (text: string) => passing(text, /\x1b\[[0-9;]*m/),
  'BS passes': (text: string) => passing(text, /\x08/),
};

/** The product's ingress for all but what matches. */
function passing(text: string, pattern: RegExp): string {
  let shown = '';
  let rest = text;
  for (let found = pattern.exec(rest); found; found = pattern.exec(rest)) {
    shown += showableLine(rest.slice(0, found.index)) + found[0];
    rest = rest.slice(found.index + found[0].length);
  }
  return shown + showableLine(rest);
}

/** One share of the trials: hostile texts through the ingress onto a terminal. */
export const work: Work<TerminalShare, TerminalResult> = (share, report) => {
  const failures: string[] = [];
  const screens = share.kind === 'screens';
  // Wide enough for the longest line that is shown whole, so that nothing wraps.
  const oracle = screens ? new TerminalOracle(800, ROWS) : new TerminalOracle(4200, 60);
  let failed = 0;
  let done = 0;
  for (let number = 0; done < share.goal; number++) {
    const seed = seedOf(share.seed, share.kind, number);
    const random = seeded(seed);
    const texts = Array.from({ length: screens ? ROWS : 1 }, () =>
      hostileText(random, screens ? random.below(60) : random.below(300)),
    );
    if (!screens && random.chance(0.02)) texts[0] = hostileText(random, 3000 + random.below(4000));
    const shown = texts.map((text) =>
      share.ingress ? INGRESSES[share.ingress](text) : screens ? showableLine(text) : showable(text),
    );
    const lines = screens ? shown : (shown[0] ?? '').split('\n').slice(0, 60);
    const wrong = share.ingress ? [] : shown.flatMap((text) => forbidden(text) ?? []);
    wrong.push(...oracle.effectsOf(lines));
    done += texts.length;
    if (wrong.length > 0) {
      failed++;
      failures.push(`seed ${seed}: ${wrong[0]}`);
      if (share.ingress) break;
    }
    if (number % 1000 === 0) report(done);
  }
  return { done, failed, failures: failures.slice(0, 20) };
};
