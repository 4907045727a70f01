import { setFlagsFromString } from 'node:v8';
import { Command, CommanderError, Option } from 'commander';
import { Failure } from '../domain/failure.js';
import { EXIT, type ExitCode } from '../domain/outcome.js';
import { ON_FAILURE } from '../planning/rollout-words.js';
import { nearest } from '../planning/select.js';
import { showable } from '../ui/text.js';
import { type Context, canDraw, isInteractive } from './context.js';
import type { Invocation, Verb } from './invocation.js';
import { type CommonOptions, createOutput, type Format, reportFailure } from './output.js';

const TARGETS =
  'TARGET is an application (keystone), a charm (nova), a unit (keystone/0), a range (keystone/0-2,5) or keystone/leader.';

type Verbs = typeof import('./verbs.js');

const loadVerbs = (): Promise<Verbs> => import('./verbs.js');

/** Runs one command line and gives its exit code; throws nothing. */
export async function runCommandLine(argv: readonly string[], context: Context): Promise<ExitCode> {
  // The demo has verbs of its own: what stands after its options is a whole command line again.
  if (argv[0] === 'demo') {
    const { demo } = await import('./demo.js');
    return demo(argv.slice(1), context, runCommandLine);
  }
  let exitCode: ExitCode = EXIT.ok;
  const program = build(context, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? EXIT.ok : reportFailure(usageFailure(error, argv, program.commands), context, formatIn(argv));
    }
    return reportFailure(error, context, formatIn(argv));
  }
}

/** What commander makes of a command line that means nothing, said as everything else is. */
function usageFailure({ message }: CommanderError, argv: readonly string[], verbs: readonly Command[]): Failure {
  const words = message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\?\)$/, ": did you mean '$1'")
    .replace(/ is invalid\. Allowed choices are (.*)\.$/, ' is invalid: allowed choices are $1')
    .replaceAll("'", '"');
  const verb = verbs.find((one) => [one.name(), ...one.aliases()].some((name) => argv.includes(name)));
  return new Failure('usage', words, { hint: `juju-tune ${verb === undefined ? '' : `${verb.name()} `}--help` });
}

/** The format asked for, before anything was understood: trouble is told in it too. */
function formatIn(argv: readonly string[]): Format {
  const at = argv.indexOf('--format');
  const word = at >= 0 ? argv[at + 1] : argv.find((arg) => arg.startsWith('--format='))?.slice('--format='.length);
  return word === 'json' || word === 'jsonl' ? word : 'text';
}

function build(context: Context, done: (code: ExitCode) => void): Command {
  const program = withCommon(new Command('juju-tune'))
    .description(
      'Finds out why Juju-deployed OpenStack APIs answer 502 and 503, shows the cure unit by unit, applies it safely, takes it back.',
    )
    .version(context.version)
    .configureOutput({
      writeOut: (text) => context.out(text.trimEnd()),
      writeErr: (text) => context.err(showable(text.trimEnd())),
      // It is told where it is caught.
      outputError: () => undefined,
    })
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      `\n${TARGETS}\nWithout a command, on a terminal: the terminal UI. juju-tune demo: everything on an embedded demo cloud.`,
    )
    .allowExcessArguments()
    .action(async (options: CommonOptions, command: Command) => done(await withoutVerb(options, command, context)));
  const verb = <Options extends object>(
    name: string,
    words: string,
    about: string,
    pick: (all: Verbs) => Verb<Options>,
  ): Command =>
    withCommon(program.command(`${name} ${words}`.trim()).description(about)).action(async (...given: unknown[]) => {
      const command = given.at(-1) as Command;
      const options = command.optsWithGlobals<CommonOptions & Options>();
      done(
        await interruptible(context, options, async (invocation) => pick(await loadVerbs())(command.args, options, invocation)),
      );
    });
  narrowed(verb('status', '[targets...]', 'applications, units, leaders, hosts and states', (all) => all.status));
  verb('actions', '[id]', 'the catalogue; one action whole', (all) => all.actions).option(
    '--schema',
    'the JSON Schema of action files',
  );
  narrowed(verb('check', '[targets...]', 'run the passive diagnostics; findings worst first', (all) => all.check))
    .option('--only <ids>', 'only these diagnostics, separated by commas')
    .option('--since <time>', 'how far back logs are read', '15m')
    .option('--exit-code', 'exit 10 when there are findings');
  planning(verb('plan', '[words...]', 'dry run of TARGET… TUNING [key=value…]: the exact diff on each unit', (all) => all.plan))
    .option('-o, --output <file>', 'save the plan, to be applied exactly')
    .option('--exit-code', 'exit 10 when something would change');
  carrying(
    planning(verb('apply', '[words...]', 'carry out TARGET… TUNING [key=value…], or a saved plan', (all) => all.apply)),
  ).option('--plan <file>', 'apply exactly this saved plan');
  carrying(verb('rollback', '[run]', 'take a run back, the last one when none is named', (all) => all.rollback)).alias('revert');
  settling(verb('confirm', '[run]', 'keep a change that awaits confirmation', (all) => all.confirm));
  settling(
    verb('extend', '[words...]', 'extend [RUN] [TIME]: more time to confirm, 10m from now when not said', (all) => all.extend),
  );
  carrying(verb('resume', '[run]', 'how a run really stands, and what to do about it', (all) => all.resume))
    .option('--go-on', 'change the units that are left')
    .option('--confirm', 'keep what awaits confirmation')
    .option('--accept-drift', 'also what somebody has edited since')
    .option('--revert', 'take it back')
    .option('--close', 'let it be as it is');
  verb('runs', '[run]', 'history; one run whole', (all) => all.runs);
  program.command('demo [verb...]').description('everything above on an embedded demo cloud: juju-tune demo --help');
  program
    .command('version')
    .description('the version')
    .action(() => context.out(context.version));
  program
    .command('help [verb]')
    .description('this, or the options of a verb')
    .action((word: string | undefined) => (word === undefined ? program : verbOf(program, word)).outputHelp());
  return program;
}

