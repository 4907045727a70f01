import { PassThrough } from 'node:stream';
import type { Context } from '../../src/cli/context.js';
import type { Invocation } from '../../src/cli/invocation.js';
import { createOutput } from '../../src/cli/output.js';

/** The process that a command runs in: it says nothing to nobody, but for what is given. */
export function fakeContext(given: Partial<Context>): Context {
  return {
    version: '0.1.0',
    environment: { NO_COLOR: '1' },
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    self: [],
    out: () => undefined,
    err: () => undefined,
    onInterrupt: () => () => undefined,
    ...given,
  };
}

/** A command line in it without a flag, on that session. */
export function fakeInvocation(context: Context, session?: unknown): Invocation {
  const common = { format: 'text', color: false, transport: 'exec' } as const;
  return { context, common, output: createOutput(context, common), session: async () => session } as unknown as Invocation;
}
