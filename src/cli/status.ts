import { EXIT } from '../domain/outcome.js';
import type { Run } from '../domain/run.js';
import { selectUnits } from '../planning/select.js';
import { statusJson } from '../ui/json.js';
import { statusText } from '../ui/plain/status.js';
import type { Invocation, NarrowingOptions, Verb } from './invocation.js';
import { standing } from './runs.js';

export const status: Verb<NarrowingOptions> = async (targets, options, invocation) => {
  const { session, output, signal } = invocation;
  const open = await session();
  const { catalogue } = open;
  const inventory = await open.inventory(signal);
  const narrowed = targets.length > 0 || options.where !== undefined || options.except !== undefined;
  const all = inventory.applications.map((application) => application.name);
  const chosen = narrowed ? selectUnits(inventory, { ...options, targets: targets.length > 0 ? targets : all }) : [];
  const units = narrowed ? new Set(chosen.map((unit) => unit.name)) : undefined;
  if (output.format === 'text')
    output.lines([...statusText(inventory, units, catalogue, output.paint), ...openRuns(await open.runs(), invocation)]);
  else output.json(statusJson(inventory, units));
  return EXIT.ok;
};

/** Runs of this machine that are not over, and what is known of them without asking a unit. */
function openRuns(runs: readonly Run[], invocation: Invocation): string[] {
  return runs.flatMap((run) => {
    if (run.status === 'closed' || run.status === 'open') return [];
    const lines = standing(run, invocation);
    return [`run ${run.shortId}: ${lines[0] ?? run.status}`];
  });
}
