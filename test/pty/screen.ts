import { type IPty, spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';

export interface ScreenOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** A program in a real pseudo-terminal, and what a real terminal emulator makes of its output. */
export class Screen {
  readonly terminal: InstanceType<typeof xterm.Terminal>;
  /** Exit code, or 128 and the number of the signal; resolves once the terminal has drawn all that was written. */
  readonly exit: Promise<number>;
  /** Everything that was written, as it came. */
  raw = '';
  readonly #pty: IPty;
  readonly #watchers = new Set<() => void>();

  constructor(file: string, args: readonly string[], options: ScreenOptions = {}) {
    const { columns = 80, rows = 24 } = options;
    this.terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 2000 });
    this.#pty = spawn(file, [...args], {
      cols: columns,
      rows,
      cwd: options.cwd ?? process.cwd(),
      env: environmentOf(options.environment ?? {}),
      name: options.environment?.TERM ?? 'xterm-256color',
    });
    this.#pty.onData((data) => {
      this.raw += data;
      this.terminal.write(data, () => {
        for (const look of this.#watchers) look();
      });
    });
    this.terminal.onData((data) => this.#pty.write(data));
    this.exit = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode, signal }) => this.terminal.write('', () => resolve(signal ? 128 + signal : exitCode)));
    });
  }

  get pid(): number {
    return this.#pty.pid;
  }

  lines(): string[] {
    const buffer = this.terminal.buffer.active;
    return Array.from(
      { length: this.terminal.rows },
      (_, row) => buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? '',
    );
  }

  text(): string {
    return this.lines().join('\n').trimEnd();
  }

  /** The program drew on the alternate screen and has not left it. */
  get isAlternate(): boolean {
    return this.terminal.buffer.active.type === 'alternate';
  }

  write(keys: string): void {
    this.#pty.write(keys);
  }

  resize(columns: number, rows: number): void {
    this.terminal.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** Resolves with the text once it is so; rejects with what is on the screen after `milliseconds`. */
  waitFor(wanted: string | RegExp | ((text: string) => boolean), milliseconds = 10_000): Promise<string> {
    const holds = (text: string): boolean =>
      typeof wanted === 'string' ? text.includes(wanted) : wanted instanceof RegExp ? wanted.test(text) : wanted(text);
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const text = this.text();
        if (!holds(text)) return;
        clearTimeout(timer);
        this.#watchers.delete(look);
        resolve(text);
      };
      const timer = setTimeout(() => {
        this.#watchers.delete(look);
        reject(new Error(`not seen in ${milliseconds} ms: ${wanted}\n--- screen ---\n${this.text()}`));
      }, milliseconds);
      this.#watchers.add(look);
      look();
    });
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    try {
      this.#pty.kill(signal);
    } catch {
      // It has ended already.
    }
  }
}

function environmentOf(more: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const all: Record<string, string | undefined> = {
    ...process.env,
    TERM: 'xterm-256color',
    COLORTERM: 'truecolor',
    LANG: 'C.UTF-8',
    LC_ALL: undefined,
    CI: undefined,
    FORCE_COLOR: undefined,
    NO_COLOR: undefined,
    ...more,
  };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
