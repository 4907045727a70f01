import type { Action } from '../domain/action.js';
import type { ExitCode } from '../domain/outcome.js';
import type { Session } from '../engine/session.js';
import type { Context } from './context.js';
import type { CommonOptions, Output } from './output.js';

/** What a verb is given beside its own words and options. */
export interface Invocation {
  readonly context: Context;
  readonly common: CommonOptions;
  readonly output: Output;
  /** Ended by the first Ctrl-C; verbs that change units listen for themselves. */
  readonly signal: AbortSignal;
  /** Needs no Juju. Throws `Failure('usage')` for a mistake in an action file. */
  catalogue(): Promise<readonly Action[]>;
  /** Finds Juju and the model, once. Throws `Failure('juju')`. */
  session(): Promise<Session>;
}

/** One verb of the command line. */
export type Verb<Options> = (words: readonly string[], options: Options, invocation: Invocation) => Promise<ExitCode>;

/** The flags that narrow targets. */
export interface NarrowingOptions {
  readonly where?: readonly string[];
  readonly except?: readonly string[];
}
