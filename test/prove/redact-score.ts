import type { Sample } from './redact-corpus.js';

/** A secret counts as read when so many of its characters in a row are still there; a shorter one when it is there whole. */
const READABLE = 6;

export interface Score {
  readonly secrets: number;
  readonly leaked: number;
  readonly ordinary: number;
  /** Ordinary lines that are not as they were. */
  readonly altered: number;
  /** Percent of the secrets that are hidden. */
  readonly recall: number;
  /** Percent of what was hidden that was a secret. */
  readonly precision: number;
  /** Percent of the characters around secrets that are still there. */
  readonly kept: number;
  /** The first of each kind in each encoding, for whoever has to look. */
  readonly examples: readonly string[];
}

/** What a redactor made of samples, `shown` in their order. */
export function score(samples: readonly Sample[], shown: readonly string[]): Score {
  let [secrets, leaked, ordinary, altered, around, left] = [0, 0, 0, 0, 0, 0];
  const examples = new Map<string, string>();
  for (const [index, sample] of samples.entries()) {
    const text = shown[index] ?? '';
    if (sample.secrets.length === 0) {
      ordinary += 1;
      if (text === sample.line) continue;
      altered += 1;
      examples.set(`altered ${sample.encoding}`, `${sample.line}\n    ${text}`);
      continue;
    }
    const rest = sample.secrets.reduce((line, secret) => line.replaceAll(secret, '\n'), sample.line);
    around += rest.length;
    left += Math.min(rest.length, text.replaceAll('[redacted]', '').length);
    for (const secret of sample.secrets) {
      secrets += 1;
      const readable = readablePart(secret, text, rest);
      if (readable === undefined) continue;
      leaked += 1;
      const cell = `leaked ${sample.kind} / ${sample.encoding}`;
      if (!examples.has(cell)) examples.set(cell, `${readable} in\n    ${sample.line}\n    ${text}`);
    }
  }
  const hidden = secrets - leaked;
  return {
    secrets,
    leaked,
    ordinary,
    altered,
    recall: percent(hidden, secrets),
    precision: percent(hidden, hidden + altered),
    kept: percent(left, around),
    examples: [...examples].map(([cell, example]) => `${cell}: ${example}`),
  };
}

/** The part of a secret that can still be read, unless the same characters stand around it anyway. */
function readablePart(secret: string, text: string, around: string): string | undefined {
  const length = Math.min(READABLE, secret.length);
  for (let start = 0; start + length <= secret.length; start++) {
    const part = secret.slice(start, start + length);
    if (text.includes(part) && !around.includes(part) && !'[redacted]'.includes(part)) return part;
  }
  return undefined;
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 100 : Math.round((part / whole) * 100_000) / 1000;
}
