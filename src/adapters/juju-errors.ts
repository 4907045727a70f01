import { Failure, type FailureCode } from '../domain/failure.js';
import { redact } from '../domain/redact.js';

/** What is needed to say what went wrong: the command for people, and what it was about. */
export interface JujuContext {
  /** `juju status`: the verb, without the rest. */
  readonly command: string;
  readonly controller?: string;
  readonly model?: string;
}

interface Known {
  readonly matches: RegExp;
  readonly code: FailureCode;
  /** The trouble passes by itself: worth asking again. */
  readonly passing?: boolean;
  /** It may come in the middle: the controller may have been told what was asked for. */
  readonly midway?: boolean;
  say(found: RegExpExecArray, context: JujuContext): string;
  hint(found: RegExpExecArray, context: JujuContext): string;
}

const of = (context: JujuContext): string => (context.controller ? ` of controller "${context.controller}"` : '');
const on = (context: JujuContext): string => (context.controller ? ` -c ${context.controller}` : '');

/** The controller that asks: the one we named, else the one juju names. */
function asking({ input }: RegExpExecArray, context: JujuContext): JujuContext {
  const named = /controller "([^"]+)"|password for \S+ on ([^\s:]+)/.exec(input);
  const controller = context.controller ?? named?.[1] ?? named?.[2];
  return controller === undefined ? context : { ...context, controller };
}

const UNREACHED: Pick<Known, 'say' | 'hint'> = {
  say: (_, context) => `controller${context.controller ? ` "${context.controller}"` : ''} cannot be reached`,
  hint: (_, context) =>
    `juju status${context.model ? ` -m ${context.model}` : ''}, and see whether the controller's machine is up`,
};

/** Texts of juju-contract 2.5 and 2.6, the more telling first. */
const KNOWN: readonly Known[] = [
  {
    matches: /store-lock|timeout acquiring mutex|cannot acquire lock file/i,
    code: 'juju',
    passing: true,
    say: () => "another juju command holds the lock of juju's client store",
    hint: () => 'ls -l /tmp/juju-store-lock-*, and remove those that no juju command uses',
  },
  {
    matches:
      /please enter password for|enter a password|invalid entity name or password|not logged in|login expired|cannot get discharge|interaction required|authorization web page|juju login\b|(?:log ?in|browser|authenticate)[^\n]*https:\/\/|https:\/\/[^\n]*(?:log ?in|browser|device|authenticate)/i,
    code: 'juju',
    say: (found, context) => `juju asks to log in${of(asking(found, context)).replace(' of ', ' to ')}`,
    hint: (found, context) => `juju login${on(asking(found, context))}`,
  },
  {
    matches: /the operation has been blocked|operations? that (?:change|destroy|remove)[^\n]*(?:have|has) been disabled/i,
    code: 'refused',
    say: (_, context) => `changes of model "${context.model ?? ''}" are disabled by "juju disable-command"`,
    hint: (_, context) => `juju enable-command all${context.model ? ` -m ${context.model}` : ''}`,
  },
  {
    matches: /No controllers registered|There is no current controller|No selected controller/,
    code: 'juju',
    say: () => 'no controller is selected',
    hint: () => 'juju switch CONTROLLER, or juju-tune demo to look around without one',
  },
  {
    matches: /controller "?([^"\s]+)"? not found/,
    code: 'juju',
    say: (found) => `there is no controller "${found[1]}"`,
    hint: () => 'juju controllers',
  },
  {
    matches: /No model in focus/,
    code: 'juju',
    say: (_, context) => `no model${of(context)} is selected`,
    hint: () => 'juju switch MODEL, or juju-tune -m CONTROLLER:MODEL',
  },
  {
    matches: /model "?([^"\s]+)"? (?:not found|has been removed from the controller)/,
    code: 'juju',
    say: (found) => `there is no model "${found[1]}"`,
    hint: (_, context) => `juju models${on(context)}`,
  },
  {
    matches: /Model "([^"]+)" has been migrated to controller "([^"]+)"/,
    code: 'juju',
    say: (found) => `model "${found[1]}" has been migrated to controller "${found[2]}"`,
    hint: (found) => `juju-tune -m ${found[2]}:${found[1]}`,
  },
  {
    matches: /permission denied|\bunauthorized\b/i,
    code: 'juju',
    say: (_, context) => `you have no permission for "${context.command}"${context.model ? ` on model "${context.model}"` : ''}`,
    hint: (_, context) => `ask its owner for: juju grant USER admin ${(context.model ?? 'MODEL').replace(/^[^:]*:/, '')}`,
  },
  {
    matches: /unable to connect to API|no controller API addresses|cannot connect to/i,
    code: 'juju',
    passing: true,
    ...UNREACHED,
  },
  {
    matches: /connection refused|no route to host|i\/o timeout/i,
    code: 'juju',
    midway: true,
    ...UNREACHED,
  },
  {
    matches: /strictly confined Snap[^\n]*create the (\S+) directory/,
    code: 'juju',
    say: (found) => `the juju snap needs its folder "${found[1]}"`,
    hint: (found) => `mkdir -p ${found[1]}`,
  },
];

function lookUp(stderr: string): { readonly known: Known; readonly found: RegExpExecArray } | undefined {
  for (const known of KNOWN) {
    const found = known.matches.exec(stderr);
    if (found) return { known, found };
  }
  return undefined;
}

/** The failure that this text on juju's stderr stands for; undefined when it is none that is known. */
export function knownFailure(stderr: string, context: JujuContext): Failure | undefined {
  const hit = lookUp(stderr);
  if (!hit) return undefined;
  return new Failure(hit.known.code, hit.known.say(hit.found, context), {
    hint: hit.known.hint(hit.found, context),
    cause: stderr,
  });
}

/** The same where it is known that the controller was told nothing; of a connection that broke, nobody knows what went before. */
export function unsentFailure(stderr: string, context: JujuContext): Failure | undefined {
  return lookUp(stderr)?.known.midway ? undefined : knownFailure(stderr, context);
}

/** The failure for a juju command that did not work, whatever it said. */
export function failureOf(stderr: string, context: JujuContext): Failure {
  const known = knownFailure(stderr, context);
  if (known) return known;
  const said = lastWords(stderr);
  return new Failure('juju', `"${context.command}" failed${said === '' ? ' without a word' : `: ${said}`}`, {
    hint: `juju ${context.command.replace(/^juju /, '')}${context.model ? ` -m ${context.model}` : ''}`,
    cause: stderr,
  });
}

/** True when the same command may work a moment later: controller away, store locked. */
export function isPassing(stderr: string): boolean {
  return lookUp(stderr)?.known.passing === true;
}

export function isStoreLocked(stderr: string): boolean {
  return lookUp(stderr)?.known === KNOWN[0];
}

/** A password prompt or a browser login: juju would wait for a person who cannot answer. */
export function asksToLogIn(stderr: string): boolean {
  return lookUp(stderr)?.known === KNOWN[1];
}

/** What juju said last, without its `ERROR` and its secrets, on one line. */
export function lastWords(stderr: string): string {
  const errors = stderr.split('\n').filter((line) => line.startsWith('ERROR '));
  const line = errors.at(-1)?.slice(6) ?? stderr.trim().split('\n').at(-1) ?? '';
  return redact(line.trim()).slice(0, 300);
}
