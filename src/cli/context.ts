import type { Readable, Writable } from 'node:stream';

/** What a command may use of the process it runs in; tests hand in their own. */
export interface Context {
  readonly version: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  /** The command that started us, to start ourselves again: node, then our own file. */
  readonly self: readonly string[];
  /** One line of result. */
  out(line: string): void;
  /** One line of progress or trouble. */
  err(line: string): void;
  /** Calls back at each Ctrl-C, and when the terminal or the system ends us, until the returned function is called. */
  onInterrupt(listener: (signal: NodeJS.Signals) => void): () => void;
}

/** Both stdin and stdout are terminals: a person is there to be asked. */
export function isInteractive(context: Context): boolean {
  return context.stdin.isTTY === true && context.stdout.isTTY === true;
}

/** The terminal UI can be drawn: a person is there, and the terminal does more than lines. */
export function canDraw(context: Context): boolean {
  return isInteractive(context) && context.environment.TERM !== 'dumb';
}

export function createContext(host: NodeJS.Process): Context {
  // A reader that went away (`| head`) is no fault of the command; what is not read is not written.
  for (const stream of [host.stdout, host.stderr]) stream.on('error', () => undefined);
  return {
    version: process.env.JUJU_TUNE_VERSION ?? '0.0.0',
    environment: host.env,
    // Node opens the stream when it is asked for, and most commands never read it.
    get stdin() {
      return host.stdin;
    },
    stdout: host.stdout,
    stderr: host.stderr,
    self: [host.execPath, host.argv[1] ?? ''],
    out: (line) => void host.stdout.write(`${line}\n`),
    err: (line) => void host.stderr.write(`${line}\n`),
    onInterrupt(listener) {
      const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
      for (const signal of signals) host.on(signal, listener);
      return () => {
        for (const signal of signals) host.off(signal, listener);
      };
    },
  };
}
