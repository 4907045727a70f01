import type { Proof, Proofs } from './proofs.js';

/** `<!-- proof:journal.done -->20,000<!-- /proof -->`: a figure in the README, and where in the record it stands. */
const FIGURE = /<!-- proof:([a-z0-9-]+)\.([a-zA-Z0-9., -]+) -->(.*?)<!-- \/proof -->/g;

export interface Figure {
  readonly line: string;
  readonly field: string;
  readonly shown: string;
}

export function figuresOf(readme: string): Figure[] {
  return [...readme.matchAll(FIGURE)].map(([, line = '', field = '', shown = '']) => ({ line, field, shown }));
}

/** The README with every figure as recorded; one that is not recorded stays as it is. */
export function withFigures(readme: string, proofs: Proofs): string {
  return readme.replace(FIGURE, (whole, line: string, field: string, shown: string) =>
    whole.replace(`-->${shown}<!--`, `-->${recorded(proofs, line, field) ?? shown}<!--`),
  );
}

/**
 * What the record says, as the README writes it. Fields: `goal`, `done`, `failed`, `seconds`, `date`, `commit`, `command`, `planted`
 * (`7 of 7`), and `PART.done` and so on for a line's parts. Undefined for what is not recorded.
 */
export function recorded(proofs: Proofs, line: string, field: string): string | undefined {
  const proof = Object.hasOwn(proofs.lines, line) ? proofs.lines[line] : undefined;
  if (!proof) return undefined;
  const dot = field.lastIndexOf('.');
  if (dot > 0) return written(proof.parts?.[field.slice(0, dot)]?.[field.slice(dot + 1) as 'goal' | 'done' | 'failed']);
  if (field === 'date') return proof.date.slice(0, 10);
  if (field === 'commit') return proof.commit.slice(0, 7);
  if (field === 'planted') return `${(proof.planted ?? []).filter((bug) => bug.found).length} of ${(proof.planted ?? []).length}`;
  return written(proof[field as keyof Proof]);
}

function written(value: unknown): string | undefined {
  if (typeof value === 'number') return value.toLocaleString('en-US');
  return typeof value === 'string' ? value : undefined;
}
