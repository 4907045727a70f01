import { createContext } from './cli/context.js';

const DESCRIPTION = 'Diagnose and tune keystone, gnocchi and nova APIs that answer 502 and 503, safely, unit by unit';

/** What Juju's plugin protocol asks of every plugin must cost nothing (juju-contract 1.3, 1.4). */
async function main(argv: readonly string[]): Promise<number> {
  const context = createContext(process);
  const only = argv.length === 1 ? argv[0] : undefined;
  if (only === '--description') {
    context.out(DESCRIPTION);
    return 0;
  }
  if (only === '--version' || only === 'version' || only === '-V') {
    context.out(context.version);
    return 0;
  }
  const { runCommandLine } = await import('./cli/command-line.js');
  return runCommandLine(argv, context);
}

process.exitCode = await main(process.argv.slice(2));
