import type { Confirmation } from '../../../domain/plan.js';
import type { Tone } from '../../paint.js';
import { type Line, paragraph, type Room, span } from '../lines.js';
import { type Input, inputLine } from './input.js';

/**
 * A question that stands below the screen it is about. The focus starts on the first choice, which changes nothing.
 * `typed`: the last choice is taken only once exactly this was typed.
 */
export interface Dialog {
  readonly title: string;
  readonly tone: Tone;
  readonly text: readonly string[];
  readonly choices: readonly Choice[];
  readonly focus: number;
  readonly typed?: { readonly wanted: string; readonly input: Input };
}

export interface Choice {
  readonly label: string;
  /** Takes it at once, wherever the focus is; not where something must be typed. */
  readonly key?: string;
  readonly take: () => void;
}

/** What must be typed for a confirmation, or undefined where `y` is enough. */
export function wantedFor(confirmation: Confirmation): string | undefined {
  switch (confirmation.kind) {
    case 'none':
    case 'yes':
      return undefined;
    case 'count':
      return String(confirmation.count);
    case 'application':
      return confirmation.application;
  }
}

/** What was typed is what was asked for; always so where nothing must be typed. */
export function mayConfirm(dialog: Dialog): boolean {
  return dialog.typed === undefined || dialog.typed.input.text === dialog.typed.wanted;
}

export function dialogLines(dialog: Dialog, room: Room, rule: string): Line[] {
  const width = room.columns - 4;
  const text = dialog.text.flatMap((sentence) => paragraph(sentence, width, 'plain', '  '));
  const input: Line[] = dialog.typed
    ? [
        [
          span('  type '),
          span(dialog.typed.wanted, 'accent', true),
          span(' to confirm: '),
          ...inputLine(dialog.typed.input, 30, true),
        ],
      ]
    : [];
  const last = dialog.choices.length - 1;
  const buttons: Line = dialog.choices.flatMap((choice, index) => {
    const label = ` ${choice.key === undefined || dialog.typed ? '' : `${choice.key}: `}${choice.label} `;
    const isFocused = dialog.focus === index;
    const isLive = index !== last || mayConfirm(dialog);
    const tone: Tone = isLive ? (index === last ? dialog.tone : 'plain') : 'dim';
    return [span('  '), { ...span(isFocused ? `[${label}]` : ` ${label} `, tone, isFocused), inverse: isFocused }];
  });
  const keep = Math.max(0, room.rows - 3 - input.length);
  return [
    [span(rule.repeat(room.columns), dialog.tone)],
    ...paragraph(dialog.title, room.columns, dialog.tone, ' ').map((line) => line.map((one) => ({ ...one, bold: true }))),
    ...text.slice(0, keep),
    ...input,
    buttons,
  ];
}
