import { EXIT, type ExitCode } from '../domain/outcome.js';
import { shellCommand } from '../domain/shell-words.js';
import type { Context } from './context.js';
import type { RunCommandLine } from './demo.js';

interface Stop {
  readonly say: string;
  readonly argv: readonly string[];
  /** Absent: with 0. */
  readonly ends?: ExitCode;
}

const STOPS: readonly Stop[] = [
  {
    say: 'Where are we? A charmed OpenStack whose keystone answers 502 now and then.',
    argv: ['status', 'keystone', 'gnocchi', 'nova'],
  },
  { say: 'What is wrong, and why?', argv: ['check', 'keystone'] },
  { say: 'What would the cure change, exactly? Nothing is touched yet.', argv: ['plan', 'keystone', 'proxy-initial-not-pooled'] },
  {
    say: 'Apply it, one unit at a time, and measure whether it helped. Until it is confirmed the units would take it back.',
    argv: [
      'apply',
      'keystone',
      'proxy-initial-not-pooled',
      '--yes',
      'keystone',
      '--measure',
      '5m',
      '--confirm-within',
      '10m',
      '--reason',
      'tour: 502s from the proxy',
    ],
    ends: EXIT.awaiting,
  },
  { say: 'It helped: keep it.', argv: ['confirm', '--yes', 'keystone'] },
  { say: 'Take it back: every byte, mode and link as before.', argv: ['rollback', '--yes', 'keystone'] },
  { say: 'What was done is on record.', argv: ['runs'] },
];

/** Shows the main job on the demo cloud, really carried out, as text. Stops at the first command that fails. */
export async function tour(context: Context, run: RunCommandLine): Promise<ExitCode> {
  context.out('juju-tune: a tour of the main job on the embedded demo cloud (DEMO: nothing outside its folder is touched)');
  for (const stop of STOPS) {
    context.out(`\n# ${stop.say}\n$ juju-tune demo ${shellCommand(stop.argv)}`);
    const code = await run(stop.argv, context);
    if (code !== (stop.ends ?? EXIT.ok)) {
      context.err(`juju-tune: the tour ends here: exit code ${code}`);
      return code;
    }
  }
  context.out('\nThe same on a terminal, by hand: juju-tune demo');
  return EXIT.ok;
}
