import type { Activation } from '../domain/plan.js';

/** What is enough for all of them. */
export function strongest(activations: readonly Activation[]): Activation {
  if (activations.includes('restart')) return 'restart';
  return activations.includes('reload') ? 'reload' : 'none';
}

export function activationCommand(activate: Activation): readonly string[] {
  return activate === 'none' ? [] : [`systemctl ${activate} apache2`];
}
