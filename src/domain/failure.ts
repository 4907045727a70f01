/** What kind of trouble ended a command; decides the exit code (outcome.ts). */
export type FailureCode = 'usage' | 'refused' | 'juju' | 'unknown-outcome' | 'interrupted' | 'fault';

/**
 * The only error that is shown to a person. `message` says what could not be done, to which thing, because of what;
 * `hint` is the next thing to type. `problems` lists every mistake of an input at once.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly hint: string | undefined;
  readonly problems: readonly string[];
  /** What has to be chosen before this can work; the terminal UI then shows the choice instead of the failure. */
  readonly choose: 'model' | undefined;

  constructor(
    code: FailureCode,
    message: string,
    more: { hint?: string; problems?: readonly string[]; choose?: 'model'; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? {} : { cause: more.cause });
    this.code = code;
    this.hint = more.hint;
    this.problems = more.problems ?? [];
    this.choose = more.choose;
  }
}
