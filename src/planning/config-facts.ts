import type { Facts, FactValue } from '../domain/finding.js';
import { readDirectives } from './apache.js';
import { type ProbeView, readTree, siteFiles } from './config-tree.js';

/**
 * What the probed configuration says, as facts for the rules of tunings: `config.modules` (how many are enabled), `config.module.<name>` and
 * `config.setenv.<variable>` (the file that sets it).
 */
export function configFacts(view: ProbeView): Facts {
  const tree = readTree(view);
  const facts: Record<string, FactValue> = {};
  const modules = tree.enabled('mods-enabled', '.load');
  if (modules.length > 0) facts['config.modules'] = modules.length;
  for (const { enabledAs } of modules) {
    facts[`config.module.${enabledAs.slice(enabledAs.lastIndexOf('/') + 1, -'.load'.length)}`] = 'enabled';
  }
  for (const { path, text } of siteFiles(tree)) {
    for (const directive of readDirectives(text)) {
      const variable = directive.words[0]?.text;
      if (directive.name.toLowerCase() === 'setenv' && variable !== undefined) facts[`config.setenv.${variable}`] = path;
    }
  }
  return facts;
}

/** The same probe with these facts beside its own. */
export function withConfigFacts<T extends ProbeView>(view: T): T {
  return { ...view, facts: { ...view.facts, ...configFacts(view) } };
}
