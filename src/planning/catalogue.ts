import type { Action, Diagnostic, Tuning } from '../domain/action.js';
import { Failure } from '../domain/failure.js';
import { nearest } from './select.js';

/** The action of this id or alias. */
export function findAction(catalogue: readonly Action[], word: string): Action | undefined {
  return catalogue.find((action) => action.id === word) ?? catalogue.find((action) => action.aliases.includes(word));
}

/** Throws `Failure('usage')` when there is none. */
export function requireAction(catalogue: readonly Action[], word: string): Action {
  const action = findAction(catalogue, word);
  if (action) return action;
  const near = nearest(
    word,
    catalogue.flatMap((known) => [known.id, ...known.aliases]),
  );
  throw new Failure('usage', `there is no action "${word}"${near ? `: did you mean "${near}"` : ''}`, {
    hint: 'juju-tune actions',
  });
}

/** Diagnostics and tunings have names of their own kind: `mpm` is a diagnostic, and a tuning's alias. Throws `Failure('usage')` when it is no tuning. */
export function requireTuning(catalogue: readonly Action[], word: string): Tuning {
  const tunings = catalogue.filter((action) => action.kind === 'tuning');
  const action = findAction(tunings, word) ?? requireAction(catalogue, word);
  if (action.kind === 'tuning') return action;
  throw new Failure('usage', `"${word}" is a diagnostic: it changes nothing, so there is nothing to plan`, {
    hint: `juju-tune check --only ${action.id}`,
  });
}

/** Every passive diagnostic, or those named. Throws `Failure('usage')` for a word that is none. */
export function findDiagnostics(catalogue: readonly Action[], only?: readonly string[]): readonly Diagnostic[] {
  const all = catalogue.filter((action): action is Diagnostic => action.kind === 'diagnostic');
  if (only === undefined) return all.filter((diagnostic) => diagnostic.mode === 'passive');
  return only.map((word) => {
    const action = findAction(all, word) ?? requireAction(catalogue, word);
    if (action.kind === 'diagnostic') return action;
    throw new Failure('usage', `"${word}" is a tuning, not a diagnostic`, { hint: 'juju-tune actions' });
  });
}
