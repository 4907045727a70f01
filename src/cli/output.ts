import { Failure } from '../domain/failure.js';
import { EXIT, type ExitCode, exitCodeOfFailure } from '../domain/outcome.js';
import { failureJson } from '../ui/json.js';
import { type Paint, paintFor, terminalOf } from '../ui/paint.js';
import { jsonText, showable } from '../ui/text.js';
import type { Context } from './context.js';

export type Format = 'text' | 'json' | 'jsonl';

/** The options that every verb takes. */
export interface CommonOptions {
  readonly model?: string;
  readonly controller?: string;
  readonly format: Format;
  /** False for `--no-color`. */
  readonly color: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly transport: 'exec' | 'ssh';
  readonly actions?: readonly string[];
}

/** How results are written: stdout for results, stderr for progress. */
export interface Output {
  readonly format: Format;
  readonly paint: Paint;
  /** Lines of a text result. */
  lines(lines: readonly string[]): void;
  /** A JSON result: indented for `json`, one line for `jsonl`. */
  json(value: object): void;
  /** Progress for a person; nothing with `--quiet`. */
  progress(line: string): void;
}

export function createOutput(context: Context, options: CommonOptions): Output {
  const environment = options.color ? context.environment : { ...context.environment, NO_COLOR: '1' };
  return {
    format: options.format,
    paint: paintFor(terminalOf(environment, context.stdout.isTTY === true)),
    lines: (lines) => {
      if (lines.length > 0) context.out(lines.join('\n'));
    },
    json: (value) => context.out(jsonText(value, options.format === 'json' ? 2 : 0)),
    progress: (line) => {
      if (!options.quiet) context.err(line);
    },
  };
}

/** Shows what went wrong, once, and gives the exit code. Anything but a `Failure` is a fault of ours. */
export function reportFailure(error: unknown, context: Context, format: Format): ExitCode {
  const demo = context.environment.JUJU_TUNE_DEMO !== undefined;
  if (!(error instanceof Failure)) {
    if (format !== 'text') context.out(jsonText(failureJson(new Failure('fault', String(error)), EXIT.fault, demo)));
    context.err(
      `juju-tune: a fault of ours: ${showable(error instanceof Error ? (error.stack ?? error.message) : String(error))}`,
    );
    return EXIT.fault;
  }
  const exitCode = exitCodeOfFailure(error.code);
  if (format !== 'text') context.out(jsonText(failureJson(error, exitCode, demo)));
  context.err(`juju-tune: ${showable(error.message)}`);
  for (const problem of error.problems) context.err(`  ${showable(problem).replaceAll('\n', '\n  ')}`);
  if (error.hint !== undefined) context.err(`  try: ${showable(error.hint)}`);
  return exitCode;
}
