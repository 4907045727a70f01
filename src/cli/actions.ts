import { EXIT } from '../domain/outcome.js';
import { requireAction } from '../planning/catalogue.js';
import { actionsJson } from '../ui/json.js';
import { actionsText, actionText } from '../ui/plain/actions.js';
import type { Verb } from './invocation.js';

export const actions: Verb<{ readonly schema?: boolean }> = async ([id], options, { catalogue, context, output }) => {
  if (options.schema) {
    const { actionSchema } = await import('../adapters/action-schema.js');
    output.lines([JSON.stringify(actionSchema(), null, 2)]);
    return EXIT.ok;
  }
  const all = await catalogue();
  const chosen = id === undefined ? undefined : requireAction(all, id);
  if (output.format !== 'text')
    output.json(actionsJson(chosen ? [chosen] : all, context.environment.JUJU_TUNE_DEMO !== undefined));
  else output.lines(chosen ? actionText(chosen, output.paint) : actionsText(all, output.paint));
  return EXIT.ok;
};