/** No verb: the terminal UI for a person whose terminal can show it, the help for anybody else. Throws `Failure('usage')` for a word that is no verb. */
async function withoutVerb(common: CommonOptions, command: Command, context: Context): Promise<ExitCode> {
  const [word] = command.args;
  if (word !== undefined) verbOf(command, word);
  if (canDraw(context)) {
    const { openScreen } = await import('./screen.js');
    return openScreen(invocationFor(context, common));
  }
  command.outputHelp();
  if (isInteractive(context)) context.err('this terminal (TERM=dumb) cannot show the terminal UI; every verb above works on it');
  return EXIT.ok;
}

/** Throws `Failure('usage')` for a word that is no verb. */
function verbOf(program: Command, word: string): Command {
  const namesOf = (known: Command): readonly string[] => [known.name(), ...known.aliases()];
  const verb = program.commands.find((known) => namesOf(known).includes(word));
  if (verb) return verb;
  const near = nearest(word, program.commands.flatMap(namesOf));
  throw new Failure('usage', `unknown command "${word}"${near ? `: did you mean "${near}"` : ''}`, { hint: 'juju-tune --help' });
}

function narrowed(command: Command): Command {
  return command
    .option('--where <term>', 'only az:NAME, host:MACHINE or status:STATE (repeat: all must hold)', collect)
    .option('--except <target>', 'not these (repeat for more)', collect)
    .addHelpText('after', `\n${TARGETS}`);
}

function planning(command: Command): Command {
  return narrowed(command)
    .option('-p, --param <key=value>', 'a parameter, as the bare key=value', collect)
    .option('--batch <sizes>', 'units of an application at a time, e.g. 1,25%,rest (reload-only tunings)')
    .option('--max-failures <number>', 'units that may fail over the whole run before it stops (0)')
    .addOption(
      new Option('--on-failure <what>', 'what a run that stops takes back: the batch that failed (default), or all').choices(
        ON_FAILURE,
      ),
    )
    .option('--bake <time>', 'how long a batch is watched against units that are not changed yet (30s); 0 skips');
}

function carrying(command: Command): Command {
  return command
    .option('--yes <applications>', 'the applications that may be changed without asking, separated by commas')
    .option('--reason <text>', 'why, for the record')
    .option('--no-pause', 'do not pause after the canary')
    .option('--measure <time>', 'how long to measure whether it helped; 0 skips', '60s')
    .option('--confirm-within <time>', 'the units take it back unless it is confirmed in time (10m on a terminal); off')
    .option('--no-guard', 'also where nothing on a unit would take the change back by itself')
    .option('--break-lock <why>', 'although another process on this machine works on the application');
}

function settling(command: Command): Command {
  return command
    .option('--yes <applications>', 'the applications that may be changed without asking, separated by commas')
    .option('--reason <text>', 'why, for the record')
    .option('--accept-drift', 'also what somebody has edited since');
}

function withCommon(command: Command): Command {
  return command
    .option('-m, --model <model>', '[controller:]model')
    .option('-c, --controller <controller>', 'its current model')
    .addOption(new Option('--format <format>', 'text, json or jsonl').choices(['text', 'json', 'jsonl']).default('text'))
    .addOption(
      new Option('--transport <way>', 'exec, or ssh for diagnostics on lost or stuck units')
        .choices(['exec', 'ssh'])
        .default('exec'),
    )
    .option('--actions <folder>', 'also the action files of this folder (repeat for more)', collect)
    .option('--no-color', 'no colour; NO_COLOR does the same')
    .option('-q, --quiet', 'no progress')
    .option('-v, --verbose', 'every unit as it answers, and every juju command');
}

function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/**
 * A verb is over within seconds: compiling what is called often costs more than it saves, with 1,000 units too (npm run bench). The
 * terminal UI stays for hours and keeps its compilers.
 */
function compileLittle(): void {
  for (const compiler of ['--no-opt', '--no-maglev']) setFlagsFromString(compiler);
}

/** The first Ctrl-C ends what the verb waits for; the verb then says what it knows. */
async function interruptible(
  context: Context,
  common: CommonOptions,
  run: (invocation: Invocation) => Promise<ExitCode>,
): Promise<ExitCode> {
  const controller = new AbortController();
  const restore = context.onInterrupt(() => controller.abort());
  compileLittle();
  try {
    return await run(invocationFor(context, common, controller.signal));
  } catch (error) {
    return reportFailure(error, context, common.format);
  } finally {
    restore();
  }
}

function invocationFor(context: Context, common: CommonOptions, signal = new AbortController().signal): Invocation {
  const output = createOutput(context, common);
  const catalogue = once(async () => (await loadVerbs()).openCatalogue(common));
  const session = once(async () => (await loadVerbs()).openModel(context, common, await catalogue(), output, signal));
  return { context, common, output, signal, catalogue, session };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
