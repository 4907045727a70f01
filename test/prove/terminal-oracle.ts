import xterm from '@xterm/headless';

type Terminal = InstanceType<typeof xterm.Terminal>;

/** The one thing that the public terminal lacks: to write and have it taken in at once. */
interface Synchronous {
  readonly _core: { writeSync(data: string): void };
}

/** Ends each line that is shown, so that spaces at its end and the cursor can be seen. */
const MARKER = '|';

/** A real terminal emulator that notices everything a text does to it beside standing where it was put. */
export class TerminalOracle {
  readonly #terminal: Terminal;
  readonly #core: Synchronous['_core'];
  readonly #effects: string[] = [];
  readonly #modes: string;

  constructor(columns: number, rows: number) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0, logLevel: 'off' });
    this.#core = (this.#terminal as unknown as Synchronous)._core;
    this.#modes = JSON.stringify(this.#terminal.modes);
    const effect = (name: string) => (): void => void this.#effects.push(name);
    this.#terminal.onTitleChange(effect('title'));
    this.#terminal.onBell(effect('bell'));
    this.#terminal.onData(effect('reply'));
    this.#terminal.onBinary(effect('reply'));
    this.#terminal.onResize(effect('size'));
    this.#terminal.buffer.onBufferChange(effect('other screen'));
    for (const number of [0, 1, 2, 4, 7, 8, 9, 10, 11, 12, 52, 104, 110, 111, 112, 133, 777, 1337])
      this.#terminal.parser.registerOscHandler(number, () => {
        this.#effects.push(`OSC ${number}`);
        return true;
      });
  }

  /** What these lines, each in a row of its own, did that lines must not do; the texts must not be wider than the screen. */
  effectsOf(lines: readonly string[]): string[] {
    const { buffer } = this.#terminal;
    this.#effects.length = 0;
    this.#core.writeSync(`\x1b[2J\x1b[H${lines.map((line) => line + MARKER).join('\r\n')}`);
    const found = [...this.#effects];
    const screen = buffer.active;
    for (const [row, line] of lines.entries()) {
      const shown = screen.getLine(row)?.translateToString(true);
      if (shown !== line + MARKER) found.push(`row ${row} shows ${JSON.stringify(shown)} for ${JSON.stringify(line)}`);
    }
    if (screen.type !== 'normal') found.push('other screen');
    if (JSON.stringify(this.#terminal.modes) !== this.#modes) found.push('modes');
    const last = screen.getLine(lines.length - 1);
    const cell = last?.getCell(screen.cursorX - 1);
    if (screen.cursorY !== lines.length - 1 || cell?.getChars() !== MARKER) found.push('cursor');
    if (!cell?.isAttributeDefault()) found.push('colours');
    if ((last?.translateToString(true).length ?? 0) === 0) found.push('cells');
    if (found.length > 0) this.#core.writeSync('\x1bc');
    return found;
  }
}

/** What may never be in a text that is shown, whatever a terminal makes of it. */
const FORBIDDEN =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]|\u034f|\p{M}{6}/u;

/** The first character of the text that must not be shown, as its code point. */
export function forbidden(text: string): string | undefined {
  const found = FORBIDDEN.exec(text)?.[0];
  return found === undefined ? undefined : `U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
