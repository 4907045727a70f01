import { clockOf } from '../adapters/clock.js';
import { EXIT, type ExitCode } from '../domain/outcome.js';
import type { Session } from '../engine/session.js';
import { terminalOf } from '../ui/paint.js';
import type { Invocation } from './invocation.js';
import { reportFailure } from './output.js';

/** Opens the terminal UI on the model; Ink is loaded only here, and its first frame does not wait for Juju. */
export async function openScreen(invocation: Invocation): Promise<ExitCode> {
  const { context, common } = invocation;
  const { environment } = context;
  try {
    const { openTui } = await import('../ui/tui/open.js');
    const demo = environment.JUJU_TUNE_DEMO !== undefined;
    const clock = clockOf(environment, demo);
    // Not the session of the invocation: that one keeps its failure, and here juju is asked again and another model may be chosen.
    const open = async (target?: string): Promise<Session> => {
      const { openModel } = await import('./verbs.js');
      const chosen = target === undefined ? common : { ...common, model: target };
      return openModel(context, chosen, await invocation.catalogue(), invocation.output, invocation.signal);
    };
    const code = await openTui(open, {
      version: context.version,
      demo,
      modelNow: () => clock.now(),
      modelRate: clock.rate,
      out: context.out,
      models: async () => (await import('./verbs.js')).listTargets(context, common, invocation.signal),
      terminal: terminalOf(common.color ? environment : { ...environment, NO_COLOR: '1' }, context.stdout.isTTY === true),
    });
    return Object.values(EXIT).find((known) => known === code) ?? EXIT.fault;
  } catch (error) {
    return reportFailure(error, context, 'text');
  }
}
