import { structuredPatch } from 'diff';
import { encodeState, type FileState, sameState } from '../domain/change.js';
import type { Activation, Plan, Step } from '../domain/plan.js';
import { isCharmRendered } from '../planning/charm-files.js';
import { type Gathered, gather } from './gather.js';
import type { Tone } from './paint.js';
import { showableLine } from './text.js';

/** A line of a diff. `path` heads a file, `place` a hunk; `note` is said of a path that has no text to compare. */
export interface DiffLine {
  readonly kind: 'path' | 'place' | 'same' | 'added' | 'removed' | 'note';
  /** Showable, on one line, with its sign in front. */
  readonly text: string;
}

export const DIFF_TONES: Readonly<Record<DiffLine['kind'], Tone>> = {
  path: 'accent',
  place: 'dim',
  same: 'plain',
  added: 'good',
  removed: 'bad',
  note: 'dim',
};

/** What a step changes on its unit, ready to be shown. */
export interface StepDiff {
  readonly verb: Step['verb'];
  readonly activate: Activation;
  readonly summary: readonly string[];
  readonly commands: readonly string[];
  readonly lines: readonly DiffLine[];
}

/** The changes of a plan, each distinct one once with the units it is for, the odd unit out first. */
export function planDiffs(plan: Plan): Gathered<StepDiff>[] {
  const known = new Map<string, readonly DiffLine[]>();
  const items = plan.steps.map((step) => {
    const key = JSON.stringify([step.before, step.after].map((side) => side.map((one) => [one.path, encodeState(one.state)])));
    const lines = known.get(key) ?? stepLines(step, plan.contents);
    known.set(key, lines);
    const { verb, activate, summary, commands } = step;
    return [step.unit, { verb, activate, summary, commands, lines }] as const;
  });
  return gather(items, (diff) => JSON.stringify(diff));
}

function stepLines(step: Step, contents: Plan['contents']): readonly DiffLine[] {
  const before = new Map(step.before.map((one) => [one.path, one.state]));
  return step.after.flatMap(({ path, state }) => pathLines(path, before.get(path) ?? { kind: 'absent' }, state, contents));
}

function pathLines(path: string, before: FileState, after: FileState, contents: Plan['contents']): DiffLine[] {
  if (sameState(before, after)) return [];
  const name = showableLine(path);
  const oldText = textOf(before, contents);
  const newText = textOf(after, contents);
  if ((before.kind === 'file' || after.kind === 'file') && oldText !== undefined && newText !== undefined) {
    return fileLines(name, before, after, oldText, newText);
  }
  const lines: DiffLine[] = [];
  if (before.kind !== 'absent') lines.push({ kind: 'removed', text: `- ${name}  ${stateWords(before)}` });
  if (after.kind !== 'absent') lines.push({ kind: 'added', text: `+ ${name}  ${stateWords(after)}` });
  return lines;
}

/** Text of a side that can be compared: nothing there counts as empty. Undefined for links, folders and unknown contents. */
function textOf(state: FileState, contents: Plan['contents']): string | undefined {
  if (state.kind === 'absent') return '';
  return state.kind === 'file' ? contents[state.sha256] : undefined;
}

function fileLines(name: string, before: FileState, after: FileState, oldText: string, newText: string): DiffLine[] {
  const lines: DiffLine[] = [
    {
      kind: 'path',
      text: `${name}${fileNote(before, after)}${isCharmRendered(oldText) ? '  (the charm renders it: lost at its next config-changed)' : ''}`,
    },
  ];
  if (oldText === newText) return lines;
  const patch = structuredPatch(name, name, oldText, newText, '', '', { context: 3, timeout: 2000 });
  if (!patch) return [...lines, { kind: 'note', text: '  too different to compare line by line' }];
  for (const hunk of patch.hunks) {
    const place = `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`;
    if (before.kind === 'file' && after.kind === 'file') lines.push({ kind: 'place', text: place });
    lines.push(...hunk.lines.map(hunkLine));
  }
  return lines;
}

function hunkLine(line: string): DiffLine {
  // A carriage return is spelled here: a change of line ends must be seen.
  const text = `${line.slice(0, 1)} ${showableLine(line.slice(1).replaceAll('\r', '^M'))}`;
  switch (line[0]) {
    case '+':
      return { kind: 'added', text };
    case '-':
      return { kind: 'removed', text };
    case '\\':
      return { kind: 'note', text: `  ${showableLine(line.slice(2))}` };
    default:
      return { kind: 'same', text };
  }
}

function fileNote(before: FileState, after: FileState): string {
  if (before.kind === 'absent' && after.kind === 'file') return `  (new, ${after.mode} ${after.owner})`;
  if (before.kind === 'file' && after.kind === 'absent') return '  (removed)';
  if (before.kind !== 'file' || after.kind !== 'file') return '';
  const mode = before.mode === after.mode ? [] : [`mode ${before.mode} to ${after.mode}`];
  const owner = before.owner === after.owner ? [] : [`owner ${before.owner} to ${after.owner}`];
  const notes = [...mode, ...owner];
  return notes.length === 0 ? '' : `  (${notes.join(', ')})`;
}

function stateWords(state: FileState): string {
  switch (state.kind) {
    case 'absent':
      return 'absent';
    case 'file':
      return `file ${state.mode} ${state.owner} sha256 ${state.sha256.slice(0, 12)}`;
    case 'link':
      return `link to ${showableLine(state.target)}`;
    case 'dir':
      return `folder ${state.mode} ${state.owner}`;
  }
}
