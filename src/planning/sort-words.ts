import type { Action } from '../domain/action.js';
import { Failure } from '../domain/failure.js';
import { findAction } from './catalogue.js';

export interface Words {
  readonly targets: readonly string[];
  readonly action: string | undefined;
  readonly params: Readonly<Record<string, string>>;
}

/**
 * Sorts the words of `plan` and `apply`: `key=value` is a parameter, the one word that names an action is the action, the rest are
 * targets, in any order. Throws `Failure('usage')` for two actions or a parameter given twice.
 */
export function sortWords(words: readonly string[], more: readonly string[], catalogue: readonly Action[]): Words {
  const targets: string[] = [];
  const actions: string[] = [];
  const params: [string, string][] = more.map(splitParam);
  for (const word of words) {
    if (/^[a-z][a-z0-9-]*=/i.test(word)) params.push(splitParam(word));
    else if (findAction(catalogue, word)) actions.push(word);
    else targets.push(word);
  }
  if (actions.length > 1) {
    throw new Failure('usage', `one plan is for one action, not for ${actions.map((id) => `"${id}"`).join(' and ')}`, {
      hint: 'juju-tune plan TARGET TUNING, once for each',
    });
  }
  const twice = params.find(([name], index) => params.findIndex(([other]) => other === name) !== index);
  if (twice) throw new Failure('usage', `parameter "${twice[0]}" is given twice`);
  return { targets, action: actions[0], params: Object.fromEntries(params) };
}

function splitParam(word: string): [string, string] {
  const at = word.indexOf('=');
  if (at <= 0) throw new Failure('usage', `"-p ${word}" is no key=value`, { hint: '-p processes=+8' });
  return [word.slice(0, at), word.slice(at + 1)];
}
