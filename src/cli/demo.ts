import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../domain/failure.js';
import { EXIT, type ExitCode } from '../domain/outcome.js';
import { shellCommand } from '../domain/shell-words.js';
import { type Context, canDraw } from './context.js';
import { reportFailure } from './output.js';
import { tour } from './tour.js';

/** The rest of the program, handed in so that a demo verb is exactly the verb. */
export type RunCommandLine = (argv: readonly string[], context: Context) => Promise<ExitCode>;

const HELP = `usage: juju-tune demo [options] [VERB …]

Everything juju-tune does, on an embedded demo cloud: no Juju, no root, nothing outside one folder.
Without a VERB: the terminal UI; without a terminal, a tour: status, check, plan, apply, rollback.

  --dir DIR          the folder of the cloud (kept between calls)
  --dialect V        the Juju it speaks: 2.9, 3.6 (as it is unless told) or 4.0
  --units N          scale mode: N units with canned answers
  --scenario FILE    make it misbehave
  --speed N          how much faster its time goes (60)
  --reset            start again from the first state
  --env              print shell lines that put the demo's juju on PATH: eval "$(juju-tune demo --env)"; --off leaves

Options stand before the VERB.`;

interface DemoSetup {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
}

const VALUE_FLAGS = ['--dir', '--dialect', '--units', '--scenario', '--speed'];
const FLAGS = [...VALUE_FLAGS, '--reset', '--env', '--off', '--help', '-h'];

export async function demo(argv: readonly string[], context: Context, run: RunCommandLine): Promise<ExitCode> {
  const { flags, rest } = splitFlags(argv);
  if (flags.includes('--help') || flags.includes('-h')) {
    context.out(HELP);
    return EXIT.ok;
  }
  try {
    requireKnown(flags);
    if (flags.includes('--env') || flags.includes('--off')) return await printEnvironment(flags, context);
    if (rest.length === 0 && !canDraw(context)) return await runTour(flags, context, run);
    const { env } = await setUp(flags, context);
    return await run(rest, { ...context, ...speakingOfDemo(flags, context), environment: { ...context.environment, ...env } });
  } catch (error) {
    return reportFailure(error, context, 'text');
  }
}

const TYPED = /\bjuju-tune (?=(?:actions|apply|check|confirm|extend|plan|resume|rollback|runs|status)\b)/g;

/** What a person is to type next is typed to this demo: without these words it would go to whatever Juju there is. */
function speakingOfDemo(flags: readonly string[], { out, err }: Context): Pick<Context, 'out' | 'err'> {
  const at = flags.findIndex((flag) => nameOf(flag) === '--dir');
  const dir = at < 0 ? [] : flags.slice(at, flags[at] === '--dir' ? at + 2 : at + 1);
  const spoken = (line: string): string =>
    line.startsWith('{') ? line : line.replace(TYPED, () => `juju-tune ${shellCommand(['demo', ...dir])} `);
  return { out: (line) => out(spoken(line)), err: (line) => err(spoken(line)) };
}

function splitFlags(argv: readonly string[]): { readonly flags: readonly string[]; readonly rest: readonly string[] } {
  let at = 0;
  while (at < argv.length && argv[at]?.startsWith('-')) {
    const word = argv[at] ?? '';
    at += VALUE_FLAGS.includes(word) ? 2 : 1;
  }
  return { flags: argv.slice(0, at), rest: argv.slice(at) };
}

/** Throws `Failure('usage')` for a flag that is a verb's, or nobody's. */
function requireKnown(flags: readonly string[]): void {
  const at = flags.findIndex((word, index) => !VALUE_FLAGS.includes(flags[index - 1] ?? '') && !FLAGS.includes(nameOf(word)));
  const word = flags[at];
  if (word === undefined) return;
  throw new Failure('usage', `the demo has no option "${nameOf(word)}"`, {
    hint: `juju-tune demo VERB ${nameOf(word)} …, or juju-tune demo --help`,
  });
}

function nameOf(flag: string): string {
  return flag.split('=')[0] ?? flag;
}

/** A tour is in a cloud of its own, unless told where: it must find the first state. */
async function runTour(flags: readonly string[], context: Context, run: RunCommandLine): Promise<ExitCode> {
  if (flags.some((flag) => flag.startsWith('--dir'))) {
    const { env } = await setUp(flags, context);
    return tour({ ...context, environment: { ...context.environment, ...env } }, run);
  }
  const dir = await mkdtemp(join(tmpdir(), 'juju-tune-tour-'));
  try {
    const { env } = await setUp([...flags, '--dir', dir], context);
    return await tour({ ...context, environment: { ...context.environment, ...env } }, run);
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function setUp(flags: readonly string[], context: Context): Promise<DemoSetup> {
  const { code, stdout, stderr } = await runDemoProgram(['setup', ...flags], context);
  if (code !== 0) {
    // Below its first line stands the usage of the program behind the demo, which is not that of the verb.
    const [said = ''] = stderr
      .trim()
      .replace(/^juju-tune demo: /, '')
      .split('\n');
    throw new Failure(code === 2 ? 'usage' : 'fault', said || 'the demo cloud could not be set up', {
      hint: 'juju-tune demo --help',
    });
  }
  const setup = JSON.parse(stdout) as DemoSetup;
  const path = `${setup.env.PATH}:${context.environment.PATH ?? '/usr/bin:/bin'}`;
  return { ...setup, env: { ...setup.env, PATH: path } };
}

async function printEnvironment(flags: readonly string[], context: Context): Promise<ExitCode> {
  const { code, stdout, stderr } = await runDemoProgram(['env', ...flags.filter((flag) => flag !== '--env')], context);
  if (stdout !== '') context.out(stdout.trimEnd());
  if (stderr !== '') context.err(stderr.trimEnd());
  return code === 0 ? EXIT.ok : EXIT.usage;
}

/** The demo is a program of its own, so that it can never be linked into a real run. */
function runDemoProgram(
  args: readonly string[],
  context: Context,
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const program = join(dirname(fileURLToPath(import.meta.url)), import.meta.url.includes('/chunks/') ? '..' : '.', 'demo.mjs');
  return new Promise((resolve, reject) => {
    const child = spawn(context.self[0] ?? process.execPath, [program, ...args], {
      env: { ...context.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 70, stdout, stderr }));
  });
}
