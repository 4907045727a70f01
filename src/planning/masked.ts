import type { Plan, Sha256 } from '../domain/plan.js';
import type { UnitName } from '../domain/unit-set.js';
import { sealAgain } from './seal.js';

/**
 * A line that holds a secret stays on its unit. In what leaves the unit this stands for it, with the line's number; whoever puts such a text
 * in place there gets the unit's own lines back. To Apache it is a comment.
 */
export const STAYS = '# juju-tune: this line holds a secret and stays on the unit: ';

/** Lines of this text are on its unit only. The hash of the whole is known there alone, too. */
export function isMasked(text: string): boolean {
  return text.startsWith(STAYS) || text.includes(`\n${STAYS}`);
}

/** What each unit says of a content that it made whole: the hash of what was asked -> the hash of the whole. */
export type Wholes = ReadonlyMap<UnitName, Readonly<Record<Sha256, Sha256>>>;

/** The plan with the hashes that only the units could tell, and the steps for which one did not. */
export function withWholes(plan: Plan, wholes: Wholes): { readonly plan: Plan; readonly missing: readonly UnitName[] } {
  const contents: Record<Sha256, string> = {};
  const missing: UnitName[] = [];
  const steps = plan.steps.map((step) => ({
    ...step,
    after: step.after.map(({ path, state }) => {
      const text = state.kind === 'file' ? plan.contents[state.sha256] : undefined;
      const kept = step.before.some((before) => before.path === path && sameHash(before.state, state));
      if (state.kind !== 'file' || text === undefined || kept || !isMasked(text)) return { path, state };
      const whole = wholes.get(step.unit)?.[state.sha256];
      if (whole === undefined) missing.push(step.unit);
      else contents[whole] = text;
      return { path, state: whole === undefined ? state : { ...state, sha256: whole } };
    }),
  }));
  if (Object.keys(contents).length === 0) return { plan, missing };
  return { plan: sealAgain({ ...plan, steps, contents: { ...plan.contents, ...contents } }), missing };
}

function sameHash(
  one: { readonly kind: string; readonly sha256?: Sha256 },
  other: { readonly kind: string; readonly sha256?: Sha256 },
): boolean {
  return one.kind === 'file' && other.kind === 'file' && one.sha256 === other.sha256;
}
