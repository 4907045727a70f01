import type { Tuning } from '../../domain/action.js';
import type { Rollout } from '../../domain/plan.js';
import { DEFAULT_ROLLOUT, parseSizes } from '../../planning/rollout.js';
import { ON_FAILURE, parseRollout } from '../../planning/rollout-words.js';
import { rolloutSentence } from '../rollout-text.js';
import { period } from '../text.js';
import { mistakesOf } from './failures.js';
import type { Field, RolloutRole } from './state.js';
import { inputOf, NO_INPUT } from './widgets/input.js';

/** How the units are changed one after the other, as the flags of these names say it. Folded into one line until the cursor is there. */
export const ROLLOUT_FIELDS: readonly Field[] = [
  { name: 'batch', role: 'batch', input: NO_INPUT },
  { name: 'bake', role: 'bake', input: NO_INPUT },
  { name: 'max-failures', role: 'max-failures', input: NO_INPUT },
  { name: 'on-failure', role: 'on-failure', input: inputOf(DEFAULT_ROLLOUT.onFailure) },
];

export function isRollout(field: Field): field is Field & { readonly role: RolloutRole } {
  return ROLLOUT_FIELDS.some((one) => one.role === field.role);
}

/** What was typed for one of them; undefined where it was left as it is. */
function typed(fields: readonly Field[], role: RolloutRole): string | undefined {
  return fields.find((field) => field.role === role)?.input.text.trim() || undefined;
}

/** Sizes and rollout for a plan request. Throws `Failure('usage')` for what the command line would refuse. */
export function rolloutRequest(fields: readonly Field[]): { readonly batch?: string; readonly rollout: Partial<Rollout> } {
  const batch = typed(fields, 'batch');
  const [bake, maxFailures, onFailure] = (['bake', 'max-failures', 'on-failure'] as const).map((role) => typed(fields, role));
  const rollout = parseRollout({
    ...(bake === undefined ? {} : { bake }),
    ...(maxFailures === undefined ? {} : { maxFailures }),
    ...(onFailure === undefined ? {} : { onFailure }),
  });
  return { ...(batch === undefined ? {} : { batch }), rollout };
}

/** The mistakes in these fields, one for each field that has one. */
export function rolloutProblems(fields: readonly Field[], { activate }: Tuning): readonly string[] {
  return fields.filter(isRollout).flatMap((field) =>
    mistakesOf(() => {
      const batch = typed([field], 'batch');
      if (batch !== undefined) parseSizes(batch, activate);
      else rolloutRequest([field]);
    }),
  );
}

/** All of them in one line. Throws `Failure('usage')` while one has a mistake. */
export function rolloutWords(fields: readonly Field[], { activate }: Tuning): string {
  const { batch, rollout } = rolloutRequest(fields);
  const sizes = batch === undefined ? '1' : parseSizes(batch, activate).join(', ');
  return rolloutSentence(`batches of ${sizes}`, { ...DEFAULT_ROLLOUT, ...rollout }, activate !== 'none');
}

export function emptyRollout(role: RolloutRole): string {
  const { bakeSeconds, maxFailures, onFailure } = DEFAULT_ROLLOUT;
  return { batch: 'one unit at a time', bake: period(bakeSeconds), 'max-failures': String(maxFailures), 'on-failure': onFailure }[
    role
  ];
}

/** The words that on-failure can be; the others are typed. */
export function rolloutChoices(role: RolloutRole): readonly string[] | undefined {
  return role === 'on-failure' ? ON_FAILURE : undefined;
}

export function rolloutHelp(role: RolloutRole): { readonly title: string; readonly takes: string } {
  switch (role) {
    case 'batch':
      return {
        title: 'how many units at a time',
        takes: 'empty for one at a time, canary first; else 1,25%,rest (never for restarts)',
      };
    case 'bake':
      return {
        title: 'how long each batch is watched against units that are not changed yet',
        takes: `empty for ${period(DEFAULT_ROLLOUT.bakeSeconds)}; else 90s, 5m or 1h; 0 compares nothing`,
      };
    case 'max-failures':
      return {
        title: 'units that may fail over the whole run before it stops',
        takes: `empty for ${DEFAULT_ROLLOUT.maxFailures}; else a number`,
      };
    case 'on-failure':
      return {
        title: 'what a run that stops takes back',
        takes: 'batch: the one that failed, and those before it unless they are confirmed; all: every unit that it changed',
      };
  }
}
