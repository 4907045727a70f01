/** Bugs that can be put into the units and the wiring, each of which the reference model must notice. */
export const BUGS = [
  'the guard never fires',
  'a unit begins what came too late',
  'a confirm does not look at the state',
  'going back overwrites what others edited',
  'a change begins beside one that is pending',
  'what was cut off is left half-way',
  'a unit says done before it did it',
  'silence is taken for success',
  'what was sent is journalled afterwards',
  'every gate passes',
  'what is lost counts as well',
  'a change goes to a unit beside the plan',
  'an order that is told as void is carried out',
] as const;

export type Bug = (typeof BUGS)[number];
