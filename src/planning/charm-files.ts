/** How charms head the files that they render (charm-helpers templates; catalogue A5). */
const HEADER = /^# *configuration file (?:maintained|managed) by juju\b/im;
/** Comments that a file begins with. */
const HEAD = /^(?:[ \t]*(?:#[^\n]*)?\n){1,12}/;

/** Whether a charm renders this file: at config-changed, upgrades and relation changes an edit inside it is lost. */
export function isCharmRendered(text: string): boolean {
  return HEADER.test(HEAD.exec(text.slice(0, 2000))?.[0] ?? '');
}
