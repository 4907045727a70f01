import type { ExitCode } from '../domain/outcome.js';
import type { Invocation } from './invocation.js';
import { reportFailure } from './output.js';

/** Opens the terminal UI on the model; Ink is loaded only here. */
export async function openScreen(invocation: Invocation): Promise<ExitCode> {
  try {
    const session = await invocation.session();
    const { openTui } = await import('../ui/tui/open.js');
    return (await openTui(session, { version: invocation.context.version })) as ExitCode;
  } catch (error) {
    return reportFailure(error, invocation.context, 'text');
  }
}
