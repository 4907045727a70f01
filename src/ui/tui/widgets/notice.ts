import type { Failure } from '../../../domain/failure.js';
import type { Symbols } from '../../paint.js';
import { duration } from '../../text.js';
import { EMPTY, item, type Line, paragraph, say, span } from '../lines.js';
import type { State } from '../state.js';

/** What went wrong, every reason, and what to do next. `retry`: the key that asks again, where there is one. */
export function failureLines(failure: Failure, width: number, symbols: Symbols, retry = 'r asks again'): Line[] {
  return [
    EMPTY,
    ...item(span(`  ${symbols.warning}`, 'warn', true), failure.message, width - 2),
    ...failure.problems.flatMap((problem) => item(span(`    ${symbols.bullet}`, 'dim'), problem, width - 2)),
    ...(failure.hint === undefined ? [] : paragraph(`try: ${failure.hint}`, width - 2, 'accent', '    ')),
    ...(retry === '' ? [] : [say(`    ${retry}`, 'dim')]),
    EMPTY,
  ];
}

/** What is waited for, and for how long by now. */
export function waitLines(what: string, since: number | undefined, state: State, symbols: Symbols): Line[] {
  const elapsed = since === undefined ? '' : ` ${duration((state.now - since) / 1000)}`;
  return [EMPTY, [span(`  ${symbols.busy} `, 'busy'), ...say(`${what}${symbols.ellipsis}${elapsed}`)]];
}
