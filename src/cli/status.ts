import { EXIT } from '../domain/outcome.js';
import { selectUnits } from '../planning/select.js';
import { statusJson } from '../ui/json.js';
import { statusText } from '../ui/plain/status.js';
import type { NarrowingOptions, Verb } from './invocation.js';

export const status: Verb<NarrowingOptions> = async (targets, options, { session, output, signal }) => {
  const { inventory: look, catalogue } = await session();
  const inventory = await look(signal);
  const narrowed = targets.length > 0 || options.where !== undefined || options.except !== undefined;
  const all = inventory.applications.map((application) => application.name);
  const chosen = narrowed ? selectUnits(inventory, { ...options, targets: targets.length > 0 ? targets : all }) : [];
  const units = narrowed ? new Set(chosen.map((unit) => unit.name)) : undefined;
  if (output.format === 'text') output.lines(statusText(inventory, units, catalogue, output.paint));
  else output.json(statusJson(inventory, units));
  return EXIT.ok;
};
